"""Where the networks come from that a method matches through, step by step.

A source gives networks by `draw`, for a step, and by `fixed`, for looks at held-back
rows: always the same ones, so that two looks can be compared. The networks' weights
never carry gradients.
"""

# SPDX-License-Identifier: BSD-3-Clause

import copy
from collections.abc import Callable, Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .real_rows import Batches, RealRows

Make = Callable[[], nn.Module]
Loss = Callable[[Tensor, Tensor], Tensor]


def task_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy for centred one-hot targets, squared error for a single column."""
    if targets.shape[1] == 1:
        return F.mse_loss(logits, targets)
    return F.cross_entropy(logits, targets + 1.0 / targets.shape[1])


def trainable_names(network: nn.Module) -> frozenset[str]:
    """Return the names of the weights that take gradients."""
    return frozenset(n for n, p in network.named_parameters() if p.requires_grad)


def frozen(network: nn.Module) -> nn.Module:
    """Return the network after turning off the gradients of all its weights."""
    return network.requires_grad_(False)


def thawed(network: nn.Module, names: frozenset[str]) -> nn.Module:
    """Return the network after turning on the gradients of the named weights."""
    for name, p in network.named_parameters():
        p.requires_grad_(name in names)
    return network


def train_step(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    rows: Tensor,
    targets: Tensor,
    task_loss: Loss = task_loss,
) -> None:
    """Take one step on the task loss with the weights that take gradients."""
    weights = [p for p in network.parameters() if p.requires_grad]
    if not weights:
        return
    with torch.enable_grad():
        loss = task_loss(network(rows), targets)
        # Restrict the gradients to the weights, since the rows may be parameters too.
        gradients = torch.autograd.grad(
            loss, weights, allow_unused=True, materialize_grads=True
        )
    for p, gradient in zip(weights, gradients, strict=True):
        p.grad = gradient
    optimizer.step()
    optimizer.zero_grad()


class NetworkObjective(nn.Module):
    """Base class of objectives that look at rows through the networks of a source.

    The networks' weights are not learned along with the rows, and the source goes into
    checkpoints.

    Parameters
    ----------
    networks : network source
    """

    def __init__(self, networks: Any):
        super().__init__()
        # In a list, where torch takes it for no part of the objective.
        self.networks = [networks]

    def _seen_through(self, real: Any, augmentation: Any) -> tuple[Any, Any]:
        """Return a step's networks, and the change that both batches undergo in it.

        In a look at held-back rows both are such that two looks can be compared.
        """
        (source,) = self.networks
        if self.training:
            return source.draw(real), augmentation.draw()
        return source.fixed, lambda rows: rows

    def get_extra_state(self) -> dict[str, Any]:
        return self.networks[0].state_dict()

    def set_extra_state(self, state: dict[str, Any]) -> None:
        self.networks[0].load_state_dict(state)


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
    """Return the source that the parameter `network_training` names.

    Parameters
    ----------
    training : {"none", "queue", "full"}
    make : callable
        Returns a new network.
    real : RealRows
        What networks are trained on.
    has_targets : bool
        Whether there is anything to train them for.
    n_networks : int
        How many are drawn a step.
    batch_size : int
    keep : bool
        Whether networks without training stay the same from step to step.
    """
    if training != "none" and not has_targets:
        raise ValueError(
            f"network_training={training!r} trains networks to predict y, but y is "
            "None. Pass y, or network_training='none'."
        )
    if training == "none":
        return RandomNetworks(make, n_networks, keep)
    if training == "queue":
        return NetworkQueue(make, n_networks)

    def batches() -> Iterator[tuple[Tensor, Tensor]]:
        n_batches = min(500, max(200, 20 * len(real) // batch_size))
        seed = int(torch.randint(2**31, ()))
        yield from Batches(real, batch_size, n_batches, seed)

    return TrainedNetworks(make, batches, n_networks)


class RandomNetworks:
    """New random networks at every step.

    Parameters
    ----------
    make : callable
        Returns a new network.
    n_networks : int
        How many a step.
    keep : bool
        Whether they stay the same, as an adversary needs that is to learn something.
    n_fixed : int, default=None
        How many there are for looks; None is as many as a step has.
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

    def draw(self, real: Any = None) -> list[nn.Module]:
        if self.keep:
            return self.fixed
        return [frozen(self.make()) for _ in range(self.n_networks)]

    def state_dict(self) -> dict[str, Any]:
        return {"fixed": [network.state_dict() for network in self.fixed]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for network, saved in zip(self.fixed, state["fixed"], strict=True):
            network.load_state_dict(saved)


class NetworkQueue:
    """A pool of partly trained networks of different ages.

    At every step some of them are drawn and trained a little on the rows handed in;
    one that has made `max_steps` steps gives its place to a new one.

    Parameters
    ----------
    make : callable
    n_networks : int
        How many are drawn a step.
    size : int
        How many there are.
    n_train_steps : int
        Training steps each time that a network is drawn.
    max_steps : int
        Training steps of a life.
    learning_rate : float
        Of Adam.
    task_loss : callable
        What a training step lowers, of outputs and targets.
    n_fixed : int, default=None
        How many there are for looks; None is as many as a step has.
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
        self.pool = [self._newborn() for _ in range(max(size, n_networks))]
        # As if they had been born one after the other.
        for i, member in enumerate(self.pool):
            member["left"] -= (i * max_steps) // len(self.pool)

    def draw(self, rows_and_targets: tuple[Tensor, Tensor]) -> list[nn.Module]:
        chosen = torch.randperm(len(self.pool))[: self.n_networks].tolist()
        for i in chosen:
            if self.pool[i]["left"] <= 0:
                self.pool[i] = self._newborn()
            member = self.pool[i]
            # A share of the batch, which is in order of classes, for each step: of two
            # rows at least, as batch normalisation needs.
            n_parts = max(1, min(self.n_train_steps, len(rows_and_targets[0]) // 2))
            thawed(member["network"], self.trainable)
            for part in range(n_parts):
                rows, targets = (t[part::n_parts] for t in rows_and_targets)
                train_step(
                    member["network"],
                    member["optimizer"],
                    rows,
                    targets,
                    self.task_loss,
                )
            frozen(member["network"])
            member["left"] -= self.n_train_steps
        return [self.pool[i]["network"] for i in chosen]

    def _newborn(self) -> dict[str, Any]:
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
    """Networks trained on real rows beforehand, mixed with what they started from.

    A step's network is, weight by weight, :math:`(1 - \\beta) w_0 + \\beta w_1` between
    start and end of a training, with :math:`\\beta` drawn uniformly: early and late
    features at the cost of two sets of weights.

    Parameters
    ----------
    make : callable
    batches : iterable of (rows, targets)
        Real rows; a network is trained on all of them.
    n_networks : int
        How many are drawn a step.
    size : int
        How many are trained.
    learning_rate : float
        Of Adam.
    """

    def __init__(
        self,
        make: Make,
        batches: Callable[[], Any],
        n_networks: int = 1,
        size: int = 5,
        learning_rate: float = 1e-3,
    ):
        self.n_networks = n_networks
        self.starts, self.ends = [], []
        for _ in range(max(size, n_networks)):
            network = make()
            self.starts.append(frozen(copy.deepcopy(network)))
            optimizer = torch.optim.Adam(network.parameters(), lr=learning_rate)
            for rows, targets in batches():
                train_step(network, optimizer, rows, targets)
            self.ends.append(frozen(network.eval()))
        self.fixed = self.ends[:n_networks]

    def draw(self, real: tuple[Tensor, Tensor]) -> list[nn.Module]:
        chosen = torch.randperm(len(self.ends))[: self.n_networks].tolist()
        betas = torch.rand(self.n_networks).tolist()
        return [self._between(i, beta) for i, beta in zip(chosen, betas, strict=True)]

    def _between(self, i: int, beta: float) -> nn.Module:
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
