"""What the methods that learn rows share: stopping, warm starts, guards, labels."""

# SPDX-License-Identifier: BSD-3-Clause

import copy
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import load_iris, make_regression
from sklearn.exceptions import ConvergenceWarning

from sklearn_distill import (
    DistributionMatching,
    HerdingSelection,
    KernelInducingPoints,
    TrajectoryMatching,
)

# A fit of a few steps may not lower the validation loss.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def interrupt():
    """Raise the exception that Ctrl-C raises."""
    raise KeyboardInterrupt


def test_a_callback_can_stop_the_fit(few_digits, make_points, make_recorder):
    """The last, incomplete epoch is validated before the best rows are selected."""
    X, y = few_digits
    points = make_points(budget=1, max_iter=50)
    points.set_callbacks(make_recorder(at=14, act=lambda: True)).fit(X, y)
    assert points.n_iter_ == 14
    assert len(points.history_) == 2
    assert all(np.isfinite(points.history_[:, "valid_loss"]))
    losses = points.history_[:, "valid_loss"]
    assert losses[1] < losses[0]
    assert points.distilled_.info["loss"] == pytest.approx(losses[1])


def test_interrupting_keeps_the_best_rows(
    few_digits, make_points, make_recorder, are_real_rows
):
    """After Ctrl-C the method is fitted, and a warning states the number of steps."""
    X, y = few_digits
    points = make_points(budget=1, max_iter=200)
    points.set_callbacks(make_recorder(at=25, act=interrupt))
    with pytest.warns(UserWarning, match="interrupted after 25 of 200") as caught:
        points.fit(X, y)
    assert caught[0].filename == __file__
    assert points.n_iter_ == 25
    assert not are_real_rows(points.distilled_.X, X)
    assert points.distilled_.info["loss"] == min(points.history_[:2, "valid_loss"])


def test_interrupting_within_a_step_keeps_the_best_rows(make_classes):
    X, y = make_classes()
    n_calls = 0

    def kernel(a, b):
        nonlocal n_calls
        n_calls += 1
        if n_calls == 60:
            raise KeyboardInterrupt
        return torch.exp(-torch.cdist(a, b))

    points = KernelInducingPoints(3, kernel=kernel, max_iter=200, random_state=0)
    with pytest.warns(UserWarning, match="interrupted after"):
        points.fit(X, y)
    assert 10 < points.n_iter_ < 60
    assert np.isfinite(points.distilled_.X).all()


def test_learning_lowers_the_validation_loss(few_digits):
    X, y = few_digits
    points = KernelInducingPoints(2, max_iter=40, random_state=0).fit(X, y)
    losses = points.history_[:, "valid_loss"]
    assert losses[-1] < losses[0]
    assert points.distilled_.info["loss"] == pytest.approx(min(losses), rel=1e-6)
    herding = HerdingSelection(2, random_state=0).fit(X, y)
    assert points.score(X, y) > herding.score(X, y)
    assert points.n_iter_ == 40
    assert len(points.history_) == 4


def test_max_time_stops_the_fit(make_classes, make_points):
    X, y = make_classes()
    points = make_points(budget=3, max_iter=1_000_000, max_time=0.2)
    points.set_params(n_iter_no_change=None).fit(X, y)
    assert 1 <= points.n_iter_ < 100_000
    assert points.distilled_.info["seconds"] < 60


def test_n_iter_no_change_stops_the_fit(make_classes, make_points):
    X, y = make_classes()
    points = make_points(budget=3, max_iter=5_000, n_iter_no_change=20, tol=0.5)
    assert points.fit(X, y).n_iter_ <= 100


def test_warm_start_continues_from_the_rows_of_the_previous_fit(few_digits):
    X, y = few_digits
    names = np.array(list("abcdefghij"))[y]
    points = KernelInducingPoints(1, max_iter=30, random_state=0).fit(X, names)
    first = points.distilled_
    points.set_params(warm_start=True, max_iter=1, learning_rate=1e-12).fit(X, names)
    np.testing.assert_allclose(points.distilled_.X, first.X, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(points.distilled_.y, first.y)
    points.set_params(warm_start=False).fit(X, names)
    assert np.abs(points.distilled_.X - first.X).max() > 1e-2


def test_warm_start_raises_when_budget_columns_or_classes_differ(
    make_classes, make_points
):
    X, y = make_classes()
    points = make_points(budget=3, warm_start=True).fit(X, y)
    for params, message, new_X, new_y in [
        ({"budget": 4}, "Keep the budget", X, y),
        ({"budget": {0: 2, 1: 3, 2: 4}}, "Keep the budget", X, y),
        ({"budget": 3}, "Keep columns and classes", X[:, :3], y),
        ({"budget": 3}, "Keep columns and classes", X, y + 1),
        ({"budget": 3}, "Keep columns and classes", X, np.array(["a", "b", "c"])[y]),
        ({"budget": 9}, "Keep columns and classes", X, X[:, 0]),
    ]:
        again = copy.deepcopy(points).set_params(**params)
        with pytest.raises(ValueError, match=message):
            again.fit(new_X, new_y)
    as_text = pd.DataFrame(X, columns=list("abcd")).assign(d="new")
    on_table = make_points(budget=3, warm_start=True)
    on_table.fit(as_text.assign(d=np.where(X[:, 3] > 0, "up", "down")), y)
    with pytest.raises(ValueError, match="'d' has categories"):
        on_table.fit(as_text, y)


# Parameters of a warm start that returns the rows from which it starts.
STILL = {"warm_start": True, "max_iter": 1, "learning_rate": 1e-12}


def fit_twice(distiller, X, y):
    """Fit, fit again from the same rows without moving them, and return both sets."""
    before = distiller.fit(X, y).distilled_
    distiller.set_params(**STILL)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".* did not change|.* changed the")
        return before, distiller.fit(X, y).distilled_


