"""The contract of every method: budget, weights, randomness and callbacks."""

# SPDX-License-Identifier: BSD-3-Clause

import copy
import pickle
from collections import Counter

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.callback import ProgressBar
from sklearn.datasets import load_iris, make_regression
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from sklearn_distill import (
    BaseDistiller,
    HerdingSelection,
    KernelInducingPoints,
    KMeansSelection,
    RandomSelection,
)

# A fit of a few steps may not lower the validation loss.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize(
    ("budget", "allocation", "expected"),
    [
        (3, "auto", [3, 3, 3]),
        (np.int64(3), "equal", [3, 3, 3]),
        (20, "auto", [20, 20, 12]),
        (0.2, "auto", [12, 6, 2]),
        (np.float32(0.25), "equal", [8, 9, 9]),
        (4, "proportional", [7, 4, 1]),
        (4, "sqrt", [6, 4, 2]),
        ({0: 1, 1: 4, 2: 2}, "auto", [1, 4, 2]),
        ({0: 1, 1: 4, 2: 99}, "auto", [1, 4, 12]),
    ],
)
def test_budget_and_allocation_set_the_rows_per_class(
    make_method, make_classes, budget, allocation, expected
):
    X, y = make_classes()
    distiller = make_method(budget=budget, allocation=allocation).fit(X, y)
    rows = np.bincount(distiller.distilled_.y, minlength=3)
    if budget == np.float32(0.25):
        assert rows.sum() == 26
        assert np.ptp(rows) <= 1
    else:
        np.testing.assert_array_equal(rows, expected)


def test_every_class_keeps_a_row(make_method, make_classes):
    """Every budget keeps classes that have only one row."""
    X, y = make_classes((80, 40, 1))
    for budget in (1, 0.02, {0: 1, 1: 1, 2: 1}):
        distiller = make_method(budget=budget).fit(X, y)
        assert set(distiller.distilled_.y) == {0, 1, 2}
        np.testing.assert_array_equal(distiller.classes_, [0, 1, 2])


@pytest.mark.parametrize("budget", [12, 0.1, np.int32(12)])
def test_budget_of_a_regression_is_the_total_number_of_rows(make_method, budget):
    X, y = make_regression(120, 4, noise=1.0, random_state=0)
    distiller = make_method(budget=budget).fit(X, y)
    assert len(distiller.distilled_) == 12
    assert not hasattr(distiller, "classes_")


@pytest.mark.parametrize(
    "budget",
    [0, -1, 1.0, 2.5, 0.0, True, "ten", None, [3], {}, {0: 1}, {0: 1, 1: 1, 2: 0}]
    + [{0: 1, 1: 1, 2: 1, 3: 1}, {0: 1, 1: 1, 2: 1.5}, float("nan"), float("inf")],
    ids=repr,
)
def test_fit_raises_when_budget_is_invalid(make_method, make_classes, budget):
    X, y = make_classes()
    with pytest.raises((ValueError, TypeError), match="budget"):
        make_method(budget=budget).fit(X, y)


def test_fit_raises_when_budget_is_a_dict_without_classes():
    X, y = make_regression(50, 3, random_state=0)
    with pytest.raises(ValueError, match="no classes"):
        RandomSelection({0: 3}).fit(X, y)


def test_budget_that_covers_all_rows_returns_them_in_order_with_a_warning(
    make_method, make_classes
):
    X, y = make_classes()
    y_text = np.array(["a", "b", "c"])[y]
    weights = np.linspace(0.5, 2, len(X))
    with pytest.warns(UserWarning, match="covers all 102 rows") as caught:
        distiller = make_method(budget=60).fit(X, y_text, sample_weight=weights)
    assert caught[0].filename == __file__
    np.testing.assert_array_equal(distiller.distilled_.X, X)
    np.testing.assert_array_equal(distiller.distilled_.y, y_text)
    np.testing.assert_array_equal(distiller.distilled_.sample_weight, weights)


def test_budget_that_covers_all_rows_warns_of_labels_that_hardly_repeat(
    make_method, make_classes
):
    X, y = make_classes()
    identifiers = [f"row {i}" for i in range(len(X))]
    with pytest.warns(UserWarning, match="y has 102 different values.*identifiers"):
        make_method(budget=5).fit(X, identifiers)
    with pytest.warns(UserWarning, match="Lower the budget to distill them.$"):
        make_method(budget=60).fit(X, y)


