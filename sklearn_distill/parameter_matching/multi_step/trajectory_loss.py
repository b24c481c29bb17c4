"""The objective of trajectory matching: the student's weights match an expert's."""

# SPDX-License-Identifier: BSD-3-Clause

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from ...engine.augmentation import SiameseAugmentation, unchanged
from ...engine.last_call_cache import LastCallCache
from .inner_training import FlatNetwork, Step, weights_in_constant_memory

# The maximal number of rows in a step of the student. A step on fewer synthetic rows
# uses all of them.
STUDENT_BATCH = 256
# The loss is the squared distance from the goal, divided by the squared distance before
# the first step. A larger loss than this means that the step size is too large.
MAX_LOSS = 1.5
# The largest change of the logarithm of the step size, and the factor by which it is
# learned faster than other parameters of objectives.
STEP_SIZE_RANGE, STEP_SIZE_SPEED = 3.0, 10.0
# The number of students whose mean error is the validation loss.
N_VALIDATION_STUDENTS = 2


class TrajectoryMatchingLoss(nn.Module):
    """The distance between the weights of a student and of an expert after training.

    The student starts from the expert's weights at a random epoch, and is trained on
    the synthetic rows. The validation loss is the mean squared error of students that
    are trained from the initial weights of experts. For classification it is the error
    of their predicted probabilities.

    Parameters
    ----------
    network : FlatNetwork
        The architecture of students and experts.
    experts : Tensor of shape (n_experts, n_epochs + 1, n_weights)
        The weights of the experts after each epoch.
    n_steps : int
        The number of the student's steps.
    n_epochs : int
        The number of the expert's epochs that the student's steps are to replace.
    max_start : int
        The last epoch of an expert at which students start.
    grow_until : int
        The number of calls during which the last starting epoch grows to `max_start`.
    step_size : float
        The initial step size of the student.
    augmentation : SiameseAugmentation
        The augmentation of the student's batches.
    train : callable
        `weights_in_constant_memory` or `weights_with_graph`.
    has_classes : bool
        Whether the targets are centered one-hot vectors.
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
        has_classes: bool = True,
    ):
        super().__init__()
        self.network = network
        # Do not register the experts as a buffer: they stay on the CPU, and checkpoints
        # do not contain them, because they can be trained again.
        self.experts = experts
        self.n_steps = n_steps
        self.n_epochs = n_epochs
        self.max_start = max_start
        self.grow_until = grow_until
        self.first_step_size = step_size
        self.augmentation = augmentation
        self.train_student = train
        self.has_classes = has_classes
        self.log_step_size = nn.Parameter(torch.zeros(()))
        self.register_buffer("n_calls", torch.zeros((), dtype=torch.int64))
        self.validation_students = LastCallCache(self._train_validation_students)

    @property
    def step_size(self) -> Tensor:
        """The student's step size, within a fixed factor of its initial value."""
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
            errors = [
                error(self.network(weights, R), y_R, self.has_classes)
                for weights in students
            ]
            return torch.stack(errors).mean()
        start, goal = self._draw_start_and_goal(S.device)
        end = self.train_student(
            self.network, start, S, y_S, self.step_size, self._draw_steps(S)
        )
        loss = (end - goal).square().sum() / (start - goal).square().sum()
        if loss < MAX_LOSS:
            return loss
        # Halve the step size, and return a loss whose gradient for the rows is zero,
        # since the gradient of a diverged student is not informative.
        limit = STEP_SIZE_RANGE / STEP_SIZE_SPEED
        with torch.no_grad():
            self.log_step_size -= math.log(2.0) / STEP_SIZE_SPEED
            self.log_step_size.clamp_(-limit, limit)
        return torch.full_like(loss, MAX_LOSS) + 0.0 * S.sum()

    def _draw_start_and_goal(self, device: torch.device) -> tuple[Tensor, Tensor]:
        """Return an expert's weights at a random epoch, and `n_epochs` epochs later."""
        self.n_calls += 1
        share = min(1.0, float(self.n_calls) / self.grow_until)
        last = round(share * self.max_start)
        expert = self.experts[int(torch.randint(len(self.experts), ()))]
        epoch = int(torch.randint(last + 1, ()))
        return expert[epoch].to(device), expert[epoch + self.n_epochs].to(device)

    def _draw_steps(self, S: Tensor) -> list[Step]:
        """Draw the rows of the student's steps, pass by pass, and augmentations."""
        n_steps, size = self.n_steps, min(len(S), STUDENT_BATCH)
        order = torch.cat(
            [torch.randperm(len(S)) for _ in range(-(-n_steps * size // len(S)))]
        )
        batches = order[: n_steps * size].view(n_steps, size).to(S.device)
        return [(chosen, self.augmentation.draw()) for chosen in batches]

    @torch.no_grad()
    def expert_probabilities(self, rows: Tensor) -> Tensor:
        """Return the mean of the experts' predicted probabilities for rows."""
        probabilities = [
            self.network(weights.to(rows.device), rows).softmax(dim=1)
            for weights in self.experts[:, -1]
        ]
        return torch.stack(probabilities).mean(dim=0)

    def _train_validation_students(
        self, S: Tensor, y_S: Tensor, step_size: Tensor
    ) -> list[Tensor]:
        """Return the weights of students, trained without augmentation.

        A student makes as many steps as correspond to the whole training of an expert.
        """
        size = min(len(S), STUDENT_BATCH)
        n_steps = self.n_steps * -(-(self.experts.shape[1] - 1) // self.n_epochs)
        rows = torch.arange(n_steps * size, device=S.device) % len(S)
        steps: list[Step] = [(chosen, unchanged) for chosen in rows.split(size)]
        return [
            weights_in_constant_memory(
                self.network, path[0].to(S.device), S, y_S, step_size, steps
            )
            for path in self.experts[:N_VALIDATION_STUDENTS]
        ]


def error(outputs: Tensor, targets: Tensor, has_classes: bool) -> Tensor:
    """Return the mean squared error of numbers, or of predicted probabilities.

    The cross-entropy is not used, because it depends mostly on how confident a student
    is in its few wrong predictions.
    """
    if has_classes:
        outputs = outputs.softmax(dim=1) - 1.0 / targets.shape[1]
    return (outputs - targets).square().sum(dim=1).mean()
