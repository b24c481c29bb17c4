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
from .kernels import (
    Kernel,
    MeanKernel,
    gaussian,
    laplacian,
    linear,
    wide_network,
)
from .random_features import random_features
from .ridge_loss import KernelRidgeLoss
from .teacher_features import teacher_features


class KernelInducingPoints(RowLearner):
    r"""Learn rows from which kernel ridge regression predicts the real rows (KIP).

    Kernel inducing points (KIP) [1]_ minimize the error of kernel ridge regression that
    is fitted to the distilled rows S and evaluated on class-balanced batches of real
    rows R,

    .. math:: \frac{1}{n} \| y_R - K_{RS} (K_{SS} + \lambda \bar k I)^{-1} y_S \|^2 ,

    where :math:`\bar k` is the mean of the diagonal of :math:`K_{SS}`. The inner
    problem has an exact solution, so that no model is trained in a step.

    Rows that suit one kernel may not suit other learners. The default,
    ``kernel="portfolio"``, therefore averages the errors of one kernel for each family
    of learners: linear (linear models), the mean of Gaussian kernels of three
    bandwidths, which counts three times (support vector machines, nearest neighbors,
    Gaussian processes), and Laplacian, whose city-block distance is a sum over columns
    (trees). Because rows that minimize the error may
    move away from the data, the squared maximum mean discrepancy (MMD) between the
    distilled and the real rows of each class, which herding minimizes too, is added in
    each kernel.

    Parameters
    ----------
    budget : int, float or dict, default=10
        Size of the distilled set: rows per class (images per class, IPC) as an int,
        which is the total number of rows if y does not hold classes; a fraction of the
        rows as a float in (0, 1); or a dict ``{class: rows}``. No class gets more rows
        than it has.
    kernel : str or callable, default="portfolio"
        One of "portfolio", "linear", "rbf" (the mean of its three bandwidths),
        "laplacian", "ntk" and "nngp" (the neural tangent kernel and the Gaussian
        process kernel of an infinitely wide network) and "random_features" (the
        embeddings of random networks, new ones in each step [2]_). A callable takes two
        float32 tensors of encoded rows, (a, d) and (b, d), and returns a tensor (a, b).
    depth : int, default=2
        Number of hidden layers of the network of "ntk" and "nngp".
    network : str, class or skorch net, default="auto"
        Architecture of the networks of "random_features": "mlp", "convnet", "auto"
        ("mlp" for tables, "convnet" for images), a module class or a skorch net.
    n_networks : int, default=4
        Number of networks in a step of "random_features".
    teacher : skorch net or transformer, default=None
        Model whose representation replaces `kernel`: the embedding of a net, which is
        the input of its last linear layer, or the output of a transformer. An unfitted
        teacher is trained on encoded rows, which are flat for a transformer. A fitted
        teacher receives rows in the form of X; a `sklearn.frozen.FrozenEstimator` keeps
        it fitted when searches and pipelines clone the distiller. All teachers but
        unfitted nets are approximated by a network, so that gradients can be computed.
    ridge : float, default=0.2
        :math:`\lambda`. With small values, batches are fitted better, but rows can
        drift away from the data.
    bandwidths : tuple of float, default=(0.1, 0.3, 1.0)
        Bandwidths b of the Gaussian kernel :math:`\exp(-\|z - z'\|^2 / b)`, as
        multiples of the median squared distance between real rows.
    mmd_weight : float, default=1.0
        Weight of the squared MMD; 0 disables it.
    init : {"auto", "herding", "k-means", "random"}, default="auto"
        Initial rows: real rows chosen by kernel herding or at random, or the centroids
        of k-means clusters with, for regression, the mean targets of the clusters.
        "auto" is "herding"; for regression, it is the one of "herding" and "k-means"
        whose rows predict the other rows better by ridge regression.
    learn_labels : bool, default=False
        Whether labels are learned: soft labels or, for regression, continuous targets.
    max_iter : int, default=300
        Maximum number of steps.
    learning_rate : "auto" or float, default="auto"
        Step size of Adam in the encoded space. "auto" is 0.05 times the median distance
        between real rows, divided by the square root of the number of columns.
    batch_size : int, default=1024
        Number of real rows in a batch; all classes contribute equally many rows.
    validation_fraction : float, default=0.1
        Fraction of the real rows that is set aside as a validation set. The rows with
        the lowest validation loss are returned.
    tol : float, default=1e-4
        Relative decrease of the validation loss that counts as an improvement.
    n_iter_no_change : int or None, default=100
        Number of steps without an improvement after which training stops. None disables
        early stopping.
    max_time : float or None, default=None
        Time limit in seconds for choosing the initial rows and learning, after which
        the best rows so far are returned. The step size decreases to zero within the
        limit. None sets no limit.
    device : str, default="auto"
        PyTorch device, such as "cpu"; "auto" is a GPU if there is one.
    warm_start : bool, default=False
        Whether `fit` starts from the rows of the previous fit, in `distilled_`.
    callbacks : list of skorch callbacks or None, default=None
        Callbacks of the training loop, a skorch net whose `module_` holds the rows.
    checkpoint : str, path or None, default=None
        File in which `fit` saves its state at intervals, or directory in which every
        fit has a file of its own. If the process is killed, the same call of `fit`
        resumes from the file. The file is deleted when the fit ends.
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
    densify : {"auto"}, int or None, default=None
        Whether the distilled set of a table can grow: a sampler and a decoder are
        fitted to the training data, stored with the rows and used by
        `DistilledSet.densify` and `DistilledSet.predict`. With "auto", `fit_transform`
        and `score` use the distilled rows; with an int n, they use the set grown to n
        rows. None fits neither.
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
        The learned rows with their labels.
    encoder_ : TableEncoder or ImageEncoder
        Fitted encoder, which maps rows of X to the encoded space and back.
    classes_ : ndarray of shape (n_classes,)
        Class labels. Defined only for classification.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X. Defined only if X has names that are all strings.
    n_iter_ : int
        Number of steps that were made.
    history_ : skorch.history.History
        Training and validation loss of every epoch of 10 steps.
    device_ : str
        Device that was used.

    See Also
    --------
    HerdingSelection : The initial rows of this method.

    Notes
    -----
    Differences from the paper: the ridge is 0.2 instead of 1e-6; every step draws a
    new, class-balanced batch; the validation loss selects the rows that are returned;
    the default kernel is a portfolio instead of a neural tangent kernel; and the MMD is
    added.

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
    supports_several_targets = True

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
        densify: Any = None,
        evaluator: Any = None,
        numeric: str = "auto",
        categorical_features: Any = "from_dtype",
        cover_categories: Any = False,
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
        self.densify = densify
        self.evaluator = evaluator
        self.numeric = numeric
        self.categorical_features = categorical_features
        self.cover_categories = cover_categories
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
        rbf = tuple(gaussian(float(b) * squared) for b in bandwidths)
        city_block = laplacian(0.3 * median_distance(Z, rng, metric="cityblock"))
        by_name: dict[str, list[Kernel]] = {
            "portfolio": [linear, MeanKernel(rbf), city_block],
            "linear": [linear],
            "rbf": [MeanKernel(rbf)],
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