def test_fit_without_steps_resets_the_history_of_the_previous_fit(
    make_classes, make_points
):
    X, y = make_classes()
    points = make_points(budget=2).fit(X, y)
    assert points.n_iter_ == 3
    with pytest.warns(UserWarning, match="covers all 102 rows"):
        points.set_params(budget=60).fit(X, y)
    assert points.n_iter_ == 0
    assert not hasattr(points, "history_")


def test_rows_of_weight_zero_are_ignored(make_method, make_classes):
    """The distilled set is the same to the last byte as without these rows."""
    X, y = make_classes()
    rng = np.random.RandomState(0)
    at = np.sort(rng.randint(0, len(X), 15))
    X_more = np.insert(X, at, 1e3 * rng.randn(15, 4), axis=0)
    y_more = np.insert(y, at, 9)
    weights = np.insert(np.ones(len(X)), at, 0.0)
    plain = make_method(budget=3).fit(X, y)
    weighted = make_method(budget=3).fit(X_more, y_more, sample_weight=weights)
    assert weighted.distilled_.X.tobytes() == plain.distilled_.X.tobytes()
    np.testing.assert_array_equal(weighted.distilled_.y, plain.distilled_.y)
    np.testing.assert_array_equal(weighted.classes_, [0, 1, 2])


def test_table_rows_of_weight_zero_are_ignored(make_method, make_table):
    X = make_table()
    y = pd.Series(np.arange(100) % 2, index=X.index, name="label")
    weights = (np.arange(100) < 80).astype(float)
    plain = make_method(budget=3).fit(X[:80], y[:80]).distilled_
    weighted = make_method(budget=3).fit(X, y, sample_weight=weights).distilled_
    pd.testing.assert_frame_equal(weighted.X, plain.X)
    np.testing.assert_array_equal(weighted.y, plain.y)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (-np.ones(102), "[Nn]egative"),
        (np.full(102, np.nan), "NaN"),
        (np.ones(101), "inconsistent|shape"),
        (np.ones((102, 2)), "1D"),
        (np.zeros(102), "zero"),
    ],
)
def test_fit_raises_when_weights_are_invalid(make_classes, weights, message):
    X, y = make_classes()
    with pytest.raises(ValueError, match=message):
        RandomSelection(3).fit(X, y, sample_weight=weights)


@pytest.mark.parametrize(
    "method",
    [RandomSelection(), KernelInducingPoints()],
    ids=lambda m: type(m).__name__,
)
def test_rows_of_negligible_weight_are_not_drawn(make_classes, method):
    X, y = make_classes((50, 50))
    is_negligible = np.arange(100) % 2 == 0
    weights = np.where(is_negligible, 1e-6, 1.0)
    distiller = clone(method).set_params(budget=10, random_state=0)
    if "init" in distiller.get_params():
        distiller.set_params(init="random", max_iter=1, learning_rate=1e-9)
    kept = distiller.fit(X, y, sample_weight=weights).distilled_.X
    nearest = [np.abs(X - row).sum(axis=1).argmin() for row in kept]
    assert not is_negligible[nearest].any()


def test_the_same_seed_gives_the_same_bytes(make_method, make_classes):
    """Fit neither depends on the global random number generators nor changes them."""
    X, y = make_classes()
    np.random.seed(1)
    torch.manual_seed(1)
    before = np.random.get_state()[1].copy(), torch.get_rng_state()
    first = make_method(budget=3, random_state=5).fit(X, y).distilled_.X
    assert (np.random.get_state()[1] == before[0]).all()
    assert (torch.get_rng_state() == before[1]).all()
    np.random.seed(2)
    second = make_method(budget=3, random_state=5).fit(X, y).distilled_.X
    assert first.tobytes() == second.tobytes()
    generator = np.random.RandomState(5)
    third = make_method(budget=3, random_state=generator).fit(X, y).distilled_.X
    assert third.tobytes() == first.tobytes()


def test_fit_does_not_modify_its_input(make_method, make_classes):
    X, y = make_classes()
    weights = np.ones(len(X))
    X_before, y_before = X.copy(), y.copy()
    X.flags.writeable = y.flags.writeable = weights.flags.writeable = False
    rows = make_method(budget=3).fit_transform(X, y, sample_weight=weights)
    rows += 1.0
    np.testing.assert_array_equal(X, X_before)
    np.testing.assert_array_equal(y, y_before)


