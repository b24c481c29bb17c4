"""RowLearner: what methods that learn their rows by gradient descent share."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import time
import warnings
from abc import abstractmethod
from dataclasses import replace
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from .._utils._sklearn_private import Interval, StrOptions
from .._utils.device import resolve_device
from .._utils.fingerprint import fingerprint
from .assembly import Source
from .distiller import BaseDistiller
from .problem import Learned, Problem, hold_back
from .prototypes import median_distance
from .starting_rows import best_start, herded_rows, randomly_drawn_rows, targets_around

if TYPE_CHECKING:
    from torch import nn

    from ..engine.real_rows import RealRows

MIN_IMAGES_SHOWN = 256


class RowLearner(BaseDistiller):
    """Base class of methods that learn rows: a method is its `_objective`.

    A method takes the parameters below in its `__init__`, but for those it fixes as
    class attributes.

    Parameters
    ----------
    init : {"herding", "random"}
        Which real rows the learned ones start from.
    learn_labels : bool
        Whether the targets are learned together with the rows.
    learn_rows : bool
        Whether the rows are learned, or stay where they start.
    max_iter : int
        Steps at most.
    learning_rate : "auto" or float
        Adam's step size in the encoded space. "auto" is `step_size`, for images
        `image_step_size` if there is one, times the median distance between rows over
        the root of their number of columns.
    batch_size : int
        Real rows a step, in equal parts from all classes.
    validation_fraction : float
        The share of the real rows that no step sees. The loss on them picks the rows
        that are returned, out of each epoch's and the starting ones.
    tol, n_iter_no_change : float, int or None
        Training ends when the loss on held-back rows has not fallen by `tol` of itself
        for so many steps.
    max_time : float or None
        Seconds for choosing where to start and for learning; then the best rows so far
        are returned.
    device : str
        Where tensors live; "auto" is a GPU if there is one.
    warm_start : bool
        Whether `fit` goes on from the rows in `distilled_`.
    callbacks : list of skorch callbacks or None
        They see the loop as skorch callbacks see a net: its `module_` holds the rows.
    checkpoint : str, path or None
        A file, or a directory where each fit has a file of its own. The state of the
        fit is written there every so often, and the same call after a kill goes on
        from it. It is deleted when the fit is over.

    Attributes
    ----------
    n_iter_ : int
        Steps made.
    history_ : skorch.history.History
        Losses on batches and on held-back rows, by epoch of `steps_per_epoch` steps.
    device_ : str
        The device that was used.
    """

    learn_labels = False
    learn_rows = True
    # How many times smaller than the images what is learned is, a side, and the decay
    # of the moving average that is returned; see `SyntheticRows`.
    factor = 1
    averaging = 0.0
    # learning_rate="auto", as a multiple of the median distance over the root of the
    # number of columns.
    step_size = 0.05
    # The same for images, where it is another.
    image_step_size: float | None = None
    # What rows may keep of their own targets where learning starts, for regression.
    own_shares: tuple[float, ...] = (1.0, 0.5, 0.0)
    # How often the loss on held-back rows is looked at, and how many of them are drawn
    # for a look at most, balanced over the classes.
    steps_per_epoch = 10
    max_validation_rows = 4_096

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
        """Return the loss: a module that is called with two pairs of (rows, targets).

        The first pair is the synthetic rows, the second a batch of real ones. Targets
        are one-hot less their mean for classification, standardised numbers for
        regression. In evaluation mode the loss is that of a look at held-back rows. The
        loss's parameters are learned along with the rows, and what else it needs to go
        on after a kill is its extra state.

        Parameters
        ----------
        problem : Problem
            With the rows alone that steps see.
        real : RealRows
            The same rows, on the device.
        """

    def _make_problem(self, source: Source, context: Any) -> Problem:
        if not (self.learn_rows or self.learn_labels):
            raise ValueError(
                "learn_rows=False and learn_labels=False leave nothing to learn. Set "
                "one of them."
            )
        if self.learn_labels and self.soft_labels is not None:
            raise ValueError(
                "learn_labels=True and soft_labels both say what the labels are. "
                "Choose one."
            )
        # If there is nothing to distill no step is made, and none was by this fit.
        self.n_iter_ = 0
        self.__dict__.pop("history_", None)
        return super()._make_problem(source, context)

    def _distill(self, problem: Problem) -> Learned:
        from ..engine.checkpoint import (
            Checkpoint,
            CheckpointFile,
            generator_state,
            set_generator_state,
        )
        from ..engine.loop import check_callbacks, make_loop
        from ..engine.randomness import own_randomness
        from ..engine.real_rows import Batches
        from ..engine.synthetic_rows import SyntheticRows

        started = time.monotonic()
        check_callbacks(self.callbacks)
        self.device_ = resolve_device(self.device)
        rng = problem.random_state
        checkpoint = None
        if self.checkpoint is not None:
            file = CheckpointFile(self.checkpoint, self._fingerprint(problem))
            saved = file.load()
            if saved is not None:
                # With random_state=None too the same rows are held back again.
                set_generator_state(rng, saved["random_state"])
            extra = {"random_state": generator_state(rng)}
            checkpoint = Checkpoint(file, saved, extra)
        train, held_back = hold_back(problem, self.validation_fraction)
        start = self._start(problem.only(train))
        seed, valid_seed, torch_seed = rng.randint(np.iinfo(np.int32).max, size=3)
        real = self._real_rows(problem, train)
        batches = Batches(
            real,
            self.batch_size,
            self.steps_per_epoch,
            int(seed),
            self.max_iter,
        )
        n_shown = min(self.max_validation_rows, 2 * len(held_back))
        if problem.Z.ndim == 4:
            # A look at a thousand images would take as long as many steps.
            n_shown = min(n_shown, max(self.batch_size, MIN_IMAGES_SHOWN))
        n_looks = -(-n_shown // self.batch_size)
        valid = Batches(
            self._real_rows(problem, held_back),
            self.batch_size,
            n_looks,
            int(valid_seed),
            fixed=True,
        )

        def answer(state: dict[str, Any]) -> Learned:
            n_parts = self.factor**2
            made = Learned(synthetic.rows_of(state), start.y, n_parts=n_parts)
            if self.learn_labels:
                learned = state["targets"].cpu().numpy()
                if problem.task == "regression":
                    return replace(made, y=learned[:, 0])
                return replace(made, soft_labels=probabilities_of(learned))
            if problem.task == "regression" and n_parts == 1:
                # The rows have moved away from where they had their targets.
                here = problem.encoder.snap(made.Z)
                around = targets_around(problem, here, start.y)
                return replace(made, y=(start.y + around) / 2)
            return made

        steps: list[Any] = []

        def before_step(net: Any) -> None:
            steps[:] = [problem.context.subcontext(task_name="iteration")]
            steps[0].call_on_fit_task_begin(estimator=self)

        def after_step(net: Any) -> bool:
            return steps[0].call_on_fit_task_end(
                estimator=self,
                reconstruction_attributes=lambda: problem.fitted_attributes(
                    answer(net.module_.state_dict())
                ),
            )

        with own_randomness(self.device_, int(torch_seed)):
            objective = self._objective(problem.only(train), real)
            synthetic = SyntheticRows(
                start.Z,
                self._starting_targets(problem, start),
                problem.encoder.lower_,
                problem.encoder.upper_,
                problem.encoder.snap,
                self.learn_labels,
                self.learn_rows,
                self.factor,
                self.averaging,
                (float(problem.y.min()), float(problem.y.max())),
            )
            first = self._learned_part(synthetic, synthetic.state_dict())
            loop = make_loop(
                synthetic,
                objective,
                valid,
                max_iter=self.max_iter,
                learning_rate=self._step_size(problem),
                max_time=self._time_left(started),
                patience=self.n_iter_no_change,
                tol=self.tol,
                before_step=before_step,
                after_step=after_step,
                device=self.device_,
                callbacks=self.callbacks or (),
                checkpoint=checkpoint,
            ).fit(batches)
        if checkpoint is not None and loop.stop_reason_ is not None:
            checkpoint.file.remove()
        self.n_iter_, self.history_ = loop.n_steps_, loop.history
        best = dict(loop.callbacks_)["keep_best"]
        loop.criterion_.load_state_dict(best.best_objective_, strict=False)
        self._look_at_objective(loop.criterion_)
        self._warn_of(loop, best, first)
        return replace(answer(best.best_state_), loss=best.best_loss_)

    def _learned_part(self, synthetic: Any, state: dict[str, Any]) -> np.ndarray:
        """Return a copy of what tells whether the optimisation has done something."""
        if self.learn_rows:
            return synthetic.rows_of(state).copy()
        return state["targets"].cpu().numpy().copy()

    def _starting_targets(self, problem: Problem, start: Learned) -> np.ndarray:
        """Return the targets of the synthetic rows, where learning begins."""
        if self.learn_labels and start.soft_labels is not None:
            centred = start.soft_labels - 1.0 / start.soft_labels.shape[1]
            return centred.astype(np.float32)
        return problem.targets(start.y)

    def _look_at_objective(self, objective: "nn.Module") -> None:
        """Take from the objective what it has learned beside the rows, after training.

        Its parameters are those of the best rows.
        """

    def _fingerprint(self, problem: Problem) -> str:
        # What these say does not change the rows that a given number of steps makes.
        free = {
            "checkpoint", "callbacks", "max_time", "warm_start", "evaluator", "cache",
            "n_jobs",
        }  # fmt: skip
        parameters = self.get_params(deep=False)
        start: list[Any] = []
        if self.warm_start and hasattr(self, "distilled_"):
            last: Any = self.distilled_
            start = [np.asarray(last.X), np.asarray(last.y), last.soft_labels]
        return fingerprint(
            type(self).__name__,
            {name: value for name, value in parameters.items() if name not in free},
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

    def _real_rows(self, problem: Problem, indices: np.ndarray) -> "RealRows":
        """Put real rows on the device, by class."""
        from ..engine.real_rows import RealRows

        y = problem.y[indices]
        return RealRows(
            problem.Z[indices],
            problem.targets(y),
            y if problem.task == "classification" else np.zeros(len(y), np.int64),
            problem.sample_weight[indices],
            self.device_,
        )

    def _step_size(self, problem: Problem) -> float:
        if self.learning_rate != "auto":
            return float(self.learning_rate)
        Z = problem.flat
        typical = np.sqrt(median_distance(Z, problem.random_state))
        step_size = self.step_size
        if problem.Z.ndim == 4 and self.image_step_size is not None:
            step_size = self.image_step_size
        return step_size * float(typical) / np.sqrt(Z.shape[1])

    def _start(self, problem: Problem) -> Learned:
        """Return the rows to start from: real ones, or those of the last fit."""
        if self.warm_start and hasattr(self, "distilled_"):
            return self._last_rows(problem)
        drawn = self.init == "random"
        indices = randomly_drawn_rows(problem) if drawn else herded_rows(problem)
        Z, y = problem.Z[indices], problem.y[indices]
        if problem.task != "regression" or self.learn_labels:
            return Learned(Z, y)
        # How much their own targets are worth depends on the noise.
        around = targets_around(problem, Z, y)
        mixed = (own * y + (1.0 - own) * around for own in self.own_shares)
        return best_start(problem, [Learned(Z, targets) for targets in mixed])

    def _last_rows(self, problem: Problem) -> Learned:
        last: Any = self.distilled_
        classes: Any = getattr(self, "classes_", None)
        if last.X.shape[1:] != self.row_shape_ or not np.array_equal(
            last.classes, classes
        ):
            raise ValueError(
                f"warm_start goes on from rows of shape {last.X.shape[1:]} and classes "
                f"{last.classes}, but this fit makes rows of shape {self.row_shape_} "
                f"and classes {classes}. Keep columns and classes, or set "
                "warm_start=False."
            )
        codes = np.zeros(len(last.X), dtype=np.int64)
        y = codes if problem.task == "unsupervised" else problem.encode_y(last.y)
        if classes is not None:
            codes = y
        n_rows = np.bincount(codes, minlength=len(problem.n_rows))
        if np.any(n_rows != problem.n_rows):
            raise ValueError(
                f"warm_start goes on from {n_rows} rows a class, but this fit makes "
                f"{problem.n_rows}. Keep the budget, or set warm_start=False."
            )
        problem.encoder.check_known(last.X)
        # A fit that had nothing to distill left the rows in the order they came in.
        order = np.argsort(codes, kind="stable")
        soft_labels = None if last.soft_labels is None else last.soft_labels[order]
        return Learned(problem.encoder.encode(last.X)[order], y[order], soft_labels)

    def _warn_of(self, loop: Any, best: Any, first: np.ndarray) -> None:
        """Say so if the rows returned are not the outcome of the whole optimisation."""
        if loop.stop_reason_ is None:
            warnings.warn(
                f"Interrupted after {self.n_iter_} of {self.max_iter} steps; the best "
                "rows so far are kept.",
                UserWarning,
                stacklevel=5,
            )
        what = "rows" if self.learn_rows else "labels"
        if np.any(self._learned_part(loop.module_, best.best_state_) != first):
            return
        last = self._learned_part(loop.module_, loop.module_.state_dict())
        outcome = (
            f"moved the {what} without lowering the loss on held-back real rows"
            if np.any(last != first)
            else f"did not move the {what} at all"
        )
        warnings.warn(
            f"{type(self).__name__} {outcome} ({best.first_loss_:.4g} at the start, "
            f"{self.n_iter_} steps): the result is the {what} that it started from. "
            "Try another learning_rate, more rows or a larger max_iter.",
            ConvergenceWarning,
            stacklevel=5,
        )


def probabilities_of(targets: np.ndarray) -> np.ndarray:
    """Return learned one-hots less their mean as class probabilities."""
    # The shares of single precision's zeros may be below 0.
    likely = np.clip(targets.astype(np.float64) + 1.0 / targets.shape[1], 0.0, None)
    return likely / likely.sum(axis=1, keepdims=True)
