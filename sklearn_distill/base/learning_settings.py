"""The constants of the optimization that a method may override."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass


@dataclass(frozen=True)
class LearningSettings:
    """Constants of the optimization that a method sets, but a user does not.

    Attributes
    ----------
    step_size : float
        The step size of ``learning_rate="auto"``, as a multiple of the median distance
        between real rows over the root of the number of columns.
    image_step_size : float or None
        The same for images; None is `step_size`.
    own_target_shares : tuple of float
        Regression only: the initial target of a row is a mixture of its own target and
        the mean target of the real rows around it. These shares of its own target are
        compared, and the best one is used.
    steps_per_epoch : int
        The number of steps between two evaluations of the validation loss.
    max_validation_rows : int
        The maximal number of validation rows per evaluation, balanced over the classes.
    """

    step_size: float = 0.05
    image_step_size: float | None = None
    own_target_shares: tuple[float, ...] = (1.0, 0.5, 0.0)
    steps_per_epoch: int = 10
    max_validation_rows: int = 4_096
