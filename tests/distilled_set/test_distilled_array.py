"""Arrays and DataFrames of distilled rows that carry their labels."""

import copy
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest

from sklearn_distill import DistilledArray, distilled_labels
from sklearn_distill.distilled_set.distilled_array import (
    DistilledLabels,
    attach_labels,
    is_part_of_distilled,
)

ROWS = np.array([[3.0, 1.0], [2.0, 2.0], [1.0, 3.0]])
LABELS = DistilledLabels(
    y=np.array(["a", "b", "a"]),
    soft_labels=np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]),
    sample_weight=np.array([1.0, 2.0, 0.5]),
    classes=np.array(["a", "b"]),
)
CHANGED = "changed or reordered since. Use .*distilled_.X and distiller.distilled_.y"


def a_frame():
    return pd.DataFrame(
        {
            "n": [3.0, 2.0, 1.0],
            "c": pd.Categorical(["x", "y", "x"]),
            "s": ["p", "q", "r"],
        }
    )


def labeled_rows():
    return attach_labels(ROWS, LABELS)


def labeled_frame():
    return attach_labels(a_frame(), LABELS)


def assert_same_labels(one, other):
    for name, value in one._asdict().items():
        got = getattr(other, name)
        assert (value is None) == (got is None)
        if value is not None:
            np.testing.assert_array_equal(got, value)
            assert got.dtype == value.dtype


def test_attach_labels_returns_a_distilled_array_with_the_labels():
    rows = labeled_rows()
    assert isinstance(rows, DistilledArray)
    np.testing.assert_array_equal(rows, ROWS)
    assert_same_labels(LABELS, distilled_labels(rows))
    np.testing.assert_array_equal(rows.y, LABELS.y)
    np.testing.assert_array_equal(rows.soft_labels, LABELS.soft_labels)
    np.testing.assert_array_equal(rows.sample_weight, LABELS.sample_weight)


def test_attach_labels_copies_the_rows():
    source = ROWS.copy()
    rows = attach_labels(source, LABELS)
    source[:] = 0
    np.testing.assert_array_equal(distilled_labels(rows).y, LABELS.y)


@pytest.mark.parametrize(
    "derive",
    [
        lambda rows: rows[:2],
        lambda rows: rows[::-1],
        lambda rows: rows[[0, 1, 2]],
        lambda rows: rows[np.array([True, False, True])],
        lambda rows: rows[0],
        lambda rows: rows[:, :1],
        lambda rows: rows[...],
        lambda rows: rows.view(),
        lambda rows: rows.copy(),
        lambda rows: copy.copy(rows),
        lambda rows: copy.deepcopy(rows),
        lambda rows: rows + 0,
        lambda rows: 1 * rows,
        lambda rows: -rows,
        lambda rows: rows @ np.eye(2),
        lambda rows: rows.T,
        lambda rows: rows.reshape(2, 3),
        lambda rows: rows.ravel(),
        lambda rows: rows.astype(np.float32),
        lambda rows: np.sort(rows, axis=0),
        lambda rows: np.concatenate([rows, rows]),
        lambda rows: np.vstack([rows, rows]),
        lambda rows: np.asarray(rows),
        lambda rows: np.array(rows, subok=True),
        lambda rows: np.repeat(rows, 2, axis=0),
        lambda rows: np.where(rows > 0, rows, 0),
    ],
)
def test_derived_arrays_have_no_labels(derive):
    made = derive(labeled_rows())
    assert distilled_labels(made) is None
    if isinstance(made, DistilledArray):
        assert made.y is made.soft_labels is made.sample_weight is None


def sort_in_place(rows):
    rows.sort(axis=0)


def shuffle_in_place(rows):
    np.random.RandomState(1).shuffle(rows)


def scale_in_place(rows):
    rows *= 2


def set_item(rows):
    rows[0, 0] = -1


def resize_in_place(rows):
    rows.resize((2, 3), refcheck=False)


IN_PLACE = [
    sort_in_place,
    shuffle_in_place,
    scale_in_place,
    set_item,
    resize_in_place,
]


@pytest.mark.parametrize("change", IN_PLACE)
def test_distilled_labels_raises_after_a_change_in_place(change):
    rows = labeled_rows()
    change(rows)
    with pytest.raises(ValueError, match=CHANGED):
        distilled_labels(rows)


@pytest.mark.parametrize("change", IN_PLACE)
def test_distilled_labels_raises_if_rows_were_changed_before_pickling(change):
    rows = labeled_rows()
    change(rows)
    with pytest.raises(ValueError, match=CHANGED):
        distilled_labels(pickle.loads(pickle.dumps(rows)))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickling_keeps_rows_and_labels(protocol):
    rows = pickle.loads(pickle.dumps(labeled_rows(), protocol=protocol))
    assert isinstance(rows, DistilledArray)
    np.testing.assert_array_equal(rows, ROWS)
    assert_same_labels(LABELS, distilled_labels(rows))


def test_pickling_rows_without_labels_keeps_them_unlabeled():
    rows = pickle.loads(pickle.dumps(labeled_rows()[:2]))
    np.testing.assert_array_equal(rows, ROWS[:2])
    assert distilled_labels(rows) is None


