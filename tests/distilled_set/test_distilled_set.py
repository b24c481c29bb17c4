"""The distilled set, and the rows that carry its labels."""

import copy
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_distill import DistilledArray, DistilledSet, distilled_labels
from sklearn_distill.distilled_set.distilled_array import DistilledLabels, attach_labels
from sklearn_distill.distilled_set.distilled_set import nbytes_of

ROWS = np.array([[3.0, 1.0], [2.0, 2.0], [1.0, 3.0]])
LABELS = DistilledLabels(
    y=np.array(["a", "b", "a"]),
    soft_labels=np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]),
    sample_weight=np.array([1.0, 2.0, 0.5]),
    classes=np.array(["a", "b"]),
)
CHANGED = "changed or reordered since. Take the labels from distiller.distilled_.y"


def a_set(X=ROWS, **changes):
    return DistilledSet(X, **{**LABELS._asdict(), **changes})


def a_table():
    return pd.DataFrame(
        {
            "n": [3.0, 2.0, 1.0],
            "c": pd.Categorical(["x", "y", "x"]),
            "s": ["p", "q", "r"],
        }
    )


def labelled_rows():
    return attach_labels(ROWS, LABELS)


def labelled_table():
    return attach_labels(a_table(), LABELS)


def assert_same_labels(one, other):
    for name, value in one._asdict().items():
        got = getattr(other, name)
        assert (value is None) == (got is None)
        if value is not None:
            np.testing.assert_array_equal(got, value)
            assert got.dtype == value.dtype


def test_iterating_gives_rows_and_labels():
    X, y = a_set()
    np.testing.assert_array_equal(X, ROWS)
    np.testing.assert_array_equal(y, LABELS.y)
    assert len(a_set()) == 3


def test_lists_become_arrays_and_a_table_stays_one():
    made = DistilledSet([[1, 2], [3, 4]], [0, 1], sample_weight=[1, 2], classes=[0, 1])
    assert isinstance(made.X, np.ndarray)
    assert made.sample_weight.dtype == np.float64
    table = a_table()
    assert a_set(table).X is table


def test_a_set_without_labels_and_one_for_regression_are_sets():
    assert DistilledSet(ROWS).y is None
    assert DistilledSet(ROWS, [0.1, 0.2, 0.3]).classes is None


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"y": ["a", "b"]}, r"y has shape \(2,\), but X has 3 rows"),
        ({"y": "a"}, r"y has shape \(\), but X has 3 rows"),
        ({"y": [["a"], ["b"], ["a"]]}, "y must be 1-D"),
        ({"y": ["a", "b", "c"]}, "labels that classes does not list"),
        ({"sample_weight": [1, 1]}, "sample_weight has shape"),
        ({"sample_weight": [[1], [1], [1]]}, "sample_weight must be 1-D"),
        ({"sample_weight": [1, -1, 1]}, "finite and not negative"),
        ({"sample_weight": [1, np.nan, 1]}, "finite and not negative"),
        ({"sample_weight": [1, np.inf, 1]}, "finite and not negative"),
        ({"sample_weight": ["x", 1, 1]}, "could not convert"),
        ({"classes": [["a", "b"]]}, "classes must be 1-D"),
        ({"classes": None}, "soft_labels need classes"),
        ({"soft_labels": [[1, 0], [0, 1]]}, r"soft_labels has shape \(2, 2\)"),
        ({"soft_labels": np.full((3, 3), 1 / 3)}, r"\(3, 3\), not \(3, 2\)"),
        ({"soft_labels": [1, 0, 1]}, r"\(3,\), not \(3, 2\)"),
        ({"soft_labels": [[2, -1], [0, 1], [0, 1]]}, "must be probabilities"),
        ({"soft_labels": [[0.5, 0.4], [0, 1], [0, 1]]}, "must be probabilities"),
        ({"soft_labels": [[np.nan, 1], [0, 1], [0, 1]]}, "must be probabilities"),
        ({"soft_labels": [[np.inf, 0], [0, 1], [0, 1]]}, "must be probabilities"),
        ({"X": np.array([1.0, 2.0, 3.0])}, r"rows are 2-D .*reshape\(-1, 1\)"),
        ({"X": pd.Series([1.0, 2.0, 3.0])}, "rows are 2-D"),
        ({"X": 5}, "rows are 2-D"),
        ({"X": np.empty((0, 2))}, "there is nothing in it"),
        ({"X": np.empty((3, 0))}, "there is nothing in it"),
    ],
)
def test_parts_that_do_not_fit_together_are_refused(changes, says):
    with pytest.raises(ValueError, match=says):
        a_set(**changes)


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (DistilledSet(ROWS), "<DistilledSet: 3 rows x 2 columns>"),
        (
            a_set(soft_labels=None),
            "<DistilledSet: 3 rows x 2 columns, 2 classes, weights>",
        ),
        (
            a_set(),
            "<DistilledSet: 3 rows x 2 columns, 2 classes, soft labels, weights>",
        ),
        (DistilledSet(np.ones((2, 1, 8, 8))), "<DistilledSet: 2 rows x 1 x 8 x 8>"),
        (
            DistilledSet(ROWS, info={"n_rows_before": 3000}),
            "<DistilledSet: 3 rows x 2 columns, 1/1000 of the rows>",
        ),
        (
            DistilledSet(ROWS, info={"n_rows_before": 30}),
            "<DistilledSet: 3 rows x 2 columns>",
        ),
    ],
)
def test_repr_says_what_is_in_the_set(made, text):
    assert repr(made) == text


