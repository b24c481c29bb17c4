"""Tests of analyze: the attributes of its result, and input validation."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes

from sklearn_distill import analyze
from sklearn_distill.evaluation.analysis import analyze as module


def test_analyze_counts_classes_rows_and_columns(analysis):
    assert analysis.classes == {0: 300, 1: 300, 2: 60}
    assert analysis.imbalance == 5.0
    assert (analysis.n_rows, analysis.n_columns) == (660, 5)
    assert analysis.task == "classification"


def test_analyze_suspects_flipped_labels(blobs):
    X, y = blobs
    flipped = np.random.RandomState(1).permutation(len(y))[:66]
    noisy = y.copy()
    noisy[flipped] = (y[flipped] + 1) % 3
    analysis = analyze(X, noisy, n_draws=1)
    is_correct = np.isin(analysis.suspects, flipped)
    assert is_correct.mean() > 0.9
    assert is_correct.sum() > 0.6 * len(flipped)
    assert is_correct[:10].all()
    assert analysis.suspect_share == len(analysis.suspects) / len(y)
    assert len(analyze(X, y, n_draws=1).suspects) < 0.02 * len(y)


def test_analyze_counts_kinds_of_columns():
    rng = np.random.RandomState(0)
    X = pd.DataFrame(
        {
            "normal": rng.normal(size=200),
            "integer": rng.randint(0, 9, 200),
            "heavy": rng.standard_cauchy(200),
            "constant": 1.0,
            "category": rng.choice(["a", "b", "c"], 200),
        }
    )
    analysis = analyze(X, rng.choice(["no", "yes"], 200), n_draws=1)
    assert analysis.kinds == {
        "numbers": 2,
        "heavy-tailed numbers": 1,
        "constant": 1,
        "categories": 1,
    }
    assert analysis.n_encoded == 7


def test_analyze_regression():
    X, y = load_diabetes(return_X_y=True)
    y = y + 0.5
    y[7] += 5_000
    analysis = analyze(X, y, n_draws=1)
    assert analysis.task == "regression"
    assert analysis.classes is None
    assert analysis.imbalance is None
    assert analysis.suspects[0] == 7
    assert analysis.curve.index[0] == 10
    assert analysis.curve["rows"].iloc[0] == 10


def test_analyze_accepts_string_labels_with_an_index_and_a_singleton_class(blobs):
    X, y = blobs
    labels = pd.Series(np.where(y == 0, "a", "b"), index=np.arange(len(y))[::-1])
    labels.iloc[0] = "singleton"
    analysis = analyze(pd.DataFrame(X), labels, n_draws=1)
    assert analysis.classes["singleton"] == 1
    assert analysis.imbalance == max(analysis.classes.values())


def test_analyze_suggests_budget_1_for_four_rows():
    analysis = analyze([[0.0], [1.0], [2.0], [3.0]], list("aabb"), n_draws=1)
    assert analysis.budget == 1
    assert analysis.advice == [
        "There are too few rows for a learning curve. Keep all rows."
    ]


def test_analyze_does_not_warn_about_many_small_classes():
    y = np.repeat(np.arange(30), 10)
    X = np.random.RandomState(0).randn(300, 3) + y[:, None]
    assert 1 in analyze(X, y, n_draws=1).curve.index


def test_analyze_samples_rows_of_every_class(monkeypatch):
    monkeypatch.setattr(module, "MAX_ROWS", 50)
    y = np.repeat([0, 1], [990, 10])
    sample = module._sample_rows(y, True, 0)
    assert (np.diff(sample) > 0).all()
    assert set(np.flatnonzero(y == 1)) <= set(sample)
    assert 50 <= len(sample) <= 70
    assert len(module._sample_rows(y.astype(float), False, 0)) == 50
    assert module._sample_rows(y[:50], True, 0).tolist() == list(range(50))


def test_analyze_accepts_missing_values_and_dates():
    X = pd.DataFrame({"day": pd.date_range("2020-01-01", periods=30), "x": 1.5})
    X.loc[3, "x"] = np.nan
    analysis = analyze(X, np.arange(30) % 2, n_draws=1)
    assert (analysis.kinds["numbers"], analysis.kinds["constant"]) == (1, 1)
    assert analysis.n_encoded == 3


@pytest.mark.parametrize(
    ("y", "settings", "message"),
    [
        (None, {}, "requires labels; got y=None"),
        (["a"] * 4, {}, "1 class"),
        (list("abab"), {"n_draws": 0}, "n_draws must be at least 1; got 0"),
    ],
)
def test_analyze_raises_for_invalid_input(y, settings, message):
    with pytest.raises(ValueError, match=message):
        analyze(np.arange(8.0).reshape(4, 2), y, **settings)


def test_integer_dates_and_codes_are_found_with_advice():
    rng = np.random.RandomState(0)
    days = pd.date_range("2015-01-01", periods=200).strftime("%Y%m%d").astype(int)
    X = pd.DataFrame(
        {"day": days, "code": rng.choice([1, 2, 9, 99], 200), "v": rng.normal(size=200)}
    )
    analysis = analyze(X, (X["v"] > 0).to_numpy(), n_draws=1)
    assert analysis.integer_dates == ["day"]
    assert analysis.integer_codes == ["code"]
    text = str(analysis)
    assert "'day' seem to be dates (YYYYMMDD). Convert them with pd.to_datetime" in text
    assert "'code' seem to be codes of categories. Pass the columns as" in text
