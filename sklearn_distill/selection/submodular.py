"""Submodular selection: representative, diverse and relevant rows."""

# SPDX-License-Identifier: BSD-3-Clause

import heapq
from numbers import Real
from typing import Any

import numpy as np
from sklearn.metrics.pairwise import euclidean_distances

from .._utils._sklearn_private import HasMethods, Interval, StrOptions
from ..base.distiller import BaseDistiller
from ..base.problem import Kept, Problem
from ..base.prototypes import median_distance
from ..base.starting_rows import features_with_target
from ..soft_labels.teacher import (
    MAX_RANKING_ROWS,
    cross_fitted_predictions,
    teacher_or_forest,
)

# Larger classes are represented by a random sample of this many rows, because the
# similarities of all pairs of rows are stored in memory (64 MB).
MAX_ROWS = 4_000
# The constant on the diagonal of the log-determinant.
JITTER = 1e-3

# The submodular functions take the similarities K (n, n) of the rows, the weights
# share (n,) of the rows, which sum to 1, and the number of rows to select.


class FacilityLocation:
    r"""Facility location, :math:`\sum_j w_j \max_{s \in S} K_{js}`.

    This representative criterion is large if every row is similar to a selected row.
    """

    def __init__(self, K: np.ndarray, share: np.ndarray, n_rows: int):
        self.K, self.share = K, share
        self.nearest = np.zeros(len(K))

    def gain(self, i: int) -> float:
        """Return the increase of the function if row i is added."""
        return float(self.share @ np.maximum(self.K[i] - self.nearest, 0.0))

    def add(self, i: int) -> None:
        """Add row i to the selected rows."""
        np.maximum(self.nearest, self.K[i], out=self.nearest)


class GraphCut:
    r"""Graph cut, :math:`\sum_{j,s} w_j K_{js} - \frac{1}{2k} \sum_{s,t} K_{st}`.

    This criterion is both representative and diverse: it is large if the k selected
    rows are similar to all rows and dissimilar to each other.
    """

    def __init__(self, K: np.ndarray, share: np.ndarray, n_rows: int):
        self.K, self.n_rows = K, n_rows
        self.attraction = K @ share
        self.repulsion = np.zeros(len(K))

    def gain(self, i: int) -> float:
        """Return the increase of the function if row i is added."""
        own = 0.5 * self.K[i, i]
        return float(self.attraction[i] - (self.repulsion[i] + own) / self.n_rows)

    def add(self, i: int) -> None:
        """Add row i to the selected rows."""
        self.repulsion += self.K[i]


class LogDeterminant:
    r"""Log-determinant, :math:`\log \det(K_{SS} + \varepsilon I)`.

    This diverse criterion is large if the selected rows span a large volume.
    The constant :math:`\varepsilon` keeps the matrix positive definite.
    """

    def __init__(self, K: np.ndarray, share: np.ndarray, n_rows: int):
        self.K = K
        # The rows of the Cholesky factor that belong to the selected rows, and the
        # variance of each row that the selected rows do not explain.
        self.factors = np.empty((0, len(K)))
        self.residual = K.diagonal() + JITTER

    def gain(self, i: int) -> float:
        """Return the increase of the function if row i is added."""
        return float(np.log(max(self.residual[i], 1e-12)))

    def add(self, i: int) -> None:
        """Add row i to the selected rows."""
        explained = self.factors[:, i] @ self.factors
        row = (self.K[i] - explained) / np.sqrt(max(self.residual[i], 1e-12))
        self.factors = np.vstack([self.factors, row])
        self.residual = self.residual - row**2


FUNCTIONS: dict[str, Any] = {
    "facility-location": FacilityLocation,
    "graph-cut": GraphCut,
    "log-determinant": LogDeterminant,
}


def lazy_greedy(
    function: Any, relevance: np.ndarray, trade_off: float, n_rows: int
) -> np.ndarray:
    """Select the rows with the largest gains one by one by the lazy greedy algorithm.

    The gain of a row never grows when other rows are added. A gain from an earlier step
    is therefore an upper bound, and a gain is only recomputed for the row with the
    largest bound.

    Parameters
    ----------
    function : object
        A submodular function with methods `gain` and `add`.
    relevance : ndarray of shape (n,)
        Relevance of the rows, in [0, 1].
    trade_off : float
        Weight of relevance.
    n_rows : int
        Number of rows to select.

    Returns
    -------
    ndarray of int of shape (n_rows,)
        Indices of the selected rows, in the order of their selection.
    """
    gains = np.array([function.gain(i) for i in range(len(relevance))])
    # Divide gains by the range of the first step's gains so that gain and relevance
    # have the same scale.
    span = np.ptp(gains) or 1.0

    def key(i: int, gain: float) -> float:
        return -((1.0 - trade_off) * gain / span + trade_off * relevance[i])

    heap = [(key(i, gain), i, 0) for i, gain in enumerate(gains)]
    heapq.heapify(heap)
    selected: list[int] = []
    while len(selected) < n_rows:
        _, i, step = heapq.heappop(heap)
        if step == len(selected):
            function.add(i)
            selected.append(i)
        else:
            heapq.heappush(heap, (key(i, function.gain(i)), i, len(selected)))
    return np.array(selected)


