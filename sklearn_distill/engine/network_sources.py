"""Sources of the networks that a method matches through, from step to step.

A source returns the networks of a step from `draw`. The networks in its attribute
`fixed` are those of the validation loss; they stay the same, so that the losses of
different epochs can be compared. The networks' weights never require gradients.
"""

# SPDX-License-Identifier: BSD-3-Clause

import copy
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from .network_training import (
    Loss,
    frozen,
    task_loss,
    thawed,
    train_step,
    trainable_names,
)
from .real_rows import Batches, RealRows

Make = Callable[[], nn.Module]


def make_source(
    training: str,
    make: Make,
    real: RealRows,
    *,
    has_targets: bool,
    n_networks: int,
    batch_size: int,
    keep: bool = False,
) -> "RandomNetworks | NetworkQueue | TrainedNetworks":
    """Return the source that the parameter `network_training` of a method names.

    Parameters
    ----------
    training : {"none", "queue", "full"}
        "none" is `RandomNetworks`, "queue" is `NetworkQueue`, and "full" is
        `TrainedNetworks`.
    make : callable
        Returns a new network.
    real : RealRows
        The rows on which the networks of "full" are trained, and the training loss.
    has_targets : bool
        Whether the rows have targets, which "queue" and "full" require.
    n_networks : int
        The number of networks in a step.
    batch_size : int
        The number of rows in a batch of the training of "full".
    keep : bool, default=False
        Whether the networks of "none" stay the same in all steps.

    Raises
    ------
    ValueError
        If networks are to be trained but there are no targets.
    """
    if training != "none" and not has_targets:
        raise ValueError(
            f"network_training={training!r} trains networks to predict y, but y is "
            "None. Pass y, or network_training='none'."
        )
    if training == "none":
        return RandomNetworks(make, n_networks, keep)
    if training == "queue":
        return NetworkQueue(make, n_networks, task_loss=real.task_loss)

    def batches() -> Iterator[tuple[Tensor, Tensor]]:
        n_batches = min(500, max(200, 20 * len(real) // batch_size))
        seed = int(torch.randint(2**31, ()))
        yield from Batches(real, batch_size, n_batches, seed)

    return TrainedNetworks(make, batches, n_networks, task_loss=real.task_loss)


class RandomNetworks:
    """A source of new random networks in every step.

    The networks of a step are valid until the next step, for which the same modules may
    get new weights.

    Parameters
    ----------
    make : callable
        Returns a new network.
    n_networks : int, default=1
        The number of networks in a step.
    keep : bool, default=False
        Whether the networks stay the same in all steps, which an adversarial
        discrepancy requires in order to learn.
    n_fixed : int, default=None
        The number of networks of the validation loss; None is `n_networks`.
    """

    def __init__(
        self,
        make: Make,
        n_networks: int = 1,
        keep: bool = False,
        n_fixed: int | None = None,
    ):
        self.make = make
        self.n_networks = n_networks
        self.keep = keep
        made = [make() for _ in range(n_fixed or n_networks)]
        self.trainable = trainable_names(made[0])
        self.fixed = [frozen(network) for network in made]
        self.drawn: list[nn.Module] = []

    def draw(self, real: Any = None) -> list[nn.Module]:
        """Return the networks of a step; the real batch is ignored."""
        if self.keep:
            return self.fixed
        renewed = getattr(self.make, "renewed", None)
        if self.drawn and renewed is not None:
            self.drawn = [renewed(network) for network in self.drawn]
        else:
            self.drawn = [frozen(self.make()) for _ in range(self.n_networks)]
        return self.drawn

    def state_dict(self) -> dict[str, Any]:
        return {"fixed": [network.state_dict() for network in self.fixed]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for network, saved in zip(self.fixed, state["fixed"], strict=True):
            network.load_state_dict(saved)


class NetworkQueue:
    """A source that is a pool of partly trained networks of different ages.

    In every step some networks of the pool are drawn and trained for a few steps on the
    rows that are passed to `draw`. A network that has been trained for `max_steps`
    steps is replaced by a new one when it is drawn again.

    Parameters
    ----------
    make : callable
        Returns a new network.
    n_networks : int, default=1
        The number of networks in a step.
    size : int, default=10
        The number of networks in the pool, at least `n_networks`.
    n_train_steps : int, default=5
        The number of training steps whenever a network is drawn.
    max_steps : int, default=200
        The number of training steps after which a network is replaced.
    learning_rate : float, default=1e-3
        The step size of Adam.
    task_loss : callable
        The training loss, a function of outputs and targets.
    n_fixed : int, default=None
        The number of networks of the validation loss; None is `n_networks`.
    """

    def __init__(
        self,
        make: Make,
        n_networks: int = 1,
        size: int = 10,
        n_train_steps: int = 5,
        max_steps: int = 200,
        learning_rate: float = 1e-3,
        task_loss: Loss = task_loss,
        n_fixed: int | None = None,
    ):
        self.make = make
        self.n_networks = n_networks
        self.n_train_steps = n_train_steps
        self.max_steps = max_steps
        self.learning_rate = learning_rate
        self.task_loss = task_loss
        made = [make() for _ in range(n_fixed or n_networks)]
        self.trainable = trainable_names(made[0])
        self.fixed = [frozen(network) for network in made]
        self.pool = [self._new_member() for _ in range(max(size, n_networks))]
        # Stagger the remaining steps, so that the networks are not all replaced at the
        # same time.
        for i, member in enumerate(self.pool):
            member["left"] -= (i * max_steps) // len(self.pool)

    def draw(self, rows_and_targets: tuple[Tensor, Tensor]) -> list[nn.Module]:
        """Return the networks of a step, after training them on a batch."""
        chosen = torch.randperm(len(self.pool))[: self.n_networks].tolist()
        for i in chosen:
            if self.pool[i]["left"] <= 0:
                self.pool[i] = self._new_member()
            self._train(self.pool[i], rows_and_targets)
        return [self.pool[i]["network"] for i in chosen]

    def _train(
        self, member: dict[str, Any], rows_and_targets: tuple[Tensor, Tensor]
    ) -> None:
        """Train a member of the pool on equal parts of a batch, one per step."""
        network = thawed(member["network"], self.trainable)
        # Batch normalization requires parts of at least two rows. The parts take every
        # n-th row, because the batch is sorted by class.
        n_parts = max(1, min(self.n_train_steps, len(rows_and_targets[0]) // 2))
        for part in range(n_parts):
            rows, targets = (t[part::n_parts] for t in rows_and_targets)
            train_step(network, member["optimizer"], rows, targets, self.task_loss)
        frozen(network)
        member["left"] -= self.n_train_steps

    def _new_member(self) -> dict[str, Any]:
        """Return a new network, its optimizer, and how many training steps are left."""
        network = frozen(self.make())
        optimizer = torch.optim.Adam(network.parameters(), lr=self.learning_rate)
        return {"network": network, "optimizer": optimizer, "left": self.max_steps}

    def state_dict(self) -> dict[str, Any]:
        return {
            "fixed": [network.state_dict() for network in self.fixed],
            "pool": [
                {
                    "network": member["network"].state_dict(),
                    "optimizer": member["optimizer"].state_dict(),
                    "left": member["left"],
                }
                for member in self.pool
            ],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for network, saved in zip(self.fixed, state["fixed"], strict=True):
            network.load_state_dict(saved)
        for member, saved in zip(self.pool, state["pool"], strict=True):
            member["network"].load_state_dict(saved["network"])
            member["optimizer"].load_state_dict(saved["optimizer"])
            member["left"] = saved["left"]


class TrainedNetworks:
    """A source of networks that are trained on real rows before the first step.

    The weights of a network in a step are :math:`(1 - \\beta) w_0 + \\beta w_1`, where
    :math:`w_0` and :math:`w_1` are the weights before and after a training, and
    :math:`\\beta` is drawn uniformly. Networks of all ages are thus available from two
    stored sets of weights.

    Parameters
    ----------
    make : callable
        Returns a new network.
    batches : callable
        Returns an iterable of batches (rows, targets); a network is trained for one
        step on each of them.
    n_networks : int, default=1
        The number of networks in a step.
    size : int, default=5
        The number of trained networks, at least `n_networks`.
    learning_rate : float, default=1e-3
        The step size of Adam.
    task_loss : callable
        The training loss, a function of outputs and targets.
    """

    def __init__(
        self,
        make: Make,
        batches: Callable[[], Any],
        n_networks: int = 1,
        size: int = 5,
        learning_rate: float = 1e-3,
        task_loss: Loss = task_loss,
    ):
        self.n_networks = n_networks
        self.starts, self.ends = [], []
        for _ in range(max(size, n_networks)):
            network = make()
            self.starts.append(frozen(copy.deepcopy(network)))
            optimizer = torch.optim.Adam(network.parameters(), lr=learning_rate)
            for rows, targets in batches():
                train_step(network, optimizer, rows, targets, task_loss)
            self.ends.append(frozen(network.eval()))
        self.fixed = self.ends[:n_networks]

    def draw(self, real: tuple[Tensor, Tensor]) -> list[nn.Module]:
        """Return the networks of a step; the real batch is ignored."""
        chosen = torch.randperm(len(self.ends))[: self.n_networks].tolist()
        betas = torch.rand(self.n_networks).tolist()
        return [self._between(i, beta) for i, beta in zip(chosen, betas, strict=True)]

    def _between(self, i: int, beta: float) -> nn.Module:
        """Return the network between the start and the end of the i-th training."""
        mixed = copy.deepcopy(self.ends[i])
        with torch.no_grad():
            for p, start in zip(
                mixed.parameters(), self.starts[i].parameters(), strict=True
            ):
                p.lerp_(start, 1.0 - beta)
        return mixed

    def state_dict(self) -> dict[str, Any]:
        return {
            "starts": [network.state_dict() for network in self.starts],
            "ends": [network.state_dict() for network in self.ends],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for networks, name in ((self.starts, "starts"), (self.ends, "ends")):
            for network, saved in zip(networks, state[name], strict=True):
                network.load_state_dict(saved)
