"""The distilled set: construction, properties, expansion and frames."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_distill import DistilledSet
from sklearn_distill.distilled_set.distilled_array import DistilledLabels, attach_labels
from sklearn_distill.distilled_set.distilled_set import nbytes_of

ROWS = np.array([[3.0, 1.0], [2.0, 2.0], [1.0, 3.0]])
LABELS = DistilledLabels(
    y=np.array(["a", "b", "a"]),
    soft_labels=np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]),
    sample_weight=np.array([1.0, 2.0, 0.5]),
    classes=np.array(["a", "b"]),
)


def a_set(X=ROWS, **changes):
    return DistilledSet(X, **{**LABELS._asdict(), **changes})


def a_frame():
    return pd.DataFrame(
        {
            "n": [3.0, 2.0, 1.0],
            "c": pd.Categorical(["x", "y", "x"]),
            "s": ["p", "q", "r"],
        }
    )


def test_iteration_yields_rows_and_labels():
    X, y = a_set()
    np.testing.assert_array_equal(X, ROWS)
    np.testing.assert_array_equal(y, LABELS.y)
    assert len(a_set()) == 3


def test_constructor_converts_lists_and_keeps_frames():
    made = DistilledSet([[1, 2], [3, 4]], [0, 1], sample_weight=[1, 2], classes=[0, 1])
    assert isinstance(made.X, np.ndarray)
    assert made.sample_weight.dtype == np.float64
    table = a_frame()
    assert a_set(table).X is table


def test_labels_and_classes_are_optional():
    assert DistilledSet(ROWS).y is None
    assert DistilledSet(ROWS, [0.1, 0.2, 0.3]).classes is None


def test_constructor_checks_the_parts():
    with pytest.raises(ValueError, match=r"y has shape \(2,\), but X has 3 rows"):
        a_set(y=["a", "b"])


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
def test_repr_shows_the_parts(made, text):
    assert repr(made) == text


def test_nbytes_counts_rows_and_labels():
    assert a_set().nbytes == ROWS.nbytes + 3 * 4 + 3 * 2 * 8 + 3 * 8
    assert DistilledSet(ROWS).nbytes == ROWS.nbytes
    strings = pd.DataFrame({"s": pd.Series(["x" * 1000, "y"], dtype=object)})
    assert nbytes_of(strings) > 1000


def test_constructor_copies_info():
    info = {"method": "x"}
    made = DistilledSet(ROWS, info=info)
    made.info["method"] = "y"
    assert info == {"method": "x"}


def test_expand_without_soft_labels_returns_the_parts():
    made = a_set(soft_labels=None)
    X, y, weights = made.expand()
    assert X is made.X
    assert y is made.y
    assert weights is made.sample_weight


def test_expand_repeats_rows_with_weights_from_soft_labels():
    X, y, weights = a_set(soft_labels=[[0.9, 0.1], [0, 1], [1, 0]]).expand()
    np.testing.assert_array_equal(X, ROWS[[0, 0, 1, 2]])
    np.testing.assert_array_equal(y, ["a", "b", "b", "a"])
    # The mean of the four weights is the mean of the three original weights.
    np.testing.assert_allclose(weights, np.multiply([0.9, 0.1, 2.0, 0.5], 4 / 3))


@given(st.integers(1, 6), st.integers(2, 5), st.booleans(), st.integers(0, 2**32 - 1))
def test_expanded_weights_are_proportional_to_the_soft_labels(
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
    # Omitting an unlikely class changes the sums by at most a hundredth.
    expected = soft * each[:, None] * len(X) / m
    np.testing.assert_allclose(summed, expected, rtol=0.05, atol=0.02 * len(X))
    assert weights.mean() == pytest.approx(each.mean())


def test_expand_keeps_the_dtypes_of_a_frame():
    table = a_frame().set_axis([7, 8, 9])
    X, _, _ = a_set(table).expand()
    pd.testing.assert_frame_equal(
        X, table.iloc[[0, 0, 1, 1, 2, 2]].reset_index(drop=True)
    )


def test_to_frame_returns_rows_labels_and_weights():
    frame = a_set(a_frame().set_axis([7, 8, 9]), target_name="kind").to_frame()
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


def test_to_frame_drops_the_attrs_of_labeled_rows():
    assert a_set(attach_labels(a_frame(), LABELS)).to_frame().attrs == {}


def test_to_frame_raises_for_images_and_duplicate_names():
    with pytest.raises(
        ValueError, match=r"\(1, 2, 2\) cannot be stored in a table. Save them as .npz"
    ):
        DistilledSet(np.ones((2, 1, 2, 2))).to_frame()
    with pytest.raises(ValueError, match=r"\['n'\].*set target_name"):
        a_set(a_frame(), target_name="n").to_frame()
