"""RowLearner: the base class of methods that learn rows by gradient descent."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import time
from abc import abstractmethod
from dataclasses import replace
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np

from .._utils._sklearn_private import Interval, StrOptions
from .._utils.device import resolve_device
from .._utils.fingerprint import fingerprint
from .._utils.native_rows import dense_rows_of
from .distiller import BaseDistiller
from .learning_settings import LearningSettings
from .multi_formation import bytes_learned, with_more_rows
from .preparation import Preparation, training_batches, validation_batches
from .problem import Learned, Problem, split_validation
from .prototypes import median_distance
from .starting_rows import (
    best_start,
    herded_rows,
    randomly_drawn_rows,
    targets_around,
)
from .training_warnings import warn_if_unchanged
from .warm_start import rows_of_last_fit

if TYPE_CHECKING:
    from torch import nn

    from ..engine.checkpoint import Checkpoint
    from ..engine.loop import DistillationLoop
    from ..engine.real_rows import RealRows


class RowLearner(BaseDistiller):
    """Base class of the methods that learn rows by gradient descent on an objective.

    A method implements `_objective` and accepts the parameters below in its `__init__`,
    except for those that it fixes as class attributes.

    Parameters
    ----------
    init : {"herding", "random"}
        Whether the initial rows are real rows chosen by kernel herding or at random.
    learn_labels : bool
        Whether labels are learned: soft labels or, for regression, continuous targets.
    learn_rows : bool
        Whether rows are learned. If False, the rows are the initial, real rows, and
        `learn_labels` must be True.
    max_iter : int
        Maximum number of steps.
    learning_rate : "auto" or float
        Step size of Adam in the encoded space. "auto" is `settings.step_size` (for
        images `settings.image_step_size`, if it is set) times the median distance
        between real rows, divided by the square root of the number of columns.
    batch_size : int
        Number of real rows in a batch; all classes contribute equally many rows.
    validation_fraction : float
        Fraction of the real rows that is set aside as a validation set. The rows with
        the lowest validation loss are returned.
    tol : float
        Relative decrease of the validation loss that counts as an improvement.
    n_iter_no_change : int or None
        Number of steps without an improvement after which training stops. None disables
        early stopping.
    max_time : float or None
        Time limit in seconds for choosing the initial rows and learning, after which
        the best rows so far are returned. The step size decreases to zero within the
        limit. None sets no limit.
    device : str
        PyTorch device, such as "cpu"; "auto" is a GPU if there is one.
    warm_start : bool
        Whether `fit` starts from the rows of the previous fit, in `distilled_`.
    callbacks : list of skorch callbacks or None
        Callbacks of the training loop, a skorch net whose `module_` holds the rows.
    checkpoint : str, path or None
        File in which `fit` saves its state at intervals, or directory in which every
        fit has a file of its own. If the process is killed, the same call of `fit`
        resumes from the file. The file is deleted when the fit ends.

    Attributes
    ----------
    n_iter_ : int
        Number of steps that were made.
    history_ : skorch.history.History
        Training and validation loss of every epoch of `settings.steps_per_epoch` steps.
    device_ : str
        Device that was used.
    """

    # Values of parameters that a method does not take in its __init__. `averaging` is
    # the decay of the moving average of the rows that is returned, and `factor` the
    # factor of multi-formation.
    learn_labels = False
    learn_rows = True
    averaging = 0.0
    factor = 1
    # Constants of the optimization. A method replaces the whole object.
    settings = LearningSettings()
    # Parameters that do not change the rows after a given number of steps. They may
    # differ when a fit resumes from a checkpoint.
    parameters_without_effect = frozenset(
        {
            *("callbacks", "checkpoint", "cover_categories", "evaluator", "max_time"),
            "warm_start",
        }
    )

    _parameter_constraints: dict[str, Any] = {
        **BaseDistiller._parameter_constraints,
        "init": [StrOptions({"herding", "random"})],
        "learn_labels": ["boolean"],
        "learn_rows": ["boolean"],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "learning_rate": [
            StrOptions({"auto"}),
            Interval(Real, 0, None, closed="neither"),
        ],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "n_iter_no_change": [None, Interval(Integral, 1, None, closed="left")],
        "max_time": [None, Interval(Real, 0, None, closed="neither")],
        "device": [str],
        "warm_start": ["boolean"],
        "callbacks": [None, list],
        "checkpoint": [None, str, os.PathLike],
    }

    @abstractmethod
    def _objective(self, problem: Problem, real: "RealRows") -> "nn.Module":
        """Return the loss, a module that is called with two pairs (rows, targets).

        The first pair holds the synthetic rows, the second a batch of real rows. The
        targets are centered one-hot vectors for classification and standardized
        numbers, in one column per target, for regression. In evaluation mode the
        module returns the validation loss. Its parameters are optimized together with
        the rows; state that is not a parameter or buffer, but is needed to resume from
        a checkpoint, belongs in its extra state.

        Parameters
        ----------
        problem : Problem
            Only the rows that the steps use.
        real : RealRows
            The same rows on the device.
        """

    def _initial_rows(self, problem: Problem) -> Learned:
        """Return the initial rows and labels: real rows, or those of the last fit."""
        if self.warm_start and hasattr(self, "distilled_"):
            return rows_of_last_fit(self, problem)
        drawn = self.init == "random"
        indices = randomly_drawn_rows(problem) if drawn else herded_rows(problem)
        Z, y = problem.Z[indices], problem.y[indices]
        if problem.task != "regression" or self.learn_labels:
            return Learned(Z, y)
        # The noise in the data decides how informative the target of a single row is.
        around = targets_around(problem, Z, y)
        shares = self.settings.own_target_shares
        mixed = (share * y + (1.0 - share) * around for share in shares)
        return best_start(problem, [Learned(Z, targets) for targets in mixed])

    def _initial_targets(
        self, problem: Problem, start: Learned, objective: "nn.Module"
    ) -> np.ndarray:
        """Return the initial targets of the synthetic rows, (m, n_targets)."""
        if self.learn_labels and start.soft_labels is not None:
            centered = start.soft_labels - 1.0 / start.soft_labels.shape[1]
            return centered.astype(np.float32)
        return problem.targets(start.y)

    def _store_objective(self, objective: "nn.Module") -> None:
        """Set fitted attributes from the objective with the best parameters."""

    def _check_parameters(self) -> None:
        from ..engine.loop_callbacks import check_callbacks

        super()._check_parameters()
        if not (self.learn_rows or self.learn_labels):
            raise ValueError(
                "learn_rows=False and learn_labels=False leave nothing to learn. Set "
                "one of them to True."
            )
        if self.learn_labels and self.soft_labels is not None:
            raise ValueError(
                "learn_labels=True and soft_labels both determine the labels. Use only "
                "one of them."
            )
        check_callbacks(self.callbacks)
        self.device_ = resolve_device(self.device)
        # These values remain if the budget covers all rows and no step is made.
        self.n_iter_ = 0
        self.__dict__.pop("history_", None)

    def _distill(self, problem: Problem) -> Learned:
        from ..engine.threads import suitable_threads, values_of_step

        started = time.monotonic()
        if self.factor > 1:
            problem = with_more_rows(problem, self.factor, self._goes_on())
        checkpoint = self._open_checkpoint(problem)
        n_values = values_of_step(
            min(self.batch_size, len(problem.Z)),
            int(problem.n_rows.sum()),
            problem.Z.shape[1:],
        )
        with suitable_threads(n_values):
            prepared = self._prepare(problem)
            loop = self._train(prepared, checkpoint, started)
        if checkpoint is not None and loop.stop_reason_ is not None:
            checkpoint.file.remove()
        return self._collect(prepared, loop)

    def _goes_on(self) -> bool:
        """Return whether the rows of the last fit are the initial rows."""
        return self.warm_start and hasattr(self, "distilled_")

    def _open_checkpoint(self, problem: Problem) -> "Checkpoint | None":
        """Return the checkpoint callback; set the random state that the file holds."""
        if self.checkpoint is None:
            return None
        from ..engine.checkpoint import (
            Checkpoint,
            CheckpointFile,
            generator_state,
            set_generator_state,
        )

        file = CheckpointFile(self.checkpoint, self._fingerprint(problem))
        saved = file.load()
        if saved is not None:
            # Split off the same validation rows again, also if random_state is None.
            set_generator_state(problem.random_state, saved["random_state"])
        extra = {"random_state": generator_state(problem.random_state)}
        return Checkpoint(file, saved, extra)

    def _prepare(self, problem: Problem) -> Preparation:
        """Split off validation rows, choose initial rows and make batches."""
        rng = problem.random_state
        train, validation = split_validation(problem, self.validation_fraction)
        training = problem.only(train)
        start = self._initial_rows(training)
        seeds = rng.randint(np.iinfo(np.int32).max, size=3).tolist()
        return Preparation(
            problem=problem,
            training=training,
            start=start,
            batches=training_batches(training, self, seeds[0]),
            validation=validation_batches(problem.only(validation), self, seeds[1]),
            seed=seeds[2],
        )

    def _train(
        self, prepared: Preparation, checkpoint: "Checkpoint | None", started: float
    ) -> "DistillationLoop":
        """Learn the rows, and return the loop with its history and best rows."""
        from ..engine.deadline import Deadline
        from ..engine.loop import make_loop
        from ..engine.randomness import own_randomness
        from ..engine.synthetic_rows import SyntheticRows
        from .iteration_reports import IterationReports

        problem, start = prepared.problem, prepared.start
        deadline = Deadline(self._time_left(started))
        with own_randomness(self.device_, prepared.seed), deadline:
            objective = self._objective(prepared.training, prepared.batches.real)
            synthetic = SyntheticRows(
                start.Z,
                self._initial_targets(problem, start, objective),
                problem.encoder.lower_,
                problem.encoder.upper_,
                problem.encoder.snap,
                self.learn_labels,
                self.learn_rows,
                self.factor,
                self.averaging,
                target_range_of(problem),
            )
            step_size = self._step_size(problem)
            return make_loop(
                synthetic,
                objective,
                prepared.validation,
                max_iter=self.max_iter,
                learning_rate=step_size,
                deadline=deadline,
                patience=self.n_iter_no_change,
                tol=self.tol,
                device=self.device_,
                callbacks=self.callbacks or (),
                reports=IterationReports(self, prepared),
                checkpoint=checkpoint,
            ).fit(prepared.batches)

    def _collect(self, prepared: Preparation, loop: "DistillationLoop") -> Learned:
        """Return the best rows of a loop, and set the fitted attributes."""
        self.n_iter_, self.history_ = loop.n_steps_, loop.history
        best = dict(loop.callbacks_)["keep_best"]
        loop.criterion_.load_state_dict(best.best_objective_, strict=False)
        self._store_objective(loop.criterion_)
        warn_if_unchanged(self, loop)
        result = self._result(prepared, loop.module_, best.best_state_)
        info = None
        if self.factor > 1:
            info = {
                "bytes_learned": bytes_learned(result, prepared.problem, self.factor)
            }
        loss = best.best_loss_ if np.isfinite(best.best_loss_) else None
        return replace(result, loss=loss, info=info)

    def _result(
        self, prepared: Preparation, synthetic: "nn.Module", state: dict[str, Any]
    ) -> Learned:
        """Return the rows and labels that a state of the synthetic rows stands for."""
        problem, start = prepared.problem, prepared.start
        made = Learned(synthetic.rows_of(state), start.y, n_parts=self.factor**2)
        if self.learn_labels:
            targets = state["targets"].cpu().numpy()
            if problem.task == "regression":
                return replace(made, y=targets.reshape(-1, *problem.y.shape[1:]))
            return replace(made, soft_labels=probabilities_of(targets))
        if problem.task == "regression" and self.factor == 1:
            # The rows have moved away from the positions at which they were labeled.
            around = targets_around(problem, problem.encoder.snap(made.Z), start.y)
            return replace(made, y=(start.y + around) / 2)
        return made

    def _fingerprint(self, problem: Problem) -> str:
        """Return a hash of everything that determines the rows of each step."""
        parameters = {
            name: value
            for name, value in self.get_params(deep=False).items()
            if name not in self.parameters_without_effect
        }
        start: list[Any] = []
        if self._goes_on():
            last: Any = self.distilled_
            rows = np.asarray(dense_rows_of(last.X))
            start = [rows, np.asarray(last.y), last.soft_labels]
        return fingerprint(
            type(self).__name__,
            parameters,
            problem.Z,
            problem.y,
            problem.sample_weight,
            problem.n_rows,
            start,
        )

    def _time_left(self, started: float) -> float | None:
        if self.max_time is None:
            return None
        return max(0.0, self.max_time - (time.monotonic() - started))

    def _step_size(self, problem: Problem) -> float:
        if self.learning_rate != "auto":
            return float(self.learning_rate)
        Z, settings = problem.flat, self.settings
        typical = np.sqrt(median_distance(Z, problem.random_state))
        step_size = settings.step_size
        if problem.Z.ndim == 4 and settings.image_step_size is not None:
            step_size = settings.image_step_size
        return step_size * float(typical) / np.sqrt(Z.shape[1])


def target_range_of(problem: Problem) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the lowest and the highest continuous targets; None for other tasks."""
    if problem.task != "regression":
        return None
    targets = problem.targets(problem.y)
    return targets.min(axis=0), targets.max(axis=0)


def probabilities_of(targets: np.ndarray) -> np.ndarray:
    """Return learned targets, which are centered one-hot vectors, as probabilities."""
    # In single precision a probability of 0 may come out slightly negative.
    probabilities = np.clip(
        targets.astype(np.float64) + 1.0 / targets.shape[1], 0.0, None
    )
    return probabilities / probabilities.sum(axis=1, keepdims=True)
