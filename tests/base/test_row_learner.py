"""What learners of rows share: going on from the last rows, and being stopped."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
import pytest
import torch
from sklearn.datasets import load_iris
from skorch.callbacks import BatchScoring, Callback, EarlyStopping, EpochScoring

from sklearn_distill import (
    DistributionMatching,
    KernelInducingPoints,
    TrajectoryMatching,
)
from sklearn_distill.engine.augmentation import SiameseAugmentation
from sklearn_distill.engine.network_sources import frozen
from sklearn_distill.engine.networks import MLP
from sklearn_distill.parameter_matching.multi_step.inner_training import (
    FlatNetwork,
    flat_weights,
)
from sklearn_distill.parameter_matching.multi_step.trajectory_loss import (
    TrajectoryMatchingLoss,
)

X, y = load_iris(return_X_y=True)


# Steps too small to move anything: what comes back is where learning began.
STILL = {"warm_start": True, "max_iter": 1, "learning_rate": 1e-12}


def goes_on_from(distiller, rows, labels, **still):
    """Fit again without moving, and return the old and the new set."""
    before = distiller.fit(rows, labels).distilled_
    distiller.set_params(**{**STILL, **still})
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".* did not move|.* moved the")
        return before, distiller.fit(rows, labels).distilled_


@pytest.mark.filterwarnings("ignore:.* did not move|.* moved the")
@pytest.mark.parametrize("method", [KernelInducingPoints, DistributionMatching])
@pytest.mark.parametrize("noise", [0.0, 3.0])
def test_targets_are_less_noisy_than_those_of_real_rows(method, noise):
    """And close to the truth where there is no noise; each row has its own target."""
    rng = np.random.RandomState(0)
    X = rng.uniform(-2, 2, (2_000, 2))
    y = X[:, 0] ** 3 + noise * rng.standard_normal(2_000)
    still = {"max_iter": 1, "learning_rate": 1e-9, "random_state": 0}
    small = method(40, task="regression", **still).fit_distill(X, y)
    wrong = np.sqrt(np.mean((small.y - small.X[:, 0] ** 3) ** 2))
    assert wrong < max(0.4, 0.6 * noise)
    assert len(np.unique(small.y)) == 40


def test_warm_start_brings_rows_into_class_order():
    """Those of a fit with nothing to distill lie in the order they came in."""
    few = [100, 0, 50, 1, 101, 51]
    points = KernelInducingPoints(2, random_state=0)
    with pytest.warns(UserWarning, match="nothing to distill"):
        points.fit(X[few], y[few])
    points.set_params(**STILL)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".* did not move|.* moved the")
        made = points.fit(X, y).distilled_
    order = np.argsort(y[few], kind="stable")
    np.testing.assert_array_equal(made.y, y[few][order])
    np.testing.assert_allclose(made.X, X[few][order], rtol=1e-4, atol=1e-4)


def test_warm_start_without_labels():
    matching = DistributionMatching(4, max_iter=20, random_state=0)
    before, after = goes_on_from(matching, X, None)
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
def test_warm_start_goes_on_from_learned_labels(distiller):
    # Sepal widths say little of the class: labels have to become soft.
    before, after = goes_on_from(distiller, X[:, 1:2], y)
    assert np.abs(before.soft_labels - np.eye(3)[before.y]).max() > 0.01
    np.testing.assert_allclose(after.soft_labels, before.soft_labels, atol=1e-5)


class Epochs(Callback):
    """Counts the ends of epochs that it hears of."""

    def on_train_begin(self, net, **kwargs):
        self.n_ = 0

    def on_epoch_end(self, net, **kwargs):
        self.n_ += 1


def test_callbacks_see_the_last_epoch():
    seen = Epochs()
    points = KernelInducingPoints(2, max_iter=30, callbacks=[seen], random_state=0)
    points.set_params(n_iter_no_change=None).fit(X, y)
    assert seen.n_ == len(points.history_) == 3


def test_early_stopping_is_no_interruption(tmp_path):
    """No warning, no checkpoint is left, and callbacks after it see the epoch."""
    seen = Epochs()
    early = EarlyStopping(patience=2, threshold=1e9, threshold_mode="abs")
    points = KernelInducingPoints(
        2, max_iter=500, callbacks=[early, seen], checkpoint=tmp_path, random_state=0
    )
    points.set_params(n_iter_no_change=None).fit(X, y)
    assert seen.n_ == len(points.history_) == points.n_iter_ / 10 < 50
    assert not list(tmp_path.iterdir())


def test_a_look_at_held_back_rows_follows_the_step_size():
    torch.manual_seed(0)
    network = MLP(4, 3, width=8)
    start = flat_weights(network)
    loss = TrajectoryMatchingLoss(
        FlatNetwork(frozen(network)),
        torch.stack([start, start + 0.1])[None],
        n_steps=3,
        n_epochs=1,
        max_start=0,
        grow_until=1,
        step_size=0.1,
        augmentation=SiameseAugmentation(None, False),
    ).eval()
    rows, targets = torch.randn(3, 4), torch.eye(3) - 1 / 3
    with torch.no_grad():
        before = loss((rows, targets), (rows, targets))
        assert loss((rows, targets), (rows, targets)) == before
        loss.log_step_size += 0.1
        assert loss((rows, targets), (rows, targets)) != before


def test_callbacks_are_those_of_skorch():
    with pytest.raises(TypeError, match="a list of skorch callbacks"):
        KernelInducingPoints(2, callbacks=[print]).fit(X, y)
    for scoring in (EpochScoring("accuracy"), EpochScoring, BatchScoring("accuracy")):
        with pytest.raises(TypeError, match="scores a net's predictions"):
            KernelInducingPoints(2, callbacks=[scoring]).fit(X, y)
    named = [("stop", EarlyStopping(patience=2)), EarlyStopping]
    KernelInducingPoints(2, max_iter=20, callbacks=named, random_state=0).fit(X, y)
