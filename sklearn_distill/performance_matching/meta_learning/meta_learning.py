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
from .meta_learning_loss import MetaLearningLoss
from .unrolling import UnrolledTraining

# The number of networks of the validation loss.
N_VALIDATION_NETWORKS = 2
# The number of steps of horizon="auto": one step for this number of distilled rows, but
# at least the first and at most the second of these numbers of steps.
ROWS_PER_STEP, HORIZONS = 8, (20, 200)


class MetaLearning(RowLearner):
    r"""Learn rows by gradients through the training of networks (RaT-BPTT, LD).

    In every step, a new random network with weights :math:`\theta_0` is trained on the
    distilled rows S, all of them at each inner step,

    .. math:: \theta_{t+1} = \theta_t - \eta\, u(\nabla_\theta \ell(\theta_t; S)),

    where u is the update of the inner optimizer. Gradient descent on the rows minimizes
    the loss of the trained network on real rows R,

    .. math:: \ell(\theta_{N+M}(S); R), \qquad N \sim U\{0, \dots, T - M\}.

    Gradients flow through the last M inner steps, the window, and not through the N
    steps before: randomly truncated backpropagation through time (RaT-BPTT) [1]_.
    Memory depends on the window, but not on the horizon T. Gradients longer than twice
    their running mean are clipped to this length. Labels can be learned together with
    the rows, or alone as in label distillation (LD) [2]_. The inner learning rate
    :math:`\eta` is learned too.

    Parameters
    ----------
    budget : int, float or dict, default=10
        Size of the distilled set: rows per class (images per class, IPC) as an int,
        which is the total number of rows if y does not hold classes; a fraction of the
        rows as a float in (0, 1); or a dict ``{class: rows}``. No class gets more rows
        than it has.
    loss : {"squared_error", "log_loss"}, default="squared_error"
        :math:`\ell`. For classification, "squared_error" compares the outputs with
        centered one-hot labels. A network that has memorized a few rows makes
        overconfident errors, which dominate "log_loss". For regression both are the
        squared error.
    network : str, class or skorch net, default="auto"
        Architecture of the networks: "mlp", a perceptron with two hidden layers,
        "convnet", the literature's ConvNet with 128 channels, or "auto", which is "mlp"
        for tables and "convnet" for images, with 32 channels on a CPU. A module class
        is called with those of `n_inputs`, `image_shape` and `n_outputs` that it
        accepts. An unfitted skorch net provides module and module parameters, which can
        be searched (``network__module__width``).
    n_networks : int, default=1
        Number of networks in a step.
    inner_optimizer : {"sgd", "adam"}, default="adam"
        Optimizer that trains the networks; "sgd" has a momentum of 0.9.
    inner_learning_rate : float, default=0.003
        Initial value of :math:`\eta`.
    learn_inner_learning_rate : bool, default=True
        Whether :math:`\eta` is learned together with the rows.
    horizon : "auto" or int, default="auto"
        T, the number of inner steps of a complete training. "auto" is one eighth of the
        number of distilled rows, but at least 20 and `window`, and at most 200.
    window : int, default=15
        M, the number of inner steps through which gradients flow.
    augmentation : str, callable, sequence or None, default=None
        Differentiable augmentation of the real and the distilled batch; every step
        draws one operation. Images: "color", "crop", "cutout", "flip", "scale",
        "rotate"; tables: "noise", "dropout", "mixup". "auto" is all but "flip" for
        images (a mirrored digit is not valid) and None for tables. A callable takes no
        arguments and returns a function of a batch.
    init : {"herding", "random"}, default="herding"
        Whether the initial rows are real rows chosen by kernel herding or at random.
    learn_labels : bool, default=False
        Whether labels are learned: soft labels or, for regression, continuous targets.
    learn_rows : bool, default=True
        Whether rows are learned. If False, the rows are the initial, real rows, and
        `learn_labels` must be True.
    max_iter : int, default=200
        Maximum number of steps.
    learning_rate : "auto" or float, default="auto"
        Step size of Adam in the encoded space. "auto" is 0.02 times the median distance
        between real rows, divided by the square root of the number of columns.
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
    inner_learning_rate_ : float
        The learned inner learning rate.

    See Also
    --------
    NeuralFeatureRegression : Trains only the last layer, in closed form; much cheaper.

    Notes
    -----
    Differences from the papers: the loss is the squared error; the inner learning rate
    is learned; rows and labels are learned by Adam with a cosine schedule; a clipped
    gradient enters the running mean with its clipped length; the initial rows are
    chosen by herding; and the validation loss, of complete trainings from two fixed
    initializations, selects the rows that are returned. Memory contains the weights of
    every step of the window; for images, the activations within a step are recomputed
    instead of stored.

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
    supports_several_targets = True
    settings = LearningSettings(
        step_size=0.02, steps_per_epoch=20, max_validation_rows=1_024
    )

    _parameter_constraints: dict[str, Any] = {
        **RowLearner._parameter_constraints,
        "network": [str, callable, HasMethods(["initialize_module"])],
        "n_networks": [Interval(Integral, 1, None, closed="left")],
        "loss": [StrOptions({"squared_error", "log_loss"})],
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
        categorical_features: Any = "from_dtype",
        cover_categories: Any = False,
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
        self.categorical_features = categorical_features
        self.cover_categories = cover_categories
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
                F.mse_loss if self.loss == "squared_error" else real.task_loss,
                self.inner_optimizer,
                recompute=of_images,
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
