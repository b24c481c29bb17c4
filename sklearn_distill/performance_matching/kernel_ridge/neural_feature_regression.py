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
    r"""Learn rows for ridge regression on features of young networks (FRePo).

    Neural feature regression with pooling (FRePo) [1]_ keeps a pool of networks that
    are trained on the distilled rows themselves: a network is trained for one step
    whenever it is drawn, and a new network replaces it after `max_network_steps` steps.
    The drawn network computes embeddings :math:`\Phi_S` of the distilled rows S and
    :math:`\Phi_R` of a batch of real rows R. Ridge regression on :math:`\Phi_S` is
    solved in closed form, and gradient descent on the rows minimizes

    .. math:: \frac{1}{2 |R|} \big\| y_R - \Phi_R \Phi_S^\top (\Phi_S \Phi_S^\top +
              \lambda \bar k I)^{-1} y_S \big\|^2 ,

    where :math:`\bar k` is the mean of the diagonal of :math:`\Phi_S \Phi_S^\top`. The
    last layer is thus trained to convergence in every step, and no gradients flow
    through the training of the other layers, which makes this method the cheapest of
    those that evaluate rows by networks trained on them.

    Parameters
    ----------
    budget : int, float or dict, default=10
        Size of the distilled set: rows per class (images per class, IPC) as an int,
        which is the total number of rows if y does not hold classes; a fraction of the
        rows as a float in (0, 1); or a dict ``{class: rows}``. No class gets more rows
        than it has.
    network : str, class or skorch net, default="auto"
        Architecture of the networks: "mlp", a perceptron with two hidden layers,
        "convnet", the literature's ConvNet with 128 channels, or "auto", which is "mlp"
        for tables and "convnet" for images, with 32 channels on a CPU. A module class
        is called with those of `n_inputs`, `image_shape` and `n_outputs` that it
        accepts. An unfitted skorch net provides module and module parameters, which can
        be searched (``network__module__width``).
    n_networks : int, default=1
        Number of networks in a step.
    pool_size : int, default=10
        Number of networks in the pool. They differ in age.
    max_network_steps : int, default=100
        Number of training steps after which a new network replaces a network.
    network_learning_rate : float, default=3e-4
        Step size of Adam in the training of the networks.
    ridge : float, default=0.1
        :math:`\lambda`. With small values, batches are fitted better, but rows can
        drift away from the data.
    factor : int, default=1
        Multi-formation for images: learn `factor` squared times as many rows as
        `budget` allows, each smaller by `factor` in height and in width, and enlarge
        them by bilinear interpolation.
        ``distilled_.info["bytes_learned"]`` is the size of the rows before they are
        enlarged, ``info["bytes"]`` their size after.
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
        The loss then rewards the margin between the two most probable classes of a soft
        label, up to one over the number of classes, so that soft labels stay
        unambiguous.
    max_iter : int, default=500
        Maximum number of steps.
    learning_rate : "auto" or float, default="auto"
        Step size of Adam in the encoded space. "auto" is 0.02 (for images 0.05) times
        the median distance between real rows, divided by the square root of the number
        of columns.
    batch_size : int, default=1024
        Number of real rows in a batch; all classes contribute equally many rows.
    validation_fraction : float, default=0.1
        Fraction of the real rows that is set aside as a validation set. The rows with
        the lowest validation loss are returned.
    tol : float, default=1e-4
        Relative decrease of the validation loss that counts as an improvement.
    n_iter_no_change : int or None, default=200
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
    KernelInducingPoints : Ridge regression in kernels that are not learned.
    MetaLearning : Computes gradients through the training of networks.

    Notes
    -----
    Differences from the paper: the ridge is 0.1 instead of 1e-6; rows and labels are
    learned by Adam with a cosine schedule; the initial rows are chosen by herding; the
    validation loss, of two networks that are trained on the distilled rows from fixed
    initial weights, selects the rows that are returned. For regression there are no
    margins.

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
    supports_several_targets = True
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
        "factor": [Interval(Integral, 1, None, closed="left")],
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
        factor: int = 1,
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
        categorical_features: Any = "from_dtype",
        cover_categories: Any = False,
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
        self.factor = factor
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
