"""Kernels of a teacher's representation of the rows."""

# SPDX-License-Identifier: BSD-3-Clause

import copy
from collections.abc import Sequence
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
from ...engine.network_sources import RandomNetworks
from ...engine.network_training import frozen, train_step
from ...soft_labels.fitting import fit_weighted
from .random_features import FeatureKernel, reference_rows

# The training of the network that approximates a teacher's representation.
N_STEPS, BATCH_SIZE, LEARNING_RATE = 600, 256, 1e-3


def teacher_features(
    teacher: Any, problem: Problem, n_targets: int, device: str
) -> FeatureKernel:
    """Return the kernel of a teacher's representation.

    A clone of an unfitted skorch net is trained on the encoded rows, and its embedding
    is the representation. Any other representation is approximated by a network that is
    trained on the real rows, because gradients cannot flow through it, or because the
    teacher expects rows that are not encoded.

    Parameters
    ----------
    teacher : skorch net or transformer
        Fitted or unfitted.
    problem : Problem
        The real rows.
    n_targets : int
        The number of outputs of a net.
    device : str
        The device of the networks.
    """
    reference = reference_rows(problem, device)
    if _is_net(teacher) and not _is_fitted(teacher):
        network = _train_net(teacher, problem, n_targets, device)
        features: Any = LayerOutputs(network, reference[:2])
    else:
        representation = _representation(teacher, problem)
        network = _train_approximation(representation, problem, device)
        features = _outputs
    source = RandomNetworks(lambda: network, keep=True)
    return FeatureKernel(source, features, reference)


def _outputs(networks: Sequence[nn.Module], rows: Tensor) -> list[Tensor]:
    """Return the outputs of networks in the form of `LayerOutputs`."""
    return [torch.stack([network(rows) for network in networks])]


def _is_net(teacher: Any) -> bool:
    """Return whether the teacher is a skorch net."""
    return hasattr(teacher, "initialize_module")


def _is_fitted(teacher: Any) -> bool:
    """Return whether the teacher is fitted."""
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
    """Return the module of a clone of a skorch net, trained on the encoded rows."""
    of_classes = problem.task == "classification"
    if (is_regressor if of_classes else is_classifier)(teacher):
        expected = "NeuralNetClassifier" if of_classes else "NeuralNetRegressor"
        raise ValueError(
            f"teacher={type(teacher).__name__} cannot be trained on y, because the "
            f"task is {problem.task}. Take a {expected}, or set task."
        )
    factory = NetworkFactory(teacher, problem.Z.shape[1:], n_targets, device)
    module = {f"module__{name}": value for name, value in factory.arguments.items()}
    net = clone(teacher).set_params(device=device, verbose=0, **module)
    # Train on all rows, unless callbacks such as early stopping need the fifth of the
    # rows that skorch sets aside by default.
    if _splits_by_default(net) and not net.callbacks:
        net.set_params(train_split=None)
    draw_by_weight(net, problem.sample_weight)
    is_column = problem.task == "classification" or problem.y.ndim == 2
    y = problem.y if is_column else problem.y[:, None]
    return frozen(net.fit(problem.Z, y).module_.eval())


def _splits_by_default(net: Any) -> bool:
    """Return whether `train_split` of a skorch net has its default value."""
    split = net.train_split
    return isinstance(split, ValidSplit) and split.cv == 5 and not split.random_state


def _representation(teacher: Any, problem: Problem) -> np.ndarray:
    """Return the standardized features that a teacher computes for the real rows."""
    if not _is_fitted(teacher):
        fitted = clone(teacher)
        fit_weighted(fitted, problem.flat, problem.y, problem.sample_weight)
        H = fitted.transform(problem.flat)
    else:
        X = problem.encoder.decode(problem.Z)
        H = _embedding(teacher, X) if _is_net(teacher) else teacher.transform(X)
    H = H.toarray() if hasattr(H, "toarray") else np.asarray(H)
    H = H.reshape(len(H), -1).astype(np.float32)
    deviation = H.std(axis=0)
    return (H - H.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)


def _embedding(net: Any, X: Any) -> np.ndarray:
    """Return the embedding of rows in a fitted skorch net."""
    # Copy the module, because evaluation mode would change the user's net.
    module = copy.deepcopy(net.module_).eval()
    rows = torch.as_tensor(np.asarray(X, np.float32), device=net.device)
    with torch.no_grad():
        return LayerOutputs(module, rows[:2])([module], rows)[0][0].cpu().numpy()


def _train_approximation(H: np.ndarray, problem: Problem, device: str) -> nn.Module:
    """Return a network that is trained to map the real rows to their features H."""
    network = NetworkFactory("auto", problem.Z.shape[1:], H.shape[1], device)()
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    Z, targets = torch.as_tensor(problem.Z), torch.as_tensor(H)
    weights = torch.as_tensor(problem.sample_weight)
    for _ in range(N_STEPS):
        batch = torch.multinomial(weights, BATCH_SIZE, replacement=True)
        rows, features = Z[batch].to(device), targets[batch].to(device)
        train_step(network, optimizer, rows, features, F.mse_loss)
    return frozen(network.eval())
