"""Every registered distiller on a GPU: equal, close to the CPU, nothing left behind."""

# SPDX-License-Identifier: BSD-3-Clause

import functools

import numpy as np
import pytest
from device_cases import (
    DATA,
    SmallConvNet,
    SmallMLP,
    bytes_of,
    data,
    distiller,
    fit,
    held_on,
    names,
    parameters,
    rows,
    save,
)
from skorch.callbacks import Callback

pytestmark = [
    pytest.mark.device,
    # A warning is no failure of a device; it stands in the summary.
    pytest.mark.filterwarnings("default"),
]
by_name = pytest.mark.parametrize("name", names())
by_data = pytest.mark.parametrize("kind", DATA)
# What floating-point sums in another order, and TensorFloat-32 in convolutions, may do
# to losses and, as a share of how far the rows have moved, to rows.
LOSS_TOLERANCE = 0.05
ROWS_TOLERANCE = 0.2
# Shares of the kept rows that must be the same, for selections by a trained network.
SAME_ROWS = 0.7
# A fit that returns the rows that it starts from.
UNMOVED = {"max_iter": 1, "learning_rate": 1e-30}


def skip_without(name, parameter):
    if parameter not in parameters(name):
        pytest.skip(f"{name} has no parameter {parameter}")


def fit_or_skip(estimator, kind):
    """Fit, and skip a classification method for a continuous y."""
    try:
        return fit(estimator, *data(kind))
    except ValueError as error:
        if kind == "regression" and "class" in str(error):
            pytest.skip(f"does not take a continuous y: {error}")
        raise


@functools.cache
def two_fits(name, kind, device):
    """Return two fits with one seed, and what the second has left on the device.

    The first fit pays for what torch keeps for later calls, such as workspaces.
    """
    first = fit_or_skip(distiller(name, kind, device=device), kind)
    second = distiller(name, kind, device=device)
    before = held_on(device)
    fit(second, *data(kind))
    return first, second, before, held_on(device)


@by_data
@by_name
def test_the_same_seed_gives_the_same_bytes(name, kind, device):
    first, second, _, _ = two_fits(name, kind, device)
    assert np.isfinite(rows(first)).all()
    assert bytes_of(first) == bytes_of(second)


@by_data
@by_name
def test_nothing_is_left_in_device_memory(name, kind, device, record_property):
    """The fitted estimator is still there, and holds NumPy arrays alone."""
    _, _, before, after = two_fits(name, kind, device)
    record_property("tensors left", after[0] - before[0])
    record_property("bytes left", after[1] - before[1])
    assert after[0] <= before[0]
    assert after[1] <= before[1]


@by_data
@by_name
def test_a_pickle_loads_without_a_gpu(name, kind, device, loader, tmp_path):
    first, _, _, _ = two_fits(name, kind, device)
    X, _ = data(kind)
    path = save(tmp_path / "fitted.pkl", first, X[:5], np.asarray(first.distilled_.X))
    assert loader.error_of(path) == ""


def same_network(name, kind, device, **params):
    """Return a distiller whose network does not depend on the device."""
    network = SmallConvNet if kind == "images" else SmallMLP
    return distiller(name, kind, device=device, network=network, **params)


def losses_and_best(estimator):
    """Return the training loss of each epoch, and which epoch validated best."""
    history = estimator.history_
    losses = np.asarray(history[:, "train_loss"], dtype=float)
    return losses, int(np.argmin(history[:, "valid_loss"]))


@by_data
@by_name
def test_the_result_is_close_to_the_cpus(name, kind, device, record_property):
    """Batches and networks are drawn on the CPU, so a seed means the same on both."""
    skip_without(name, "device")
    here = fit_or_skip(same_network(name, kind, device), kind)
    there = fit(same_network(name, kind, "cpu"), *data(kind))
    if "learning_rate" not in parameters(name):
        # A selection: its rows are real ones, so they are the same or not.
        kept = {row.tobytes() for row in rows(there)}
        share = np.mean([row.tobytes() in kept for row in rows(here)])
        record_property("same rows", float(share))
        assert share >= SAME_ROWS
        return
    start = rows(fit(same_network(name, kind, "cpu", **UNMOVED), *data(kind)))
    moved = np.linalg.norm(rows(there) - start)
    losses, best = zip(*map(losses_and_best, (here, there)), strict=True)
    loss_off = float(np.max(np.abs(losses[0] - losses[1]) / np.abs(losses[1])))
    record_property("loss off", loss_off)
    assert loss_off <= LOSS_TOLERANCE
    # Where two epochs are about as good, a rounding error decides which is returned.
    if moved > 0 and best[0] == best[1]:
        rows_off = float(np.linalg.norm(rows(here) - rows(there)) / moved)
        record_property("rows off", rows_off)
        assert rows_off <= ROWS_TOLERANCE


class KilledError(Exception):
    """Stands in for a kill: only the checkpoint survives it."""


class CountSteps(Callback):
    """Count steps, and raise after the one that is told."""

    def __init__(self, last=None):
        self.last = last
        self.n_steps = 0

    def on_batch_end(self, net, training=False, **kwargs):
        self.n_steps += bool(training)
        if self.n_steps == self.last:
            raise KilledError


@pytest.mark.parametrize("kind", ["table", "images"])
@by_name
def test_a_killed_fit_resumes_from_its_checkpoint(name, kind, device, tmp_path):
    skip_without(name, "checkpoint")
    unbroken, _, _, _ = two_fits(name, kind, device)
    path = tmp_path / "fit.ckpt"
    params = {"device": device, "checkpoint": path}
    killed = distiller(name, kind, callbacks=[CountSteps(last=23)], **params)
    with pytest.raises(KilledError):
        fit(killed, *data(kind))
    assert path.is_file()
    steps = CountSteps()
    resumed = fit(distiller(name, kind, callbacks=[steps], **params), *data(kind))
    assert 0 < steps.n_steps < 23
    assert bytes_of(resumed) == bytes_of(unbroken)
    assert not path.exists()


@by_name
@pytest.mark.parametrize("missing", ["cuda:99", "no-such-device"])
def test_a_device_that_does_not_exist_is_named(name, missing, device):
    skip_without(name, "device")
    with pytest.raises(ValueError, match=f"device='{missing}' cannot be used"):
        distiller(name, "table", device=missing).fit(*data("table"))
