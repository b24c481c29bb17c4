"""The estimator of kernel inducing points."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from torch import nn

from ..._utils._sklearn_private import HasMethods, Interval, StrOptions
from ...base import Learned, Problem, RowLearner
from ...base.prototypes import median_distance
from ...base.starting_rows import best_start, clustered_rows
from .kernels import Kernel, gaussian, laplacian, linear, wide_network
from .random_features import random_features
from .ridge_loss import KernelRidgeLoss
from .teacher_features import teacher_features


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
    distance adds up column by column as trees do. And rows that predict well may leave
    the data; in each kernel the squared maximum mean discrepancy of the rows of each
    class from the real ones is added, which is what herding makes small.

    Parameters
    ----------
    budget : int, float or dict, default=10
        Rows per class (regression: rows in all), the share of the rows to keep, or
        ``{class: rows}``. No class gets more rows than it has.
    kernel : str or callable, default="portfolio"
        One of "portfolio", "linear", "rbf" (the mean over its three bandwidths),
        "laplacian", "ntk" and "nngp" (the tangent and the output kernel of a network of
        infinite width) and "random_features" (the embedding of random networks, new
        ones at each step [2]_: convolutional for images). A callable takes two float32
        tensors, (a, d) and (b, d), of encoded rows to a tensor (a, b).
    depth : int, default=2
        Hidden layers of the network of "ntk" and "nngp".
    network : str, class or skorch net, default="auto"
        Of "random_features". "auto" is "mlp", a perceptron, for tables and "convnet"
        for images.
    n_networks : int, default=4
        Networks a step, of "random_features".
    teacher : skorch net or transformer, default=None
        Its representation is the kernel's features, in place of `kernel`. Unfitted, it
        is trained on the encoded rows, flat for a transformer; fitted, it is asked
        about rows as X has them (in a `sklearn.frozen.FrozenEstimator` it stays fitted
        through `clone`, which searches and pipelines call). Of a net the representation
        is what its last linear layer is handed. All but an unfitted net is imitated by
        a network, which gradients can flow through.
    ridge : float, default=0.2
        :math:`\lambda`. Small values fit the batches better and let rows drift away
        from the data.
    bandwidths : tuple of float, default=(0.1, 0.3, 1.0)
        Of the Gaussian kernel :math:`\exp(-\|z - z'\|^2 / b)`, as multiples of the
        median squared distance between real rows.
    mmd_weight : float, default=1.0
        The weight of the discrepancy; 0 leaves it out.
    init : {"auto", "herding", "k-means", "random"}, default="auto"
        Where the learned rows start: at real rows, herded or random, or at the
        centroids of k-means, for regression with the mean target of their cells.
        "auto" is herding; for regression the one of herding and k-means from which
        ridge regression predicts the other rows better.
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
        Seconds for choosing where to start and for learning; then the best rows so far
        are returned.
    device : str, default="auto"
        Where tensors live; "auto" is a GPU if there is one.
    warm_start : bool, default=False
        Whether `fit` goes on from the rows in `distilled_`.
    callbacks : list of skorch callbacks, default=None
        They see the loop as skorch callbacks see a net; its `module_` holds the rows.
    checkpoint : str or path, default=None
        A file, or a directory where every fit has a file of its own. The state of the
        fit is written there every so often; after a kill the same call goes on from
        it. It is deleted when the fit is over.
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
    What differs from the paper: the ridge is 0.2, not 1e-6; batches are drawn anew at
    each step, in equal parts from all classes; held-back rows pick the result; the
    default kernel is a portfolio instead of a neural tangent kernel; and the
    discrepancy is ours.

    References
    ----------
    .. [1] T. Nguyen, Z. Chen, J. Lee, "Dataset meta-learning from kernel
       ridge-regression", ICLR 2021.
    .. [2] N. Loo et al., "Efficient dataset distillation using random feature
       approximation", NeurIPS 2022.

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
        "init": [StrOptions({"auto", "herding", "k-means", "random"})],
        "kernel": [
            StrOptions(
                {
                    "portfolio",
                    "linear",
                    "rbf",
                    "laplacian",
                    "ntk",
                    "nngp",
                    "random_features",
                }
            ),
            callable,
        ],
        "depth": [Interval(Integral, 1, None, closed="left")],
        "network": [str, callable, HasMethods(["initialize_module"])],
        "n_networks": [Interval(Integral, 1, None, closed="left")],
        "teacher": [
            None,
            HasMethods(["transform"]),
            HasMethods(["initialize_module"]),
        ],
        "ridge": [Interval(Real, 0, None, closed="neither")],
        "bandwidths": ["array-like"],
        "mmd_weight": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        budget: Any = 10,
        *,
        kernel: Any = "portfolio",
        depth: int = 2,
        network: Any = "auto",
        n_networks: int = 4,
        teacher: Any = None,
        ridge: float = 0.2,
        bandwidths: Sequence[float] = (0.1, 0.3, 1.0),
        mmd_weight: float = 1.0,
        init: str = "auto",
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
        callbacks: list[Any] | None = None,
        checkpoint: Any = None,
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
        self.depth = depth
        self.network = network
        self.n_networks = n_networks
        self.teacher = teacher
        self.ridge = ridge
        self.bandwidths = bandwidths
        self.mmd_weight = mmd_weight
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
        self.callbacks = callbacks
        self.checkpoint = checkpoint
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

    def _objective(self, problem: Problem, real: Any) -> nn.Module:
        n_targets, device = real.targets.shape[1], self.device_
        kernels: list[Kernel]
        if self.teacher is not None:
            kernels = [teacher_features(self.teacher, problem, n_targets, device)]
        elif isinstance(self.kernel, str) and self.kernel == "random_features":
            nets = (self.network, self.n_networks)
            kernels = [random_features(*nets, problem, n_targets, device)]
        else:
            kernels = self._closed_forms(problem)
        return KernelRidgeLoss(
            kernels, self.ridge, self.mmd_weight, problem.task == "classification"
        )

    def _closed_forms(self, problem: Problem) -> list[Kernel]:
        """Return the kernels of the parameter `kernel` except "random_features"."""
        bandwidths = np.asarray(self.bandwidths, dtype=np.float64)
        if bandwidths.ndim != 1 or not len(bandwidths) or not (bandwidths > 0).all():
            raise ValueError(
                f"bandwidths must be positive numbers; got {self.bandwidths!r}."
            )
        Z, rng = problem.flat, problem.random_state
        squared = median_distance(Z, rng)
        rbf = [gaussian(float(b) * squared) for b in bandwidths]
        city_block = laplacian(0.3 * median_distance(Z, rng, metric="cityblock"))
        by_name: dict[str, list[Kernel]] = {
            "portfolio": [linear, *rbf, city_block],
            "linear": [linear],
            "rbf": rbf,
            "laplacian": [city_block],
            "ntk": [wide_network(self.depth, tangent=True)],
            "nngp": [wide_network(self.depth, tangent=False)],
        }
        return [self.kernel] if callable(self.kernel) else by_name[self.kernel]

    def _initial_rows(self, problem: Problem) -> Learned:
        if self._goes_on():
            return super()._initial_rows(problem)
        if self.init == "k-means":
            return _centroids(problem)
        start = super()._initial_rows(problem)
        if self.init != "auto" or problem.task != "regression":
            return start
        # The mean target of a cluster is less noisy than the target of a single row,
        # but centroids do not reach the extremes of the data.
        return best_start(problem, [start, _centroids(problem)])


def _centroids(problem: Problem) -> Learned:
    """Return the centroids of k-means as initial rows."""
    _, centroids, y = clustered_rows(problem)
    return Learned(centroids, y)
