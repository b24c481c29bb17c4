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
    r"""Learn rows whose gradients in networks are those of the real rows.

    At every step networks with weights :math:`\theta` see a class-balanced batch of
    real rows R and the synthetic rows S. The synthetic rows move downhill on the
    distance of the two gradients of the loss :math:`\ell` (cross-entropy, or the
    squared error for regression), class by class and layer by layer [1]_,

    .. math:: \sum_c \sum_l D\big( \nabla_{\theta_l} \ell(\theta; A(S_c)),
              \nabla_{\theta_l} \ell(\theta; A(R_c)) \big) ,

    so that a step of training on S does what a step on R would do. The gradients of all
    classes come from one pass through the network.

    Parameters
    ----------
    budget : int, float or dict, default=10
        Rows per class (regression: rows in all), the share of the rows to keep, or
        ``{class: rows}``. No class gets more rows than it has.
    distance : str or callable, default="cosine"
        D, for the gradients of a layer. "cosine": one less the cosine for the weights
        of each unit [1]_, units weighted by the size of their real gradient. "mse" and
        "l1": squared and city-block distance [3]_, relative to the size of the real
        gradient. A callable takes two tensors (n_classes, n_units, n_weights), of
        synthetic and of real rows, to a number.
    network : str, class or skorch net, default="auto"
        "auto" is "mlp", a perceptron, for tables and "convnet" for images, 128 channels
        wide on a GPU and 32 on a CPU. A module class is called with those arguments of
        `n_inputs`, `image_shape` and `n_outputs` that it takes; of an unfitted skorch
        net module and module parameters are used, which makes them searchable
        (``network__module__width``).
    n_networks : int, default=1
        Networks a step.
    trained_on : {"auto", "none", "real", "synthetic"}, default="auto"
        "none": networks are new at every step. "real": they come from a pool of partly
        trained ones, which is trained on real rows and renewed as the steps go [3]_.
        "synthetic": the same, trained on the synthetic rows [1]_. "auto" is "real" for
        images and "none" for tables.
    factor : int, default=1
        Images only: learn `factor` squared times as many rows as `budget` says, each
        `factor` times smaller in height and width, and return them brought to full size
        by bilinear interpolation [3]_. ``distilled_.info["bytes_learned"]`` is what was
        learned, ``info["bytes"]`` what the images take at full size.
    augmentation : str, callable, sequence or None, default="auto"
        What both batches undergo; each step draws one [2]_. For images among "color",
        "crop", "cutout", "flip", "scale", "rotate", for tables among "noise",
        "dropout", "mixup". "auto": all but "flip" for images (a mirrored digit is
        none), nothing for tables. A callable draws a function of rows.
    init : {"herding", "random"}, default="herding"
        Which real rows the learned ones start from.
    max_iter : int, default=200
        Steps at most.
    learning_rate : "auto" or float, default="auto"
        Adam's step size in the encoded space. "auto" is 0.015 times the median distance
        between rows over the root of their number of columns.
    batch_size : int, default=512
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
        Losses on batches and on held-back rows, by epoch of 20 steps.
    device_ : str
        The device that was used.

    See Also
    --------
    TrajectoryMatching : Matches where many steps of training lead.
    DistributionMatching : Matches features of networks, without gradients of gradients.

    Notes
    -----
    What differs from the papers: units weigh as their real gradients do; gradients are
    those of the weights of all layers, but not of biases and normalisation; all classes
    go through a network in one batch; Adam with a cosine schedule in place of gradient
    descent with momentum; rows start from herding; held-back rows pick the result, seen
    through networks of different ages that stay the same. Batch normalisation and
    dropout work as in evaluation. There is no schedule of inner and outer loops:
    networks of all ages come along at every step.

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
        queue = NetworkQueue(make, self.n_networks, max_steps=MAX_AGE)
        oldest = min(MAX_AGE, self.max_iter)
        ages = [min(age, oldest) for age in VALIDATION_AGES]
        queue.fixed = networks_of_ages(make, real, self.batch_size, ages)
        return queue
