"""The free-support Wasserstein barycentre of each class, through exact transport."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sklearn_distill import BaseDistiller
from sklearn_distill.base import Learned

# For regression: how heavy the target is beside all columns together. Chosen by what
# learners make of the rows, on parts of training data.
TARGET_WEIGHT = 0.1


def transport_step(points, rows, mass):
    """Move points to the mean of what an optimal plan transports to them.

    Parameters
    ----------
    points : float64 ndarray of shape (k, d)
        Each holds 1 / k of the mass.
    rows : float64 ndarray of shape (n, d)
    mass : float64 ndarray of shape (n,)
        What each row holds; adds up to 1.

    Returns
    -------
    moved : float64 ndarray of shape (k, d)
    cost : float
        The squared 2-Wasserstein distance between points, as they were, and rows.
    """
    # Here, because importing POT imports every array library that it finds.
    import ot

    costs = ot.dist(points, rows)
    share = np.full(len(points), 1.0 / len(points))
    plan = ot.emd(share, mass, costs, numItermax=10_000_000)
    return len(points) * plan @ rows, float((plan * costs).sum())


class WassersteinBarycenter(BaseDistiller):
    r"""Put k points where it takes the least work to spread them over their class.

    The points :math:`x_1, \dots, x_k` of a class minimise the squared 2-Wasserstein
    distance between themselves, of equal mass, and the rows :math:`z_i` of the class,

    .. math:: \min_{x} \min_{T \geq 0} \sum_{ji} T_{ji} \lVert x_j - z_i \rVert^2,
              \quad \sum_i T_{ji} = 1 / k, \quad \sum_j T_{ji} = w_i,

    by turns: the plan T is solved exactly, then each point moves to the mean of what
    it is sent. For regression rows and points carry the target as one more column, and
    a point's label is where it ends up in it.

    Parameters
    ----------
    budget : int, float or dict, default=10
        Rows per class (regression, or no y: rows in all), the share of the rows to
        keep, or ``{class: rows}``. No class gets more rows than it has.
    max_iter : int, default=50
        Plans at most. Points that no longer move end it earlier.
    max_rows : int, default=2000
        The plan of a larger class is made for so many of its rows, drawn once.
    allocation, task, soft_labels, evaluator, numeric, image_shape, random_state
        As for every distiller; see `BaseDistiller`.

    Attributes
    ----------
    distilled_ : DistilledSet
        The points, decoded to rows that the columns can hold.
    n_iter_ : int
        Plans made for each class.

    Notes
    -----
    k-means differs in one thing: its centres hold as many rows as are near. Here each
    point holds the same mass, so that every row of the set counts alike, and dense
    parts of a class get more of them.

    References
    ----------
    .. [1] M. Cuturi, A. Doucet, "Fast computation of Wasserstein barycenters",
       International Conference on Machine Learning, 2014.
    .. [2] H. Liu et al., "Dataset distillation via the Wasserstein metric",
       International Conference on Computer Vision, 2025. It matches features of a
       network trained on ImageNet; this works on the encoded rows themselves.

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
        soft_labels=None, evaluator=None, numeric="auto", image_shape=None,
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
        self.image_shape = image_shape
        self.random_state = random_state

    def _distill(self, problem):
        groups = [
            self._starting_group(problem, rows, n_rows)
            for _, rows, n_rows in problem.groups()
        ]
        codes = np.repeat(np.arange(len(groups)), problem.n_rows)
        points = [group[0] for group in groups]
        costs = np.full(len(groups), np.inf)
        moving = set(range(len(groups)))
        for n_plans in range(1, self.max_iter + 1):
            step = problem.context.subcontext(task_name="iteration")
            step.call_on_fit_task_begin(estimator=self)
            for code in sorted(moving):
                moved, costs[code] = transport_step(points[code], *groups[code][1:])
                if np.allclose(moved, points[code], rtol=0, atol=1e-6):
                    moving.discard(code)
                points[code] = moved
            self.n_iter_ = n_plans
            answer = learned(problem, np.concatenate(points), codes, costs.mean())
            is_asked_to_stop = step.call_on_fit_task_end(
                estimator=self,
                reconstruction_attributes=lambda answer=answer: (
                    problem.fitted_attributes(answer)
                ),
            )
            if is_asked_to_stop or not moving:
                break
        return answer

    def _starting_group(self, problem, rows, n_rows):
        """Return the starting points of a class, its rows and their mass."""
        rng, weights = problem.random_state, problem.sample_weight
        if len(rows) > max(self.max_rows, n_rows):
            rows = rng.choice(rows, max(self.max_rows, n_rows), replace=False)
        mass = weights[rows] / weights[rows].sum()
        space = with_target(problem)[rows]
        first = rng.choice(len(rows), n_rows, replace=False, p=mass)
        return space[first], space, mass


def with_target(problem):
    """Return the encoded rows as float64; for regression with y as the last column."""
    space = problem.flat.astype(np.float64)
    if problem.task != "regression":
        return space
    return np.column_stack([space, target_width(problem) * problem.y])


def target_width(problem):
    """Return the length of a unit of y, so that it weighs TARGET_WEIGHT of all of X."""
    return TARGET_WEIGHT * np.sqrt(problem.flat.shape[1])


def learned(problem, points, codes, cost):
    """Return points as an answer: encoded rows, and labels in the form of problem.y."""
    if problem.task == "regression":
        y = (points[:, -1] / target_width(problem)).astype(np.float32)
        points = points[:, :-1]
    else:
        y = codes
    Z = points.astype(np.float32).reshape(-1, *problem.Z.shape[1:])
    return Learned(Z, y, loss=float(cost))
