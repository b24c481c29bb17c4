"""KnowledgeDistillationRegressor."""

# SPDX-License-Identifier: BSD-3-Clause

from os import PathLike
from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin

from .._utils._sklearn_private import _fit_context
from .fitting import _KnowledgeDistillation


class KnowledgeDistillationRegressor(RegressorMixin, _KnowledgeDistillation):
    r"""A small regressor that a large one teaches.

    The teacher t is trained on (X, y), the student s on a blend of both,

    .. math:: \frac{1}{\sum_i w_i} \sum_i w_i \bigl( s(x_i) - \alpha \, t(x_i)
              - (1 - \alpha) \, y_i \bigr)^2 ,

    which any regressor can be trained on. As for classes, what gains is more rows for
    the teacher to label: `X_unlabeled` in `fit`, or made ones, `transfer`.

    Parameters
    ----------
    teacher : estimator, skorch net, list of these, "self" or None
        A regressor, trained on what `fit` is given, or fitted already if it is a
        `FrozenEstimator`. The answers of several are averaged. "self": the student,
        trained on y alone. None: the answers are given to `fit`.
    student : estimator, skorch net or module class
        A regressor. Nets learn y standardised.
    teacher_weights : list of float, default=None
        How much each of several teachers counts.
    loss : str or callable, default="blended"
        "blended"; "outlier_robust": where y is further from the teacher's answer than
        three median absolute deviations, the answer takes y's place; for nets "bounded"
        or a callable as in
        `sklearn_distill.knowledge_distillation.regression_losses`.
    alpha : "auto", float or callable, default="auto"
        The teacher's share in labelled rows. "auto": 0.5, and 0 where rows are added.
        For nets also a schedule, a function of the progress of training, from 0 to 1.
    teacher_labels : {"in_sample", "out_of_fold"}, default="in_sample"
        Whether the teacher has seen the labelled rows that it speaks of. With
        "outlier_robust" take "out_of_fold": a teacher that has learned a wrong y agrees
        with it.
    transfer : None, str, distiller or callable, default=None
        Who makes rows for the teacher to label, as for the classifier.
    n_transfer : float, default=4.0
        How many rows are made, as a multiple of the labelled ones.
    transfer_weight : float, default=1.0
        How much an added row counts, labelled ones counting 1.
    hints : dict of str to str, default=None
        Layers of the teacher's module -> layers of the student's that are to be alike.
    hint_weight : float, default=1.0
        How much these count in the loss.
    init : None or "teacher", default=None
        "teacher": the student net starts from the teacher net's parameters.
    n_generations : int, default=1
        How many students are trained in turn, each taught by the one before.
    check_teacher : bool, default=True
        Whether to compare teacher and student on held-out rows first, and to warn if
        the teacher is not better by a standard error. A frozen teacher may have seen
        these rows, which flatters it.
    memory : str or joblib.Memory, default=None
        Where fitted teachers are remembered.
    random_state : int, RandomState instance or None, default=None
        For made rows, folds and the start of nets. Other estimators have their own.

    Attributes
    ----------
    student_ : regressor
        The fitted student.
    teacher_ : regressor, list of regressors or None
        The fitted teacher; None if all its answers were given.
    transfer_set_ : DistilledSet or None
        The added rows, with the teacher's answers.
    teacher_gain_ : Gain or None
        What `check_teacher` found.
    generations_ : list of regressors
        The students in turn; the last is `student_`.
    row_shape_ : tuple
        The shape of one row of X.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where X had names.

    See Also
    --------
    KnowledgeDistillationClassifier : The same for classes.

    Notes
    -----
    What the classifier's notes say holds here too.

    References
    ----------
    M. Takamoto, Y. Morishita, H. Imaoka, "An efficient method of training small models
    for regression problems with knowledge distillation", 2020. There, outliers are
    left out of the labels' term of a net; here the teacher's answer takes their place,
    so that it works for any student.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.ensemble import ExtraTreesRegressor
    >>> from sklearn.tree import DecisionTreeRegressor
    >>> from sklearn_distill import KnowledgeDistillationRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> student = DecisionTreeRegressor(max_leaf_nodes=16, random_state=0)
    >>> model = KnowledgeDistillationRegressor(
    ...     ExtraTreesRegressor(30, min_samples_leaf=5, random_state=0),
    ...     student,
    ...     check_teacher=False,
    ... )
    >>> model = model.fit(X[:100], y[:100], X_unlabeled=X[100:300])
    >>> alone = student.fit(X[:100], y[:100])
    >>> bool(model.score(X[300:], y[300:]) > alone.score(X[300:], y[300:]) + 0.1)
    True
    """

    _task = "regression"

    def __init__(
        self,
        teacher: Any,
        student: Any,
        *,
        teacher_weights: Any = None,
        loss: Any = "blended",
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
        teacher_predictions: Any = None,
    ) -> Self:
        """Train the teacher, then the student.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of n rows
            Rows that carry labels, as a distiller's do, are trained on these.
            Values may be missing (NaN) where teachers and student take that.
        y : array-like of shape (n,), default=None
            Quantities.
        sample_weight : array-like of shape (n,), default=None
            How much each row counts, for the teacher and for the student. Rows of
            weight 0 count as absent.
        X_unlabeled : array-like or DataFrame of m rows, default=None
            More rows, for the teacher to label.
        teacher_predictions : array of shape (n,) or (n + m,), default=None
            What a teacher said already; the last m are for `X_unlabeled`.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError, TypeError
            For rows, parameters, teachers or students that do not go together; before
            anything is trained, and the message says what to do.
        """
        return self._fit(X, y, sample_weight, X_unlabeled, teacher_predictions)

    def predict(self, X: Any) -> np.ndarray:
        """Return the student's answers.

        Parameters
        ----------
        X : array-like

        Returns
        -------
        ndarray of shape (n,)
        """
        X = self._rows(X)
        return self.student_.predict(X)

    def export_onnx(self, path: str | PathLike[str], X: Any) -> None:
        """Write the student as an ONNX file, and check that it answers alike.

        Its inputs are "X", or one a column of a DataFrame under the column's own name,
        of shape (n, 1); its outputs "prediction".

        Parameters
        ----------
        path : str or path-like
            The file is complete or not there.
        X : array-like or DataFrame
            Rows that tell the types of the columns, and that the file's answers are
            compared on.

        Raises
        ------
        ImportError
            Without the extra ``onnx``.
        ValueError
            If the student cannot be converted, or the file's answers are others.
        """
        from .export import export_student

        rows = self._rows(X)
        export_student(self.student_, path, rows, classes=None)

    def _student_says(self, X: Any) -> np.ndarray:
        return np.asarray(self.student_.predict(X), dtype=np.float64).reshape(len(X))
