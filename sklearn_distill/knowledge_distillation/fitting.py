"""The training of teacher and student, shared by both public estimators."""

# SPDX-License-Identifier: BSD-3-Clause

from abc import ABC, abstractmethod
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, check_memory

from .._utils._sklearn_private import HasMethods, Interval, StrOptions
from .._utils.containers import in_form_of, stacked
from ..distilled_set.distilled_set import DistilledSet
from ..validation.missing_values import accepts_missing
from ..validation.rows import check_rows
from .checks import (
    check_before_training,
    check_given_predictions,
    share_of_teacher,
    teacher_weights,
    uses_predictions_of_labeled_rows,
)
from .gain import Gain, held_out_gain, warn_if_no_gain
from .labeled_rows import LabeledRows, read_labeled_rows
from .missing_values import check_missing_values
from .nets.wrapping import fitted_net, innermost, is_net
from .students import fit_student, under_data_prior
from .targets import Targets, make_targets
from .teachers import (
    Committee,
    is_label_smoothing,
    list_teachers,
    needs_training,
    out_of_fold_targets,
)
from .transfer_set import make_rows


def _fit_committee(committee: Committee, X: Any, y: Any, weights: Any) -> Committee:
    """Fit a committee; joblib can cache the results of a module-level function."""
    return committee.fit(X, y, weights)


