"""The estimator of multi-layer distribution matching."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch
from torch import nn

from ..._utils._sklearn_private import HasMethods, Interval, StrOptions
from ...base import LearningSettings, Problem, RowLearner
from ...engine.augmentation import SiameseAugmentation
from ...engine.layer_outputs import LayerOutputs
from ...engine.network_factory import NetworkFactory
from ...engine.network_sources import make_source
from ..discrepancies import GaussianDiscrepancy, MeanDiscrepancy
from .layer_losses import MultiLayerLoss, make_discriminators


class MultiLayerDistributionMatching(RowLearner):
    r"""Learn rows that match the outputs of every network layer (DataDAM, CAFE, IDM).

    Gradient descent on the distilled rows S minimizes the mean over the layers l of a
    discrepancy between the outputs of the layer for distilled and for real rows R,
    class by class. For feature maps f, the attention is matched (DataDAM [1]_),

    .. math:: \sum_c \Big\| \frac{1}{|R_c|} \sum_{x \in R_c} a_l(x) - \frac{1}{|S_c|}
              \sum_{s \in S_c} a_l(s) \Big\|^2, \qquad a_l(x) \propto \sum_k
              |f_{l,k}(x)|^p,

    which is a map of the locations with strong activations; for flat layers, the
    features themselves are matched. Two terms keep the classes apart: the cross-entropy
    of the real embeddings with respect to the class means of the distilled embeddings
    (CAFE [2]_), and the cross-entropy of the distilled rows under each network,
    weighted by the accuracy of the network (IDM [3]_). The networks come from a pool of
    partly trained networks, which are replaced as the steps proceed.

    Parameters
    ----------
    budget : int, float or dict, default=10
        Size of the distilled set: rows per class (images per class, IPC) as an int,
        which is the total number of rows if y does not hold classes; a fraction of the
        rows as a float in (0, 1); or a dict ``{class: rows}``. No class gets more rows
        than it has.
    layers : "all" or list of str, default="all"
        Layers to match. "all" matches the inputs of all weighted layers but the first,
        which in the package's networks are the outputs of the blocks and, last, the
        embedding. A list contains names of ``named_modules()``, whose outputs are
        matched.
    discrepancy : {"auto", "attention", "mean", "mmd"}, default="auto"
        "attention": attention of feature maps and means of flat layers. "mean": means
        of features. "mmd": maximum mean discrepancy with Gaussian kernels. "auto":
        "attention" for images, "mmd" for tables.
    attention_power : float, default=4.0
        p.
    discrimination_weight : "auto" or float, default="auto"
        Weight of the cross-entropy of the real embeddings; 0 disables it. "auto" is 0.1
        for images and 0 for tables, whose classes it moves too far apart.
    cross_entropy_weight : "auto" or float, default="auto"
        Weight of the cross-entropy of the distilled rows under trained networks; 0
        disables it. "auto" is 0.1 for images and 0 for tables.
    adversarial : bool, default=False
        Whether discriminators at every layer learn to distinguish distilled from real
        features, and their reversed gradients move the rows [4]_.
    network : str, class or skorch net, default="auto"
        Architecture of the networks: "mlp", a perceptron with two hidden layers,
        "convnet", the literature's ConvNet with 128 channels, or "auto", which is "mlp"
        for tables and "convnet" for images, with 32 channels on a CPU. A module class
        is called with those of `n_inputs`, `image_shape` and `n_outputs` that it
        accepts. An unfitted skorch net provides module and module parameters, which can
        be searched (``network__module__width``).
    n_networks : int, default=1
        Number of networks in a step.
    network_training : {"auto", "none", "queue", "full"}, default="auto"
        "none": random networks. "queue": networks from a pool of partly trained ones,
        which are trained and replaced as the steps proceed. "full": interpolations
        between initial and final weights of five networks that are trained beforehand.
        "queue" and "full" need labels. "auto": "queue", or "none" without labels.
    factor : int, default=1
        Multi-formation for images: learn `factor` squared times as many rows as
        `budget` allows, each smaller by `factor` in height and in width, and enlarge
        them by bilinear interpolation; 2 is the partitioning of IDM [3]_.
        ``distilled_.info["bytes_learned"]`` is the size of the rows before they are
        enlarged, ``info["bytes"]`` their size after.
    augmentation : str, callable, sequence or None, default="auto"
        Differentiable augmentation of the real and the distilled batch; every step
        draws one operation. Images: "color", "crop", "cutout", "flip", "scale",
        "rotate"; tables: "noise", "dropout", "mixup". "auto" is all but "flip" for
        images (a mirrored digit is not valid) and None for tables. A callable takes no
        arguments and returns a function of a batch.
    init : {"herding", "random"}, default="herding"
        Whether the initial rows are real rows chosen by kernel herding or at random.
    max_iter : int, default=500
        Maximum number of steps.
    learning_rate : "auto" or float, default="auto"
        Step size of Adam in the encoded space. "auto" is 0.02 times the median distance
        between real rows, divided by the square root of the number of columns.
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
    DistributionMatching : Matches the last layer only.

    Notes
    -----
    Differences from the papers: all layers have the same weight; discrepancies are
    divided by the variance of the real features, so that wide layers do not dominate;
    all classes pass a network in one batch; networks are trained by Adam; rows are
    learned by Adam with a cosine schedule; the initial rows are chosen by herding; and
    the validation loss, of fixed networks, selects the rows that are returned. For
    regression, the discrepancy compares features f together with the products y f;
    without y, all rows form one class.

    References
    ----------
    .. [1] A. Sajedi et al., "DataDAM: Efficient dataset distillation with attention
       matching", ICCV 2023.
    .. [2] K. Wang et al., "CAFE: Learning to condense dataset by aligning features",
       CVPR 2022.
    .. [3] G. Zhao et al., "Improved distribution matching for dataset condensation",
       CVPR 2023.
    .. [4] Y. Ganin et al., "Domain-adversarial training of neural networks", JMLR 2016.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_distill import MultiLayerDistributionMatching
    >>> X, y = load_iris(return_X_y=True)
    >>> matching = MultiLayerDistributionMatching(2, max_iter=40, random_state=0)
    >>> Xs, ys = matching.fit_distill(X[::2], y[::2])
    >>> Xs.shape
    (6, 4)
    """

    plugin_api = 1
    supports_several_targets = True
    settings = LearningSettings(
        step_size=0.02,
        steps_per_epoch=20,
        max_validation_rows=1_024,
        # The joint distribution of rows and targets is matched, so that the initial
        # targets must have the variance of the real targets.
        own_target_shares=(1.0,),
    )

    _parameter_constraints: dict[str, Any] = {
        **RowLearner._parameter_constraints,
        "factor": [Interval(Integral, 1, None, closed="left")],
        "layers": [StrOptions({"all"}), list, tuple],
        "discrepancy": [StrOptions({"auto", "attention", "mean", "mmd"})],
        "attention_power": [Interval(Real, 0, None, closed="neither")],
        "discrimination_weight": [
            StrOptions({"auto"}),
            Interval(Real, 0, None, closed="left"),
        ],
        "cross_entropy_weight": [
            StrOptions({"auto"}),
            Interval(Real, 0, None, closed="left"),
        ],
        "adversarial": ["boolean"],
        "network": [str, callable, HasMethods(["initialize_module"])],
        "n_networks": [Interval(Integral, 1, None, closed="left")],
        "network_training": [StrOptions({"auto", "none", "queue", "full"})],
        "augmentation": [None, str, callable, list, tuple],
    }

    def __init__(
        self,
        budget: Any = 10,
        *,
        layers: str | Sequence[str] = "all",
        discrepancy: str = "auto",
        attention_power: float = 4.0,
        discrimination_weight: float | str = "auto",
        cross_entropy_weight: float | str = "auto",
        adversarial: bool = False,
        network: Any = "auto",
        n_networks: int = 1,
        network_training: str = "auto",
        factor: int = 1,
        augmentation: Any = "auto",
        init: str = "herding",
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
        self.layers = layers
        self.discrepancy = discrepancy
        self.attention_power = attention_power
        self.discrimination_weight = discrimination_weight
        self.cross_entropy_weight = cross_entropy_weight
        self.adversarial = adversarial
        self.network = network
        self.n_networks = n_networks
        self.network_training = network_training
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

    def _objective(self, problem: Problem, real: Any) -> nn.Module:
        of_images = problem.Z.ndim == 4
        has_classes = problem.task == "classification"
        has_targets = problem.task != "unsupervised"
        training = self.network_training
        if training == "auto":
            training = "queue" if has_targets else "none"
        make = NetworkFactory(
            self.network, problem.Z.shape[1:], real.targets.shape[1], self.device_
        )
        source = make_source(
            training,
            make,
            real,
            has_targets=has_targets,
            n_networks=self.n_networks,
            batch_size=self.batch_size,
            keep=self.adversarial,
        )
        # Batch normalization requires at least two rows.
        rows = torch.zeros(2, *problem.Z.shape[1:], device=self.device_)
        outputs = LayerOutputs(source.fixed[0], rows, self.layers, with_logits=True)
        which = self.discrepancy
        if which == "auto":
            which = "attention" if of_images else "mmd"
        power = self.attention_power if which == "attention" else None
        discriminators = None
        if self.adversarial:
            *layers, _ = outputs(source.fixed[:1], rows)
            is_regression = problem.task == "regression"
            n_products = real.targets.shape[1] if is_regression else 0
            discriminators = make_discriminators(
                layers, len(problem.n_rows), power, n_products
            )
        return MultiLayerLoss(
            source,
            outputs,
            GaussianDiscrepancy() if which == "mmd" else MeanDiscrepancy(),
            power,
            discriminators,
            SiameseAugmentation(self.augmentation, of_images),
            self._weight(self.discrimination_weight, of_images) * has_classes,
            self._weight(self.cross_entropy_weight, of_images)
            * (has_classes and training != "none"),
            problem.task,
        )

    @staticmethod
    def _weight(weight: Any, of_images: bool) -> float:
        """Return the weight of a term of the loss; "auto" depends on the rows."""
        if weight == "auto":
            return 0.1 if of_images else 0.0
        return float(weight)
