"""The estimator of gradient matching."""

# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral
from typing import Any

import numpy as np
import torch
from torch import nn

from ..._utils._sklearn_private import HasMethods, Interval, StrOptions
from ...base import LearningSettings, Problem, RowLearner
from ...engine.augmentation import SiameseAugmentation
from ...engine.network_factory import NetworkFactory
from ...engine.network_sources import Make, NetworkQueue, RandomNetworks
from .distances import DISTANCES
from .gradient_matching_loss import GradientMatchingLoss, networks_of_ages
from .gradients import Groups

# The number of networks of the validation loss if networks are not trained.
N_VALIDATION_NETWORKS = 5
# The ages, in training steps, of the networks of the validation loss otherwise.
VALIDATION_AGES = (0, 20, 100)
# The number of training steps after which a network of the pool is replaced.
MAX_AGE = 200


class GradientMatching(RowLearner):
    r"""Learn rows whose gradients in networks match those of real rows (DC, DSA, IDC).

    In every step, networks with weights :math:`\theta` process a class-balanced batch
    of real rows R and the distilled rows S. Gradient descent on the rows minimizes the
    distance D between both gradients of the loss :math:`\ell` (cross-entropy or, for
    regression, squared error), class by class and layer by layer (DC [1]_),

    .. math:: \sum_c \sum_l D\big( \nabla_{\theta_l} \ell(\theta; A(S_c)),
              \nabla_{\theta_l} \ell(\theta; A(R_c)) \big) ,

    where A is an augmentation (DSA [2]_), so that a training step on S has the effect
    of a training step on R. One pass through the network gives the gradients of all
    classes.

    Parameters
    ----------
    budget : int, float or dict, default=10
        Size of the distilled set: rows per class (images per class, IPC) as an int,
        which is the total number of rows if y does not hold classes; a fraction of the
        rows as a float in (0, 1); or a dict ``{class: rows}``. No class gets more rows
        than it has.
    distance : str or callable, default="cosine"
        D, for the gradients of one layer. "cosine": one minus the cosine similarity for
        the weights of each unit [1]_, averaged with the norms of the real gradients as
        weights. "mse" and "l1": squared and city-block distance [3]_, relative to the
        norm of the real gradient. A callable takes the gradients of the distilled and
        of the real rows, tensors (n_classes, n_units, n_weights), and returns a scalar.
    network : str, class or skorch net, default="auto"
        Architecture of the networks: "mlp", a perceptron with two hidden layers,
        "convnet", the literature's ConvNet with 128 channels, or "auto", which is "mlp"
        for tables and "convnet" for images, with 32 channels on a CPU. A module class
        is called with those of `n_inputs`, `image_shape` and `n_outputs` that it
        accepts. An unfitted skorch net provides module and module parameters, which can
        be searched (``network__module__width``).
    n_networks : int, default=1
        Number of networks in a step.
    trained_on : {"auto", "none", "real", "synthetic"}, default="auto"
        "none": new random networks in every step. "real": networks from a pool of
        partly trained ones, which are trained on real rows and replaced as the steps
        proceed [3]_. "synthetic": the same, but trained on the distilled rows [1]_.
        "auto": "real" for images, "none" for tables.
    factor : int, default=1
        Multi-formation for images: learn `factor` squared times as many rows as
        `budget` allows, each smaller by `factor` in height and in width, and enlarge
        them by bilinear interpolation (IDC [3]_). ``distilled_.info["bytes_learned"]``
        is the size of the rows before they are enlarged, ``info["bytes"]`` their size
        after.
    augmentation : str, callable, sequence or None, default="auto"
        Differentiable augmentation of the real and the distilled batch; every step
        draws one operation. Images: "color", "crop", "cutout", "flip", "scale",
        "rotate"; tables: "noise", "dropout", "mixup". "auto" is all but "flip" for
        images (a mirrored digit is not valid) and None for tables. A callable takes no
        arguments and returns a function of a batch.
    init : {"herding", "random"}, default="herding"
        Whether the initial rows are real rows chosen by kernel herding or at random.
    max_iter : int, default=200
        Maximum number of steps.
    learning_rate : "auto" or float, default="auto"
        Step size of Adam in the encoded space. "auto" is 0.015 times the median
        distance between real rows, divided by the square root of the number of columns.
    batch_size : int, default=512
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
        Training and validation loss of every epoch of 20 steps.
    device_ : str
        Device that was used.

    See Also
    --------
    TrajectoryMatching : Matches the result of many training steps.
    DistributionMatching : Matches features of networks, without second-order gradients.

    Notes
    -----
    Differences from the papers: units are weighted by the norms of their real
    gradients; only the gradients of weight matrices and kernels are matched, in all
    layers, but not those of biases and normalization layers; all classes pass a network
    in one batch; Adam with a cosine schedule replaces gradient descent with momentum;
    the initial rows are chosen by herding; the validation loss, of fixed networks of
    different ages, selects the rows that are returned; batch normalization and dropout
    are in evaluation mode; and instead of a schedule of inner and outer loops, networks
    of all ages are used in every phase of the training.

    References
    ----------
    .. [1] B. Zhao, K. R. Mopuri, H. Bilen, "Dataset condensation with gradient
       matching", ICLR 2021.
    .. [2] B. Zhao, H. Bilen, "Dataset condensation with differentiable siamese
       augmentation", ICML 2021.
    .. [3] J.-H. Kim et al., "Dataset condensation via efficient synthetic-data
       parameterization", ICML 2022.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_distill import GradientMatching
    >>> X, y = load_iris(return_X_y=True)
    >>> matching = GradientMatching(budget=2, max_iter=40, random_state=0)
    >>> Xs, ys = matching.fit_distill(X[::2], y[::2])
    >>> Xs.shape
    (6, 4)
    """

    plugin_api = 1
    supports_several_targets = True
    settings = LearningSettings(
        step_size=0.015, steps_per_epoch=20, max_validation_rows=1_024
    )

    _parameter_constraints: dict[str, Any] = {
        **RowLearner._parameter_constraints,
        "factor": [Interval(Integral, 1, None, closed="left")],
        "distance": [StrOptions(set(DISTANCES)), callable],
        "network": [str, callable, HasMethods(["initialize_module"])],
        "n_networks": [Interval(Integral, 1, None, closed="left")],
        "trained_on": [StrOptions({"auto", "none", "real", "synthetic"})],
        "augmentation": [None, str, callable, list, tuple],
    }

    def __init__(
        self,
        budget: Any = 10,
        *,
        distance: Any = "cosine",
        network: Any = "auto",
        n_networks: int = 1,
        trained_on: str = "auto",
        factor: int = 1,
        augmentation: Any = "auto",
        init: str = "herding",
        max_iter: int = 200,
        learning_rate: Any = "auto",
        batch_size: int = 512,
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
        categorical_features: Any = "from_dtype",
        cover_categories: Any = False,
        image_shape: tuple[int, ...] | None = None,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.budget = budget
        self.distance = distance
        self.network = network
        self.n_networks = n_networks
        self.trained_on = trained_on
        self.factor = factor
        self.augmentation = augmentation
        self.init = init
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
        self.categorical_features = categorical_features
        self.cover_categories = cover_categories
        self.image_shape = image_shape
        self.random_state = random_state

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags

    def _objective(self, problem: Problem, real: Any) -> nn.Module:
        make = NetworkFactory(
            self.network, problem.Z.shape[1:], real.targets.shape[1], self.device_
        )
        has_classes = problem.task == "classification"
        trained_on = self.trained_on
        if trained_on == "auto":
            trained_on = "real" if problem.Z.ndim == 4 else "none"
        return GradientMatchingLoss(
            self._networks(make, real, trained_on),
            trained_on,
            Groups(torch.as_tensor(problem.n_rows, device=self.device_)),
            self.distance if callable(self.distance) else DISTANCES[self.distance],
            SiameseAugmentation(self.augmentation, problem.Z.ndim == 4),
            has_classes,
        )

    def _networks(self, make: Make, real: Any, trained_on: str) -> Any:
        """Return the source of the networks."""
        if trained_on == "none":
            return RandomNetworks(make, self.n_networks, n_fixed=N_VALIDATION_NETWORKS)
        queue = NetworkQueue(
            make, self.n_networks, max_steps=MAX_AGE, task_loss=real.task_loss
        )
        oldest = min(MAX_AGE, self.max_iter)
        ages = [min(age, oldest) for age in VALIDATION_AGES]
        queue.fixed = networks_of_ages(make, real, self.batch_size, ages)
        return queue