def test_pickles_and_copies_of_fitted_methods_score_and_transform(
    make_method, make_classes
):
    X, y = make_classes()
    distiller = make_method(budget=3).fit(X, y)
    for again in (pickle.loads(pickle.dumps(distiller)), copy.deepcopy(distiller)):
        assert again.score(X, y) == distiller.score(X, y)
        np.testing.assert_array_equal(again.transform(X), X)


def test_fit_raises_and_names_the_invalid_parameter(make_classes):
    X, y = make_classes()
    for name, value in {
        "allocation": "fair",
        "task": "clustering",
        "numeric": "log",
        "evaluator": "svc",
        "random_state": "zero",
        "image_shape": 3,
    }.items():
        with pytest.raises(ValueError, match=f"'{name}' parameter"):
            RandomSelection(**{name: value}).fit(X, y)
    with pytest.raises(ValueError, match="18 pixels, but rows of X have 4"):
        RandomSelection(image_shape=(2, 3, 3)).fit(X, y)


def test_fit_validates_the_parameters_of_the_teacher():
    X, y = load_iris(return_X_y=True)
    teacher = LogisticRegression(C=-1.0)
    with pytest.raises(ValueError, match="'C' parameter of LogisticRegression"):
        HerdingSelection(3, soft_labels=teacher).fit(X, y)


def test_fit_raises_and_names_missing_common_parameters():
    class Incomplete(BaseDistiller):
        plugin_api = 1

        def __init__(self, budget=10):
            self.budget = budget

        def _distill(self, problem):
            raise NotImplementedError

    with pytest.raises(
        TypeError, match="Incomplete lacks the parameters allocation, task"
    ):
        Incomplete().fit(np.eye(4), [0, 0, 1, 1])


@pytest.mark.parametrize(
    ("method", "page"),
    [
        (RandomSelection(), "random"),
        (HerdingSelection(), "herding"),
        (KMeansSelection(), "k-means"),
        (KernelInducingPoints(), "kernel-inducing-points"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_html_representation_links_to_the_page_of_the_method(method, page):
    url = "https://sklearn-distill.readthedocs.io/en/latest/methods/"
    assert f"{url}{page}.html" in method._repr_html_()


def test_html_representation_of_a_third_party_method_has_no_link():
    class ThirdPartySelection(RandomSelection):
        plugin_api = 1

    assert "sklearn-distill.readthedocs.io" not in ThirdPartySelection()._repr_html_()


def test_base_distiller_is_abstract():
    with pytest.raises(TypeError, match="abstract"):
        BaseDistiller()


def test_callbacks_are_called_for_the_fit_and_for_each_iteration(
    make_method, make_classes, make_recorder
):
    """Every task that begins also ends, and its estimator is fitted."""
    X, y = make_classes()
    recorder = make_recorder()
    distiller = make_method(budget=2).set_callbacks(recorder).fit(X, y)
    assert Counter(recorder.begun) == Counter(recorder.ended)
    assert recorder.ended.count("fit") == 1
    assert recorder.ended[-1] == "fit"
    assert recorder.ended.count("iteration") == getattr(distiller, "n_iter_", 0)
    assert recorder.torn_down == 1
    for fitted in recorder.fitted:
        assert len(fitted.distilled_) == 6
        assert 0.0 <= fitted.score(X, y) <= 1.0
    np.testing.assert_array_equal(
        recorder.fitted[-1].distilled_.X, distiller.distilled_.X
    )


def test_callbacks_are_torn_down_when_fit_raises(make_classes, make_recorder):
    X, y = make_classes()
    recorder = make_recorder()
    with pytest.raises(ValueError, match="infinity"):
        RandomSelection().set_callbacks(recorder).fit(np.full_like(X, np.inf), y)
    assert recorder.torn_down == 1


def test_progress_bars_are_drawn_in_a_grid_search(make_classes, make_points, capsys):
    X, y = make_classes()
    search = GridSearchCV(
        make_points(max_iter=2), {"budget": [1, 2]}, cv=2, error_score="raise"
    )
    search.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(X, y)
    output = capsys.readouterr().out
    assert output.count("KernelInducingPoints - fit") == 5
