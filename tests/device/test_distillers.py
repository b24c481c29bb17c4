"""Test that every registered distiller works on a GPU as it does on a CPU."""

# SPDX-License-Identifier: BSD-3-Clause

import functools

import numpy as np
import pytest
import torch
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

from sklearn_distill import get_distiller

pytestmark = [
    pytest.mark.device,
    # Show warnings in pytest's summary instead of turning them into errors.
    pytest.mark.filterwarnings("default"),
]
by_name = pytest.mark.parametrize("name", names())
by_data = pytest.mark.parametrize("kind", DATA)
# A GPU and a CPU give different results because floating-point sums have different
# orders and because the GPU may use TensorFloat-32 in convolutions. Training losses may
# have a relative difference of at most this value.
LOSS_TOLERANCE = 0.05
# The distance between distilled rows of a GPU and of a CPU may be at most this fraction
# of the distance between the initial and the distilled rows.
ROWS_TOLERANCE = 0.2
# At least this fraction of the rows that a selection method selects on a GPU must also
# be selected on a CPU.
SAME_ROWS = 0.7
# A fit with these parameters returns the initial rows.
UNMOVED = {"max_iter": 1, "learning_rate": 1e-30}


def skip_without(name, parameter):
    """Skip the test if a distiller does not have a parameter."""
    if parameter not in parameters(name):
        pytest.skip(f"The distiller {name} does not have the parameter {parameter!r}.")


def fit_or_skip(estimator, kind):
    """Fit a distiller, or skip the test if regression is not supported."""
    try:
        return fit(estimator, *data(kind))
    except ValueError as error:
        if kind == "regression" and "class" in str(error):
            pytest.skip(f"The distiller does not support regression: {error}")
        raise


@functools.cache
def two_fits(name, kind, device):
    """Fit a distiller twice with one seed and measure device memory.

    The memory on the device is measured before and after the second fit. The first fit
    allocates the memory that torch keeps for later calls, such as workspaces.
    """
    first = fit_or_skip(distiller(name, kind, device=device), kind)
    second = distiller(name, kind, device=device)
    before = held_on(device)
    fit(second, *data(kind))
    return first, second, before, held_on(device)


@by_data
@by_name
def test_fits_with_the_same_seed_are_identical(name, kind, device):
    first, second, _, _ = two_fits(name, kind, device)
    assert np.isfinite(rows(first)).all()
    assert bytes_of(first) == bytes_of(second)


@by_data
@by_name
def test_fit_releases_all_device_memory(name, kind, device, record_property):
    """A fitted distiller stores NumPy arrays only, so it need not be deleted."""
    _, _, before, after = two_fits(name, kind, device)
    record_property("tensors left", after[0] - before[0])
    record_property("bytes left", after[1] - before[1])
    assert after[0] <= before[0]
    assert after[1] <= before[1]


@by_data
@by_name
def test_pickle_loads_without_a_gpu(name, kind, device, loader, tmp_path):
    first, _, _, _ = two_fits(name, kind, device)
    X, _ = data(kind)
    path = save(tmp_path / "fitted.pkl", first, X[:5], np.asarray(first.distilled_.X))
    assert loader.error_of(path) == ""


def same_network(name, kind, device, **params):
    """Return a distiller whose network is the same on every device."""
    network = SmallConvNet if kind == "images" else SmallMLP
    return distiller(name, kind, device=device, network=network, **params)


def losses_and_best(estimator):
    """Return the training losses and the epoch with the lowest validation loss."""
    history = estimator.history_
    losses = np.asarray(history[:, "train_loss"], dtype=float)
    return losses, int(np.argmin(history[:, "valid_loss"]))


@by_data
@by_name
def test_distilled_set_is_close_to_that_of_a_cpu(name, kind, device, record_property):
    """Random batches and networks are drawn on the CPU, so a seed has one meaning."""
    skip_without(name, "device")
    on_device = fit_or_skip(same_network(name, kind, device), kind)
    on_cpu = fit(same_network(name, kind, "cpu"), *data(kind))
    if "learning_rate" not in parameters(name):
        # Count identical rows because methods without a learning rate select real rows.
        kept = {row.tobytes() for row in rows(on_cpu)}
        share = np.mean([row.tobytes() in kept for row in rows(on_device)])
        record_property("same rows", float(share))
        assert share >= SAME_ROWS
        return
    start = rows(fit(same_network(name, kind, "cpu", **UNMOVED), *data(kind)))
    moved = np.linalg.norm(rows(on_cpu) - start)
    losses, best = zip(*map(losses_and_best, (on_device, on_cpu)), strict=True)
    loss_off = float(np.max(np.abs(losses[0] - losses[1]) / np.abs(losses[1])))
    record_property("loss off", loss_off)
    assert loss_off <= LOSS_TOLERANCE
    # Compare the rows only if both fits return the same epoch. Rounding errors select
    # the epoch if two epochs have almost the same validation loss.
    if moved > 0 and best[0] == best[1]:
        rows_off = float(np.linalg.norm(rows(on_device) - rows(on_cpu)) / moved)
        record_property("rows off", rows_off)
        assert rows_off <= ROWS_TOLERANCE


class KilledError(Exception):
    """Raised by a callback to simulate a killed process."""


class CountSteps(Callback):
    """A skorch callback that counts steps and raises an error after step `last`."""

    def __init__(self, last=None):
        self.last = last
        self.n_steps = 0

    def on_batch_end(self, net, training=False, **kwargs):
        self.n_steps += bool(training)
        if self.n_steps == self.last:
            raise KilledError


@pytest.mark.parametrize("kind", ["table", "images"])
@by_name
def test_interrupted_fit_resumes_from_checkpoint(name, kind, device, tmp_path):
    skip_without(name, "checkpoint")
    uninterrupted, _, _, _ = two_fits(name, kind, device)
    path = tmp_path / "fit.ckpt"
    params = {"device": device, "checkpoint": path}
    killed = distiller(name, kind, callbacks=[CountSteps(last=23)], **params)
    with pytest.raises(KilledError):
        fit(killed, *data(kind))
    assert path.is_file()
    steps = CountSteps()
    resumed = fit(distiller(name, kind, callbacks=[steps], **params), *data(kind))
    assert 0 < steps.n_steps < 23
    assert bytes_of(resumed) == bytes_of(uninterrupted)
    assert not path.exists()


@pytest.mark.parametrize("name", ["herding", "k-center", "k-means"])
def test_selections_from_rows_on_the_device(name, device):
    """Classes of more than 4,000 rows are processed where the rows lie."""
    X = np.random.RandomState(0).standard_normal((12_000, 8)).astype(np.float32)
    y = np.arange(len(X)) % 2
    on_device = torch.as_tensor(X, device=device)
    cls = get_distiller(name)
    first, second, on_cpu = (
        cls(20, random_state=0).fit(given, y).sample_indices_
        for given in (on_device, on_device, X)
    )
    assert first.tolist() == second.tolist()
    # k-means has another algorithm on a GPU.
    if name != "k-means":
        assert np.isin(first, on_cpu).mean() >= SAME_ROWS


@by_name
@pytest.mark.parametrize("missing", ["cuda:99", "no-such-device"])
def test_fit_raises_when_device_does_not_exist(name, missing, device):
    skip_without(name, "device")
    with pytest.raises(ValueError, match=f"device='{missing}' cannot be used"):
        distiller(name, "table", device=missing).fit(*data("table"))
