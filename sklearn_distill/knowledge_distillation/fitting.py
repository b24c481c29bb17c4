"""What the two estimators share: who teaches whom what, in which order."""

# SPDX-License-Identifier: BSD-3-Clause

from abc import ABC, abstractmethod
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin
from sklearn.dummy import DummyClassifier
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, check_memory

from .._utils._sklearn_private import HasMethods, Interval, StrOptions
from .._utils.containers import in_form_of, stacked
from ..distilled_set.distilled_set import DistilledSet
from ..validation.rows import check_rows
from .gain import held_out_gain, warn_of_no_gain
from .labelled import Labelled, read_labelled
from .missing import has_missing, may_take_missing, takes_missing
from .settings import SMOOTHING, check_settings, needs_training
from .students import check_student, fit_student
from .targets import Targets
from .teachers import (
    Committee,
    check_can_be_trained,
    check_takes_weights,
    check_teachers,
    out_of_fold,
)
from .transfer_set import added_rows, check_transfer
from .wrapping import fitted_net, innermost, is_net

# Labels further than this many median absolute deviations from the teacher's answer
# are taken for errors by loss="outlier_robust".
OUTLYING = 3.0


def _fit_committee(committee: Committee, X: Any, y: Any, weights: Any) -> Committee:
    """Fit a committee; a function of its own, so that a `memory` can remember it."""
    return committee.fit(X, y, weights)


