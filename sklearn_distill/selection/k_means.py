"""k-means: one row for each cluster of a class."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from .._utils._sklearn_private import StrOptions
from ..base.distiller import BaseDistiller
from ..base.problem import Kept, Learned, Problem
from ..base.starting_rows import clustered_rows


class KMeansSelection(BaseDistiller):
    """Keep one row for each of the k-means clusters of a class.

    Each class is clustered for itself, into as many clusters as it has rows to leave,
    in the encoded space. For regression the clusters are cells in x, and the target of
    a row is the mean over its cell, which takes out noise that a single row carries.

    Parameters
    ----------
    budget : int, float or dict, default=10
        Rows per class (regression, or no y: rows in all), the share of the rows to
        keep, or ``{class: rows}``. No class gets more rows than it has.
    representative : {"nearest", "centroid"}, default="nearest"
        What stands for a cluster: its real row nearest to the centre, or the centre
        itself, decoded to a row that the columns can hold.
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
    numeric : {"auto", "standard", "quantile"}, default="quantile"
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

    Notes
    -----
    Centroids are drawn to far rows. Clustering in normal quantiles, the default here,
    is what makes them usable where columns are heavy-tailed.

    References
    ----------
    .. [1] S. Lloyd, "Least squares quantization in PCM", IEEE Transactions on
       Information Theory 28(2), 1982.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_distill import KMeansSelection
    >>> X, y = load_iris(return_X_y=True)
    >>> k_means = KMeansSelection(budget=5, random_state=0).fit(X[::2], y[::2])
    >>> bool(k_means.score(X[1::2], y[1::2]) > 0.85)
    True
    """

    plugin_api = 1

    _parameter_constraints: dict[str, Any] = {
        **BaseDistiller._parameter_constraints,
        "representative": [StrOptions({"nearest", "centroid"})],
    }

    def __init__(
        self,
        budget: Any = 10,
        *,
        representative: str = "nearest",
        allocation: str = "auto",
        task: str = "auto",
        soft_labels: Any = None,
        evaluator: Any = None,
        numeric: str = "quantile",
        image_shape: tuple[int, ...] | None = None,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.budget = budget
        self.representative = representative
        self.allocation = allocation
        self.task = task
        self.soft_labels = soft_labels
        self.evaluator = evaluator
        self.numeric = numeric
        self.image_shape = image_shape
        self.random_state = random_state

    def _distill(self, problem: Problem) -> Kept | Learned:
        indices, centroids, y = clustered_rows(problem)
        if self.representative == "nearest":
            return Kept(indices, y=y)
        return Learned(centroids, y)
