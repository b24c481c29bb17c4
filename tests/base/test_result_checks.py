"""Checks of the results of methods, with messages for their authors."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits, load_iris

from sklearn_distill import KMeansSelection, RandomSelection
from sklearn_distill.base import Kept, Learned


class ScriptedSelection(RandomSelection):
    """Return the result of `reply` for the indices of random rows and the problem."""

    def __init__(self, budget=5, reply=None, task="auto"):
        super().__init__(budget, task=task, random_state=0)
        self.reply = reply

    def _distill(self, problem):
        return self.reply(super()._distill(problem).indices, problem)


def distill(reply, X=None, y=None, budget=5):
    """Distill three classes of 50 rows with 4 columns to five rows per class."""
    if X is None:
        X, y = load_iris(return_X_y=True)
        y = np.array(["a", "b", "c"], dtype=object)[y]
    return ScriptedSelection(budget, reply).fit(X, y).distilled_


def assert_fit_raises(reply, error, match, **data):
    """Check the error of a fit, and that its message names the method."""
    with pytest.raises(error, match=match) as caught:
        distill(reply, **data)
    assert str(caught.value).startswith("ScriptedSelection._distill")


@pytest.mark.parametrize("result", [None, (np.arange(15),), np.arange(15)])
def test_fit_raises_when_distill_returns_another_type(result):
    assert_fit_raises(
        lambda kept, problem: result, TypeError, r"Kept\(indices\) or Learned\(Z"
    )


def test_fit_raises_when_numbers_of_rows_per_class_are_wrong():
    """The message states the actual and the expected number of rows."""
    assert_fit_raises(
        lambda kept, problem: Kept(kept[:-2]),
        ValueError,
        "returned 3 rows of class 'c' instead of 5",
    )
    assert_fit_raises(
        lambda kept, problem: Kept(kept[:7]),
        ValueError,
        "returned 2 rows of class 'b' instead of 5, 0 rows of class 'c' instead of 5",
    )
    assert_fit_raises(
        lambda kept, problem: Kept(np.arange(15)), ValueError, "15 rows of class 'a'"
    )
    labels = np.zeros(15, dtype=int)
    assert_fit_raises(
        lambda kept, problem: Kept(kept, y=labels),
        ValueError,
        "15 rows of class 'a' instead of 5",
    )
    assert_fit_raises(
        lambda kept, problem: Learned(problem.Z[kept], labels),
        ValueError,
        "0 rows of class 'b'",
    )


def test_fit_raises_when_the_total_number_of_rows_is_wrong_without_classes():
    X, y = load_diabetes(return_X_y=True)
    for labels in (None, y + 0.5):
        assert_fit_raises(
            lambda kept, problem: Kept(kept[1:]),
            ValueError,
            "4 rows in total instead of 5",
            X=X,
            y=labels,
        )


@pytest.mark.parametrize(
    ("wrong", "error", "match"),
    [
        (lambda kept: np.r_[kept[:-1], kept[0]], ValueError, "must not repeat"),
        (lambda kept: np.r_[kept[:-1], 150], ValueError, "between 0 and 149"),
        (lambda kept: np.r_[kept[:-1], -1], ValueError, "between 0 and 149"),
        (lambda kept: kept.astype(float), TypeError, "integers, got dtype float64"),
        (
            lambda kept: np.isin(np.arange(150), kept),
            TypeError,
            "integers, got dtype bool",
        ),
        (lambda kept: kept[:, None], ValueError, r"1-dimensional, got shape \(15, 1\)"),
    ],
)
def test_fit_raises_when_indices_are_invalid(wrong, error, match):
    assert_fit_raises(lambda kept, problem: Kept(wrong(kept)), error, match)


@pytest.mark.parametrize(
    ("wrong", "error", "match"),
    [
        (lambda Z: Z[:, :3], ValueError, r"\(15, 4\), got \(15, 3\)"),
        (lambda Z: Z[0], ValueError, r"\(n, 4\), got \(4,\)"),
        (lambda Z: np.where(Z > Z.min(), Z, np.nan), ValueError, "finite"),
        (lambda Z: np.where(Z > Z.min(), Z, np.inf), ValueError, "finite"),
        (lambda Z: Z.astype(str), TypeError, "numbers, got dtype <U"),
        (lambda Z: None, TypeError, "numbers, got dtype object"),
    ],
)
def test_fit_raises_when_learned_rows_are_invalid(wrong, error, match):
    def reply(kept, problem):
        return Learned(wrong(problem.Z[kept]), problem.y[kept])

    assert_fit_raises(reply, error, match)


@pytest.mark.parametrize(
    ("wrong", "error", "match"),
    [
        (lambda y: y[1:], ValueError, r"shape \(15,\), got \(14,\)"),
        (lambda y: y[:, None], ValueError, r"shape \(15,\), got \(15, 1\)"),
        (lambda y: y + 1, ValueError, "codes from 0 to 2"),
        (lambda y: y - 1, ValueError, "codes from 0 to 2"),
        (lambda y: y.astype(float), TypeError, "codes, got dtype float64"),
        (lambda y: np.array(["a", "b", "c"])[y], TypeError, "codes, got dtype <U1"),
        (lambda y: None, ValueError, "must hold the labels of Z, got None"),
    ],
)
def test_fit_raises_when_class_codes_are_invalid(wrong, error, match):
    def reply(kept, problem):
        return Learned(problem.Z[kept], wrong(problem.y[kept]))

    assert_fit_raises(reply, error, match)


@pytest.mark.parametrize(
    ("wrong", "error", "match"),
    [
        (lambda y: np.where(y > y.min(), y, np.nan), ValueError, "finite"),
        (lambda y: y[1:], ValueError, r"shape \(5,\), got \(4,\)"),
        (lambda y: y.astype(str), TypeError, "numbers, got dtype <U"),
    ],
)
def test_fit_raises_when_continuous_targets_are_invalid(wrong, error, match):
    X, y = load_diabetes(return_X_y=True)

    def learned(kept, problem):
        return Learned(problem.Z[kept], wrong(problem.y[kept]))

    def kept_with_other_labels(kept, problem):
        return Kept(kept, y=wrong(problem.y[kept]))

    for reply in (learned, kept_with_other_labels):
        assert_fit_raises(reply, error, match, X=X, y=y + 0.5)


def test_n_parts_multiplies_the_expected_number_of_rows():
    """Multi-formation learns several small images for each row of the budget."""

    def times(n, n_parts):
        def reply(kept, problem):
            Z, codes = problem.Z[kept], problem.y[kept]
            return Learned(np.repeat(Z, n, 0), np.repeat(codes, n), n_parts=n_parts)

        return reply

    X, y = load_digits(n_class=2, return_X_y=True)
    assert len(distill(times(4, 4), X, y)) == 40
    assert_fit_raises(
        times(4, 1), ValueError, "20 rows of class 0 instead of 5", X=X, y=y
    )
    assert_fit_raises(
        times(1, 4), ValueError, "5 rows of class 0 instead of 20", X=X, y=y
    )


def test_valid_results_are_accepted_in_every_form():
    """Lists, any order, other labels, and rows without labels are valid."""
    by_array = distill(lambda kept, problem: Kept(kept))
    by_list = distill(lambda kept, problem: Kept(kept.tolist()))
    assert (by_array.X == by_list.X).all()
    backwards = distill(lambda kept, problem: Kept(kept[::-1]))
    assert (backwards.X == by_array.X[::-1]).all()
    learned = distill(
        lambda kept, problem: Learned(problem.Z[kept].tolist(), problem.y[kept])
    )
    assert learned.X == pytest.approx(by_array.X)
    rotated = distill(
        lambda kept, problem: Kept(kept, y=np.roll(problem.y[kept], 5).tolist())
    )
    assert rotated.y.tolist() == ["c"] * 5 + ["a"] * 5 + ["b"] * 5
    X, _ = load_iris(return_X_y=True)
    unlabeled = distill(lambda kept, problem: Learned(problem.Z[kept], None), X=X)
    assert len(unlabeled) == 5
    assert unlabeled.y is None


def test_message_about_many_wrong_classes_is_short():
    X = np.arange(400.0)[:, None]
    y = np.repeat(np.arange(40), 10)
    with pytest.raises(ValueError, match="and 35 more") as caught:
        ScriptedSelection(2, lambda kept, problem: Kept(kept[:1])).fit(X, y)
    assert len(str(caught.value)) < 400


def test_k_means_returns_the_expected_number_of_rows_if_rows_repeat():
    X = np.repeat(np.eye(2), 20, axis=0)
    y = np.tile([0, 1], 20)
    for representative in ("nearest", "centroid"):
        k_means = KMeansSelection(6, representative=representative, random_state=0)
        assert len(k_means.fit(X, y).distilled_) == 12
