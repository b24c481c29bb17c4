"""k-center: diverse rows, so that no row is far from a kept one."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from ..base.distiller import BaseDistiller
from ..base.problem import Kept, Problem
from ..base.starting_rows import features_with_target


def farthest_first(Z: np.ndarray, sample_weight: np.ndarray, n_rows: int) -> np.ndarray:
    """Pick the row nearest to the mean, then each time the farthest from all picked.

    Only the distance to the nearest picked row is kept: memory is linear in the rows.

    Parameters
    ----------
    Z : ndarray of shape (n, d)
    sample_weight : ndarray of shape (n,)
        Weighs the mean, and nothing else.
    n_rows : int

    Returns
    -------
    ndarray of int of shape (n_rows,)
    """
    picked = np.empty(n_rows, dtype=np.int64)
    mean = np.average(Z, axis=0, weights=sample_weight).astype(Z.dtype)
    picked[0] = _squared_distances(Z, mean).argmin()
    nearest = _squared_distances(Z, Z[picked[0]])
    # Picked rows are at distance 0; below that only rows that were picked already.
    nearest[picked[0]] = -1.0
    for t in range(1, n_rows):
        picked[t] = nearest.argmax()
        np.minimum(nearest, _squared_distances(Z, Z[picked[t]]), out=nearest)
        nearest[picked[t]] = -1.0
    return picked


def _squared_distances(Z: np.ndarray, row: np.ndarray) -> np.ndarray:
    away = Z - row
    return np.einsum("ij,ij->i", away, away)


class KCenterSelection(BaseDistiller):
    r"""Keep rows that cover their class: no row is far from all of them.

    The greedy 2-approximation [1]_ of the k-center problem,

    .. math:: \min_{|S| = k} \; \max_i \; \min_{s \in S} \| z_i - z_s \| ,

    for each class: the row nearest to the class's mean, then each time the row that is
    farthest from all rows kept so far. It is the core-set selection of active learning
    [2]_, in the encoded space. For regression the standardised target stands beside the
    columns.

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
    HerdingSelection : Rows where their class is dense.
    SubmodularSelection : Between covering a class and looking like it.

    Notes
    -----
    What is far from everything is kept first, outliers and wrong labels among it.
    Normal quantiles, the default here, take the far ends of heavy-tailed columns in.

    References
    ----------
    .. [1] T. Gonzalez, "Clustering to minimize the maximum intercluster distance",
       Theoretical Computer Science 38, 1985.
    .. [2] O. Sener, S. Savarese, "Active learning for convolutional neural networks: a
       core-set approach", ICLR 2018.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_distill import KCenterSelection
    >>> X, y = load_iris(return_X_y=True)
    >>> KCenterSelection(budget=5).fit(X, y).distilled_
    <DistilledSet: 15 rows x 4 columns, 3 classes>
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
        numeric: str = "quantile",
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
        Z = features_with_target(problem)
        picked = [
            rows[farthest_first(Z[rows], problem.sample_weight[rows], n_rows)]
            for _, rows, n_rows in problem.groups()
        ]
        return Kept(np.concatenate(picked))