class _KnowledgeDistillation(MetaEstimatorMixin, BaseEstimator, ABC):
    """What teaching classes and teaching quantities share."""

    _task: str

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
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        X_unlabeled: Any,
        given_opinions: Any,
    ) -> Self:
        data = read_labelled(self, X, y, sample_weight, self._task)
        if X_unlabeled is not None:
            X_unlabeled = check_rows(self, X_unlabeled, reset=False, may_lack=True)
            X_unlabeled = in_form_of(data.X, X_unlabeled)
        given = self._check_given(given_opinions, data, X_unlabeled)
        n_more = 0 if X_unlabeled is None else len(X_unlabeled)
        self._check(data, sample_weight is not None, n_more, given)
        for rows in (data.X, X_unlabeled):
            self._check_missing(rows)
        seeds = check_random_state(self.random_state).randint(2**31 - 1, size=4)
        if data.classes is not None:
            self.classes_ = data.classes
        teachers = self._teachers()
        # A seed that nobody uses would make every call look new to the memory.
        seed = int(seeds[0]) if any(is_net(innermost(t)) for t in teachers) else 0
        committee = Committee(teachers, self._weights(), data.classes, seed)
        X_added = self._added(data, X_unlabeled, int(seeds[2]))
        self.teacher_gain_ = self._gain(committee, data, given, int(seeds[1]))
        if self.teacher_gain_ is not None and not self.teacher_gain_.is_clear:
            measure = "accuracy" if data.classes is not None else "R^2"
            warn_of_no_gain(self.teacher_gain_, measure)
        n_asked = len(data.X) + (0 if X_added is None else len(X_added))
        is_asked = given is None or len(given) < n_asked or self.hints or self.init
        self.teacher_ = None
        if teachers and is_asked:
            remember = check_memory(self.memory).cache(_fit_committee)
            committee = remember(committee, data.X, data.y, data.weights)
            several = isinstance(self.teacher, list)
            self.teacher_ = committee.teachers_ if several else committee.teachers_[0]
        own, added = self._opinions(committee, data, X_added, given, int(seeds[1]))
        self._teach(committee, data, X_added, own, added, int(seeds[3]))
        return self

    def _teachers(self) -> list[Any]:
        if self.loss == "label_smoothing":
            return [DummyClassifier(strategy="uniform")]
        if self.teacher is None:
            return []
        if isinstance(self.teacher, str):
            return [self.student]
        return self.teacher if isinstance(self.teacher, list) else [self.teacher]

    def _weights(self) -> Any:
        return None if self.loss == "label_smoothing" else self.teacher_weights

    def _check(self, data: Labelled, weighted: bool, n_more: int, given: Any) -> None:
        """Refuse what cannot work, before anything is trained."""
        n_classes = None if data.classes is None else len(data.classes)
        if isinstance(self.teacher, str) and self.teacher != "self":
            raise ValueError(
                f"teacher={self.teacher!r} is not known: pass an estimator, a list of "
                "them, 'self' or None."
            )
        check_settings(self.get_params(deep=False), self._task, n_classes)
        if self.loss == "label_smoothing" and n_more:
            raise ValueError(
                "loss='label_smoothing' has no teacher: nobody labels X_unlabeled."
            )
        check_student(self.student, self._task)
        check_transfer(self.transfer)
        self._try_net(self.student, data, (self.hints or {}).values())
        if weighted:
            check_takes_weights(self.student, "student")
        teachers = self._teachers()
        if self.teacher is None:
            if given is None and not data.soft and self.loss != "label_smoothing":
                raise ValueError(
                    "teacher=None needs a teacher's answers, in fit or as the soft "
                    "labels of a distilled set. Pass them, or a teacher."
                )
            n_said = 0 if given is None else len(given) - len(data.X)
            if self.transfer is not None or n_said < n_more:
                raise ValueError(
                    "There are added rows and nobody to label them. Pass a teacher, or "
                    "its answers for the unlabeled rows too, and no transfer."
                )
            return
        check_teachers(teachers, self._weights(), self._task, data.classes)
        has_added = n_more > 0 or self.transfer is not None
        if self.teacher_labels == "out_of_fold" and given is None:
            if self._hears_own(has_added):
                check_can_be_trained(teachers)
        for teacher in teachers:
            if weighted:
                check_takes_weights(teacher, "teacher")
            self._try_net(teacher, data, self.hints or {})

    def _check_missing(self, X: Any) -> None:
        """Refuse rows with missing values where somebody takes none.

        To predict as to learn: what could not be learned from has not been learned.
        """
        if X is None or not has_missing(X):
            return
        takers = {"student": [self.student], "teacher": self._teachers()}
        for role, estimators in takers.items():
            for estimator in estimators:
                if not may_take_missing(estimator):
                    raise ValueError(
                        f"X has missing values (NaN), which the {role}, "
                        f"{type(estimator).__name__}, does not take. Impute them "
                        "first, or put it behind SimpleImputer in a Pipeline."
                    )
        if isinstance(self.transfer, str):
            raise ValueError(
                f"transfer={self.transfer!r} takes no rows with missing values (NaN). "
                "Impute them first, or pass X_unlabeled in its place."
            )

    def _try_net(self, net: Any, data: Labelled, layers: Any) -> None:
        """See that a net takes these rows; one in a Pipeline has to wait its turn."""
        if not is_net(net):
            return
        from .nets import NetClassifier, NetRegressor

        if data.classes is None:
            NetRegressor(net).check(data.X, 1, layers)
        else:
            NetClassifier(net).check(data.X, len(data.classes), layers)

    def _check_given(
        self, given: Any, data: Labelled, X_unlabeled: Any
    ) -> np.ndarray | None:
        """Return given answers as floats: those for rows of weight 0 are dropped."""
        if given is None:
            return None
        given, n_rows = np.asarray(given, dtype=np.float64), data.n_given
        n_more = 0 if X_unlabeled is None else len(X_unlabeled)
        width = () if data.classes is None else (len(data.classes),)
        shapes = [(n_rows, *width), (n_rows + n_more, *width)]
        name = "teacher_predictions" if data.classes is None else "teacher_proba"
        if given.shape not in shapes:
            raise ValueError(
                f"{name} has shape {given.shape}, not {shapes[0]}"
                + (f", or {shapes[1]} with the unlabeled rows" if n_more else "")
                + (
                    f"; its columns are the classes {data.classes.tolist()}."
                    if data.classes is not None
                    else "."
                )
            )
        if not np.isfinite(given).all():
            raise ValueError(f"{name} holds NaN or infinity.")
        if width and (
            (given < 0).any() or not np.allclose(given.sum(axis=1), 1.0, atol=1e-3)
        ):
            raise ValueError(f"rows of {name} must be probabilities.")
        return np.concatenate([given[:n_rows][data.present], given[n_rows:]])

    def _gain(self, committee: Committee, data: Labelled, given: Any, seed: int) -> Any:
        """Compare teacher and student on held-out rows, where that says anything."""
        if not self.check_teacher or data.is_distilled:
            return None
        if self.loss == "label_smoothing" or isinstance(self.teacher, str):
            return None
        opinions = None if given is None else given[: len(data.X)]
        if opinions is None and not needs_training(committee.teachers):
            opinions = committee.fit(data.X, data.y).opinion(data.X)
        return held_out_gain(
            committee,
            self.student,
            data.X,
            data.y,
            data.weights,
            opinions=opinions,
            seed=seed,
        )

    def _added(self, data: Labelled, X_unlabeled: Any, seed: int) -> Any:
        """Return the rows that the teacher is to label, or None."""
        X_made = None
        if self.transfer is not None:
            labels = data.y if data.classes is None else data.classes[data.y]
            n_new = max(1, round(self.n_transfer * len(data.X)))
            X_made = added_rows(self.transfer, data.X, data.y, labels, n_new, seed)
            if callable(self.transfer):
                X_made = check_rows(self, X_made, reset=False, may_lack=True)
                self._check_missing(X_made)
                X_made = in_form_of(data.X, X_made)
        if X_unlabeled is None or X_made is None:
            return X_made if X_unlabeled is None else X_unlabeled
        return stacked(X_unlabeled, X_made)

    def _opinions(
        self, committee: Committee, data: Labelled, X_added: Any, given: Any, seed: int
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Return what the teacher says of the labelled rows, and of the added ones."""
        n, n_added = len(data.X), 0 if X_added is None else len(X_added)
        if given is not None:
            own, rest = given[:n], given[n:]
        else:
            rest = np.empty((0, *data.labels.shape[1:]))
            if self.teacher_ is None:
                own = data.labels
            elif self.teacher_labels == "out_of_fold" and self._hears_own(n_added > 0):
                weights = np.ones(n) if data.weights is None else data.weights
                own = out_of_fold(committee, data.X, data.y, weights, seed)
            else:
                own = committee.opinion(data.X)
        if X_added is None:
            return own, None
        if len(rest) == n_added:
            return own, rest
        added = committee.opinion(X_added)
        added[: len(rest)] = rest
        return own, added

    def _hears_own(self, has_added: bool) -> bool:
        """Return whether what the teacher says of labelled rows makes a difference."""
        return self._alpha(has_added) != 0.0 or self.loss == "outlier_robust"

    def _teach(
        self,
        committee: Committee,
        data: Labelled,
        X_added: Any,
        own: np.ndarray,
        added: np.ndarray | None,
        seed: int,
    ) -> None:
        """Train the student, and its successors if there are to be any."""
        X = data.X if X_added is None else stacked(data.X, X_added)
        follows = np.zeros(len(X), dtype=bool)
        follows[len(data.X) :] = True
        if self.loss == "outlier_robust":
            away = np.abs(data.y - own)
            follows[: len(own)] = away > OUTLYING * np.median(away)
        weights = np.ones(len(X))
        weights[: len(data.X)] = 1.0 if data.weights is None else data.weights
        # An added row counts as much as a labelled one does on average.
        weights[len(data.X) :] = self.transfer_weight * weights[: len(data.X)].mean()
        opinions = own if added is None else np.concatenate([own, added])
        self.generations_: list[Any] = []
        teacher = self.teacher_
        for generation in range(self.n_generations):
            labels = np.concatenate([data.labels, opinions[len(data.X) :]])
            targets = Targets(
                labels=labels,
                opinions=opinions,
                weights=weights,
                follows=follows,
                alpha=self._alpha(added is not None),
                classes=data.classes,
            )
            lesson = self._lesson(teacher, X)
            self.student_ = fit_student(
                self.student, X, targets, seed + generation, lesson
            )
            self.generations_.append(self.student_)
            if generation + 1 < self.n_generations:
                teacher, opinions = self.student_, self._student_says(X)
        self.transfer_set_ = None
        if X_added is not None:
            said = labels[len(data.X) :]
            self.transfer_set_ = DistilledSet(
                X_added,
                said if data.classes is None else data.classes[said.argmax(axis=1)],
                soft_labels=None if data.classes is None else said,
                classes=data.classes,
            )

    def _alpha(self, has_added_rows: bool) -> Any:
        if not isinstance(self.alpha, str):
            return self.alpha
        if self.loss == "label_smoothing":
            return SMOOTHING
        return 0.0 if has_added_rows else 0.5

    def _lesson(self, teacher: Any, X: Any) -> Any:
        """Return how a student net is taught; None for all others."""
        if not is_net(innermost(self.student)):
            return None
        from .losses import LOSSES
        from .nets import Lesson
        from .regression_losses import REGRESSION_LOSSES

        losses = LOSSES if self._task == "classification" else REGRESSION_LOSSES
        loss = losses.get(self.loss) if isinstance(self.loss, str) else self.loss
        net = X_teacher = None
        if self.hints or self.init:
            net, X_teacher = fitted_net(teacher, X)
        return Lesson(
            loss=loss,
            temperature=getattr(self, "temperature", 1.0),
            teacher_net=net,
            X_teacher=X_teacher,
            hints=self.hints,
            hint_weight=self.hint_weight,
            start=self.init == "teacher",
        )

    @abstractmethod
    def _student_says(self, X: Any) -> np.ndarray:
        """Return what the fitted student answers: the next generation's opinions."""

    def _rows(self, X: Any) -> Any:
        check_is_fitted(self)
        X = check_rows(self, X, reset=False, may_lack=True)
        self._check_missing(X)
        return X

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # Sparse rows are made dense, up to a size.
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = self.transfer is None and all(
            map(takes_missing, [self.student, *self._teachers()])
        )
        return tags
