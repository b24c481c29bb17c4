"""k-center: a coreset of diverse rows that covers each class."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from .._utils.array_namespace import is_tensor
from .._utils.device import array_module, rows_on_device
from ..base.distiller import BaseDistiller
from ..base.problem import Kept, Problem
from ..base.starting_rows import features_with_target


def farthest_first(Z: Any, sample_weight: np.ndarray, n_rows: int) -> np.ndarray:
    """Select the row nearest to the mean, then repeatedly the row farthest from these.

    The distance of a row is multiplied by its weight, as in the weighted k-center
    problem.

    Only the distance of each row to its nearest selected row is stored, so that memory
    is linear in the number of rows.

    Parameters
    ----------
    Z : ndarray or tensor of shape (n, d)
        The distances of a tensor are computed on its device.
    sample_weight : ndarray of shape (n,)
        Weights of the rows in the mean and of their distances.
    n_rows : int
        Number of rows to select.

    Returns
    -------
    ndarray of int of shape (n_rows,)
        Indices of the selected rows, in the order of their selection.
    """
    xp = array_module(Z)
    selected = np.empty(n_rows, dtype=np.int64)
    # Only the ratios of the weights matter. Weights that are all equal have no effect.
    weights = sample_weight / sample_weight.max()
    if is_tensor(Z):
        weights = xp.as_tensor(weights, device=Z.device)
    mean = (weights[:, None] * Z).sum(axis=0) / weights.sum()
    mean = xp.asarray(mean, dtype=Z.dtype)
    selected[0] = int(_squared_distances(Z, mean).argmin())
    to_nearest = _squared_distances(Z, Z[selected[0]])
    # A negative distance marks selected rows, so that a duplicate of a selected row,
    # whose distance is 0, can still be selected, but no row is selected twice.
    to_nearest[selected[0]] = -1.0
    for t in range(1, n_rows):
        selected[t] = int((to_nearest * weights**2).argmax())
        distances = _squared_distances(Z, Z[selected[t]])
        xp.minimum(to_nearest, distances, out=to_nearest)
        to_nearest[selected[t]] = -1.0
    return selected


def _squared_distances(Z: Any, row: Any) -> Any:
    """Return the squared Euclidean distance between each row of Z and one row."""
    difference = Z - row
    return array_module(Z).einsum("ij,ij->i", difference, difference)


class KCenterSelection(BaseDistiller):
    r"""Keep rows that cover their class: every row is close to a selected row.

    The greedy 2-approximation [1]_ of the k-center problem,

    .. math:: \min_{|S| = k} \; \max_i \; w_i \min_{s \in S} \| z_i - z_s \| ,

    selects in each class the row nearest to the class mean, and then repeatedly the row
    that is farthest from all selected rows. Distances are multiplied by the weights
    :math:`w_i` of `sample_weight`, so that unlabeled rows whose predicted label is
    uncertain are selected later. It is the coreset selection of active learning [2]_,
    applied in the encoded space. For regression, the standardized target is appended to
    the columns.

    Parameters
    ----------
    budget : int, float or dict, default=10
        Size of the distilled set: rows per class (images per class, IPC) as an int,
        which is the total number of rows if y does not hold classes; a fraction of the
        rows as a float in (0, 1); or a dict ``{class: rows}``. No class gets more rows
        than it has.
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
    numeric : {"auto", "standard", "quantile"}, default="quantile"
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
    HerdingSelection : Rows where their class is dense.
    SubmodularSelection : A compromise between diverse and representative rows.

    Notes
    -----
    Rows far from all others are selected first, outliers and mislabeled rows among
    them. Normal quantiles, the default encoding of this method, bring the far ends of
    heavy-tailed columns closer to the other values.

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
    merging = "unweighted"
    supports_several_targets = True

    def __init__(
        self,
        budget: Any = 10,
        *,
        allocation: str = "auto",
        task: str = "auto",
        soft_labels: Any = None,
        evaluator: Any = None,
        numeric: str = "quantile",
        categorical_features: Any = "from_dtype",
        cover_categories: Any = False,
        image_shape: tuple[int, ...] | None = None,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.budget = budget
        self.allocation = allocation
        self.task = task
        self.soft_labels = soft_labels
        self.evaluator = evaluator
        self.numeric = numeric
        self.categorical_features = categorical_features
        self.cover_categories = cover_categories
        self.image_shape = image_shape
        self.random_state = random_state

    def _distill(self, problem: Problem) -> Kept:
        Z = features_with_target(problem)
        selected = []
        for _, rows, n_rows in problem.groups():
            Z_of = rows_on_device(Z[rows], problem.device)
            chosen = farthest_first(Z_of, problem.sample_weight[rows], n_rows)
            selected.append(rows[chosen])
        return Kept(np.concatenate(selected))
