"""KnowledgeDistillationClassifier."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from collections.abc import Callable
from numbers import Real
from os import PathLike
from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin, is_regressor
from sklearn.utils.metaestimators import available_if

from .._utils._sklearn_private import Interval, StrOptions, _fit_context
from .._utils.caller import caller_stacklevel
from ..soft_labels.data_prior import correct_proba, corrected_decisions
from .fitting import _KnowledgeDistillation
from .nets.wrapping import innermost, is_net
from .students import class_probabilities, class_targets


def _student_has(name: str) -> Callable[[Any], bool]:
    """Return a check for `available_if`: whether the student has a method."""

    def check(self: Any) -> bool:
        student = getattr(self, "student_", self.student)
        if name == "predict_proba" and (
            is_net(innermost(student)) or is_regressor(student)
        ):
            return True
        getattr(student, name)
        return True

    return check


class KnowledgeDistillationClassifier(ClassifierMixin, _KnowledgeDistillation):
    r"""A small classifier, the student, that is trained by a large one, the teacher.

    The teacher is trained on (X, y). The student is trained on y and on the predicted
    probabilities of the teacher, with the loss

    .. math:: \frac{1}{\sum_i w_i} \sum_i w_i \bigl( \alpha \, T^2 \,
              \mathrm{KL}(p_T(v_i) \,\|\, p_T(z_i))
              + (1 - \alpha) \, \mathrm{CE}(y_i, p_1(z_i)) \bigr)

    where v are the logits of the teacher, z those of the student, and p_T is the
    softmax at temperature T. For a student that is not a net, T is 1, and the loss is
    the cross-entropy with blended labels. These reach an estimator that takes
    `sample_weight` as weighted hard rows. Other classifiers are trained on the
    likeliest class of each row, and regressors on the probabilities.

    On tables, soft labels for the labeled rows improve the student very little. More
    rows for the teacher to label do: `X_unlabeled` in `fit`, or synthetic rows,
    `transfer`.

    Parameters
    ----------
    teacher : estimator, skorch net, list of these, "self" or None
        A classifier with `predict_proba`. It is trained in `fit`, unless it is a
        `FrozenEstimator`. The probabilities of several teachers are averaged. "self" is
        the student, trained on the labels alone (self-distillation). With None, the
        predictions are passed to `fit`, or are the soft labels of a distilled set.
    student : estimator, skorch net or module class
        A classifier, or a regressor, which is trained on the probabilities of the
        classes. A net may be the last step of a Pipeline. A module class is trained
        with Adam for 100 epochs.
    teacher_weights : list of float, default=None
        The weight of each of several teachers.
    loss : str or callable, default="kl"
        "kl" for all students. "label_smoothing" for all students: the teacher is
        replaced by one that predicts all classes with the same probability, as a
        baseline. Only for nets: "logit_mse", "dkd", "dist", "standardized_kl", "rkd",
        or a callable as in `sklearn_distill.knowledge_distillation.losses`.
    temperature : float, default=1.0
        The temperature of the softmax of teacher and student, for nets. Values from 1
        to 2 are suitable for tables; the usual 4 for images is too high.
    alpha : "auto", float or callable, default="auto"
        The share of the teacher in the loss of labeled rows. "auto" is 0.5. It is 0 if
        rows are added, so that labeled rows keep their labels, and 0.1 for label
        smoothing. For nets, it may be a schedule: a callable that maps the progress of
        training, from 0 to 1, to the share.
    teacher_labels : {"in_sample", "out_of_fold"}, default="in_sample"
        Whether the predictions for the labeled rows come from the teacher that was
        trained on them. "out_of_fold" is for teachers that memorize their training
        rows, and requires five more fits of the teacher.
    transfer : None, str, distiller or callable, default=None
        The source of synthetic rows for the teacher to label: "munge", "noise",
        "mixup", "gaussian_mixture", a distiller, or a callable
        ``transfer(X, y, n_rows, random_state)``.
    n_transfer : float, default=4.0
        The number of synthetic rows, as a multiple of the labeled rows.
    transfer_weight : float, default=1.0
        The weight of an added row, relative to the mean weight of a labeled row.
    hints : dict of str to str, default=None
        Layers of the teacher's module -> layers of the student's module whose outputs
        are made similar (FitNets).
    hint_weight : float, default=1.0
        The weight of the hints in the loss.
    init : None or "teacher", default=None
        With "teacher", the student net starts from the parameters of the teacher net,
        where the shapes allow. Narrower layers get the most important units.
    n_generations : int, default=1
        The number of students that are trained one after the other. Each is the teacher
        of the next (born-again networks).
    prior : {"data", "set"}, default="data"
        The class shares that the predictions assume if the student was trained on
        distilled rows that carry labels: those of the data that were distilled, or
        those of the distilled set; see `DistilledClassifier`. It has no effect if the
        student is trained on other rows.
    check_teacher : bool, default=True
        Whether to compare teacher and student on held-out rows before training, and to
        warn unless the teacher is better by one standard error. This requires up to
        five more fits of both. Distilled rows are not compared. The score of a frozen
        teacher that was trained on these rows is too high.
    memory : str or joblib.Memory, default=None
        A cache of fitted teachers, so that a grid search over parameters of the student
        trains one teacher per fold.
    random_state : int, RandomState instance or None, default=None
        The seed of synthetic rows, folds and the initialization of nets. It does not
        set the `random_state` of other estimators.

    Attributes
    ----------
    student_ : classifier
        The fitted student.
    teacher_ : classifier, list of classifiers or None
        The fitted teacher; None if all its predictions were passed to `fit`.
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    prior_ratio_ : ndarray of shape (n_classes,) or None
        The factors by which the probabilities of the student are multiplied; see
        `prior`. None if predictions are those of the student.
    transfer_set_ : DistilledSet or None
        The added rows, with the labels of the teacher.
    teacher_gain_ : Gain or None
        The result of `check_teacher`.
    generations_ : list of classifiers
        The students of all generations; the last one is `student_`.
    row_shape_ : tuple
        The shape of one row of X.
    n_features_in_ : int
        The number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        The names of the columns of X, if they are all strings.

    See Also
    --------
    KnowledgeDistillationRegressor : The same for regression.
    student_report : Compares a student with its teacher.

    Notes
    -----
    At the end of a Pipeline, after a distiller, X carries the labels of the distilled
    rows, including soft labels. The student is trained on these labels. The y of the
    Pipeline belongs to the rows before distillation and is ignored.

    In cross-validation, a frozen teacher may have been trained on the test folds. Pass
    the teacher without FrozenEstimator, or train it without the test rows.

    With weighted hard rows, each row occurs several times in the training data of the
    student. Parameters such as `min_samples_leaf` are scaled accordingly during
    training, ``early_stopping="auto"`` is disabled and ``class_weight="balanced"`` is
    computed from the soft labels; `student_` has the parameters that were passed.
    Classes with less than a hundredth of the probability of the likeliest class are
    left out.

    References
    ----------
    G. Hinton, O. Vinyals, J. Dean, "Distilling the knowledge in a neural network",
    2015.

    C. Bucila, R. Caruana, A. Niculescu-Mizil, "Model compression", KDD 2006.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import ExtraTreesClassifier
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_distill import KnowledgeDistillationClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> model = KnowledgeDistillationClassifier(
    ...     ExtraTreesClassifier(30, random_state=0),
    ...     DecisionTreeClassifier(max_leaf_nodes=8, random_state=0),
    ...     check_teacher=False,
    ... )
    >>> model = model.fit(X[:100], y[:100], X_unlabeled=X[100:400])
    >>> bool(model.score(X[400:], y[400:]) > 0.9)
    True
    """

    _task = "classification"
    _parameter_constraints: dict[str, Any] = {
        **_KnowledgeDistillation._parameter_constraints,
        "temperature": [Interval(Real, 0, None, closed="neither")],
        "prior": [StrOptions({"data", "set"})],
    }

    def __init__(
        self,
        teacher: Any,
        student: Any,
        *,
        teacher_weights: Any = None,
        loss: Any = "kl",
        temperature: float = 1.0,
        alpha: Any = "auto",
        teacher_labels: str = "in_sample",
        transfer: Any = None,
        n_transfer: float = 4.0,
        transfer_weight: float = 1.0,
        hints: dict[str, str] | None = None,
        hint_weight: float = 1.0,
        init: str | None = None,
        n_generations: int = 1,
        prior: str = "data",
        check_teacher: bool = True,
        memory: Any = None,
        random_state: Any = None,
    ):
        self.teacher = teacher
        self.student = student
        self.teacher_weights = teacher_weights
        self.loss = loss
        self.temperature = temperature
        self.alpha = alpha
        self.teacher_labels = teacher_labels
        self.transfer = transfer
        self.n_transfer = n_transfer
        self.transfer_weight = transfer_weight
        self.hints = hints
        self.hint_weight = hint_weight
        self.init = init
        self.n_generations = n_generations
        self.prior = prior
        self.check_teacher = check_teacher
        self.memory = memory
        self.random_state = random_state

    # Teacher and student validate their own parameters when they are fitted.
    @_fit_context(prefer_skip_nested_validation=False)
    def fit(
        self,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        X_unlabeled: Any = None,
        teacher_proba: Any = None,
    ) -> Self:
        """Train the teacher, then the student.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of n rows
            Distilled rows that carry labels are trained on these. Values may be missing
            (NaN) if all teachers and the student accept missing values.
        y : array-like of shape (n,), default=None
            The class labels.
        sample_weight : array-like of shape (n,), default=None
            The weights of the rows, for the teacher and for the student. Rows of weight
            0 count as absent.
        X_unlabeled : array-like or DataFrame of m rows, default=None
            Additional rows for the teacher to label.
        teacher_proba : array of shape (n or n + m, n_classes), default=None
            Probabilities that a teacher predicted before, with a column for each class
            of y, in sorted order. The first n rows replace the predictions of the
            teacher for X, and the others those for `X_unlabeled`.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError
            If rows, parameters, teachers or students are invalid or do not fit
            together. The error is raised before anything is trained.
        """
        return self._fit(X, y, sample_weight, X_unlabeled, teacher_proba)

    def predict(self, X: Any) -> np.ndarray:
        """Predict the class of each row with the student.

        Parameters
        ----------
        X : array-like

        Returns
        -------
        ndarray of shape (n,)
        """
        X = self._check_rows(X)
        if is_regressor(self.student_) or self.prior_ratio_ is not None:
            proba = class_probabilities(self.student_, X, self.classes_)
            proba = correct_proba(proba, self.prior_ratio_)
            return self.classes_[proba.argmax(axis=1)]
        return self.student_.predict(X)

    @available_if(_student_has("predict_proba"))
    def predict_proba(self, X: Any) -> np.ndarray:
        """Predict the class probabilities with the student.

        Parameters
        ----------
        X : array-like

        Returns
        -------
        ndarray of shape (n, n_classes)
        """
        X = self._check_rows(X)
        proba = class_probabilities(self.student_, X, self.classes_)
        return correct_proba(proba, self.prior_ratio_)

    @available_if(_student_has("decision_function"))
    def decision_function(self, X: Any) -> np.ndarray:
        """Return the decision function of the student.

        Parameters
        ----------
        X : array-like

        Returns
        -------
        ndarray of shape (n,) or (n, n_classes)
        """
        X, ratio = self._check_rows(X), self.prior_ratio_
        if ratio is not None:
            ratio = ratio[np.searchsorted(self.classes_, self.student_.classes_)]
        return corrected_decisions(self.student_, X, ratio)

    def export_onnx(self, path: str | PathLike[str], X: Any) -> None:
        """Write the student to an ONNX file, and check the predictions of the file.

        The file has one input "X". If X is a DataFrame, the file has one input of shape
        (n, 1) for each column, with the name of the column. The
        outputs are "label" and "probabilities", or "scores" for a student without
        probabilities. They are those of `student_`, so that they assume the class
        shares of the rows that it was trained on, whatever `prior` is.

        Parameters
        ----------
        path : str or path-like
            The file is written completely or not at all.
        X : array-like or DataFrame
            Rows that define the types of the columns, and for which the predictions of
            the file and the student are compared; a few hundred are enough.

        Raises
        ------
        ImportError
            If the optional dependencies ``onnx`` are missing.
        ValueError
            If the student cannot be converted, or if the predictions differ.
        """
        from .export import export_student

        if self.prior_ratio_ is not None:
            warnings.warn(
                "The ONNX file holds the student without the correction to the class "
                "shares of the training data (prior='data'). Multiply the "
                "probabilities of the file by prior_ratio_ and renormalize them, or "
                "set prior='set'.",
                UserWarning,
                stacklevel=caller_stacklevel(),
            )
        rows = self._check_rows(X)
        export_student(self.student_, path, rows, classes=self.classes_)

    def _predict_targets(self, X: Any) -> np.ndarray:
        return class_targets(self.student_, X, self.classes_)
