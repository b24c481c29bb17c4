"""Submodular selection: representative and diverse rows, mixed with relevance."""

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
from ..soft_labels.teacher import cross_fitted_predictions, teacher_or_forest

# A class with more rows is represented by so many of them, drawn at random: the
# similarities of all pairs are held in memory (64 MB).
MAX_ROWS = 4_000


class FacilityLocation:
    r"""Every row is served by its most similar kept row.

    :math:`\sum_j w_j \max_{s \in S} K_{js}`

    Representative: rows are kept where there are rows to serve.
    """

    def __init__(self, K: np.ndarray, share: np.ndarray):
        self.K, self.share = K, share
        self.served = np.zeros(len(K))

    def gain(self, i: int) -> float:
        return float(self.share @ np.maximum(self.K[i] - self.served, 0.0))

    def add(self, i: int) -> None:
        np.maximum(self.served, self.K[i], out=self.served)


class GraphCut:
    r"""Similar to all rows, unlike each other: :math:`\sum_{j,s} w_j K_{js} -
    \frac{1}{2k} \sum_{s,t} K_{st}` for k rows to keep.

    Both representative and diverse.
    """

    def __init__(self, K: np.ndarray, share: np.ndarray, n_rows: int):
        self.K, self.n_rows = K, n_rows
        self.attraction = K @ share
        self.repulsion = np.zeros(len(K))

    def gain(self, i: int) -> float:
        own = 0.5 * self.K[i, i]
        return float(self.attraction[i] - (self.repulsion[i] + own) / self.n_rows)

    def add(self, i: int) -> None:
        self.repulsion += self.K[i]


class LogDeterminant:
    r"""The volume that rows span: :math:`\log \det(K_{SS} + \varepsilon I)`.

    Diverse: a row counts for what it adds to those already kept.
    """

    def __init__(self, K: np.ndarray, jitter: float = 1e-3):
        self.K = K
        # Cholesky rows of the kept ones, and what is left of each row's variance.
        self.factors = np.empty((0, len(K)))
        self.left = K.diagonal() + jitter

    def gain(self, i: int) -> float:
        return float(np.log(max(self.left[i], 1e-12)))

    def add(self, i: int) -> None:
        known = self.factors[:, i] @ self.factors
        row = (self.K[i] - known) / np.sqrt(max(self.left[i], 1e-12))
        self.factors = np.vstack([self.factors, row])
        self.left = self.left - row**2


def lazy_greedy(
    function: Any, relevance: np.ndarray, trade_off: float, n_rows: int
) -> np.ndarray:
    """Pick the rows with the largest gain, one by one, looking at as few as possible.

    A row's gain never grows as others are picked. So a gain from an earlier step is an
    upper bound, and only rows whose bound tops the list are looked at again.

    Parameters
    ----------
    function : object
        With `gain` and `add`.
    relevance : ndarray of shape (n,)
        In [0, 1]; mixed in with weight `trade_off`.
    trade_off : float
    n_rows : int

    Returns
    -------
    ndarray of int of shape (n_rows,)
    """
    gains = np.array([function.gain(i) for i in range(len(relevance))])
    # Both criteria on one scale: the first step's gains span [0, 1].
    span = np.ptp(gains) or 1.0

    def mixed(i: int, gain: float) -> float:
        return (1.0 - trade_off) * gain / span + trade_off * relevance[i]

    heap = [(-mixed(i, gain), i, 0) for i, gain in enumerate(gains)]
    heapq.heapify(heap)
    picked: list[int] = []
    while len(picked) < n_rows:
        _, i, looked_at = heapq.heappop(heap)
        if looked_at == len(picked):
            function.add(i)
            picked.append(i)
        else:
            heapq.heappush(heap, (-mixed(i, function.gain(i)), i, len(picked)))
    return np.array(picked)


class SubmodularSelection(BaseDistiller):
    r"""Keep rows by a submodular function of what a set of rows is worth.

    Selecting rows has three criteria: *representative* rows look like their class,
    *diverse* rows differ from each other, *relevant* rows matter for the task. The
    first two are set functions with diminishing gains, over Gaussian similarities
    :math:`K_{ij} = \exp(-\| z_i - z_j \|^2 / b)`:

    - ``"facility-location"``, representative: :math:`\sum_j w_j \max_{s \in S} K_{js}`;
    - ``"graph-cut"``, both: :math:`\sum_{j, s} w_j K_{js} - \frac{1}{2k} \sum_{s, t}
      K_{st}`;
    - ``"log-determinant"``, diverse: :math:`\log \det(K_{SS} + \varepsilon I)`.

    The third is how sure a model is, out-of-fold, of a row's own label, and is mixed in
    with weight `trade_off`. Lazy greedy picking [1]_ is within 1 - 1/e of the best set
    for the first function.

    Parameters
    ----------
    budget : int, float or dict, default=10
        Rows per class (regression, or no y: rows in all), the share of the rows to
        keep, or ``{class: rows}``. No class gets more rows than it has.
    function : str, default="facility-location"
        What a set of rows is worth: "facility-location", "graph-cut" or
        "log-determinant".
    relevance : {"teacher"} or estimator, default=None
        Whose out-of-fold probability of its own label makes a row relevant: nobody's, a
        random forest's, or this classifier's, trained on encoded rows.
    trade_off : float, default=0.3
        The weight of relevance, between 0 and 1.
    bandwidth : float, default=1.0
        b as a multiple of the median squared distance between rows.
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
    HerdingSelection : Representative rows.
    KCenterSelection : Diverse rows.

    Notes
    -----
    Of a class with more than 4,000 rows a random 4,000 are candidates.

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

    _parameter_constraints: dict[str, Any] = {
        **BaseDistiller._parameter_constraints,
        "function": [StrOptions({"facility-location", "graph-cut", "log-determinant"})],
        "relevance": [
            None,
            StrOptions({"teacher"}),
            HasMethods(["fit", "predict_proba"]),
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
        picked = []
        for _, rows, n_rows in problem.groups():
            if len(rows) > max(MAX_ROWS, n_rows):
                rows = rng.choice(rows, max(MAX_ROWS, n_rows), replace=False)
            K = np.exp(-euclidean_distances(Z[rows], squared=True) / bandwidth)
            share = problem.sample_weight[rows] / problem.sample_weight[rows].sum()
            function: Any = {
                "facility-location": lambda K, s, k: FacilityLocation(K, s),
                "graph-cut": GraphCut,
                "log-determinant": lambda K, s, k: LogDeterminant(K),
            }[self.function](K, share, n_rows)
            chosen = lazy_greedy(function, relevance[rows], trade_off, n_rows)
            picked.append(rows[chosen])
        return Kept(np.concatenate(picked))

    def _relevance(self, problem: Problem) -> np.ndarray:
        """Return a model's out-of-fold probability of each row's own label."""
        n = len(problem.Z)
        if self.relevance is None:
            return np.zeros(n)
        problem.require_classes("SubmodularSelection with relevance=")
        seed = int(problem.random_state.randint(np.iinfo(np.int32).max))
        said = cross_fitted_predictions(
            teacher_or_forest(self.relevance, seed),
            problem.flat,
            problem.y,
            problem.sample_weight,
            problem.flat,
            np.arange(n),
            n_classes=len(problem.n_rows),
            seed=seed,
        )
        return said[np.arange(n), problem.y]
