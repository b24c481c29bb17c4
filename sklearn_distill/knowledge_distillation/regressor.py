"""KnowledgeDistillationRegressor."""

# SPDX-License-Identifier: BSD-3-Clause

from os import PathLike
from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin

from .._utils._sklearn_private import _fit_context
from .fitting import _KnowledgeDistillation
from .teachers import as_targets


class KnowledgeDistillationRegressor(RegressorMixin, _KnowledgeDistillation):
    r"""A small regressor, the student, that is trained by a large one, the teacher.

    The teacher t is trained on (X, y). The student s is trained on a blend of y and the
    predictions of the teacher, with the loss

    .. math:: \frac{1}{\sum_i w_i} \sum_i w_i \bigl( s(x_i) - \alpha \, t(x_i)
              - (1 - \alpha) \, y_i \bigr)^2 ,

    which any regressor can minimize. As for classification, the student improves most
    with more rows for the teacher to label: `X_unlabeled` in `fit`, or synthetic rows,
    `transfer`.

    Parameters
    ----------
    teacher : estimator, skorch net, list of these, "self" or None
        A regressor. It is trained in `fit`, unless it is a `FrozenEstimator`. The
        predictions of several teachers are averaged. "self" is the student, trained on
        y alone (self-distillation). With None, the predictions are passed to `fit`.
    student : estimator, skorch net or module class
        A regressor. Nets are trained on standardized targets.
    teacher_weights : list of float, default=None
        The weight of each of several teachers.
    loss : str or callable, default="blended"
        "blended", or "outlier_robust", which replaces y by the prediction of the
        teacher where they differ by more than three times the median difference (in
        one of several targets). Only
        for nets: "bounded", or a callable as in
        `sklearn_distill.knowledge_distillation.losses.regression`.
    alpha : "auto", float or callable, default="auto"
        The share of the teacher in the loss of labeled rows. "auto" is 0.5, or 0 if
        rows are added. For nets, it may be a schedule: a callable that maps the
        progress of training, from 0 to 1, to the share.
    teacher_labels : {"in_sample", "out_of_fold"}, default="in_sample"
        Whether the predictions for the labeled rows come from the teacher that was
        trained on them. "outlier_robust" should be combined with "out_of_fold", because
        a teacher that memorizes a wrong y also predicts it.
    transfer : None, str, distiller or callable, default=None
        The source of synthetic rows for the teacher to label, as for
        KnowledgeDistillationClassifier.
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
        With "teacher", the student net starts from the parameters of the teacher net.
    n_generations : int, default=1
        The number of students that are trained one after the other. Each is the teacher
        of the next (born-again networks).
    check_teacher : bool, default=True
        Whether to compare teacher and student on held-out rows before training, and to
        warn unless the teacher is better by one standard error. The score of a frozen
        teacher that was trained on these rows is too high.
    memory : str or joblib.Memory, default=None
        A cache of fitted teachers.
    random_state : int, RandomState instance or None, default=None
        The seed of synthetic rows, folds and the initialization of nets. It does not
        set the `random_state` of other estimators.

    Attributes
    ----------
    student_ : regressor
        The fitted student.
    teacher_ : regressor, list of regressors or None
        The fitted teacher; None if all its predictions were passed to `fit`.
    transfer_set_ : DistilledSet or None
        The added rows, with the predictions of the teacher.
    teacher_gain_ : Gain or None
        The result of `check_teacher`.
    generations_ : list of regressors
        The students of all generations; the last one is `student_`.
    row_shape_ : tuple
        The shape of one row of X.
    n_features_in_ : int
        The number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        The names of the columns of X, if they are all strings.

    See Also
    --------
    KnowledgeDistillationClassifier : The same for classification.

    Notes
    -----
    The notes of KnowledgeDistillationClassifier on Pipelines, frozen teachers and
    cross-validation also apply here.

    References
    ----------
    M. Takamoto, Y. Morishita, H. Imaoka, "An efficient method of training small models
    for regression problems with knowledge distillation", 2020. In the paper, outliers
    are left out of the term for the labels of a net. Here the prediction of the teacher
    replaces them, which is possible for any student.

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

    # Teacher and student validate their own parameters when they are fitted.
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
            Distilled rows that carry labels are trained on these. Values may be missing
            (NaN) if all teachers and the student accept missing values.
        y : array-like of shape (n,) or (n, n_targets), default=None
            Continuous targets. A teacher or student that supports a single target is
            trained once for each target.
        sample_weight : array-like of shape (n,), default=None
            The weights of the rows, for the teacher and for the student. Rows of weight
            0 count as absent.
        X_unlabeled : array-like or DataFrame of m rows, default=None
            Additional rows for the teacher to label.
        teacher_predictions : array of shape (n,) or (n + m,), default=None
            Predictions that a teacher made before. The last m are for `X_unlabeled`.
            For several targets, the array has one column for each.

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
        return self._fit(X, y, sample_weight, X_unlabeled, teacher_predictions)

    def predict(self, X: Any) -> np.ndarray:
        """Predict the target of each row with the student.

        Parameters
        ----------
        X : array-like

        Returns
        -------
        ndarray of shape (n,) or (n, n_targets)
        """
        X = self._check_rows(X)
        return self.student_.predict(X)

    def export_onnx(self, path: str | PathLike[str], X: Any) -> None:
        """Write the student to an ONNX file, and check the predictions of the file.

        The file has one input "X". If X is a DataFrame, the file has one input of shape
        (n, 1) for each column, with the name of the column. The
        output is "prediction".

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

        rows = self._check_rows(X)
        export_student(self.student_, path, rows, classes=None)

    def _predict_targets(self, X: Any) -> np.ndarray:
        return as_targets(self.student_.predict(X))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
