"""Uncertainty: rank rows by the predicted probabilities of a classifier."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from .._utils._sklearn_private import HasMethods, StrOptions
from ..base.distiller import BaseDistiller
from ..base.problem import Kept, Problem
from ..base.starting_rows import lowest_scores
from ..soft_labels.teacher import (
    MAX_RANKING_ROWS,
    cross_fitted_predictions,
    teacher_or_forest,
)


def uncertainty(proba: np.ndarray, criterion: str) -> np.ndarray:
    r"""Return the uncertainty of predicted probabilities, from 0 to 1 (uniform).

    Parameters
    ----------
    proba : ndarray of shape (n, n_classes)
    criterion : {"margin", "entropy", "least-confidence"}
        :math:`1 - (p_{(1)} - p_{(2)})`; :math:`-\sum_c p_c \log p_c / \log C`; or
        :math:`(1 - p_{(1)}) \, C / (C - 1)`, with :math:`p_{(1)} \ge p_{(2)} \ge
        \dots`.

    Returns
    -------
    ndarray of shape (n,)

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_distill.selection.uncertainty import uncertainty
    >>> uncertainty(np.array([[0.5, 0.5], [1.0, 0.0]]), "entropy")
    array([1., 0.])
    """
    n_classes = proba.shape[1]
    if criterion == "entropy":
        logs = np.log(proba, where=proba > 0, out=np.zeros_like(proba))
        # Adding 0 turns the -0.0 of a row with probability 1 into 0.0.
        return -(proba * logs).sum(axis=1) / np.log(n_classes) + 0.0
    ordered = np.sort(proba, axis=1)
    if criterion == "margin":
        return 1.0 - (ordered[:, -1] - ordered[:, -2])
    return (1.0 - ordered[:, -1]) * n_classes / (n_classes - 1)


class UncertaintySelection(BaseDistiller):
    """Keep the rows of each class about which a classifier is most or least certain.

    Selecting uncertain rows is uncertainty sampling [1]_; pruning a data set by the
    difficulty of its rows can keep either end [2]_. The predicted probabilities are
    out-of-fold: the classifier that predicts a row was not trained on this row.

    Parameters
    ----------
    budget : int, float or dict, default=10
        Size of the distilled set: rows per class (images per class, IPC) as an int,
        which is the total number of rows if y does not hold classes; a fraction of the
        rows as a float in (0, 1); or a dict ``{class: rows}``. No class gets more rows
        than it has.
    proxy : estimator or None, default=None
        Classifier whose predicted probabilities measure uncertainty. A clone is trained
        on encoded rows for each fold. None is a random forest, trained on a random
        sample of at most 16,384 rows of each fold.
    criterion : {"margin", "entropy", "least-confidence"}, default="margin"
        Measure of uncertainty: a small margin between the two most probable classes, a
        high entropy, or a low probability of the most probable class.
    prefer : {"certain", "uncertain"}, default="certain"
        Which rows to keep. With few rows per class, models learn more from certain
        rows; with many, they learn more from rows near the decision boundary.
    allocation : {"auto", "equal", "proportional", "sqrt"}, default="auto"
        How the budget is divided among the classes: equally, or in proportion to the
        class sizes or to their square roots. "auto" is "equal" for an int and
        "proportional" for a float.
    task : {"auto", "classification", "regression"}, default="auto"
        What y contains. "auto": strings, booleans and a small number of distinct whole
        numbers are classes; numbers with fractions are continuous targets.
    soft_labels : {"teacher"}, estimator or None, default=None
        Teacher whose out-of-fold predictions label the distilled rows: a random forest
        ("teacher") or a clone of this estimator, trained on encoded rows. Predicted
        probabilities become soft labels, corrected to the class balance of the
        distilled set; predicted continuous targets replace y. None uses no teacher.
    evaluator : estimator or None, default=None
        Estimator that `score` trains on the distilled set. None is a 1-nearest-neighbor
        model in the encoded space.
    numeric : {"auto", "standard", "quantile"}, default="auto"
        Encoding of numeric columns: "standard" standardizes a column, "quantile" maps
        it to normal quantiles, and "auto" is "quantile" for heavy-tailed columns and
        "standard" for all others.
    categorical_features : {"auto", "from_dtype"} or array-like, default="from_dtype"
        Columns whose numbers are categories: their names, their positions or a boolean
        mask. Strings and the category dtype are categories in any case ("from_dtype").
        "auto" adds integer columns of few distinct values with gaps between them.
    cover_categories : bool or array-like, default=False
        Columns of categories, as their names or positions, each of whose categories is
        held by at least one distilled row, so that encoders behind the distiller know
        them; True is all columns of categories. Missing values count as a category.
    image_shape : tuple (C, H, W) or None, default=None
        Channels, height and width of the images if the rows of X are flat images.
    random_state : int, RandomState instance or None, default=None
        Pass an int for reproducible results across multiple calls of `fit`.

    Attributes
    ----------
    distilled_ : DistilledSet
        The selected rows with their labels.
    sample_indices_ : ndarray of int of shape (m,)
        The position in the X of `fit` of each distilled row. A position of len(X) or
        more belongs to a row of `X_unlabeled`: subtract len(X) for its position there.
    encoder_ : TableEncoder or ImageEncoder
        Fitted encoder, which maps rows of X to the encoded space and back.
    classes_ : ndarray of shape (n_classes,)
        Class labels. Defined only for classification.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X. Defined only if X has names that are all strings.

    See Also
    --------
    SubmodularSelection : Combines such a criterion with representative rows.

    References
    ----------
    .. [1] B. Settles, "Active learning literature survey", University of
       Wisconsin-Madison, 2009.
    .. [2] B. Sorscher et al., "Beyond neural scaling laws: beating power law scaling
       via data pruning", NeurIPS 2022.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn_distill import UncertaintySelection
    >>> X, y = load_iris(return_X_y=True)
    >>> selection = UncertaintySelection(budget=5, proxy=LogisticRegression())
    >>> selection.fit(X, y).distilled_
    <DistilledSet: 15 rows x 4 columns, 3 classes>
    """

    plugin_api = 1

    _parameter_constraints: dict[str, Any] = {
        **BaseDistiller._parameter_constraints,
        "proxy": [None, HasMethods(["fit"])],
        "criterion": [StrOptions({"margin", "entropy", "least-confidence"})],
        "prefer": [StrOptions({"certain", "uncertain"})],
    }

    def __init__(
        self,
        budget: Any = 10,
        *,
        proxy: Any = None,
        criterion: str = "margin",
        prefer: str = "certain",
        allocation: str = "auto",
        task: str = "auto",
        soft_labels: Any = None,
        evaluator: Any = None,
        numeric: str = "auto",
        categorical_features: Any = "from_dtype",
        cover_categories: Any = False,
        image_shape: tuple[int, ...] | None = None,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.budget = budget
        self.proxy = proxy
        self.criterion = criterion
        self.prefer = prefer
        self.allocation = allocation
        self.task = task
        self.soft_labels = soft_labels
        self.evaluator = evaluator
        self.numeric = numeric
        self.categorical_features = categorical_features
        self.cover_categories = cover_categories
        self.image_shape = image_shape
        self.random_state = random_state

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags

    def _distill(self, problem: Problem) -> Kept:
        problem.require_classes(type(self).__name__)
        seed = int(problem.random_state.randint(np.iinfo(np.int32).max))
        proba = cross_fitted_predictions(
            teacher_or_forest(self.proxy, seed),
            problem.flat,
            problem.y,
            problem.sample_weight,
            problem.flat,
            np.arange(len(problem.Z)),
            n_classes=len(problem.n_rows),
            seed=seed,
            max_rows=MAX_RANKING_ROWS if self.proxy is None else None,
        )
        scores = uncertainty(proba, self.criterion)
        if self.prefer == "uncertain":
            return lowest_scores(problem, -scores)
        # Rows that the proxy assigns to another class come last, and those that it
        # assigns to another class with certainty come after all others.
        is_correct = proba.argmax(axis=1) == problem.y
        return lowest_scores(problem, np.where(is_correct, scores, 2.0 - scores))
