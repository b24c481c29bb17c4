"""What a distiller promises beyond scikit-learn's checks, promise by promise.

Each check takes a distiller and raises if it breaks its promise. They run through
`sklearn_distill.testing`.
"""

# SPDX-License-Identifier: BSD-3-Clause

import pickle
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import SkipTest

import numpy as np
from sklearn.base import clone
from sklearn.datasets import make_blobs
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.utils import get_tags

from .distilled_array import distilled_labels
from .distilled_set import DistilledSet

# Iterative methods make at most this many steps in a check: what is checked is the
# contract, not how good the rows are.
MAX_ITER = 10


class SkippedCheck(SkipTest):
    """A check does not apply to a distiller, or something that it needs is missing.

    pytest and unittest take it for what it is: a skipped test.
    """


def distiller_checks() -> list[Callable[[Any], None]]:
    """Return our checks: functions that take a distiller and raise if it fails."""
    return [
        check_budget_forms,
        check_every_class_survives,
        check_table_stays_valid,
        check_images,
        check_units,
        check_labels_of_any_kind,
        check_regression,
        check_without_labels,
        check_zero_weights_are_absent,
        check_nothing_to_distill,
        check_reproducible,
        check_pickle_and_files,
        check_labels_travel,
        check_soft_labels,
        check_refuses_bad_input,
        check_grid_search,
        check_progress_events,
        check_no_device_memory_held,
    ]


def fewer_steps(estimator: Any) -> Any:
    """Return a clone that makes at most `MAX_ITER` steps."""
    hurried = clone(estimator)
    if "max_iter" in hurried.get_params(deep=False):
        hurried.set_params(max_iter=min(hurried.max_iter, MAX_ITER))
    return hurried


def _quick(estimator: Any, **params: Any) -> Any:
    """Return a clone with a fixed seed, a small budget and few steps."""
    quick = fewer_steps(estimator)
    params = {"budget": 3, "random_state": 0, **params}
    known = quick.get_params(deep=False)
    return quick.set_params(**{k: v for k, v in params.items() if k in known})


def _fit(estimator: Any, *args: Any, **kwargs: Any) -> Any:
    with warnings.catch_warnings():
        # Ten steps need not have lowered a loss.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(*args, **kwargs)


def _blobs() -> tuple[np.ndarray, np.ndarray]:
    X, y = make_blobs([60, 30, 12], n_features=4, cluster_std=2.0, random_state=0)
    return X.round(3), y


def _needs_labels(estimator: Any) -> bool:
    return get_tags(estimator).target_tags.required


def check_budget_forms(estimator: Any) -> None:
    """Rows per class, a share of the rows and rows by label are all kept to."""
    X, y = _blobs()
    forms: list[tuple[Any, str, list[int]]] = [
        (3, "auto", [3, 3, 3]),
        (20, "auto", [20, 20, 12]),
        (0.2, "auto", [12, 6, 2]),
        ({0: 1, 1: 4, 2: 2}, "auto", [1, 4, 2]),
        (4, "proportional", [7, 4, 1]),
    ]
    for budget, allocation, expected in forms:
        fitted = _fit(_quick(estimator, budget=budget, allocation=allocation), X, y)
        rows = np.bincount(fitted.distilled_.y, minlength=3)
        assert rows.sum() <= sum(expected), (budget, allocation, rows)
        assert (rows <= np.array(expected) + 1).all(), (budget, allocation, rows)
        assert len(fitted.distilled_.X) == rows.sum()


def check_every_class_survives(estimator: Any) -> None:
    """A class of a single row is in the set, and predict_proba keeps its columns."""
    X, y = _blobs()
    X, y = X[:91], np.r_[y[:90], 2]
    fitted = _fit(_quick(estimator), X, y)
    assert set(fitted.distilled_.y) == set(y)
    np.testing.assert_array_equal(fitted.classes_, np.unique(y))


