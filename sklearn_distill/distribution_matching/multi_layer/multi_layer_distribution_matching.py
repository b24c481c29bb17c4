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
    r"""Learn rows that look like the real ones to every layer of networks.

    The synthetic rows move downhill on the mean over the layers l of a discrepancy
    between the layer's outputs for real and for synthetic rows, class by class. Of
    feature maps it is the attention that is matched [1]_,

    .. math:: \sum_c \Big\| \frac{1}{|R_c|} \sum_{x \in R_c} a_l(x) - \frac{1}{|S_c|}
              \sum_{s \in S_c} a_l(s) \Big\|^2, \qquad a_l(x) \propto \sum_k
              |f_{l,k}(x)|^p,

    a picture of where the layer looks; of flat layers, the features themselves. Two
    terms keep classes apart: the cross-entropy of the real embeddings against the class
    centres of the synthetic ones [2]_, and that of the synthetic rows under each
    network, weighted by its accuracy [3]_. The networks come from a pool of partly
    trained ones, which is renewed as the steps go.

    Parameters
    ----------
    budget : int, float or dict, default=10
        Rows per class (regression and rows without labels: rows in all), the share of
        the rows to keep, or ``{class: rows}``. No class gets more rows than it has.
    layers : "all" or list of str, default="all"
        Which layers. "all": what every weighted layer but the first is handed, which in
        our networks is the output of each block, and the embedding last. Names are
        those of the network's ``named_modules()``, and stand for their outputs.
    discrepancy : {"auto", "attention", "mean", "mmd"}, default="auto"
        "attention": attention for feature maps, means for flat layers. "mean": means of
        features everywhere. "mmd": maximum mean discrepancy in Gaussian kernels
        everywhere. "auto": "attention" for images, "mmd" for tables.
    attention_power : float, default=4.0
        p.
    discrimination_weight : "auto" or float, default="auto"
        Of the real embeddings' cross-entropy; 0 leaves it out. "auto" is 0.1 for images
        and 0 for tables, whose classes it moves too far apart.
    cross_entropy_weight : "auto" or float, default="auto"
        Of the synthetic rows' cross-entropy under networks that are trained, likewise.
    adversarial : bool, default=False
        Whether at every layer a discriminator learns to tell synthetic from real
        features, and its gradient, reversed, moves the rows [4]_.
    network : str, class or skorch net, default="auto"
        "auto" is "mlp", a perceptron, for tables and "convnet" for images, 128 channels
        wide on a GPU and 32 on a CPU. A module class is called with those arguments of
        `n_inputs`, `image_shape` and `n_outputs` that it takes; of an unfitted skorch
        net module and module parameters are used, which makes them searchable
        (``network__module__width``).
    n_networks : int, default=1
        Networks a step.
    network_training : {"auto", "none", "queue", "full"}, default="auto"
        "none": networks are random. "queue": they come from a pool of partly trained
        ones, which is trained on and renewed as the steps go. "full": five are trained
        beforehand, and mixed with what they started from. "auto": "queue", or "none"
        without labels.
    factor : int, default=1
        Images only: learn `factor` squared times as many rows as `budget` says, each
        `factor` times smaller in height and width, and return them brought to full size
        by bilinear interpolation; 2 is the partition of [3]_.
        ``distilled_.info["bytes_learned"]`` is what was learned, ``info["bytes"]`` what
        the images take at full size.
    augmentation : str, callable, sequence or None, default="auto"
        What both batches undergo; each step draws one. For images among "color",
        "crop", "cutout", "flip", "scale", "rotate", for tables among "noise",
        "dropout", "mixup". "auto": all but "flip" for images (a mirrored digit is
        none), nothing for tables. A callable draws a function of rows.
    init : {"herding", "random"}, default="herding"
        Which real rows the learned ones start from.
    max_iter : int, default=500
        Steps at most.
    learning_rate : "auto" or float, default="auto"
        Adam's step size in the encoded space. "auto" is 0.02 times the median distance
        between rows over the root of their number of columns.
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
    DistributionMatching : Matches the embedding alone.

    Notes
    -----
    What differs from the papers: every layer weighs the same; differences are taken
    over the variance of the real features, so that wide layers weigh no more; all
    classes go through a network in one batch; networks train with Adam; Adam with a
    cosine schedule moves the rows, which start from herding; and held-back rows pick
    the result, seen through networks that stay the same. For a continuous y the
    discrepancy is taken of features f beside y f; without y all rows are one class.

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
            discriminators = make_discriminators(
                layers, len(problem.n_rows), power, problem.task
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
