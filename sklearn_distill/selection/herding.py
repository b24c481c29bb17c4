"""Kernel herding: representative rows, picked one by one."""

# SPDX-License-Identifier: BSD-3-Clause

from numbers import Real
from typing import Any

import numpy as np

from .._utils._sklearn_private import Interval, StrOptions
from ..base.distiller import BaseDistiller
from ..base.problem import Kept, Problem
from ..base.starting_rows import herded_rows


class HerdingSelection(BaseDistiller):
    r"""Keep the rows whose kernel mean is nearest to that of their class.

    Kernel herding [1]_ picks the rows of each class one by one, each time the one that

    .. math:: \max_i \; \frac{1}{n} \sum_j k(z_i, z_j)
              - \frac{1}{t + 1} \sum_{s \in S_t} k(z_i, z_s),
              \qquad k(z, z') = \exp(-\|z - z'\|^2 / b),

    asks for: near many rows of its class, far from those already picked. For
    regression the standardised target stands beside the columns, with 0.3 of the weight
    of all of them together, and all rows are one class. Up to 4,000 rows of a class the
    first sum is exact; beyond, it is taken with 2,048 random Fourier features, so that
    memory is linear in the rows.

    The rows are real ones, so every value and every combination of values is valid.
    `sample_weight` weighs the first sum: a weight of 2 is as good as a row twice.

    Parameters
    ----------
    budget : int, float or dict, default=10
        Rows per class (regression, or no y: rows in all), the share of the rows to
        keep, or ``{class: rows}``. No class gets more rows than it has.
    bandwidth : "auto" or float, default="auto"
        b as a multiple of the median squared distance between rows. "auto" is 1, or 0.3
        for regression.
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
    KMeansSelection : One row for each of a class's clusters.
    KernelInducingPoints : Rows that start here and are then learned.

    References
    ----------
    .. [1] Y. Chen, M. Welling, A. Smola, "Super-samples from kernel herding", UAI
       2010.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_distill import HerdingSelection
    >>> X, y = load_iris(return_X_y=True)
    >>> herding = HerdingSelection(budget=5).fit(X[::2], y[::2])
    >>> bool(herding.score(X[1::2], y[1::2]) > 0.85)
    True
    """

    plugin_api = 1

    _parameter_constraints: dict[str, Any] = {
        **BaseDistiller._parameter_constraints,
        "bandwidth": [StrOptions({"auto"}), Interval(Real, 0, None, closed="neither")],
    }

    def __init__(
        self,
        budget: Any = 10,
        *,
        bandwidth: str | float = "auto",
        allocation: str = "auto",
        task: str = "auto",
        soft_labels: Any = None,
        evaluator: Any = None,
        numeric: str = "auto",
        image_shape: tuple[int, ...] | None = None,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.budget = budget
        self.bandwidth = bandwidth
        self.allocation = allocation
        self.task = task
        self.soft_labels = soft_labels
        self.evaluator = evaluator
        self.numeric = numeric
        self.image_shape = image_shape
        self.random_state = random_state

    def _distill(self, problem: Problem) -> Kept:
        bandwidth = None if self.bandwidth == "auto" else float(self.bandwidth)
        return Kept(herded_rows(problem, bandwidth))