class _KnowledgeDistillation(MetaEstimatorMixin, BaseEstimator, ABC):
    """Base class of the estimators that train a teacher and then a student."""

    _task: str
    student_: Any

    _parameter_constraints: dict[str, Any] = {
        "teacher": "no_validation",
        "student": "no_validation",
        "teacher_weights": [None, list, tuple, np.ndarray],
        "loss": [str, callable],
        "alpha": [StrOptions({"auto"}), Real, callable],
        "teacher_labels": [StrOptions({"in_sample", "out_of_fold"})],
        "transfer": [None, str, HasMethods(["fit_distill"]), callable],
        "n_transfer": [Interval(Real, 0, None, closed="neither")],
        "transfer_weight": [Interval(Real, 0, None, closed="neither")],
        "hints": [None, dict],
        "hint_weight": [Interval(Real, 0, None, closed="left")],
        "init": [None, StrOptions({"teacher"})],
        "n_generations": [Interval(Integral, 1, None, closed="left")],
        "check_teacher": ["boolean"],
        "memory": [None, str, HasMethods(["cache"])],
        "random_state": ["random_state"],
    }

    def _fit(
        self, X: Any, y: Any, sample_weight: Any, X_unlabeled: Any, predictions: Any
    ) -> Self:
        data = read_labeled_rows(self, X, y, sample_weight, self._task)
        if X_unlabeled is not None:
            X_unlabeled = check_rows(self, X_unlabeled, reset=False)
            X_unlabeled = in_form_of(data.X, X_unlabeled)
        n_unlabeled = 0 if X_unlabeled is None else len(X_unlabeled)
        given = check_given_predictions(predictions, data, n_unlabeled)
        params, teachers = self.get_params(deep=False), self._teachers()
        check_before_training(
            params,
            teachers,
            data,
            task=self._task,
            n_unlabeled=n_unlabeled,
            predictions=given,
            is_weighted=sample_weight is not None,
        )
        for rows in (data.X, X_unlabeled):
            self._check_missing(rows)
        seeds = check_random_state(self.random_state).randint(2**31 - 1, size=4)
        net_seed, fold_seed, transfer_seed, student_seed = map(int, seeds)
        if data.classes is not None:
            self.classes_ = data.classes
        # Only nets use the seed. Other teachers get a constant seed, so that `memory`
        # finds them in its cache.
        seed = net_seed if any(is_net(innermost(t)) for t in teachers) else 0
        weights = teacher_weights(params, teachers)
        committee = Committee(teachers, weights, data.classes, seed)
        X_added = self._added_rows(data, X_unlabeled, transfer_seed)
        self.teacher_gain_ = self._gain(committee, data, given, fold_seed)
        warn_if_no_gain(
            self.teacher_gain_, "R^2" if data.classes is None else "accuracy"
        )
        committee = self._fit_teacher(committee, data, X_added, given)
        targets = make_targets(
            data,
            self._teacher_predictions(committee, data, X_added, given, fold_seed),
            alpha=share_of_teacher(params, teachers, X_added is not None),
            transfer_weight=self.transfer_weight,
            ignore_outliers=self.loss == "outlier_robust",
        )
        targets = self._fit_students(data, X_added, targets, student_seed)
        self.transfer_set_ = _transfer_set(X_added, targets)
        return self

    def _teachers(self) -> list[Any]:
        return list_teachers(self.teacher, self.student, self.loss)

    def _check_missing(self, X: Any) -> None:
        if X is not None:
            check_missing_values(
                X,
                student=self.student,
                teachers=self._teachers(),
            )

    def _added_rows(self, data: LabeledRows, X_unlabeled: Any, seed: int) -> Any:
        """Return the rows that the teacher labels, or None."""
        X_made = None
        if self.transfer is not None:
            labels = data.y if data.classes is None else data.classes[data.y]
            n_new = max(1, round(self.n_transfer * len(data.X)))
            X_made = make_rows(self.transfer, data.X, data.y, labels, n_new, seed)
            if callable(self.transfer):
                X_made = check_rows(self, X_made, reset=False)
                self._check_missing(X_made)
                X_made = in_form_of(data.X, X_made)
        if X_unlabeled is None or X_made is None:
            return X_made if X_unlabeled is None else X_unlabeled
        return stacked(X_unlabeled, X_made)

    def _gain(
        self, committee: Committee, data: LabeledRows, given: Any, seed: int
    ) -> Gain | None:
        """Compare teacher and student on held-out rows, if `check_teacher` applies."""
        if not self.check_teacher or data.is_distilled:
            return None
        if is_label_smoothing(committee.teachers) or isinstance(self.teacher, str):
            return None
        predictions = None if given is None else given[: len(data.X)]
        if predictions is None and not needs_training(committee.teachers):
            predictions = committee.fit(data.X, data.y).predict_targets(data.X)
        return held_out_gain(
            committee,
            self.student,
            data.X,
            data.y,
            data.weights,
            predictions=predictions,
            seed=seed,
        )

    def _fit_teacher(
        self, committee: Committee, data: LabeledRows, X_added: Any, given: Any
    ) -> Committee:
        """Fit the committee and set `teacher_`, unless all predictions were given."""
        n_rows = len(data.X) + (0 if X_added is None else len(X_added))
        needed = given is None or len(given) < n_rows or self.hints or self.init
        self.teacher_ = None
        if not committee.teachers or not needed:
            return committee
        fit_committee = check_memory(self.memory).cache(_fit_committee)
        fitted = fit_committee(committee, data.X, data.y, data.weights)
        several = isinstance(self.teacher, list)
        self.teacher_ = fitted.teachers_ if several else fitted.teachers_[0]
        return fitted

    def _teacher_predictions(
        self,
        committee: Committee,
        data: LabeledRows,
        X_added: Any,
        given: np.ndarray | None,
        seed: int,
    ) -> np.ndarray:
        """Return the predictions of the teacher for labeled and then for added rows."""
        n_labeled = len(data.X)
        if given is not None:
            labeled, added = given[:n_labeled], given[n_labeled:]
        else:
            added = np.empty((0, *data.labels.shape[1:]))
            labeled = self._labeled_predictions(committee, data, X_added, seed)
        if X_added is None:
            return labeled
        if len(added) < len(X_added):
            predicted = committee.predict_targets(X_added)
            predicted[: len(added)] = added
            added = predicted
        return np.concatenate([labeled, added])

    def _labeled_predictions(
        self, committee: Committee, data: LabeledRows, X_added: Any, seed: int
    ) -> np.ndarray:
        """Return the predictions of the teacher for the labeled rows."""
        if self.teacher_ is None:
            return data.labels
        if self.teacher_labels == "out_of_fold" and uses_predictions_of_labeled_rows(
            self.get_params(deep=False), committee.teachers, X_added is not None
        ):
            weights = np.ones(len(data.X)) if data.weights is None else data.weights
            return out_of_fold_targets(committee, data.X, data.y, weights, seed)
        return committee.predict_targets(data.X)

    def _fit_students(
        self, data: LabeledRows, X_added: Any, targets: Targets, seed: int
    ) -> Targets:
        """Train one student for each generation; return the targets of the last one."""
        X = data.X if X_added is None else stacked(data.X, X_added)
        self.generations_: list[Any] = []
        teacher = self.teacher_
        wants_data_prior = getattr(self, "prior", "set") == "data"
        class_mass = data.class_mass if wants_data_prior else None
        for generation in range(self.n_generations):
            if generation > 0:
                teacher = self.student_
                predictions = self._predict_targets(X)
                targets = targets.with_teacher(predictions, len(data.X))
            student_targets, self.prior_ratio_ = under_data_prior(
                self.student, targets, class_mass
            )
            training = self._net_training(teacher, X)
            self.student_ = fit_student(
                self.student, X, student_targets, seed + generation, training
            )
            self.generations_.append(self.student_)
        return targets

    def _net_training(self, teacher: Any, X: Any) -> Any:
        """Return how a student net is trained; None for all other students."""
        if not is_net(innermost(self.student)):
            return None
        from .losses import LOSSES, REGRESSION_LOSSES
        from .nets.estimators import NetTraining

        losses = LOSSES if self._task == "classification" else REGRESSION_LOSSES
        loss = losses.get(self.loss) if isinstance(self.loss, str) else self.loss
        net = X_teacher = None
        if self.hints or self.init:
            net, X_teacher = fitted_net(teacher, X)
        return NetTraining(
            loss=loss,
            temperature=getattr(self, "temperature", 1.0),
            teacher_net=net,
            X_teacher=X_teacher,
            hints=self.hints,
            hint_weight=self.hint_weight,
            init_from_teacher=self.init == "teacher",
        )

    @abstractmethod
    def _predict_targets(self, X: Any) -> np.ndarray:
        """Return the predictions of the fitted student for the next generation."""

    def _check_rows(self, X: Any) -> Any:
        """Return validated rows for a method that predicts."""
        check_is_fitted(self)
        X = check_rows(self, X, reset=False)
        self._check_missing(X)
        return X

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # Sparse rows are converted to dense ones, up to a size limit.
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = all(
            map(accepts_missing, [self.student, *self._teachers()])
        )
        return tags


def _transfer_set(X_added: Any, targets: Targets) -> DistilledSet | None:
    """Return the added rows with the labels of the teacher."""
    if X_added is None:
        return None
    labels = targets.labels[-len(X_added) :]
    if targets.classes is None:
        return DistilledSet(X_added, labels)
    return DistilledSet(
        X_added,
        targets.classes[labels.argmax(axis=1)],
        soft_labels=labels,
        classes=targets.classes,
    )