def check_table_stays_valid(estimator: Any) -> None:
    """Categories, integers, booleans, ranges, dtypes, names: all as they came."""
    pd = _pandas()
    X, y = _blobs()
    rng = np.random.RandomState(0)
    table = pd.DataFrame(
        {
            "number": X[:, 0],
            "whole": rng.poisson(4, len(X)),
            "flag": rng.rand(len(X)) < 0.3,
            "colour": rng.choice(["red", "green", "blue"], len(X)),
            "size": pd.Categorical(
                rng.choice(["S", "L"], len(X)), categories=["S", "M", "L"], ordered=True
            ),
            "constant": 7.5,
        },
        index=rng.permutation(len(X)) + 1_000,
    )
    labels = pd.Series(y, index=table.index, name="species")
    fitted = _fit(_quick(estimator), table, labels)
    made = fitted.distilled_.X
    assert list(made.columns) == list(table.columns)
    assert (made.dtypes == table.dtypes).all(), made.dtypes
    assert list(made.index) == list(range(len(made))), "the index is not fresh"
    for column in ("colour", "size"):
        assert set(made[column]) <= set(table[column])
    for column in ("number", "whole", "constant"):
        assert made[column].between(table[column].min(), table[column].max()).all()
    assert fitted.distilled_.target_name == "species"
    np.testing.assert_array_equal(fitted.feature_names_in_, table.columns)
    assert fitted.transform(table) is not None


def check_images(estimator: Any) -> None:
    """(n, C, H, W) and flat rows with `image_shape` give the same set."""
    rng = np.random.RandomState(0)
    X = rng.randint(0, 256, size=(40, 1, 4, 4)).astype(np.uint8)
    y = np.repeat([0, 1], 20)
    four = _fit(_quick(estimator), X, y).distilled_
    assert four.X.shape == (6, 1, 4, 4)
    assert four.X.dtype == np.uint8
    flat = _fit(_quick(estimator, image_shape=(1, 4, 4)), X.reshape(40, 16), y)
    np.testing.assert_array_equal(flat.distilled_.X, four.X.reshape(6, 16))


def check_units(estimator: Any) -> None:
    """Scaling and shifting the columns scales and shifts the set."""
    X, y = _blobs()
    scale, shift = np.array([1e3, 0.5, 1e-4, 7.0]), np.array([5.0, -2.0, 0.0, 1e2])
    plain = _fit(_quick(estimator), X, y).distilled_.X
    moved = _fit(_quick(estimator), X * scale + shift, y).distilled_.X
    spread = np.abs(scale) * X.std(axis=0)
    np.testing.assert_allclose(
        (moved - (plain * scale + shift)) / spread, 0.0, atol=1e-4
    )


def check_labels_of_any_kind(estimator: Any) -> None:
    """Strings, booleans and integers come back as they are."""
    X, y = _blobs()
    for labels in (np.array(["a", "bc", "d"])[y], y * 10 - 5, y == 0):
        fitted = _fit(_quick(estimator), X, labels)
        assert fitted.distilled_.y.dtype == labels.dtype
        assert set(fitted.distilled_.y) == set(labels)
        assert 0.0 <= fitted.score(X, labels) <= 1.0


def check_regression(estimator: Any) -> None:
    """A continuous y gives rows with numbers in the range of y."""
    X, _ = _blobs()
    y = X @ [1.0, -2.0, 0.5, 0.0]
    try:
        fitted = _fit(_quick(estimator, budget=10), X, y)
    except ValueError as error:
        raise SkippedCheck(f"does not take a continuous y: {error}") from error
    distilled = fitted.distilled_
    assert len(distilled) == 10
    assert distilled.classes is None
    assert not hasattr(fitted, "classes_")
    assert distilled.y.min() >= y.min()
    assert distilled.y.max() <= y.max()
    assert np.isfinite(fitted.score(X, y))