class SubmodularSelection(BaseDistiller):
    r"""Keep rows that maximize a submodular function of the selected rows.

    Three criteria describe a good coreset: *representative* rows resemble the rows of
    their class, *diverse* rows differ from each other, and *relevant* rows matter for
    the task. The first two are expressed by submodular functions [2]_ of Gaussian
    similarities :math:`K_{ij} = \exp(-\| z_i - z_j \|^2 / b)`:

    - ``"facility-location"``, representative: :math:`\sum_j w_j \max_{s \in S} K_{js}`;
    - ``"graph-cut"``, both: :math:`\sum_{j, s} w_j K_{js} - \frac{1}{2k} \sum_{s, t}
      K_{st}`;
    - ``"log-determinant"``, diverse: :math:`\log \det(K_{SS} + \varepsilon I)`.

    The relevance of a row is the out-of-fold probability that a classifier predicts for
    the label of the row; it is added with weight `trade_off`. The rows are selected by
    the lazy greedy algorithm [1]_, which for facility location reaches at least 1 - 1/e
    of the maximum.

    Parameters
    ----------
    budget : int, float or dict, default=10
        Size of the distilled set: rows per class (images per class, IPC) as an int,
        which is the total number of rows if y does not hold classes; a fraction of the
        rows as a float in (0, 1); or a dict ``{class: rows}``. No class gets more rows
        than it has.
    function : str, default="facility-location"
        Submodular function: "facility-location", "graph-cut" or "log-determinant".
    relevance : {"teacher"}, estimator or None, default=None
        Classifier that predicts the relevance of the rows: a random forest ("teacher")
        or clones of this estimator, trained on encoded rows. The forest is trained on a
        random sample of at most 16,384 rows of each fold. None ignores relevance.
    trade_off : float, default=0.3
        Weight of relevance, between 0 and 1.
    bandwidth : float, default=1.0
        b, as a multiple of the median squared distance between rows.
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
    HerdingSelection : Representative rows.
    KCenterSelection : Diverse rows.

    Notes
    -----
    In a class with more than 4,000 rows, the rows are selected from a random sample of
    4,000 of them.

    References
    ----------
    .. [1] M. Minoux, "Accelerated greedy algorithms for maximizing submodular set
       functions", Optimization Techniques, 1978.
    .. [2] K. Wei, R. Iyer, J. Bilmes, "Submodularity in data subset selection and
       active learning", ICML 2015.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_distill import SubmodularSelection
    >>> X, y = load_iris(return_X_y=True)
    >>> SubmodularSelection(budget=5).fit(X, y).distilled_
    <DistilledSet: 15 rows x 4 columns, 3 classes>
    """

    plugin_api = 1
    merging = "weighted"
    supports_several_targets = True

    _parameter_constraints: dict[str, Any] = {
        **BaseDistiller._parameter_constraints,
        "function": [StrOptions(set(FUNCTIONS))],
        "relevance": [
            None,
            StrOptions({"teacher"}),
            HasMethods(["fit"]),
        ],
        "trade_off": [Interval(Real, 0, 1, closed="both")],
        "bandwidth": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(
        self,
        budget: Any = 10,
        *,
        function: str = "facility-location",
        relevance: Any = None,
        trade_off: float = 0.3,
        bandwidth: float = 1.0,
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
        self.function = function
        self.relevance = relevance
        self.trade_off = trade_off
        self.bandwidth = bandwidth
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
        tags.target_tags.required = self.relevance is not None
        return tags

    def _distill(self, problem: Problem) -> Kept:
        rng = problem.random_state
        Z = features_with_target(problem)
        bandwidth = self.bandwidth * median_distance(Z, rng)
        relevance = self._relevance(problem)
        trade_off = 0.0 if self.relevance is None else self.trade_off
        selected = []
        for _, rows, n_rows in problem.groups():
            if len(rows) > max(MAX_ROWS, n_rows):
                rows = rng.choice(rows, max(MAX_ROWS, n_rows), replace=False)
            K = np.exp(-euclidean_distances(Z[rows], squared=True) / bandwidth)
            share = problem.sample_weight[rows] / problem.sample_weight[rows].sum()
            function = FUNCTIONS[self.function](K, share, n_rows)
            selected.append(
                rows[lazy_greedy(function, relevance[rows], trade_off, n_rows)]
            )
        return Kept(np.concatenate(selected))

    def _relevance(self, problem: Problem) -> np.ndarray:
        """Return the out-of-fold probability of the label of each row."""
        n = len(problem.Z)
        if self.relevance is None:
            return np.zeros(n)
        problem.require_classes("SubmodularSelection with relevance")
        seed = int(problem.random_state.randint(np.iinfo(np.int32).max))
        proba = cross_fitted_predictions(
            teacher_or_forest(self.relevance, seed),
            problem.flat,
            problem.y,
            problem.sample_weight,
            problem.flat,
            np.arange(n),
            n_classes=len(problem.n_rows),
            seed=seed,
            max_rows=MAX_RANKING_ROWS if isinstance(self.relevance, str) else None,
        )
        return proba[np.arange(n), problem.y]
