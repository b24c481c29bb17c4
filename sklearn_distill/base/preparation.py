"""What is fixed before rows are learned: initial rows, batches and seeds."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .problem import Learned, Problem

if TYPE_CHECKING:
    from ..engine.real_rows import Batches, RealRows

# The smallest number of validation images. More would take as long as many steps.
MIN_VALIDATION_IMAGES = 256


@dataclass(frozen=True)
class Preparation:
    """Everything that is fixed before the rows are learned.

    Attributes
    ----------
    problem : Problem
        All real rows.
    training : Problem
        The real rows that the steps use.
    start : Learned
        The initial rows and labels.
    batches, validation : Batches
        Batches of training and of validation rows on the device.
    seed : int
        The seed of torch's generators during the training.
    """

    problem: Problem
    training: Problem
    start: Learned
    batches: "Batches"
    validation: "Batches"
    seed: int


def training_batches(problem: Problem, learner: Any, seed: int) -> "Batches":
    """Return the batches of the steps; an epoch has `steps_per_epoch` of them."""
    from ..engine.real_rows import Batches

    return Batches(
        _real_rows(problem, learner.device_),
        learner.batch_size,
        learner.settings.steps_per_epoch,
        seed,
        learner.max_iter,
    )


def validation_batches(problem: Problem, learner: Any, seed: int) -> "Batches":
    """Return the batches of the validation loss, which are the same in every epoch."""
    from ..engine.real_rows import Batches

    n_rows = min(learner.settings.max_validation_rows, 2 * len(problem.Z))
    if problem.Z.ndim == 4:
        n_rows = min(n_rows, max(learner.batch_size, MIN_VALIDATION_IMAGES))
    return Batches(
        _real_rows(problem, learner.device_),
        learner.batch_size,
        -(-n_rows // learner.batch_size),
        seed,
        fixed=True,
    )


def _real_rows(problem: Problem, device: str) -> "RealRows":
    """Return the rows of a problem on the device; on the CPU without a copy of Z."""
    from ..engine.network_training import loss_for
    from ..engine.real_rows import RealRows

    is_classification = problem.task == "classification"
    return RealRows(
        problem.Z,
        problem.targets(problem.y),
        problem.y if is_classification else np.zeros(len(problem.y), np.int64),
        problem.sample_weight,
        device,
        loss_for(problem.task),
    )
