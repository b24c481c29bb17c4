"""The estimator of neural feature regression."""

# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from ..._utils._sklearn_private import HasMethods, Interval
from ...base import LearningSettings, Problem, RowLearner
from ...engine.augmentation import SiameseAugmentation
from ...engine.layer_outputs import LayerOutputs
from ...engine.network_factory import NetworkFactory
from ...engine.network_sources import NetworkQueue
from .neural_feature_loss import NeuralFeatureLoss

# The number of networks of the validation loss.
N_VALIDATION_NETWORKS = 2


class NeuralFeatureRegression(RowLearner):
    r"""Learn rows from whose features in young networks the real rows are predicted.

    FRePo [1]_: a pool of networks is trained on the synthetic rows themselves, a step
    each time that one is drawn, and thrown away after `max_network_steps`. The network
    drawn embeds the synthetic rows S and a batch of real rows R by :math:`\phi`, ridge
    regression on the embedding of S is solved in closed form, and rows move downhill on

    .. math:: \frac{1}{2 |R|} \big\| y_R - \Phi_R \Phi_S^\top (\Phi_S \Phi_S^\top +
              \lambda \bar k I)^{-1} y_S \big\|^2

    with :math:`\bar k` the mean of the diagonal of :math:`\Phi_S \Phi_S^\top`. The last
    layer is thus trained to the end at every step and no gradient flows through the
    training of the others, which makes it the cheapest of the methods that judge rows
    by the networks trained on them.

    Parameters
    ----------
    budget : int, float or dict, default=10
        Rows per class (regression: rows in all), the share of the rows to keep, or
        ``{class: rows}``. No class gets more rows than it has.
    network : str, class or skorch net, default="auto"
        "auto" is "mlp", a perceptron, for tables and "convnet" for images, 128 channels
        wide on a GPU and 32 on a CPU. A module class is called with those arguments of
        `n_inputs`, `image_shape` and `n_outputs` that it takes; of an unfitted skorch
        net module and module parameters are used, which makes them searchable
        (``network__module__width``).
    n_networks : int, default=1
        Networks a step.
    pool_size : int, default=10
        Networks in the pool, of different ages.
    max_network_steps : int, default=100
        Training steps after which a network makes room for a new one.
    network_learning_rate : float, default=3e-4
        Of the networks' Adam.
    ridge : float, default=0.1
        :math:`\lambda`. Small values fit the batches better and let rows drift away
        from the data.
    augmentation : str, callable, sequence or None, default=None
        What both batches undergo; each step draws one. For images among "color",
        "crop", "cutout", "flip", "scale", "rotate", for tables among "noise",
        "dropout", "mixup". None: nothing. "auto": all but "flip" for images, nothing
        for tables. A callable draws a function of rows.
    init : {"herding", "random"}, default="herding"
        Which real rows the learned ones start from.
    learn_labels : bool, default=False
        Whether labels are learned with the rows: soft labels for classes. Their margin,
        first class over second, then counts in the loss up to one in the number of
        classes, so that they stay clear.
    max_iter : int, default=500
        Steps at most.
    learning_rate : "auto" or float, default="auto"
        Adam's step size in the encoded space. "auto" is 0.02 times (for images 0.05)
        the median distance between rows over the root of their number of columns.
    batch_size : int, default=1024
        Real rows a step, in equal parts from all classes.
    validation_fraction : float, default=0.1
        The share of the real rows that no step sees. The loss on them picks the rows
        that are returned.
    tol : float, default=1e-4
        What counts as a fall of that loss, as a share of itself.
    n_iter_no_change : int, default=200
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
    KernelInducingPoints : Ridge regression in kernels that are not learned.
    MetaLearning : Lets gradients flow through the training of networks.

    Notes
    -----
    What differs from the paper: the ridge is 0.1, not 1e-6; Adam with a cosine
    schedule moves rows and labels; rows start from herding; and held-back rows pick the
    result, seen through two networks that are trained from the same starts on the rows
    of each look. For a continuous y there are no margins.

    References
    ----------
    .. [1] Y. Zhou, E. Nezhadarya, J. Ba, "Dataset distillation using neural feature
       regression", NeurIPS 2022.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_distill import NeuralFeatureRegression
    >>> X, y = load_iris(return_X_y=True)
    >>> points = NeuralFeatureRegression(budget=2, max_iter=40, random_state=0)
    >>> Xs, ys = points.fit_distill(X[::2], y[::2])
    >>> Xs.shape
    (6, 4)
    """

    plugin_api = 1
    settings = LearningSettings(
        step_size=0.02,
        image_step_size=0.05,
        steps_per_epoch=20,
        max_validation_rows=1_024,
    )

    _parameter_constraints: dict[str, Any] = {
        **RowLearner._parameter_constraints,
        "network": [str, callable, HasMethods(["initialize_module"])],
        "n_networks": [Interval(Integral, 1, None, closed="left")],
        "pool_size": [Interval(Integral, 1, None, closed="left")],
        "max_network_steps": [Interval(Integral, 1, None, closed="left")],
        "network_learning_rate": [Interval(Real, 0, None, closed="neither")],
        "ridge": [Interval(Real, 0, None, closed="neither")],
        "augmentation": [None, str, callable, list, tuple],
    }

    def __init__(
        self,
        budget: Any = 10,
        *,
        network: Any = "auto",
        n_networks: int = 1,
        pool_size: int = 10,
        max_network_steps: int = 100,
        network_learning_rate: float = 3e-4,
        ridge: float = 0.1,
        augmentation: Any = None,
        init: str = "herding",
        learn_labels: bool = False,
        max_iter: int = 500,
        learning_rate: Any = "auto",
        batch_size: int = 1024,
        validation_fraction: float = 0.1,
        tol: float = 1e-4,
        n_iter_no_change: int | None = 200,
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
        self.network = network
        self.n_networks = n_networks
        self.pool_size = pool_size
        self.max_network_steps = max_network_steps
        self.network_learning_rate = network_learning_rate
        self.ridge = ridge
        self.augmentation = augmentation
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
        make = NetworkFactory(
            self.network, problem.Z.shape[1:], real.targets.shape[1], self.device_
        )
        queue = NetworkQueue(
            make,
            self.n_networks,
            size=self.pool_size,
            n_train_steps=1,
            max_steps=self.max_network_steps,
            learning_rate=self.network_learning_rate,
            task_loss=F.mse_loss,
            n_fixed=N_VALIDATION_NETWORKS,
        )
        rows = torch.zeros(2, *problem.Z.shape[1:], device=self.device_)
        return NeuralFeatureLoss(
            queue,
            LayerOutputs(queue.fixed[0], rows),
            self.ridge,
            SiameseAugmentation(self.augmentation, problem.Z.ndim == 4),
            self.learn_labels and problem.task == "classification",
        )