def check_without_labels(estimator: Any) -> None:
    """y=None gives rows without labels, or is refused by name."""
    X, _ = _blobs()
    if _needs_labels(estimator):
        _assert_refuses(estimator, X, None, match="requires y to be passed")
        return
    distilled = _fit(_quick(estimator, budget=5), X).distilled_
    assert distilled.y is None
    assert len(distilled) == 5


def check_zero_weights_are_absent(estimator: Any) -> None:
    """Rows of weight 0 change nothing."""
    X, y = _blobs()
    rng = np.random.RandomState(0)
    junk = np.r_[np.zeros(len(X)), np.ones(15)].astype(bool)
    order = np.argsort(np.r_[np.arange(len(X)) * 1.0, rng.uniform(0, len(X), 15)])
    X_more = np.r_[X, 100 + rng.randn(15, X.shape[1])][order]
    y_more = np.r_[y, np.full(15, 9)][order]
    weights = (~junk[order]).astype(float)
    plain = _fit(_quick(estimator), X, y).distilled_
    weighted = _fit(_quick(estimator), X_more, y_more, sample_weight=weights)
    np.testing.assert_array_equal(weighted.distilled_.X, plain.X)
    np.testing.assert_array_equal(weighted.distilled_.y, plain.y)


def check_nothing_to_distill(estimator: Any) -> None:
    """If the budget covers every row they come back in their own order, with a
    warning."""
    X, y = _blobs()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        distilled = _quick(estimator, budget=60).fit(X, y).distilled_
    assert any("nothing to distill" in str(w.message) for w in caught)
    np.testing.assert_array_equal(distilled.X, X)
    np.testing.assert_array_equal(distilled.y, y)


def check_reproducible(estimator: Any) -> None:
    """An int seed gives the same bytes, and the global generators are left alone."""
    X, y = _blobs()
    states = list(_global_states())
    first = _fit(_quick(estimator, random_state=1), X, y).distilled_
    for before, after in zip(states, _global_states(), strict=True):
        assert (before == after).all(), "fit moved a global random number generator"
    second = _fit(_quick(estimator, random_state=1), X, y).distilled_
    assert np.asarray(first.X).tobytes() == np.asarray(second.X).tobytes()
    assert first.y.tobytes() == second.y.tobytes()


def check_pickle_and_files(estimator: Any) -> None:
    """A fitted distiller survives pickling, and its set survives a file."""
    X, y = _blobs()
    fitted = _fit(_quick(estimator), X, y)
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.distilled_.X, fitted.distilled_.X)
    assert again.score(X, y) == fitted.score(X, y)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "set.npz")
        fitted.distilled_.save(path)
        loaded = DistilledSet.load(path)
    np.testing.assert_array_equal(loaded.X, fitted.distilled_.X)
    np.testing.assert_array_equal(loaded.y, fitted.distilled_.y)
    assert loaded.info == fitted.distilled_.info


def check_labels_travel(estimator: Any) -> None:
    """fit_transform's rows carry their labels; slices of them carry none."""
    X, y = _blobs()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        rows = _quick(estimator).fit_transform(X, y)
    expected = _fit(_quick(estimator), X, y).distilled_
    np.testing.assert_array_equal(rows, expected.X)
    for carrier in (rows, pickle.loads(pickle.dumps(rows))):
        labels = distilled_labels(carrier)
        assert labels is not None, "the rows carry no labels"
        np.testing.assert_array_equal(labels.y, expected.y)
    assert distilled_labels(rows[::-1]) is None
    assert distilled_labels(rows * 1.0) is None


def check_soft_labels(estimator: Any) -> None:
    """A teacher gives each row probabilities over the classes that sum to 1."""
    from sklearn.naive_bayes import GaussianNB

    X, y = _blobs()
    fitted = _fit(_quick(estimator, soft_labels=GaussianNB()), X, y)
    soft = fitted.distilled_.soft_labels
    assert soft.shape == (len(fitted.distilled_), 3)
    assert (soft >= 0).all()
    np.testing.assert_allclose(soft.sum(axis=1), 1.0, atol=1e-6)


