"""Uncertainty: rows by how sure a model is of them."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from .._utils._sklearn_private import HasMethods, StrOptions
from ..base.distiller import BaseDistiller
from ..base.problem import Kept, Problem
from ..base.starting_rows import lowest_scores
from ..soft_labels.teacher import cross_fitted_predictions, teacher_or_forest


def uncertainty(proba: np.ndarray, criterion: str) -> np.ndarray:
    r"""Return how unsure class probabilities are, in [0, 1]; 1 is a uniform guess.

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
        # Adding 0 turns the -0 of a sure row into 0.
        return -(proba * logs).sum(axis=1) / np.log(n_classes) + 0.0
    ordered = np.sort(proba, axis=1)
    if criterion == "margin":
        return 1.0 - (ordered[:, -1] - ordered[:, -2])
    return (1.0 - ordered[:, -1]) * n_classes / (n_classes - 1)


class UncertaintySelection(BaseDistiller):
    """Keep the rows of each class that a model is least, or most, sure of.

    The model's class probabilities are out-of-fold: none of them comes from a model
    that has seen the row.

    Parameters
    ----------
    budget : int, float or dict, default=10
        Rows per class (an int), the share of the rows to
        keep, or ``{class: rows}``. No class gets more rows than it has.
    proxy : estimator, default=None
        The classifier whose probabilities count, trained on encoded rows; a clone is
        fitted for each fold. None is a random forest.
    criterion : {"margin", "entropy", "least-confidence"}, default="margin"
        What is called unsure: a small lead of the likeliest class over the second, a
        high entropy, or a low probability of the likeliest class.
    prefer : {"certain", "uncertain"}, default="certain"
        Which end to keep. At small budgets rows that are sure train models better; rows
        near the border do so where there are many.
    allocation : {"auto", "equal", "proportional", "sqrt"}, default="auto"
        How the total is shared out among the classes. "auto": equally for an int, in
        proportion to the classes for a float.
    task : {"auto", "classification", "regression"}, default="auto"
        What y holds. "auto": strings, booleans, integers, and whole floats if there
        are few of them, are classes; other floats are quantities.
    soft_labels : {"teacher"} or estimator, default=None
        Who gives the distilled rows class probabilities (regression: their y): nobody,
        a random forest, or this estimator, trained on encoded rows. They are
        out-of-fold and corrected to the distilled set's class balance.
    evaluator : estimator, default=None
        What `score` trains on the distilled set. None: a nearest neighbour in the
        encoded space.
    numeric : {"auto", "standard", "quantile"}, default="auto"
        How columns of numbers are encoded before distances are taken: by mean and
        deviation, or through normal quantiles; "auto" takes the latter where a column
        is heavy-tailed.
    image_shape : tuple (C, H, W), default=None
        For images that come as flat rows.
    random_state : int, RandomState instance or None, default=None
        Pass an int for the same set at every call.

    Attributes
    ----------
    distilled_ : DistilledSet
        The rows kept, with their labels.
    encoder_ : TableEncoder or ImageEncoder
        How rows were turned into numbers.
    classes_ : ndarray of shape (n_classes,)
        The class labels; only after classification.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where X had names.

    See Also
    --------
    SubmodularSelection : Mixes such a criterion with how rows cover their class.

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
        "proxy": [None, HasMethods(["fit", "predict_proba"])],
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
        )
        unsure = uncertainty(proba, self.criterion)
        if self.prefer == "certain":
            # A row that the proxy is sure to be of another class is no sure row.
            unsure = np.where(proba.argmax(axis=1) == problem.y, unsure, 2.0 - unsure)
            return lowest_scores(problem, unsure)
        return lowest_scores(problem, -unsure)
