"""KnowledgeDistillationClassifier."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from numbers import Real
from os import PathLike
from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin, is_regressor
from sklearn.utils.metaestimators import available_if

from .._utils._sklearn_private import Interval, _fit_context
from .fitting import _KnowledgeDistillation
from .students import class_probabilities, says
from .wrapping import innermost, is_net


def _student_has(name: str) -> Callable[[Any], bool]:
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
    r"""A small classifier that a large one teaches.

    The teacher is trained on (X, y), the student on y and on what the teacher says:

    .. math:: \frac{1}{\sum_i w_i} \sum_i w_i \bigl( \alpha \, T^2 \,
              \mathrm{KL}(p_T(v_i) \,\|\, p_T(z_i))
              + (1 - \alpha) \, \mathrm{CE}(y_i, p_1(z_i)) \bigr)

    with the teacher's logits v, the student's z and p_T the softmax at temperature T.
    For a student that is no net T is 1; then this is the cross-entropy with blended
    labels, which reaches any estimator that takes `sample_weight` as weighted hard
    rows. One that takes none gets each row's most probable class, a regressor the
    probabilities themselves.

    On tables, soft labels on the same rows gain next to nothing. What gains is more
    rows for the teacher to label: `X_unlabeled` in `fit`, or made ones, `transfer`.

    Parameters
    ----------
    teacher : estimator, skorch net, list of these, "self" or None
        A classifier with `predict_proba`, trained on what `fit` is given, or fitted
        already if it is a `FrozenEstimator`. The probabilities of several are averaged.
        "self": the student, trained on the labels alone. None: the answers are given to
        `fit`, or are the soft labels of the distilled set.
    student : estimator, skorch net or module class
        A classifier, or a regressor of the classes' probabilities. Nets may end a
        Pipeline; a module class is trained by Adam for 100 epochs.
    teacher_weights : list of float, default=None
        How much each of several teachers counts.
    loss : str or callable, default="kl"
        "kl" for any student; "label_smoothing", the control in which the teacher is
        replaced by one that knows nothing; for nets "logit_mse", "dkd", "dist",
        "standardised_kl", "rkd", or a callable as in
        `sklearn_distill.knowledge_distillation.losses`.
    temperature : float, default=1.0
        Softens both sides, for nets. On tables 1 to 2; the 4 of images is too much.
    alpha : "auto", float or callable, default="auto"
        The teacher's share in labelled rows. "auto": 0.5; where rows are added 0, so
        that labelled rows keep their labels; for label smoothing 0.1. For nets also a
        schedule, a function of the progress of training, from 0 to 1.
    teacher_labels : {"in_sample", "out_of_fold"}, default="in_sample"
        Whether the teacher has seen the labelled rows that it speaks of. Out of fold
        for one that learns its rows by heart; it costs five more fits.
    transfer : None, str, distiller or callable, default=None
        Who makes rows for the teacher to label: "munge", "noise", "mixup",
        "gaussian_mixture", a distiller, or ``transfer(X, y, n_rows, random_state)``.
    n_transfer : float, default=4.0
        How many rows are made, as a multiple of the labelled ones.
    transfer_weight : float, default=1.0
        How much an added row counts, labelled ones counting 1.
    hints : dict of str to str, default=None
        Layers of the teacher's module -> layers of the student's that are to be alike.
    hint_weight : float, default=1.0
        How much these count in the loss.
    init : None or "teacher", default=None
        "teacher": the student net starts from the teacher net's parameters, where
        shapes allow; narrower layers get the units of most importance.
    n_generations : int, default=1
        How many students are trained in turn, each taught by the one before.
    check_teacher : bool, default=True
        Whether to compare teacher and student on held-out rows first, and to warn if
        the teacher is not better by a standard error. Costs up to five more fits of
        both; not done on distilled rows. A frozen teacher may have seen these rows,
        which flatters it.
    memory : str or joblib.Memory, default=None
        Where fitted teachers are remembered, so that a grid over the student's
        parameters trains one a fold.
    random_state : int, RandomState instance or None, default=None
        For made rows, folds and the start of nets. Other estimators have their own.

    Attributes
    ----------
    student_ : classifier
        The fitted student.
    teacher_ : classifier, list of classifiers or None
        The fitted teacher; None if all its answers were given.
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    transfer_set_ : DistilledSet or None
        The added rows, with the teacher's labels.
    teacher_gain_ : Gain or None
        What `check_teacher` found.
    generations_ : list of classifiers
        The students in turn; the last is `student_`.
    row_shape_ : tuple
        The shape of one row of X.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where X had names.

    See Also
    --------
    KnowledgeDistillationRegressor : The same for quantities.
    student_report : What a student is worth, beside its teacher.

    Notes
    -----
    At the end of a Pipeline, after a distiller, X carries labels of its own: these are
    learned, soft labels in the place of y, and the y that the Pipeline hands on, which
    belongs to the rows before, is not.

    A teacher that was fitted outside has seen the test folds of a cross-validation
    inside of which it teaches. Pass it unfitted, or keep test rows from it.

    Weighted hard rows stand several times in what the student is trained on:
    `min_samples_leaf` is scaled to that, and ``early_stopping="auto"`` is off. Classes
    of probability below 0.01 are left out.

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
        self.check_teacher = check_teacher
        self.memory = memory
        self.random_state = random_state

    # Teacher and student validate their own parameters.
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
            Rows that carry labels, as a distiller's do, are trained on these.
            Values may be missing (NaN) where teachers and student take that.
        y : array-like of shape (n,), default=None
            Classes.
        sample_weight : array-like of shape (n,), default=None
            How much each row counts, for the teacher and for both terms of the
            student's loss. Rows of weight 0 count as absent.
        X_unlabeled : array-like or DataFrame of m rows, default=None
            More rows, for the teacher to label.
        teacher_proba : array of shape (n or n + m, n_classes), default=None
            What a teacher said already, with a column for each class of y, sorted. The
            first n rows are used in the place of its opinions, the others for
            `X_unlabeled`.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError, TypeError
            For rows, parameters, teachers or students that do not go together; before
            anything is trained, and the message says what to do.
        """
        return self._fit(X, y, sample_weight, X_unlabeled, teacher_proba)

    def predict(self, X: Any) -> np.ndarray:
        """Return the student's classes.

        Parameters
        ----------
        X : array-like

        Returns
        -------
        ndarray of shape (n,)
        """
        X = self._rows(X)
        if is_regressor(self.student_):
            proba = class_probabilities(self.student_, X, self.classes_)
            return self.classes_[proba.argmax(axis=1)]
        return self.student_.predict(X)

    @available_if(_student_has("predict_proba"))
    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the student's class probabilities.

        Parameters
        ----------
        X : array-like

        Returns
        -------
        ndarray of shape (n, n_classes)
        """
        X = self._rows(X)
        return class_probabilities(self.student_, X, self.classes_)

    @available_if(_student_has("decision_function"))
    def decision_function(self, X: Any) -> np.ndarray:
        """Return the student's decision function.

        Parameters
        ----------
        X : array-like

        Returns
        -------
        ndarray of shape (n,) or (n, n_classes)
        """
        X = self._rows(X)
        return self.student_.decision_function(X)

    def export_onnx(self, path: str | PathLike[str], X: Any) -> None:
        """Write the student as an ONNX file, and check that it answers alike.

        Its inputs are "X", or one a column of a DataFrame under the column's own name,
        of shape (n, 1); its outputs "label" and
        "probabilities" ("scores" of a student without them).

        Parameters
        ----------
        path : str or path-like
            The file is complete or not there.
        X : array-like or DataFrame
            Rows that tell the types of the columns, and that the file's answers are
            compared on; a few hundred are enough.

        Raises
        ------
        ImportError
            Without the extra ``onnx``.
        ValueError
            If the student cannot be converted, or the file's answers are others.
        """
        from .export import export_student

        rows = self._rows(X)
        export_student(self.student_, path, rows, classes=self.classes_)

    def _student_says(self, X: Any) -> np.ndarray:
        return says(self.student_, X, self.classes_)
