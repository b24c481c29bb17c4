"""Kernel inducing points: rows from which ridge regression predicts the real ones."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from .._sklearn_private import Interval, StrOptions
from ..problem import Problem
from ..row_learner import RowLearner
from ..starting_rows import median_distance

if TYPE_CHECKING:
    from torch import Tensor

# A kernel takes rows (a, d) and (b, d) to their similarities (a, b).
Kernel = Callable[["Tensor", "Tensor"], "Tensor"]


def linear(a: "Tensor", b: "Tensor") -> "Tensor":
    """Dot product per column, and a constant that stands for an intercept."""
    return a @ b.T / a.shape[1] + 1.0


def gaussian(bandwidth: float) -> Kernel:
    """exp(-squared distance / bandwidth)."""
    return lambda a, b: (-squared_distances(a, b) / bandwidth).exp()


def laplacian(bandwidth: float) -> Kernel:
    """exp(-city-block distance / bandwidth)."""
    import torch

    return lambda a, b: (-torch.cdist(a, b, p=1) / bandwidth).exp()


def squared_distances(a: "Tensor", b: "Tensor") -> "Tensor":
    """Squared Euclidean distances, by one matrix product."""
    lengths = a.square().sum(1)[:, None] + b.square().sum(1)
    return (lengths - 2.0 * a @ b.T).clamp_min(0.0)


def ridge_predictions(
    kernel: Kernel, S: "Tensor", targets: "Tensor", R: "Tensor", ridge: float
) -> "Tensor":
    r"""Predict rows R by kernel ridge regression from the rows S.

    .. math:: K_{RS} (K_{SS} + \lambda \, \tfrac{\mathrm{tr} K_{SS}}{m} I)^{-1} y_S

    The m x m system is solved in double precision, whatever the rows' own.

    Parameters
    ----------
    kernel : callable
    S : Tensor of shape (m, d)
    targets : Tensor of shape (m, c)
    R : Tensor of shape (n, d)
    ridge : float
        :math:`\lambda`, relative to the mean of the diagonal.

    Returns
    -------
    Tensor of shape (n, c)
    """
    import torch

    K = kernel(S, S).double()
    diagonal = torch.eye(len(S), dtype=K.dtype, device=K.device)
    K = K + ridge * K.diagonal().mean() * diagonal
    weights, failed = torch.linalg.solve_ex(K, targets.double())
    # A kernel that makes the system singular counts as one that is not finite.
    weights = weights.masked_fill(failed > 0, torch.nan)
    return kernel(R, S) @ weights.to(R.dtype)


def neighbour_predictions(
    S: "Tensor", targets: "Tensor", R: "Tensor", temperature: float
) -> "Tensor":
    """Predict rows R by the rows of S, each with its softmax share of nearness."""
    nearness = (-squared_distances(R, S) / temperature).softmax(dim=1)
    return nearness @ targets


def make_objective(
    kernels: Sequence[Kernel],
    ridge: float,
    neighbour_weight: float,
    temperature: float,
    is_regression: bool,
) -> Any:
    """Return the loss module of a list of kernels.

    The mean over the kernels of the squared error of ridge regression, and
    `neighbour_weight` times the loss of the soft nearest neighbour: log loss for
    classes, squared error for numbers.
    """
    from torch import nn

    class KernelRidgeLoss(nn.Module):
        def forward(self, synthetic: Any, real: Any) -> Any:
            (S, y_S), (R, y_R) = synthetic, real
            S, R = S.flatten(1), R.flatten(1)
            errors = [
                (ridge_predictions(kernel, S, y_S, R, ridge) - y_R).square().sum(1)
                for kernel in kernels
            ]
            loss = sum(error.mean() for error in errors) / max(1, len(errors))
            if neighbour_weight:
                near = neighbour_predictions(S, y_S, R, temperature)
                if is_regression:
                    term = (near - y_R).square().sum(1).mean()
                else:
                    # Centred one-hots: what is missing to a probability is 1 / c.
                    share = ((near + 1.0 / y_R.shape[1]) * (y_R > 0)).sum(1)
                    term = -share.clamp_min(1e-6).log().mean()
                loss = loss + neighbour_weight * term
            return loss

    return KernelRidgeLoss()


class KernelInducingPoints(RowLearner):
    r"""Learn rows from which kernel ridge regression predicts the real rows.

    Kernel inducing points [1]_ move synthetic rows S downhill on

    .. math:: \frac{1}{n} \| y_R - K_{RS} (K_{SS} + \lambda \bar k I)^{-1} y_S \|^2

    over class-balanced batches of real rows R, with :math:`\bar k` the mean of the
    diagonal of :math:`K_{SS}`. The solution of the inner problem is exact, so that a
    step needs no training of any model.

    Rows that are good for one kernel need not be good for other learners. The default,
    ``kernel="portfolio"``, therefore takes the mean of the losses under one kernel for
    each family of learners: linear (linear models), Gaussian at three bandwidths
    (support vectors, neighbours, Gaussian processes) and Laplacian, whose city-block
    distance adds up column by column as trees do; and adds the log loss of a soft
    nearest neighbour.

    Parameters
    ----------
    budget : int, float or dict, default=10
        Rows per class (regression: rows in all), the share of the rows to keep, or
        ``{class: rows}``. No class gets more rows than it has.
    kernel : str or callable, default="portfolio"
        One of "portfolio", "linear", "rbf" (the mean over its three bandwidths) and
        "laplacian". A callable takes two float32 tensors, (a, d) and (b, d), of encoded
        rows to a tensor (a, b).
    ridge : float, default=0.1
        :math:`\lambda`. Small values fit the batches better and let rows drift away
        from the data.
    bandwidths : tuple of float, default=(0.1, 0.3, 1.0)
        Of the Gaussian kernel :math:`\exp(-\|z - z'\|^2 / b)`, as multiples of the
        median squared distance between real rows.
    neighbour_weight : float, default=0.3
        The weight of the soft nearest neighbour's loss; 0 leaves it out.
    init : {"herding", "random"}, default="herding"
        Which real rows the learned ones start from.
    learn_labels : bool, default=False
        Whether labels are learned with the rows: soft labels for classes.
    max_iter : int, default=300
        Steps at most.
    learning_rate : "auto" or float, default="auto"
        Adam's step size in the encoded space. "auto" is 0.05 times the median distance
        between rows over the root of their number of columns.
    batch_size : int, default=1024
        Real rows a step, in equal parts from all classes.
    validation_fraction : float, default=0.1
        The share of the real rows that no step sees. The loss on them picks the rows
        that are returned.
    tol : float, default=1e-4
        What counts as a fall of that loss, as a share of itself.
    n_iter_no_change : int, default=100
        Training ends after so many steps without such a fall; None: never.
    max_time : float, default=None
        Seconds at most; the best rows so far are returned.
    device : str, default="auto"
        Where tensors live; "auto" is a GPU if there is one.
    warm_start : bool, default=False
        Whether `fit` goes on from the rows in `distilled_`.
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
        The rows learned, with their labels.
    encoder_ : TableEncoder or ImageEncoder
        How rows were turned into numbers.
    classes_ : ndarray of shape (n_classes,)
        The class labels; only after classification.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where X had names.
    n_iter_ : int
        Steps made.
    history_ : skorch.history.History
        Losses on batches and on held-back rows, by epoch of ten steps.
    device_ : str
        The device that was used.

    See Also
    --------
    HerdingSelection : The real rows that this method starts from.

    Notes
    -----
    What differs from the paper: the ridge is 0.1, not 1e-6; batches are drawn anew at
    each step, in equal parts from all classes; held-back rows pick the result; and the
    default kernel is a portfolio instead of a neural tangent kernel.

    References
    ----------
    .. [1] T. Nguyen, Z. Chen, J. Lee, "Dataset meta-learning from kernel
       ridge-regression", ICLR 2021.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_distill import KernelInducingPoints
    >>> X, y = load_iris(return_X_y=True)
    >>> points = KernelInducingPoints(budget=2, max_iter=50, random_state=0)
    >>> Xs, ys = points.fit_distill(X[::2], y[::2])
    >>> Xs.shape
    (6, 4)
    >>> bool(points.score(X[1::2], y[1::2]) > 0.9)
    True
    """

    plugin_api = 1

    _parameter_constraints: dict[str, Any] = {
        **RowLearner._parameter_constraints,
        "kernel": [StrOptions({"portfolio", "linear", "rbf", "laplacian"}), callable],
        "ridge": [Interval(Real, 0, None, closed="neither")],
        "bandwidths": ["array-like"],
        "neighbour_weight": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        budget: Any = 10,
        *,
        kernel: Any = "portfolio",
        ridge: float = 0.1,
        bandwidths: Sequence[float] = (0.1, 0.3, 1.0),
        neighbour_weight: float = 0.3,
        init: str = "herding",
        learn_labels: bool = False,
        max_iter: int = 300,
        learning_rate: Any = "auto",
        batch_size: int = 1024,
        validation_fraction: float = 0.1,
        tol: float = 1e-4,
        n_iter_no_change: int | None = 100,
        max_time: float | None = None,
        device: str = "auto",
        warm_start: bool = False,
        allocation: str = "auto",
        task: str = "auto",
        soft_labels: Any = None,
        evaluator: Any = None,
        numeric: str = "auto",
        image_shape: tuple[int, ...] | None = None,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.budget = budget
        self.kernel = kernel
        self.ridge = ridge
        self.bandwidths = bandwidths
        self.neighbour_weight = neighbour_weight
        self.init = init
        self.learn_labels = learn_labels
        self.max_iter = max_iter
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.validation_fraction = validation_fraction
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.max_time = max_time
        self.device = device
        self.warm_start = warm_start
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

    def _objective(self, problem: Problem) -> Any:
        bandwidths = np.asarray(self.bandwidths, dtype=np.float64)
        if bandwidths.ndim != 1 or not len(bandwidths) or not (bandwidths > 0).all():
            raise ValueError(f"bandwidths={self.bandwidths!r} are no positive numbers.")
        Z, rng = problem.flat, problem.random_state
        squared = median_distance(Z, rng)
        city_block = median_distance(Z, rng, metric="cityblock")
        rbf = [gaussian(float(b) * squared) for b in bandwidths]
        by_name: dict[str, list[Kernel]] = {
            "linear": [linear],
            "rbf": rbf,
            "laplacian": [laplacian(0.3 * city_block)],
            "portfolio": [linear, *rbf, laplacian(0.3 * city_block)],
        }
        kernels = [self.kernel] if callable(self.kernel) else by_name[self.kernel]
        return make_objective(
            kernels,
            self.ridge,
            self.neighbour_weight,
            0.02 * squared,
            problem.task == "regression",
        )