def test_nbytes_counts_rows_and_labels():
    assert a_set().nbytes == ROWS.nbytes + 3 * 4 + 3 * 2 * 8 + 3 * 8
    assert DistilledSet(ROWS).nbytes == ROWS.nbytes
    strings = pd.DataFrame({"s": pd.Series(["x" * 1000, "y"], dtype=object)})
    assert nbytes_of(strings) > 1000


def test_info_is_a_copy():
    info = {"method": "x"}
    made = DistilledSet(ROWS, info=info)
    made.info["method"] = "y"
    assert info == {"method": "x"}


def test_expand_without_soft_labels_gives_the_set_itself():
    made = a_set(soft_labels=None)
    X, y, weights = made.expand()
    assert X is made.X
    assert y is made.y
    assert weights is made.sample_weight


def test_expand_turns_each_probability_into_a_weighted_row():
    X, y, weights = a_set(soft_labels=[[0.9, 0.1], [0, 1], [1, 0]]).expand()
    np.testing.assert_array_equal(X, ROWS[[0, 0, 1, 2]])
    np.testing.assert_array_equal(y, ["a", "b", "b", "a"])
    # Four rows of the mean weight that three had.
    np.testing.assert_allclose(weights, np.multiply([0.9, 0.1, 2.0, 0.5], 4 / 3))


@given(st.integers(1, 6), st.integers(2, 5), st.booleans(), st.integers(0, 2**32 - 1))
def test_expanded_weights_are_in_proportion_to_the_soft_labels(
    m, n_classes, weighted, seed
):
    rng = np.random.RandomState(seed)
    soft = rng.dirichlet(np.full(n_classes, 0.3), m)
    sample_weight = rng.uniform(0, 3, m) if weighted else None
    made = DistilledSet(
        np.arange(m)[:, None],
        soft.argmax(axis=1),
        soft_labels=soft,
        sample_weight=sample_weight,
        classes=np.arange(n_classes),
    )
    X, y, weights = made.expand()
    summed = np.zeros((m, n_classes))
    np.add.at(summed, (X[:, 0], y), weights)
    each = np.ones(m) if sample_weight is None else sample_weight
    # Unlikely classes are left out, which takes at most a hundredth for each.
    expected = soft * each[:, None] * len(X) / m
    np.testing.assert_allclose(summed, expected, rtol=0.05, atol=0.02 * len(X))
    assert weights.mean() == pytest.approx(each.mean())


def test_expand_repeats_the_rows_of_a_table_with_their_dtypes():
    table = a_table().set_axis([7, 8, 9])
    X, _, _ = a_set(table).expand()
    pd.testing.assert_frame_equal(
        X, table.iloc[[0, 0, 1, 1, 2, 2]].reset_index(drop=True)
    )


def test_to_frame_puts_rows_labels_and_weights_side_by_side():
    frame = a_set(a_table().set_axis([7, 8, 9]), target_name="kind").to_frame()
    assert list(frame.columns) == [
        *["n", "c", "s", "kind", "sample_weight"],
        *["soft_label:a", "soft_label:b"],
    ]
    assert frame.shape == (3, 7)
    assert frame["kind"].tolist() == ["a", "b", "a"]
    np.testing.assert_array_equal(frame["soft_label:b"], LABELS.soft_labels[:, 1])
    assert frame["c"].dtype == "category"
    assert not frame.isna().any(axis=None)


def test_to_frame_names_the_columns_of_an_array():
    assert list(DistilledSet(ROWS, [0, 1, 0]).to_frame()) == ["x0", "x1", "target"]


def test_to_frame_leaves_out_what_labelled_rows_carry():
    assert a_set(labelled_table()).to_frame().attrs == {}


