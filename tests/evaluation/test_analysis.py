"""analyze finds what was put into the data."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes, make_blobs

from sklearn_distill import analyze


@pytest.fixture(scope="module")
def blobs():
    return make_blobs([300, 300, 60], n_features=5, cluster_std=2.0, random_state=0)


@pytest.fixture(scope="module")
def found(blobs):
    return analyze(*blobs, n_draws=2)


def test_rows_that_cannot_be_distilled_are_refused_first():
    X = np.ones((30, 2))
    X[3, 1] = np.nan
    with pytest.raises(ValueError, match="contains NaN"):
        analyze(X, np.arange(30) % 2)


def test_many_classes_of_few_rows_are_taken_for_no_quantity():
    """scikit-learn would ask, at the first step of the curve."""
    y = np.repeat(np.arange(30), 10)
    X = np.random.RandomState(0).randn(300, 3) + y[:, None]
    assert 1 in analyze(X, y, n_draws=1).curve.index


def test_classes_and_their_balance(found):
    assert found.classes == {0: 300, 1: 300, 2: 60}
    assert found.imbalance == 5.0
    assert (found.n_rows, found.n_columns, found.task) == (660, 5, "classification")


def test_flipped_labels_are_suspects_and_others_are_not(blobs):
    X, y = blobs
    flipped = np.random.RandomState(1).permutation(len(y))[:66]
    noisy = y.copy()
    noisy[flipped] = (y[flipped] + 1) % 3
    suspects = analyze(X, noisy, n_draws=1).suspects
    right = np.isin(suspects, flipped)
    assert right.mean() > 0.9
    assert right.sum() > 0.6 * len(flipped)
    assert right[:10].all()
    assert len(analyze(X, y, n_draws=1).suspects) < 0.02 * len(y)


def test_advice_on_noise_names_methods_that_stand_it(blobs):
    X, y = blobs
    noisy = np.where(np.arange(len(y)) % 8 == 0, (y + 1) % 3, y)
    advice = " ".join(analyze(X, noisy, n_draws=1).advice)
    assert "labels look wrong" in advice
    assert "kernel-inducing-points" in advice


def test_duplicates_and_contradictions_are_counted(blobs):
    X, y = blobs
    twice = np.r_[np.arange(len(y)), np.arange(30)]
    labels = y[twice]
    labels[-10:] = (labels[-10:] + 1) % 3
    found = analyze(X[twice], labels, n_draws=1)
    assert found.duplicates == 30
    assert found.contradictions == 20
    assert "30 duplicates; 20 rows whose twin has another label;" in str(found)
    assert any("30 rows are duplicates" in line for line in found.advice)
    assert any("twin with another label" in line for line in found.advice)


def test_kinds_of_columns():
    rng = np.random.RandomState(0)
    X = pd.DataFrame(
        {
            "plain": rng.normal(size=200),
            "whole": rng.randint(0, 9, 200),
            "heavy": rng.standard_cauchy(200),
            "constant": 1.0,
            "word": rng.choice(["a", "b", "c"], 200),
        }
    )
    found = analyze(X, rng.choice(["no", "yes"], 200), n_draws=1)
    assert found.kinds == {
        "numbers": 2,
        "heavy-tailed numbers": 1,
        "constant": 1,
        "categories": 1,
    }
    assert found.n_encoded == 7


def test_dimension_is_that_of_the_subspace():
    """Three factors in twenty columns."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(300, 3)) @ rng.normal(size=(3, 20))
    assert analyze(X, (X[:, 0] > 0).astype(int), n_draws=1).dimension <= 3


def test_curve_rises_to_the_score_of_all_rows(found):
    curve = found.curve
    assert curve.index.tolist() == [1, 2, 5, 10, 20, 50, 100]
    assert curve["rows"].tolist()[:4] == [3, 6, 15, 30]
    assert curve["score"].iloc[0] < curve["score"].iloc[-1] <= found.full_score + 0.03
    assert found.budget in curve.index


def test_budget_is_where_more_rows_gain_little(blobs):
    """Well separated classes need a row or two; a fine pattern needs many."""
    X, y = make_blobs(600, centers=3, cluster_std=0.3, random_state=0)
    assert analyze(X, y, n_draws=1).budget <= 2
    rng = np.random.RandomState(0)
    X = rng.uniform(0, 4, size=(1_200, 2))
    board = (np.floor(X).sum(axis=1) % 2).astype(int)
    hard = analyze(X, board, n_draws=1)
    assert hard.budget >= 50


def test_regression(found):
    X, y = load_diabetes(return_X_y=True)
    y = y + 0.5
    y[7] += 5_000
    quantity = analyze(X, y, n_draws=1)
    assert quantity.task == "regression"
    assert quantity.classes is None
    assert quantity.imbalance is None
    assert quantity.suspects[0] == 7
    assert quantity.curve.index[0] == 10
    assert "rows in all" in str(quantity)
    assert "rows a class" in str(found)


def test_small_classes_and_words(blobs):
    """A class of one row, labels of words, an index of its own."""
    X, y = blobs
    labels = pd.Series(np.where(y == 0, "a", "b"), index=np.arange(len(y))[::-1])
    labels.iloc[0] = "alone"
    found = analyze(pd.DataFrame(X), labels, n_draws=1)
    assert found.classes["alone"] == 1
    assert any("times the rows of the smallest" in line for line in found.advice)


def test_tiny_data_are_kept():
    found = analyze([[0.0], [1.0], [2.0], [3.0]], list("aabb"), n_draws=1)
    assert found.budget == 1


@pytest.mark.parametrize(
    ("y", "settings", "message"),
    [
        (None, {}, "y is None"),
        (["a"] * 4, {}, "1 class"),
        (list("abab"), {"n_draws": 0}, "n_draws=0"),
    ],
)
def test_bad_input_is_refused(y, settings, message):
    with pytest.raises(ValueError, match=message):
        analyze(np.arange(8.0).reshape(4, 2), y, **settings)
