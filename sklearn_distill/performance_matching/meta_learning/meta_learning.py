"""The estimator of meta-learning."""

# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real
from typing import Any

import numpy as np
import torch.nn.functional as F
from torch import nn

from ..._utils._sklearn_private import HasMethods, Interval, StrOptions
from ...base import LearningSettings, Problem, RowLearner
from ...engine.augmentation import SiameseAugmentation
from ...engine.network_factory import NetworkFactory
from ...engine.network_sources import RandomNetworks
from ...engine.network_training import Loss, task_loss
from .meta_learning_loss import MetaLearningLoss
from .unrolling import UnrolledTraining

LOSSES: dict[str, Loss] = {"squared_error": F.mse_loss, "log_loss": task_loss}
# The number of networks of the validation loss.
N_VALIDATION_NETWORKS = 2
# The number of steps of horizon="auto": one step for this number of distilled rows, but
# at least the first and at most the second of these numbers of steps.
ROWS_PER_STEP, HORIZONS = 8, (20, 200)


class MetaLearning(RowLearner):
    r"""Learn rows through the training of a network on them.

    At every step a new random network with weights :math:`\theta_0` is trained on the
    synthetic rows S, all of them at each inner step,

    .. math:: \theta_{t+1} = \theta_t - \eta\, u(\nabla_\theta \ell(\theta_t; S)),

    and the rows move downhill on the loss of the trained network on real rows R,

    .. math:: \ell(\theta_{N+M}(S); R), \qquad N \sim U\{0, \dots, T - M\},

    with gradients through the last M inner steps, the window, and none through the N
    before: backpropagation through time, truncated at random [1]_. Memory is that of
    the window, whatever the horizon T. Gradients longer than twice their running mean
    are cut to that. Labels can be learned with the rows, or alone [2]_, and so is
    the inner step size :math:`\eta`.

    Parameters
    ----------
    budget : int, float or dict, default=10
        Rows per class (regression: rows in all), the share of the rows to keep, or
        ``{class: rows}``. No class gets more rows than it has.
    loss : {"squared_error", "log_loss"}, default="squared_error"
        :math:`\ell`. For classes "squared_error" is that of the outputs from centred
        one-hots: a network that has learned a few rows by heart is sure of itself, and
        where it is wrong "log_loss" sees little else. For a continuous y both are the
        squared error.
    network : str, class or skorch net, default="auto"
        "auto" is "mlp", a perceptron, for tables and "convnet" for images, 128 channels
        wide on a GPU and 32 on a CPU. A module class is called with those arguments of
        `n_inputs`, `image_shape` and `n_outputs` that it takes; of an unfitted skorch
        net module and module parameters are used, which makes them searchable
        (``network__module__width``).
    n_networks : int, default=1
        Networks a step.
    inner_optimizer : {"sgd", "adam"}, default="adam"
        What trains the networks; "sgd" has a momentum of 0.9.
    inner_learning_rate : float, default=0.003
        :math:`\eta`, where it starts.
    learn_inner_learning_rate : bool, default=True
        Whether :math:`\eta` is learned with the rows.
    horizon : "auto" or int, default="auto"
        T, the inner steps of a whole training. "auto" is one for every eight distilled
        rows, which take the longer to learn the more there are of them, but 20 and
        `window` at least and 200 at most.
    window : int, default=15
        M, the inner steps that gradients flow through.
    augmentation : str, callable, sequence or None, default=None
        What both batches undergo; each step draws one. For images among "color",
        "crop", "cutout", "flip", "scale", "rotate", for tables among "noise",
        "dropout", "mixup". None: nothing. "auto": all but "flip" for images, nothing
        for tables. A callable draws a function of rows.
    init : {"herding", "random"}, default="herding"
        Which real rows the learned ones start from.
    learn_labels : bool, default=False
        Whether labels are learned: soft labels for classes.
    learn_rows : bool, default=True
        Whether rows are learned; otherwise they stay the real rows that they start
        from, and `learn_labels` has to be set.
    max_iter : int, default=200
        Steps at most.
    learning_rate : "auto" or float, default="auto"
        Adam's step size in the encoded space. "auto" is 0.02 times the median distance
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
    inner_learning_rate_ : float
        The inner step size that goes with the rows.

    See Also
    --------
    NeuralFeatureRegression : Networks' last layer in closed form; much cheaper.

    Notes
    -----
    What differs from the papers: the loss is the squared error; the inner step size is
    learned; Adam with a cosine schedule moves rows and labels; a gradient
    that was cut counts as cut in the running mean; rows start from herding; and
    held-back rows pick the result, by whole trainings from two starts that stay the
    same. Weights that the window keeps take memory; for images what lies between two
    inner steps is computed again instead of kept.

    References
    ----------
    .. [1] Y. Feng, R. Vedantam, J. Kempe, "Embarrassingly simple dataset distillation",
       ICLR 2024.
    .. [2] O. Bohdal, Y. Yang, T. Hospedales, "Flexible dataset distillation: Learn
       labels instead of images", 2020.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_distill import MetaLearning
    >>> X, y = load_iris(return_X_y=True)
    >>> meta = MetaLearning(budget=2, max_iter=40, random_state=0)
    >>> Xs, ys = meta.fit_distill(X[::2], y[::2])
    >>> Xs.shape
    (6, 4)
    """

    plugin_api = 1
    settings = LearningSettings(
        step_size=0.02, steps_per_epoch=20, max_validation_rows=1_024
    )

    _parameter_constraints: dict[str, Any] = {
        **RowLearner._parameter_constraints,
        "network": [str, callable, HasMethods(["initialize_module"])],
        "n_networks": [Interval(Integral, 1, None, closed="left")],
        "loss": [StrOptions(set(LOSSES))],
        "inner_optimizer": [StrOptions({"sgd", "adam"})],
        "inner_learning_rate": [Interval(Real, 0, None, closed="neither")],
        "learn_inner_learning_rate": ["boolean"],
        "horizon": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "window": [Interval(Integral, 1, None, closed="left")],
        "augmentation": [None, str, callable, list, tuple],
    }

    def __init__(
        self,
        budget: Any = 10,
        *,
        loss: str = "squared_error",
        network: Any = "auto",
        n_networks: int = 1,
        inner_optimizer: str = "adam",
        inner_learning_rate: float = 0.003,
        learn_inner_learning_rate: bool = True,
        horizon: Any = "auto",
        window: int = 15,
        augmentation: Any = None,
        init: str = "herding",
        learn_labels: bool = False,
        learn_rows: bool = True,
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
        self.loss = loss
        self.network = network
        self.n_networks = n_networks
        self.inner_optimizer = inner_optimizer
        self.inner_learning_rate = inner_learning_rate
        self.learn_inner_learning_rate = learn_inner_learning_rate
        self.horizon = horizon
        self.window = window
        self.augmentation = augmentation
        self.init = init
        self.learn_labels = learn_labels
        self.learn_rows = learn_rows
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
        horizon = self._horizon(problem)
        if self.window > horizon:
            raise ValueError(
                f"window={self.window} is longer than the training of "
                f"horizon={horizon} steps. Lower window or raise horizon."
            )
        make = NetworkFactory(
            self.network, problem.Z.shape[1:], real.targets.shape[1], self.device_
        )
        source = RandomNetworks(make, self.n_networks, n_fixed=N_VALIDATION_NETWORKS)
        of_images = problem.Z.ndim == 4
        return MetaLearningLoss(
            source,
            UnrolledTraining(
                LOSSES[self.loss], self.inner_optimizer, recompute=of_images
            ),
            horizon,
            self.window,
            self.inner_learning_rate,
            self.learn_inner_learning_rate,
            SiameseAugmentation(self.augmentation, of_images),
        )

    def _horizon(self, problem: Problem) -> int:
        """Return the number of steps of a whole training."""
        if self.horizon != "auto":
            return int(self.horizon)
        n_rows = int(problem.n_rows.sum())
        return max(self.window, int(np.clip(n_rows // ROWS_PER_STEP, *HORIZONS)))

    def _store_objective(self, objective: nn.Module) -> None:
        self.inner_learning_rate_ = float(objective.log_step_size.detach().exp())
