"""PartitionDistiller: a function from frame to frame."""

# SPDX-License-Identifier: BSD-3-Clause

import pickle

import numpy as np
import pytest

from sklearn_distill import HerdingSelection, PartitionDistiller


def test_frame_to_frame_with_weights_after_pickling(frame):
    distill = pickle.loads(
        pickle.dumps(PartitionDistiller(HerdingSelection(5), "label"))
    )
    small = distill(frame)
    assert small.columns.tolist() == [*frame.columns, "sample_weight"]
    assert (small.dtypes.iloc[:-1] == frame.dtypes).all()
    assert small["label"].value_counts().tolist() == [10, 10]
    assert small["sample_weight"].sum() == pytest.approx(3_000)


def test_weights_are_taken_from_the_column_and_kept(frame):
    distill = PartitionDistiller(HerdingSelection(5), "label")
    weighted = frame.assign(sample_weight=0.5)
    assert distill(weighted)["sample_weight"].sum() == pytest.approx(1_500)
    twice = distill(distill(frame))
    assert twice["sample_weight"].sum() == pytest.approx(3_000)


def test_empty_frames_one_class_and_no_target(frame):
    distill = PartitionDistiller(HerdingSelection(5), "label")
    empty = distill(frame.iloc[:0])
    assert len(empty) == 0
    assert (empty.dtypes == distill(frame).dtypes).all()
    assert len(distill(frame[frame["label"] == "yes"])) == 10
    plain = PartitionDistiller(HerdingSelection(5))(frame)
    assert len(plain) == 10


def test_batches_yields_one_frame_for_each_frame_with_rows(frame):
    distill = PartitionDistiller(HerdingSelection(5), "label")
    frames = [frame.iloc[:1000], frame.iloc[:0], frame.iloc[1000:]]
    lengths = [len(small) for small in distill.batches(frames)]
    assert lengths == [20, 20]
    with pytest.raises(ValueError, match="no column 'price'"):
        PartitionDistiller(HerdingSelection(5), "price")(frame)
    seeded = PartitionDistiller(HerdingSelection(5, random_state=0), "label")
    np.testing.assert_array_equal(seeded(frame)["a"], seeded(frame)["a"])