def test_warm_start_sorts_rows_by_class():
    """A fit with nothing to distill keeps the rows in their own order."""
    X, y = load_iris(return_X_y=True)
    few = [100, 0, 50, 1, 101, 51]
    points = KernelInducingPoints(2, random_state=0)
    with pytest.warns(UserWarning, match="covers all 6 rows"):
        points.fit(X[few], y[few])
    points.set_params(**STILL)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".* did not change|.* changed the")
        made = points.fit(X, y).distilled_
    order = np.argsort(y[few], kind="stable")
    np.testing.assert_array_equal(made.y, y[few][order])
    np.testing.assert_allclose(made.X, X[few][order], rtol=1e-4, atol=1e-4)


def test_warm_start_without_labels():
    X, _ = load_iris(return_X_y=True)
    matching = DistributionMatching(4, max_iter=20, random_state=0)
    before, after = fit_twice(matching, X, None)
    np.testing.assert_allclose(after.X, before.X, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "distiller",
    [
        KernelInducingPoints(2, max_iter=30, learn_labels=True, random_state=0),
        TrajectoryMatching(
            2,
            max_iter=5,
            n_experts=1,
            max_epochs=2,
            learn_labels=True,
            averaging=0.0,
            random_state=0,
        ),
    ],
    ids=["kernel", "trajectory"],
)
def test_warm_start_continues_from_learned_labels(distiller):
    X, y = load_iris(return_X_y=True)
    # The classes overlap in the sepal widths, so that learned labels become soft.
    before, after = fit_twice(distiller, X[:, 1:2], y)
    assert np.abs(before.soft_labels - np.eye(3)[before.y]).max() > 0.01
    np.testing.assert_allclose(after.soft_labels, before.soft_labels, atol=1e-5)


@pytest.mark.filterwarnings("ignore:.* did not change|.* changed the")
@pytest.mark.parametrize("method", [KernelInducingPoints, DistributionMatching])
@pytest.mark.parametrize("noise", [0.0, 3.0])
def test_continuous_targets_are_less_noisy_than_those_of_real_rows(method, noise):
    """Each row has its own target, close to the truth if there is no noise."""
    rng = np.random.RandomState(0)
    X = rng.uniform(-2, 2, (2_000, 2))
    y = X[:, 0] ** 3 + noise * rng.standard_normal(2_000)
    still = {"max_iter": 1, "learning_rate": 1e-9, "random_state": 0}
    distilled = method(40, task="regression", **still).fit_distill(X, y)
    error = np.sqrt(np.mean((distilled.y - distilled.X[:, 0] ** 3) ** 2))
    assert error < max(0.4, 0.6 * noise)
    assert len(np.unique(distilled.y)) == 40


def test_fit_raises_before_training_when_the_device_is_unavailable(
    make_classes, make_points
):
    X, y = make_classes()
    for device in ("nonsense", "cuda:99", "meta"):
        points = KernelInducingPoints(3, device=device)
        with pytest.raises(ValueError, match=f"device='{device}' cannot be used"):
            points.fit(X, y)
        assert not hasattr(points, "distilled_")
    assert make_points(budget=3, device="cpu").fit(X, y).device_ == "cpu"


@pytest.mark.parametrize("learn_labels", [False, True])
def test_fit_warns_when_the_rows_did_not_move(
    make_classes, are_real_rows, learn_labels
):
    """No gradient reaches the rows through this kernel."""
    X, y = make_classes()
    points = KernelInducingPoints(
        3,
        kernel=lambda a, b: a.detach() @ b.detach().T + 1.0,
        mmd_weight=0.0,
        learn_labels=learn_labels,
        max_iter=10,
        random_state=0,
    )
    with pytest.warns(ConvergenceWarning, match="did not change the rows") as caught:
        points.fit(X, y)
    assert caught[0].filename == __file__
    assert are_real_rows(points.distilled_.X, X)


def test_fit_warns_when_no_step_lowered_the_validation_loss(
    make_classes, are_real_rows
):
    """The initial rows are returned."""
    X, y = make_classes()
    points = KernelInducingPoints(3, learning_rate=100.0, max_iter=10, random_state=0)
    with pytest.warns(ConvergenceWarning, match="without lowering the validation loss"):
        points.fit(X, y)
    assert are_real_rows(points.distilled_.X, X)


def test_validation_evaluates_the_decoded_rows(make_table, make_points):
    """Encoding and decoding the distilled rows does not change them."""
    X = make_table()
    points = make_points(budget=4, max_iter=10).fit(X, np.arange(100) % 2)
    rows = points.distilled_.X
    decoded = points.encoder_.decode(points.encoder_.encode(rows))
    pd.testing.assert_frame_equal(decoded, rows)


def test_learned_labels_are_probabilities_or_continuous_targets(
    make_classes, make_points
):
    X, y = make_classes()
    # The classes overlap in the first column, so that learned labels become soft.
    points = make_points(budget=3, learn_labels=True, max_iter=20).fit(X[:, :1], y)
    soft = points.distilled_.soft_labels
    np.testing.assert_allclose(soft.sum(axis=1), 1.0)
    assert (soft.argmax(axis=1) == points.distilled_.y).all()
    assert soft.max(axis=1).min() < 1.0
    X, y = make_regression(150, 3, noise=5.0, random_state=0)
    learned = make_points(budget=9, learn_labels=True, max_iter=20).fit(X, y)
    assert not np.isin(learned.distilled_.y, y).all()
