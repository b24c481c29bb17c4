"""Kernels of finite networks: random ones, or a teacher's representation."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted
from skorch.dataset import ValidSplit
from torch import Tensor, nn

from ...base.problem import Problem
from ...base.proxy import draw_by_weight
from ...engine.layer_outputs import LayerOutputs
from ...engine.network_factory import NetworkFactory
from ...engine.network_sources import RandomNetworks, frozen, train_step
from ...soft_labels.fitting import fit_weighted

# Real rows by which features are brought to unit size.
REFERENCE_ROWS = 64
# The constant part of the kernel, which stands for an intercept.
INTERCEPT = 0.01
# How a network learns to answer as a teacher's representation does.
N_STEPS, BATCH_SIZE, LEARNING_RATE = 600, 256, 1e-3


class FeatureKernel:
    r"""The mean over networks of the products of features,

    .. math:: k(x, x') = \frac{1}{K} \sum_k \phi_k(x)^\top \phi_k(x') / s_k + c,

    with :math:`s_k` the mean squared length of features of real rows, so that k is
    about 1 between a row and itself. Random networks are renewed at each step: over the
    steps their kernel is that of a network of infinite width, at a fraction of its cost
    for convolutions.

    Parameters
    ----------
    source : RandomNetworks
    features : callable
        Takes networks and rows to a list with one tensor, (n_networks, n, ...).
    reference : Tensor of shape (n, ...)
        Real rows.
    """

    def __init__(
        self,
        source: RandomNetworks,
        features: Callable[[Sequence[nn.Module], Tensor], list[Tensor]],
        reference: Tensor,
    ):
        self.source = source
        self.features = features
        self.reference = reference
        self.renew(training=False)

    @torch.no_grad()
    def renew(self, training: bool) -> None:
        """Take new networks for a step, or the ones that stay for a look."""
        source = self.source
        self.networks = source.draw() if training else source.fixed
        lengths = self._of(self.reference).square().sum(2).mean(1)
        self.scale = lengths.clamp_min(1e-12).sqrt()[:, None, None]

    def _of(self, rows: Tensor) -> Tensor:
        (features,) = self.features(self.networks, rows)
        return features.flatten(2)

    def __call__(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the similarities of flat rows, (a, d) and (b, d)."""
        f_a, f_b = (
            self._of(rows.view(-1, *self.reference.shape[1:])) / self.scale
            for rows in (a, b)
        )
        return (f_a @ f_b.transpose(1, 2)).mean(0) + INTERCEPT


def random_features(
    network: Any, n_networks: int, problem: Problem, n_targets: int, device: str
) -> FeatureKernel:
    """Return the kernel of the embedding of random networks."""
    make = NetworkFactory(network, problem.Z.shape[1:], n_targets, device)
    source = RandomNetworks(make, n_networks)
    reference = _reference(problem, device)
    features = LayerOutputs(source.fixed[0], reference[:2])
    return FeatureKernel(source, features, reference)


def teacher_features(
    teacher: Any, problem: Problem, n_targets: int, device: str
) -> FeatureKernel:
    """Return the kernel of a teacher's representation.

    Of an unfitted skorch net a clone is trained on encoded rows, and its embedding
    taken. Any other representation, which no gradient might flow through or which
    expects rows that are not encoded, is imitated by a network trained on real rows.
    """
    reference = _reference(problem, device)
    if _is_net(teacher) and not _is_fitted(teacher):
        network = _train_net(teacher, problem, n_targets, device)
        features: Any = LayerOutputs(network, reference[:2])
    else:
        network = _imitation(_representation(teacher, problem), problem, device)
        features = _outputs
    source = RandomNetworks(lambda: network, keep=True)
    return FeatureKernel(source, features, reference)


def _reference(problem: Problem, device: str) -> Tensor:
    some = np.linspace(0, len(problem.Z) - 1, REFERENCE_ROWS).astype(int)
    return torch.as_tensor(problem.Z[some], device=device)


def _outputs(networks: Sequence[nn.Module], rows: Tensor) -> list[Tensor]:
    return [torch.stack([network(rows) for network in networks])]


def _is_net(teacher: Any) -> bool:
    return hasattr(teacher, "initialize_module")


def _is_fitted(teacher: Any) -> bool:
    if _is_net(teacher):
        return bool(getattr(teacher, "initialized_", False))
    try:
        check_is_fitted(teacher)
    except NotFittedError:
        return False
    return True


def _train_net(
    teacher: Any, problem: Problem, n_targets: int, device: str
) -> nn.Module:
    of_classes = problem.task == "classification"
    if (is_regressor if of_classes else is_classifier)(teacher):
        wanted = "NeuralNetClassifier" if of_classes else "NeuralNetRegressor"
        raise ValueError(
            f"teacher={type(teacher).__name__} is to be trained on y here, and this is "
            f"{problem.task}. Take a {wanted}, or set the task."
        )
    factory = NetworkFactory(teacher, problem.Z.shape[1:], n_targets, device)
    module = {f"module__{name}": value for name, value in factory.arguments.items()}
    net = clone(teacher).set_params(device=device, verbose=0, **module)
    # Nobody looks at the fifth of the rows that skorch holds back unasked, unless there
    # are callbacks: early stopping does.
    if _splits_by_default(net) and not net.callbacks:
        net.set_params(train_split=None)
    draw_by_weight(net, problem.sample_weight)
    y = problem.y if problem.task == "classification" else problem.y[:, None]
    return frozen(net.fit(problem.Z, y).module_.eval())


def _splits_by_default(net: Any) -> bool:
    split = net.train_split
    return isinstance(split, ValidSplit) and split.cv == 5 and not split.random_state


def _representation(teacher: Any, problem: Problem) -> np.ndarray:
    """Return the standardised features that a teacher gives the real rows."""
    if not _is_fitted(teacher):
        fitted = clone(teacher)
        fit_weighted(fitted, problem.flat, problem.y, problem.sample_weight)
        H = fitted.transform(problem.flat)
    else:
        X = problem.encoder.decode(problem.Z)
        if _is_net(teacher):
            module = teacher.module_.eval()
            rows = torch.as_tensor(np.asarray(X, np.float32), device=teacher.device)
            with torch.no_grad():
                H = LayerOutputs(module, rows[:2])([module], rows)[0][0].cpu().numpy()
        else:
            H = teacher.transform(X)
    H = H.toarray() if hasattr(H, "toarray") else np.asarray(H)
    H = H.reshape(len(H), -1).astype(np.float32)
    deviation = H.std(axis=0)
    return (H - H.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)


def _imitation(H: np.ndarray, problem: Problem, device: str) -> nn.Module:
    network = NetworkFactory("auto", problem.Z.shape[1:], H.shape[1], device)()
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    Z, targets = torch.as_tensor(problem.Z), torch.as_tensor(H)
    weights = torch.as_tensor(problem.sample_weight)
    for _ in range(N_STEPS):
        some = torch.multinomial(weights, BATCH_SIZE, replacement=True)
        rows, wanted = Z[some].to(device), targets[some].to(device)
        train_step(network, optimizer, rows, wanted, F.mse_loss)
    return frozen(network.eval())