def check_refuses_bad_input(estimator: Any) -> None:
    """Missing values, one class and an empty budget are refused by name."""
    X, y = _blobs()
    X_nan = X.copy()
    X_nan[3, 1] = np.nan
    _assert_refuses(estimator, X_nan, y, match="NaN")
    _assert_refuses(estimator, X, np.zeros(len(X), dtype=int), match="class")
    _assert_refuses(_quick(estimator, budget=0), X, y, match="budget")
    _assert_refuses(_quick(estimator, budget=1.5), X, y, match="budget")
    _assert_refuses(_quick(estimator, budget={0: 1}), X, y, match="class")
    _assert_refuses(estimator, X, y[:-1], match="inconsistent")


def check_grid_search(estimator: Any) -> None:
    """GridSearchCV over the distiller itself works, because it has a score."""
    X, y = _blobs()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        search = GridSearchCV(
            _quick(estimator),
            {"budget": [1, 4]},
            cv=StratifiedKFold(2),
            error_score="raise",
        ).fit(X, y)
    assert search.best_score_ > 1 / 3, "no better than a guess among three classes"


def check_progress_events(estimator: Any) -> None:
    """A callback hears of the fit, of each iteration, and can end it."""
    X, y = _blobs()
    heard = _Listener(stop_after=None)
    fitted = _quick(estimator)
    fitted.set_callbacks(heard)
    _fit(fitted, X, y)
    assert heard.tasks.count("fit") == 1, heard.tasks
    if "max_iter" not in fitted.get_params(deep=False):
        return
    assert heard.tasks.count("iteration") == fitted.n_iter_ >= 1
    hurried = _quick(estimator)
    hurried.set_callbacks(_Listener(stop_after=3))
    _fit(hurried, X, y)
    assert hurried.n_iter_ == 3, "a callback's answer did not end the fit"
    assert len(hurried.distilled_) == 9


def check_no_device_memory_held(estimator: Any) -> None:
    """After fit nothing of it is left on a GPU."""
    try:
        import torch
    except ImportError as error:
        raise SkippedCheck("torch is not installed") from error
    if not torch.cuda.is_available():
        raise SkippedCheck("there is no GPU")
    X, y = _blobs()
    before = torch.cuda.memory_allocated()
    fitted = _fit(_quick(estimator), X, y)
    assert torch.cuda.memory_allocated() <= before, "tensors are left on the GPU"
    del fitted


class _Listener:
    """A callback that writes down which tasks ended."""

    def __init__(self, stop_after: int | None):
        self.stop_after = stop_after
        self.tasks: list[str] = []

    def setup(self, estimator: Any, context: Any) -> None:
        """Nothing to prepare."""

    def teardown(self, estimator: Any, context: Any) -> None:
        """Nothing to put away."""

    def on_fit_task_begin(self, estimator: Any, context: Any, **kwargs: Any) -> None:
        """Only ends are written down."""

    def on_fit_task_end(self, estimator: Any, context: Any, **kwargs: Any) -> bool:
        self.tasks.append(context.task_name)
        return self.tasks.count("iteration") == self.stop_after


def _assert_refuses(estimator: Any, X: Any, y: Any, *, match: str) -> None:
    try:
        _fit(clone(estimator), X, y)
    except (ValueError, TypeError) as error:
        message = str(error)
        assert match in message, f"the message does not say {match!r}: {message}"
    else:
        raise AssertionError(f"fit did not refuse input that should name {match!r}")


def _global_states() -> Iterator[np.ndarray]:
    """Yield the states of the global random number generators."""
    legacy: Any = np.random.get_state(legacy=False)
    yield np.r_[legacy["state"]["key"], legacy["state"]["pos"]]
    try:
        import torch
    except ImportError:
        return
    yield torch.random.get_rng_state().numpy()


def _pandas() -> Any:
    try:
        import pandas
    except ImportError as error:
        raise SkippedCheck("pandas is not installed") from error
    return pandas