def test_to_frame_refuses_images_and_names_that_are_taken():
    with pytest.raises(
        ValueError, match=r"\(1, 2, 2\) are no table: save them as .npz"
    ):
        DistilledSet(np.ones((2, 1, 2, 2))).to_frame()
    with pytest.raises(ValueError, match=r"\['n'\].*set target_name"):
        a_set(a_table(), target_name="n").to_frame()


def test_labelled_rows_are_an_array_that_knows_its_labels():
    rows = labelled_rows()
    assert isinstance(rows, DistilledArray)
    np.testing.assert_array_equal(rows, ROWS)
    assert_same_labels(LABELS, distilled_labels(rows))
    np.testing.assert_array_equal(rows.y, LABELS.y)
    np.testing.assert_array_equal(rows.soft_labels, LABELS.soft_labels)
    np.testing.assert_array_equal(rows.sample_weight, LABELS.sample_weight)


def test_labelled_rows_do_not_share_memory_with_what_they_came_from():
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
def test_no_other_array_made_from_labelled_rows_has_labels(derive):
    made = derive(labelled_rows())
    assert distilled_labels(made) is None
    if isinstance(made, DistilledArray):
        assert made.y is made.soft_labels is made.sample_weight is None


def sort_in_place(rows):
    rows.sort(axis=0)


def shuffle_in_place(rows):
    np.random.RandomState(1).shuffle(rows)


def scale_in_place(rows):
    rows *= 2


def set_a_cell(rows):
    rows[0, 0] = -1


def resize_in_place(rows):
    rows.resize((2, 3), refcheck=False)


IN_PLACE = [
    sort_in_place,
    shuffle_in_place,
    scale_in_place,
    set_a_cell,
    resize_in_place,
]


@pytest.mark.parametrize("change", IN_PLACE)
def test_labels_of_rows_that_were_changed_in_place_are_refused(change):
    rows = labelled_rows()
    change(rows)
    with pytest.raises(ValueError, match=CHANGED):
        distilled_labels(rows)


@pytest.mark.parametrize("change", IN_PLACE)
def test_pickling_does_not_launder_rows_that_were_changed(change):
    rows = labelled_rows()
    change(rows)
    with pytest.raises(ValueError, match=CHANGED):
        distilled_labels(pickle.loads(pickle.dumps(rows)))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickling_keeps_rows_and_labels(protocol):
    rows = pickle.loads(pickle.dumps(labelled_rows(), protocol=protocol))
    assert isinstance(rows, DistilledArray)
    np.testing.assert_array_equal(rows, ROWS)
    assert_same_labels(LABELS, distilled_labels(rows))


def test_pickling_rows_without_labels_gives_rows_without_labels():
    rows = pickle.loads(pickle.dumps(labelled_rows()[:2]))
    np.testing.assert_array_equal(rows, ROWS[:2])
    assert distilled_labels(rows) is None


def test_a_joblib_cache_keeps_the_labels_at_a_miss_and_at_a_hit(tmp_path):
    calls = []

    def make(seed):
        calls.append(seed)
        return labelled_rows()

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
def test_rows_of_any_kind_carry_labels_through_pickling(rows):
    labelled = attach_labels(rows, LABELS)
    assert_same_labels(LABELS, distilled_labels(labelled))
    again = pickle.loads(pickle.dumps(labelled))
    assert_same_labels(LABELS, distilled_labels(again))
    np.testing.assert_array_equal(again, rows)
    labelled[[0, 1]] = labelled[[1, 0]]
    with pytest.raises(ValueError, match=CHANGED):
        distilled_labels(labelled)


@pytest.mark.parametrize("X", [ROWS, a_table(), [[1, 2]], None, "text"])
def test_what_never_was_distilled_carries_no_labels(X):
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
def test_a_table_carries_labels_of_any_kind(labels):
    assert_same_labels(labels, distilled_labels(attach_labels(a_table(), labels)))


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
def test_a_table_whose_rows_were_changed_is_refused(change):
    changed = change(labelled_table())
    with pytest.raises(ValueError, match=CHANGED):
        distilled_labels(changed)


def test_copies_and_pickles_of_a_table_keep_the_labels():
    frame = labelled_table()
    for same in (frame.copy(), copy.deepcopy(frame), pickle.loads(pickle.dumps(frame))):
        assert_same_labels(LABELS, distilled_labels(same))


def test_pandas_can_still_join_print_and_write_a_table_with_labels(tmp_path):
    frame = labelled_table()
    assert len(pd.concat([frame, frame])) == 6
    assert len(frame.merge(frame, on="s")) == 3
    assert "category" in str(frame.dtypes)
    frame.to_parquet(tmp_path / "rows.parquet")
    written = pd.read_parquet(tmp_path / "rows.parquet")
    pd.testing.assert_frame_equal(written, a_table())
    assert_same_labels(LABELS, distilled_labels(written))
