"""Random rows of each class: the baseline that every method has to beat."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from ..base.distiller import BaseDistiller
from ..base.problem import Kept, Problem
from ..base.starting_rows import randomly_drawn_rows


class RandomSelection(BaseDistiller):
    """Keep random rows of each class.

    Equal shares of all classes are the default, because rows drawn in proportion to
    the classes leave small classes almost empty. Rows are drawn without replacement,
    with a chance in proportion to `sample_weight`.

    Parameters
    ----------
    budget : int, float or dict, default=10
        Rows per class (regression, or no y: rows in all), the share of the rows to
        keep, or ``{class: rows}``. No class gets more rows than it has.
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
    HerdingSelection : Rows that together look like their class.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_distill import RandomSelection
    >>> X, y = load_iris(return_X_y=True)
    >>> Xs, ys = RandomSelection(budget=5, random_state=0).fit_distill(X, y)
    >>> Xs.shape
    (15, 4)
    """

    plugin_api = 1

    def __init__(
        self,
        budget: Any = 10,
        *,
        allocation: str = "auto",
        task: str = "auto",
        soft_labels: Any = None,
        evaluator: Any = None,
        numeric: str = "auto",
        image_shape: tuple[int, ...] | None = None,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.budget = budget
        self.allocation = allocation
        self.task = task
        self.soft_labels = soft_labels
        self.evaluator = evaluator
        self.numeric = numeric
        self.image_shape = image_shape
        self.random_state = random_state

    def _distill(self, problem: Problem) -> Kept:
        return Kept(randomly_drawn_rows(problem))
