"""The objective of neural feature regression: ridge regression on network features."""

# SPDX-License-Identifier: BSD-3-Clause

import copy
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...engine.augmentation import SiameseAugmentation
from ...engine.last_call_cache import LastCallCache
from ...engine.layer_outputs import LayerOutputs
from ...engine.network_objective import NetworkObjective
from ...engine.network_sources import NetworkQueue
from ...engine.network_training import frozen, thawed, train_step
from .ridge_loss import ridge_weights

# The networks of the validation loss are trained for at most this number of steps.
MAX_VALIDATION_STEPS = 20


def feature_ridge(f_S: Tensor, y_S: Tensor, f_R: Tensor, ridge: float) -> Tensor:
    """Return the predictions for f_R of ridge regression from f_S to y_S.

    Parameters
    ----------
    f_S : Tensor of shape (m, d)
        Features of the synthetic rows.
    y_S : Tensor of shape (m, n_targets)
    f_R : Tensor of shape (n, d)
        Features of the real rows.
    ridge : float
        The regularization, relative to the mean squared length of the rows of `f_S`.

    Returns
    -------
    Tensor of shape (n, n_targets)
    """
    double = f_S.double()
    weights = ridge_weights(double @ double.T, y_S, ridge)
    # Predict with the d coefficients, because the (n, m) kernel matrix is larger.
    return f_R @ (double.T @ weights).to(f_R.dtype)


def label_margin(targets: Tensor) -> Tensor:
    """Return the negative mean margin between the two most probable classes.

    A margin counts at most one over the number of classes.
    """
    first, second = targets.topk(2, dim=1).values.T
    return -(first - second).clamp_max(1.0 / targets.shape[1]).mean()


def trained_copies(
    networks: Sequence[nn.Module],
    trainable: frozenset[str],
    rows: Tensor,
    targets: Tensor,
    n_steps: int,
    learning_rate: float,
) -> list[nn.Module]:
    """Return copies of networks, trained with Adam on the squared error of rows.

    Parameters
    ----------
    networks : sequence of nn.Module
        The initial networks, which are not changed.
    trainable : frozenset of str
        The names of the weights that are trained.
    rows : Tensor of shape (m, ...)
    targets : Tensor of shape (m, n_targets)
    n_steps : int
        The number of steps.
    learning_rate : float
        The step size of Adam.
    """
    copies = [thawed(copy.deepcopy(network), trainable) for network in networks]
    for network in copies:
        optimizer = torch.optim.Adam(network.parameters(), lr=learning_rate)
        for _ in range(n_steps):
            train_step(network, optimizer, rows, targets, F.mse_loss)
    return [frozen(network) for network in copies]


class NeuralFeatureLoss(NetworkObjective):
    """The error of ridge regression on features of networks, minus the label margin.

    The networks of the validation loss are trained from the same initial weights in
    each validation pass.

    Parameters
    ----------
    networks : NetworkQueue
        The source of the networks, which are trained on the synthetic rows.
    features : LayerOutputs
        The embedding.
    ridge : float
        The regularization of the ridge regression.
    augmentation : SiameseAugmentation
        The augmentation of both batches.
    clear_labels : bool
        Whether the margin of learned class labels is part of the loss.
    """

    def __init__(
        self,
        networks: NetworkQueue,
        features: LayerOutputs,
        ridge: float,
        augmentation: SiameseAugmentation,
        clear_labels: bool,
    ):
        super().__init__(networks, augmentation)
        self.features = features
        self.ridge = ridge
        self.clear_labels = clear_labels
        self.validation_networks = LastCallCache(self._train_validation_networks)

    def forward(
        self, synthetic: tuple[Tensor, Tensor], real: tuple[Tensor, Tensor]
    ) -> Tensor:
        (S, y_S), (R, y_R) = synthetic, real
        if self.training:
            augment = self.augmentation.draw()
            S, R = augment(S), augment(R)
            networks = self.source.draw((S.detach(), y_S.detach()))
        else:
            networks = self.validation_networks(S, y_S)
        with torch.no_grad():
            (f_R,) = self.features(networks, R)
        (f_S,) = self.features(networks, S)
        errors = []
        for one_S, one_R in zip(f_S.flatten(2), f_R.flatten(2), strict=True):
            predictions = feature_ridge(one_S, y_S, one_R, self.ridge)
            errors.append((predictions - y_R).square().sum(1).mean())
        loss = 0.5 * torch.stack(errors).mean()
        return loss + label_margin(y_S) if self.clear_labels else loss

    def _train_validation_networks(self, S: Tensor, y_S: Tensor) -> list[nn.Module]:
        """Return copies of the fixed networks, trained on the synthetic rows."""
        queue = self.source
        n_steps = min(MAX_VALIDATION_STEPS, queue.max_steps)
        return trained_copies(
            queue.fixed, queue.trainable, S, y_S, n_steps, queue.learning_rate
        )
