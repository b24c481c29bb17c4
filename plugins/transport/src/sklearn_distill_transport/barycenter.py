"""The free-support Wasserstein barycenter of each class, by exact transport plans."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sklearn_distill.base import BaseDistiller, Learned

# In regression, the weight of the target relative to all columns of X together. The
# value was chosen by the scores of learners on validation parts of the training data.
TARGET_WEIGHT = 0.1


def transport_step(points, rows, mass):
    """Move each point to the mean of the mass that an optimal plan transports to it.

    Parameters
    ----------
    points : float64 ndarray of shape (k, d)
        Each point has a mass of 1 / k.
    rows : float64 ndarray of shape (n, d)
    mass : float64 ndarray of shape (n,)
        The mass of each row; sums to 1.

    Returns
    -------
    moved : float64 ndarray of shape (k, d)
    cost : float
        The squared 2-Wasserstein distance between the rows and the unmoved points.
    """
    # Import POT on first use, because POT imports every array library that it finds.
    import ot

    costs = ot.dist(points, rows)
    share = np.full(len(points), 1.0 / len(points))
    plan = ot.emd(share, mass, costs, numItermax=10_000_000)
    return len(points) * plan @ rows, float((plan * costs).sum())


class WassersteinBarycenter(BaseDistiller):
    r"""Learn k points of equal mass that are the Wasserstein barycenter of their class.

    The points :math:`x_1, \dots, x_k` of a class, all of mass :math:`1 / k`, minimize
    the squared 2-Wasserstein distance to the rows :math:`z_i` of the class,

    .. math:: \min_{x} \min_{T \geq 0} \sum_{ji} T_{ji} \lVert x_j - z_i \rVert^2,
              \quad \sum_i T_{ji} = 1 / k, \quad \sum_j T_{ji} = w_i,

    by alternating two steps: the plan T is solved exactly, then each point moves to the
    mean of the mass that it receives. For regression, the target is an additional
    column of rows and points, and the label of a point is its final value in that
    column.

    Parameters
    ----------
    budget : int, float or dict, default=10
        Rows per class (for regression, or without y: rows in total), the share of the
        rows to keep, or ``{class: rows}``. No class gets more rows than it has.
    max_iter : int, default=50
        Maximum number of plans per class. The iteration ends earlier if no point moves.
    max_rows : int, default=2000
        For a larger class, the plans use a random sample of this many rows.
    allocation, task, soft_labels, evaluator, numeric, categorical_features,
    image_shape, random_state
        The common parameters of all distillers; see `BaseDistiller`.

    Attributes
    ----------
    distilled_ : DistilledSet
        The points, decoded to valid rows.
    n_iter_ : int
        Number of plans computed for each class.

    Notes
    -----
    k-means differs in one respect: a centroid represents all rows that are nearest to
    it. Here each point has the same mass, so that all rows of the distilled set count
    alike, and dense regions of a class get more points.

    References
    ----------
    .. [1] M. Cuturi, A. Doucet, "Fast computation of Wasserstein barycenters",
       International Conference on Machine Learning, 2014.
    .. [2] H. Liu et al., "Dataset distillation via the Wasserstein metric",
       International Conference on Computer Vision, 2025. That method matches features
       of a network trained on ImageNet; this one works on the encoded rows.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_distill_transport import WassersteinBarycenter
    >>> X, y = load_iris(return_X_y=True)
    >>> method = WassersteinBarycenter(budget=5, random_state=0).fit(X[::2], y[::2])
    >>> bool(method.score(X[1::2], y[1::2]) > 0.85)
    True
    """

    plugin_api = 1

    def __init__(
        self, budget=10, *, max_iter=50, max_rows=2000, allocation="auto", task="auto",
        soft_labels=None, evaluator=None, numeric="auto",
        categorical_features="from_dtype", image_shape=None,
        random_state=None,
    ):  # fmt: skip
        self.budget = budget
        self.max_iter = max_iter
        self.max_rows = max_rows
        self.allocation = allocation
        self.task = task
        self.soft_labels = soft_labels
        self.evaluator = evaluator
        self.numeric = numeric
        self.categorical_features = categorical_features
        self.image_shape = image_shape
        self.random_state = random_state

    def _distill(self, problem):
        groups = [
            self._initial_group(problem, rows, n_rows)
            for _, rows, n_rows in problem.groups()
        ]
        codes = np.repeat(np.arange(len(groups)), problem.n_rows)
        points = [group[0] for group in groups]
        costs = np.full(len(groups), np.inf)
        moving = set(range(len(groups)))
        for n_plans in range(1, self.max_iter + 1):
            iteration = self._begin_iteration()
            for code in sorted(moving):
                moved, costs[code] = transport_step(points[code], *groups[code][1:])
                if np.allclose(moved, points[code], rtol=0, atol=1e-6):
                    moving.discard(code)
                points[code] = moved
            self.n_iter_ = n_plans
            result = as_learned(problem, np.concatenate(points), codes, costs.mean())
            stop = self._end_iteration(iteration, problem, lambda result=result: result)
            if stop or not moving:
                break
        return result

    def _initial_group(self, problem, rows, n_rows):
        """Return the initial points of a class, its rows and their mass."""
        rng, weights = problem.random_state, problem.sample_weight
        if len(rows) > max(self.max_rows, n_rows):
            rows = rng.choice(rows, max(self.max_rows, n_rows), replace=False)
        mass = weights[rows] / weights[rows].sum()
        space = with_target(problem)[rows]
        first = rng.choice(len(rows), n_rows, replace=False, p=mass)
        return space[first], space, mass


def with_target(problem):
    """Return the encoded rows as float64, for regression with y as the last column."""
    space = problem.flat.astype(np.float64)
    if problem.task != "regression":
        return space
    return np.column_stack([space, target_scale(problem) * problem.y])


def target_scale(problem):
    """Return the factor of y that gives it TARGET_WEIGHT of the weight of all of X."""
    return TARGET_WEIGHT * np.sqrt(problem.flat.shape[1])


def as_learned(problem, points, codes, cost):
    """Split points into encoded rows and labels in the form of `problem.y`."""
    if problem.task == "regression":
        y = (points[:, -1] / target_scale(problem)).astype(np.float32)
        points = points[:, :-1]
    else:
        y = codes
    Z = points.astype(np.float32).reshape(-1, *problem.Z.shape[1:])
    return Learned(Z, y, loss=float(cost))