def test_joblib_cache_keeps_the_labels(tmp_path):
    calls = []

    def make(seed):
        calls.append(seed)
        return labeled_rows()

    cached = joblib.Memory(tmp_path, verbose=0).cache(make)
    for _ in range(2):
        rows = cached(0)
        np.testing.assert_array_equal(rows, ROWS)
        assert_same_labels(LABELS, distilled_labels(rows))
    assert calls == [0]


@pytest.mark.parametrize(
    "rows",
    [
        np.array([["x", 1], ["y", 2], ["x", 3]], dtype=object),
        np.array([["x", "1"], ["y", "2"], ["x", "3"]]),
        np.asfortranarray(ROWS),
        np.repeat(ROWS, 2, axis=0)[::2],
        np.arange(12, dtype=np.uint8).reshape(3, 1, 2, 2),
    ],
    ids=["objects", "strings", "Fortran order", "strided", "images"],
)
def test_rows_of_any_dtype_and_layout_keep_labels_when_pickled(rows):
    labeled = attach_labels(rows, LABELS)
    assert_same_labels(LABELS, distilled_labels(labeled))
    again = pickle.loads(pickle.dumps(labeled))
    assert_same_labels(LABELS, distilled_labels(again))
    np.testing.assert_array_equal(again, rows)
    labeled[[0, 1]] = labeled[[1, 0]]
    with pytest.raises(ValueError, match=CHANGED):
        distilled_labels(labeled)


@pytest.mark.parametrize("X", [ROWS, a_frame(), [[1, 2]], None, "text"])
def test_distilled_labels_returns_none_for_other_objects(X):
    assert distilled_labels(X) is None


@pytest.mark.parametrize(
    "labels",
    [
        LABELS,
        DistilledLabels(np.array([0.1, 0.2, 1e-300]), None, None, None),
        DistilledLabels(
            np.array([True, False, True]), None, None, np.array([0, 1]) > 0
        ),
        DistilledLabels(
            np.array(["a", "b", "a"], dtype=object),
            None,
            None,
            np.array(["a", "b"], dtype=object),
        ),
        DistilledLabels(np.array([3, 1, 2], dtype=np.uint8), None, None, None),
        DistilledLabels(None, None, None, None),
    ],
)
def test_frame_carries_labels_of_any_dtype(labels):
    assert_same_labels(labels, distilled_labels(attach_labels(a_frame(), labels)))


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.sample(frac=1, random_state=1),
        lambda frame: frame.sample(frac=1, random_state=1).reset_index(drop=True),
        lambda frame: frame.sort_values("n"),
        lambda frame: frame.iloc[::-1],
        lambda frame: frame.head(2),
        lambda frame: frame[["n"]],
        lambda frame: frame[["s", "c", "n"]],
        lambda frame: frame.assign(n=0.0),
        lambda frame: pd.concat([frame, frame]),
        lambda frame: pd.concat([frame, frame], axis=1),
    ],
)
def test_distilled_labels_raises_for_a_changed_frame(change):
    changed = change(labeled_frame())
    with pytest.raises(ValueError, match=CHANGED):
        distilled_labels(changed)


def test_is_part_of_distilled_is_true_for_fewer_rows_of_a_labeled_frame():
    frame = labeled_frame()
    assert is_part_of_distilled(frame.head(2))
    assert not is_part_of_distilled(frame)
    assert not is_part_of_distilled(a_frame())


def test_copies_and_pickles_of_a_frame_keep_the_labels():
    frame = labeled_frame()
    for same in (frame.copy(), copy.deepcopy(frame), pickle.loads(pickle.dumps(frame))):
        assert_same_labels(LABELS, distilled_labels(same))


def test_pandas_can_join_print_and_write_a_labeled_frame(tmp_path):
    frame = labeled_frame()
    assert len(pd.concat([frame, frame])) == 6
    assert len(frame.merge(frame, on="s")) == 3
    assert "category" in str(frame.dtypes)
    frame.to_parquet(tmp_path / "rows.parquet")
    written = pd.read_parquet(tmp_path / "rows.parquet")
    pd.testing.assert_frame_equal(written, a_frame())
    assert_same_labels(LABELS, distilled_labels(written))


def test_pickles_of_polars_frames_keep_the_labels(tmp_path):
    polars = pytest.importorskip("polars")
    rows = attach_labels(
        polars.DataFrame({"a": [1, 2, 3], "b": ["u", "v", "u"]}), LABELS
    )
    for _ in range(2):
        # The labels of a frame that was pickled before are pickled again.
        rows = pickle.loads(pickle.dumps(rows))
        joblib.dump(rows, tmp_path / "rows")
        for copied in (rows, joblib.load(tmp_path / "rows")):
            assert type(copied) is polars.DataFrame
            found = distilled_labels(copied)
            np.testing.assert_array_equal(found.y, LABELS.y)
            np.testing.assert_array_equal(found.soft_labels, LABELS.soft_labels)
    assert distilled_labels(copy.deepcopy(rows)) is None
    assert distilled_labels(rows.clone()) is None
