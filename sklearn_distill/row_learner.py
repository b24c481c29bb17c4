"""RowLearner: what methods that learn their rows by gradient descent share."""

# SPDX-License-Identifier: BSD-3-Clause

import time
import warnings
from abc import abstractmethod
from dataclasses import replace
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from ._sklearn_private import Interval, StrOptions
from .assembly import Source
from .base import BaseDistiller
from .problem import Learned, Problem
from .starting_rows import herded_rows, median_distance, randomly_drawn_rows

if TYPE_CHECKING:
    from torch import nn

    from .engine.real_rows import RealRows

# How often the loss on held-back rows is looked at, in steps.
STEPS_PER_EPOCH = 10
# At most this many held-back rows are drawn for a look, balanced over the classes.
VALIDATION_ROWS = 4_096


class RowLearner(BaseDistiller):
    """Base class of methods that learn rows: a method is its `_objective`.

    Parameters
    ----------
    init : {"herding", "random"}
        Which real rows the learned ones start from.
    learn_labels : bool
        Whether the targets are learned together with the rows.
    max_iter : int
        Steps at most.
    learning_rate : "auto" or float
        Adam's step size in the encoded space. "auto" is 0.05 times the median distance
        between rows over the root of their number of columns.
    batch_size : int
        Real rows a step, in equal parts from all classes.
    validation_fraction : float
        The share of the real rows that no step sees. The loss on them picks the rows
        that are returned, out of every tenth step's and the starting ones.
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

    Attributes
    ----------
    n_iter_ : int
        Steps made.
    history_ : skorch.history.History
        Losses on batches and on held-back rows, by epoch of ten steps.
    device_ : str
        The device that was used.
    """

    _parameter_constraints: dict[str, Any] = {
        **BaseDistiller._parameter_constraints,
        "init": [StrOptions({"herding", "random"})],
        "learn_labels": ["boolean"],
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
    }

    @abstractmethod
    def _objective(self, problem: Problem) -> "nn.Module":
        """Return the loss: a module that is called with two pairs of (rows, targets).

        The first pair is the synthetic rows, the second a batch of real ones. Targets
        are one-hot less their mean for classification, standardised numbers for
        regression.
        """

    def _make_problem(self, source: Source, context: Any) -> Problem:
        if self.learn_labels and self.soft_labels and source.target.classes is not None:
            raise ValueError(
                "learn_labels=True and soft_labels both say what the class "
                "probabilities of the rows are. Choose one."
            )
        # If there is nothing to distill no step is made, and none was by this fit.
        self.n_iter_ = 0
        self.__dict__.pop("history_", None)
        return super()._make_problem(source, context)

    def _distill(self, problem: Problem) -> Learned:
        import torch

        from .engine.loop import make_loop
        from .engine.real_rows import Batches
        from .engine.synthetic_rows import SyntheticRows

        started = time.monotonic()
        self.device_ = resolve_device(self.device)
        rng = problem.random_state
        train, held_back = hold_back(problem, self.validation_fraction)
        start = self._start(replace_rows(problem, train))
        seed, valid_seed, torch_seed = rng.randint(np.iinfo(np.int32).max, size=3)
        batches = Batches(
            self._real_rows(problem, train),
            self.batch_size,
            STEPS_PER_EPOCH,
            int(seed),
            self.max_iter,
        )
        n_looks = -(-min(VALIDATION_ROWS, 2 * len(held_back)) // self.batch_size)
        valid = Batches(
            self._real_rows(problem, held_back),
            self.batch_size,
            n_looks,
            int(valid_seed),
            fixed=True,
        )

        def answer(state: dict[str, Any]) -> Learned:
            made = Learned(state["rows"].cpu().numpy(), start.y)
            if not self.learn_labels:
                return made
            learned = state["targets"].cpu().numpy()
            if problem.task == "regression":
                return replace(made, y=learned[:, 0])
            return replace(made, soft_labels=probabilities_of(learned))

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

        gpus = [self.device_] if self.device_.startswith("cuda") else []
        with torch.random.fork_rng(devices=gpus):
            torch.manual_seed(int(torch_seed))
            loop = make_loop(
                SyntheticRows(
                    start.Z,
                    targets_of(problem, start.y),
                    problem.encoder.lower_,
                    problem.encoder.upper_,
                    problem.encoder.snap,
                    self.learn_labels,
                ),
                self._objective(problem),
                valid,
                max_iter=self.max_iter,
                learning_rate=self._step_size(problem),
                max_time=self._time_left(started),
                patience=self.n_iter_no_change,
                tol=self.tol,
                before_step=before_step,
                after_step=after_step,
                device=self.device_,
            ).fit(batches)
        self.n_iter_, self.history_ = loop.n_steps_, loop.history
        best = dict(loop.callbacks_)["keep_best"]
        self._warn_of(loop, best, start)
        return replace(answer(best.best_state_), loss=best.best_loss_)

    def _time_left(self, started: float) -> float | None:
        if self.max_time is None:
            return None
        return max(0.0, self.max_time - (time.monotonic() - started))

    def _real_rows(self, problem: Problem, indices: np.ndarray) -> "RealRows":
        """Put real rows on the device, by class."""
        from .engine.real_rows import RealRows

        y = problem.y[indices]
        return RealRows(
            problem.Z[indices],
            targets_of(problem, y),
            y if problem.task == "classification" else np.zeros(len(y), np.int64),
            problem.sample_weight[indices],
            self.device_,
        )

    def _step_size(self, problem: Problem) -> float:
        if self.learning_rate != "auto":
            return float(self.learning_rate)
        Z = problem.flat
        typical = np.sqrt(median_distance(Z, problem.random_state))
        return 0.05 * float(typical) / np.sqrt(Z.shape[1])

    def _start(self, problem: Problem) -> Learned:
        """Return the rows to start from: real ones, or those of the last fit."""
        if self.warm_start and hasattr(self, "distilled_"):
            return self._last_rows(problem)
        herd = self.init == "herding"
        indices = herded_rows(problem) if herd else randomly_drawn_rows(problem)
        return Learned(problem.Z[indices], problem.y[indices])

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
        y = problem.encode_y(last.y)
        codes = y if classes is not None else np.zeros(len(y), dtype=np.int64)
        n_rows = np.bincount(codes, minlength=len(problem.n_rows))
        if np.any(n_rows != problem.n_rows):
            raise ValueError(
                f"warm_start goes on from {n_rows} rows a class, but this fit makes "
                f"{problem.n_rows}. Keep the budget, or set warm_start=False."
            )
        problem.encoder.check_known(last.X)
        return Learned(problem.encoder.encode(last.X), y)

    def _warn_of(self, loop: Any, best: Any, start: Learned) -> None:
        """Say so if the rows returned are not the outcome of the whole optimisation."""
        if loop.stop_reason_ is None:
            warnings.warn(
                f"Interrupted after {self.n_iter_} of {self.max_iter} steps; the best "
                "rows so far are kept.",
                UserWarning,
                stacklevel=5,
            )
        if np.any(best.best_state_["rows"].cpu().numpy() != start.Z):
            return
        what = (
            "moved the rows without lowering the loss on held-back real rows"
            if np.any(loop.module_.rows.detach().cpu().numpy() != start.Z)
            else "did not move the rows at all"
        )
        warnings.warn(
            f"{type(self).__name__} {what} ({best.first_loss_:.4g} at the start, "
            f"{self.n_iter_} steps): the result is the real rows that it started from. "
            "Try another learning_rate, more rows or a larger max_iter.",
            ConvergenceWarning,
            stacklevel=5,
        )


def resolve_device(device: str) -> str:
    """Return the device that `device` stands for, or raise if it is not there."""
    import torch

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.zeros(1, device=device).cpu()
    except (RuntimeError, AssertionError) as error:
        # torch goes on for pages; its first line says what is wrong.
        reason = str(error).partition("\n")[0].rstrip(".")
        raise ValueError(
            f"device={device!r} cannot be used here: {reason}. device='auto' takes a "
            "GPU if there is one."
        ) from error
    return device


def hold_back(problem: Problem, fraction: float) -> tuple[np.ndarray, np.ndarray]:
    """Split a problem's rows, class by class, into those to learn from and the rest.

    A class keeps at least as many rows to learn from as it is to leave. If that holds
    no rows back at all, both parts are all rows.
    """
    held_back = []
    for _, rows, n_rows in problem.groups():
        n_held = min(round(fraction * len(rows)), len(rows) - n_rows)
        held_back.append(problem.random_state.permutation(rows)[: max(0, n_held)])
    held = np.sort(np.concatenate(held_back))
    everything = np.arange(len(problem.Z))
    if not len(held):
        return everything, everything
    return np.setdiff1d(everything, held), held


def replace_rows(problem: Problem, indices: np.ndarray) -> Problem:
    """Return the problem with only these of its rows."""
    return replace(
        problem,
        Z=problem.Z[indices],
        y=problem.y[indices],
        sample_weight=problem.sample_weight[indices],
    )


def targets_of(problem: Problem, y: np.ndarray) -> np.ndarray:
    """Return what ridge regression is to predict: centred one-hots, or numbers."""
    if problem.task == "regression":
        return y[:, None].astype(np.float32)
    n_classes = len(problem.n_rows)
    return (np.eye(n_classes)[y] - 1.0 / n_classes).astype(np.float32)


def probabilities_of(targets: np.ndarray) -> np.ndarray:
    """Return learned one-hot targets as class probabilities."""
    likely = np.clip(targets + 1.0 / targets.shape[1], 1e-6, None).astype(np.float64)
    return likely / likely.sum(axis=1, keepdims=True)
