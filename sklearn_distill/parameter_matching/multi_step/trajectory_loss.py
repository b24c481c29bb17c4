"""The objective of trajectory matching: where students end, and where experts do."""

# SPDX-License-Identifier: BSD-3-Clause

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from ...engine.augmentation import SiameseAugmentation
from ...engine.validation_pass import LastCallCache
from .inner_training import FlatNetwork, Step, weights_in_constant_memory

# Rows of a student's step at most; of fewer synthetic rows it takes all.
STUDENT_BATCH = 256
# A student whose squared distance from the goal has grown by more than this factor has
# a step size that is too large.
MAX_LOSS = 1.5
# How far the logarithm of the step size may move, and how much faster it does than the
# engine's rate for parameters of objectives.
STEP_SIZE_RANGE, STEP_SIZE_SPEED = 3.0, 10.0
N_LOOKS = 2


class TrajectoryMatchingLoss(nn.Module):
    """The objective: a student's steps on the rows end where an expert's epochs end.

    Looks at held-back rows train students from the start of experts, and give the mean
    squared error of their predictions, of probabilities for classes.

    Parameters
    ----------
    network : FlatNetwork
    experts : Tensor of shape (n_experts, n_epochs + 1, n_weights)
    n_steps : int
        Of the student.
    n_epochs : int
        Of the expert, in the same time.
    max_start : int
        The last epoch to start from.
    grow_until : int
        The step of the distillation from which on all starts are drawn.
    step_size : float
        Of the student, to begin with.
    augmentation : SiameseAugmentation
    train : callable
        `weights_in_constant_memory` or `weights_with_graph`.
    """

    def __init__(
        self,
        network: FlatNetwork,
        experts: Tensor,
        *,
        n_steps: int,
        n_epochs: int,
        max_start: int,
        grow_until: int,
        step_size: float,
        augmentation: SiameseAugmentation,
        train: Callable[..., Tensor] = weights_in_constant_memory,
    ):
        super().__init__()
        self.network = network
        # In a list, so that it is no part of the state: it can be made again.
        self.experts = [experts]
        self.n_steps = n_steps
        self.n_epochs = n_epochs
        self.max_start = max_start
        self.grow_until = grow_until
        self.first_step_size = step_size
        self.augmentation = augmentation
        self.train_student = train
        self.log_step_size = nn.Parameter(torch.zeros(()))
        self.register_buffer("n_calls", torch.zeros((), dtype=torch.int64))
        self.validation_students = LastCallCache(self._train_students)

    @property
    def step_size(self) -> Tensor:
        """The student's step size: positive, and within a factor of its start."""
        logarithm = (STEP_SIZE_SPEED * self.log_step_size).clamp(
            -STEP_SIZE_RANGE, STEP_SIZE_RANGE
        )
        return self.first_step_size * logarithm.exp()

    def forward(
        self, synthetic: tuple[Tensor, Tensor], real: tuple[Tensor, Tensor]
    ) -> Tensor:
        (S, y_S), (R, y_R) = synthetic, real
        if not self.training:
            students = self.validation_students(S, y_S, self.step_size.detach())
            return torch.stack(
                [error(self.network(w, R), y_R) for w in students]
            ).mean()
        start, goal = self._stretch(S.device)
        end = self.train_student(
            self.network, start, S, y_S, self.step_size, self._steps(S, self.n_steps)
        )
        loss = (end - goal).square().sum() / (start - goal).square().sum()
        if loss < MAX_LOSS:
            return loss
        # Its gradient would say nothing about the rows: without one they do not move.
        furthest = STEP_SIZE_RANGE / STEP_SIZE_SPEED
        with torch.no_grad():
            self.log_step_size -= math.log(2.0) / STEP_SIZE_SPEED
            self.log_step_size.clamp_(-furthest, furthest)
        return torch.full_like(loss, MAX_LOSS) + 0.0 * S.sum()

    def _stretch(self, device: torch.device) -> tuple[Tensor, Tensor]:
        """Draw an expert and an epoch; return its weights there and epochs later."""
        (experts,) = self.experts
        self.n_calls += 1
        share = min(1.0, float(self.n_calls) / self.grow_until)
        last = round(share * self.max_start)
        expert = experts[int(torch.randint(len(experts), ()))]
        epoch = int(torch.randint(last + 1, ()))
        return expert[epoch].to(device), expert[epoch + self.n_epochs].to(device)

    def _steps(self, S: Tensor, n_steps: int) -> list[Step]:
        """Draw the rows of each step, pass after pass, and what they undergo."""
        size = min(len(S), STUDENT_BATCH)
        order = torch.cat(
            [torch.randperm(len(S)) for _ in range(-(-n_steps * size // len(S)))]
        )
        batches = order[: n_steps * size].view(n_steps, size).to(S.device)
        return [(chosen, self.augmentation.draw()) for chosen in batches]

    @torch.no_grad()
    def expert_probabilities(self, rows: Tensor) -> Tensor:
        """Return the mean of the experts' class probabilities for rows."""
        (experts,) = self.experts
        probabilities = [
            self.network(weights.to(rows.device), rows).softmax(dim=1)
            for weights in experts[:, -1]
        ]
        return torch.stack(probabilities).mean(dim=0)

    def _train_students(
        self, S: Tensor, y_S: Tensor, step_size: Tensor
    ) -> list[Tensor]:
        """Return the weights of students trained on rows without augmentation."""
        size = min(len(S), STUDENT_BATCH)
        (experts,) = self.experts
        # For as long as an expert's whole training.
        n_steps = self.n_steps * -(-(experts.shape[1] - 1) // self.n_epochs)
        rows = torch.arange(n_steps * size, device=S.device) % len(S)
        steps: list[Step] = [(chosen, _unchanged) for chosen in rows.split(size)]
        return [
            weights_in_constant_memory(
                self.network, path[0].to(S.device), S, y_S, step_size, steps
            )
            for path in experts[:N_LOOKS]
        ]


def _unchanged(rows: Tensor) -> Tensor:
    return rows


def error(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the mean squared error of numbers, or of class probabilities.

    Cross-entropy would judge students by how sure they are of their few errors.
    """
    n_classes = targets.shape[1]
    if n_classes > 1:
        outputs = outputs.softmax(dim=1) - 1.0 / n_classes
    return (outputs - targets).square().sum(dim=1).mean()
