"""Wrong and unusual inputs of streams, partitions and merged sets."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sklearn_distill import (
    HerdingSelection,
    PartitionDistiller,
    StreamingDistiller,
    merge_distilled,
)


@pytest.fixture
def table():
    """200 rows of numbers and text, and their classes."""
    rng = np.random.RandomState(0)
    X = pd.DataFrame(
        {"a": rng.randn(200), "b": rng.randint(0, 5, 200), "c": ["x", "y"] * 100}
    )
    return X, (X["a"] > 0).astype(int)


def stream():
    return StreamingDistiller(HerdingSelection(3, random_state=0), chunk_size=40)


def test_batches_whose_weights_are_all_zero_count_as_absent(table):
    X, y = table
    zero, first, second = np.zeros(100), slice(0, 100), slice(100, 200)
    made = stream().partial_fit(X[first], y[first])
    made.partial_fit(X[second], y[second], sample_weight=zero)
    made.partial_fit(X[first], y[first])
    assert made.n_samples_seen_ == 200
    # The positions count the absent rows.
    assert not ((made.sample_indices_ >= 100) & (made.sample_indices_ < 200)).any()
    later = stream().partial_fit(X[first], y[first], sample_weight=zero)
    assert not hasattr(later, "distilled_")
    assert later.partial_fit(X[second], y[second]).sample_indices_.min() >= 100
    with pytest.raises(ValueError, match="all sample weights were 0"):
        stream().fit_batches([(X[first], y[first], zero)])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        made.partial_fit(X[first], y[second][:3], sample_weight=zero)


def test_empty_batches_are_skipped(table):
    X, y = table
    array = X[["a", "b"]].to_numpy()
    made = stream().fit_batches(
        [
            ([], []),
            (array[:0], y[:0]),
            (array[:90], y[:90]),
            ([], []),
            (array[90:], y[90:]),
        ]
    )
    assert made.n_samples_seen_ == 200


def test_batches_of_another_container_leave_the_stream_as_it_was(table):
    X, y = table
    X = X[["a", "b"]]
    made = stream().partial_fit(X, y)
    with pytest.raises(TypeError, match="X is a ndarray, but the first batch was a Da"):
        made.partial_fit(X.to_numpy(), y)
    assert made.n_samples_seen_ == 200
    made = stream().partial_fit(X.to_numpy(), y)
    with pytest.raises(TypeError, match="X is a DataFrame, but the first batch was a"):
        made.partial_fit(X, y)
    assert len(made.partial_fit(X.to_numpy().tolist(), y).distilled_) == 6


@pytest.mark.parametrize("batch", [None, "rows", {"X": [[1.0]]}, 3])
def test_objects_that_are_no_batches(batch):
    with pytest.raises(
        TypeError, match=r"A batch must be a table, an array or a tuple"
    ):
        stream().fit_batches([batch])


def test_errors_of_generators_are_not_hidden(table):
    def batches():
        yield table
        raise OSError("The disk is gone.")

    with pytest.raises(OSError, match=r"The disk is gone\."):
        stream().fit_batches(batches())


def test_distillers_of_parts_do_not_contain_each_other(table):
    for outer in (StreamingDistiller, PartitionDistiller):
        with pytest.raises(TypeError, match="but is a StreamingDistiller itself"):
            outer(stream()).fit(*table)
        with pytest.raises(TypeError, match="instance of scikit-learn estimator"):
            outer(HerdingSelection).fit(*table)


def test_partition_without_weight_is_empty(table):
    X, y = table
    frame = X.assign(y=y, sample_weight=0.0)
    distill = PartitionDistiller(HerdingSelection(3), "y")
    small = distill(frame)
    assert len(small) == 0
    assert small.columns.tolist() == ["a", "b", "c", "y", "sample_weight"]


def test_merging_names_wrong_arguments_and_columns(table):
    X, y = table
    herding = HerdingSelection(3)
    made = herding.fit_distill(X, y)
    with pytest.raises(TypeError, match="sets must be a list of sets"):
        merge_distilled(made)
    for wrong in ("herding", HerdingSelection):
        with pytest.raises(TypeError, match="must be an instance of a distiller"):
            merge_distilled([made], wrong)
    text = herding.fit_distill(X.assign(b="many"), y)
    with pytest.raises(ValueError, match="The column 'b' holds numbers and text"):
        merge_distilled([made, text])
    # A column without any value has no kind.
    missing = herding.fit_distill(X.assign(b=np.nan), y)
    assert merge_distilled([made, missing]).X["b"].isna().sum() == 6
    category = herding.fit_distill(X.astype({"c": "category"}), y)
    assert set(merge_distilled([made, category]).X["c"]) <= {"x", "y"}
