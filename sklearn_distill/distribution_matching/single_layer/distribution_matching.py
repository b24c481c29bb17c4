"""The estimator of single-layer distribution matching."""

# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral
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
from ..discrepancies import make_discrepancy
from .distribution_matching_loss import DistributionMatchingLoss

DISCREPANCIES = {"mean", "mmd", "kl", "characteristic", "adversarial"}


class DistributionMatching(RowLearner):
    r"""Learn rows whose features in networks are distributed as those of the real rows.

    At every step new random networks embed a batch of real rows and the synthetic rows,
    both changed by the same augmentation, and the synthetic rows move downhill on the
    discrepancy of the two embeddings, class by class; for ``discrepancy="mean"`` [1]_

    .. math:: \sum_c \Big\| \frac{1}{|R_c|} \sum_{x \in R_c} \phi(A(x)) -
              \frac{1}{|S_c|} \sum_{s \in S_c} \phi(A(s)) \Big\|^2 .

    No network is trained unless asked for, and no gradient of a gradient is taken: of
    the methods that work through networks it is the cheapest.

    Parameters
    ----------
    budget : int, float or dict, default=10
        Rows per class (regression and rows without labels: rows in all), the share of
        the rows to keep, or ``{class: rows}``. No class gets more rows than it has.
    discrepancy : str or callable, default="auto"
        "auto": "mean" for images, "mmd" for tables. "mean": squared distance of mean
        features [1]_. "mmd": maximum mean discrepancy in Gaussian kernels of three
        bandwidths, which sees all moments [2]_. "kl": Kullback-Leibler divergence of
        Gaussians. "characteristic": distance of characteristic functions at frequencies
        that an adversary picks [3]_. "adversarial": a network that tells synthetic from
        real features [4]_; the embedding networks are then drawn once. A callable takes
        two tensors, (m, d) and (n, d), the features of a class's synthetic and real
        rows, to a number.
    network : str, class or skorch net, default="auto"
        "auto" is "mlp", a perceptron, for tables and "convnet" for images, 128 channels
        wide on a GPU and 32 on a CPU. A module class is called with those arguments of
        `n_inputs`, `image_shape` and `n_outputs` that it takes; of an unfitted skorch
        net module and module parameters are used, which makes them searchable
        (``network__module__width``).
    n_networks : int, default=1
        Networks a step.
    network_training : {"none", "queue", "full"}, default="none"
        "none": networks are random. "queue": they come from a pool of partly trained
        ones, which is trained on and renewed as the steps go. "full": five are trained
        beforehand, and mixed with what they started from. The latter two need labels.
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
    KernelInducingPoints : Matches predictions and distributions in kernels.

    Notes
    -----
    What differs from the paper: all classes go through a network in one batch; Adam
    with a cosine schedule in place of gradient descent with momentum; rows start from
    herding; held-back rows pick the result, seen through networks that stay the same;
    and one change is drawn for the whole batch. For a continuous y the discrepancy is
    taken of features f beside y f; without y all rows are one class.

    References
    ----------
    .. [1] B. Zhao, H. Bilen, "Dataset condensation with distribution matching",
       WACV 2023.
    .. [2] H. Zhang et al., "M3D: Dataset condensation by minimizing maximum mean
       discrepancy", AAAI 2024.
    .. [3] S. Wang et al., "Dataset distillation with neural characteristic function:
       a minmax perspective", CVPR 2025.
    .. [4] I. Goodfellow et al., "Generative adversarial nets", NeurIPS 2014.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_distill import DistributionMatching
    >>> X, y = load_iris(return_X_y=True)
    >>> matching = DistributionMatching(
    ...     budget=2, init="random", max_iter=40, random_state=0
    ... )
    >>> Xs, ys = matching.fit_distill(X[::2], y[::2])
    >>> Xs.shape
    (6, 4)
    """

    plugin_api = 1
    settings = LearningSettings(
        step_size=0.02,
        image_step_size=0.05,
        steps_per_epoch=20,
        max_validation_rows=1_024,
        # The joint distribution of rows and targets is matched, so that the initial
        # targets must have the variance of the real targets.
        own_target_shares=(1.0,),
    )

    _parameter_constraints: dict[str, Any] = {
        **RowLearner._parameter_constraints,
        "discrepancy": [StrOptions({"auto", *DISCREPANCIES}), callable],
        "network": [str, callable, HasMethods(["initialize_module"])],
        "n_networks": [Interval(Integral, 1, None, closed="left")],
        "network_training": [StrOptions({"none", "queue", "full"})],
        "augmentation": [None, str, callable, list, tuple],
    }

    def __init__(
        self,
        budget: Any = 10,
        *,
        discrepancy: Any = "auto",
        network: Any = "auto",
        n_networks: int = 1,
        network_training: str = "none",
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
        self.discrepancy = discrepancy
        self.network = network
        self.n_networks = n_networks
        self.network_training = network_training
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
        discrepancy = self.discrepancy
        if discrepancy == "auto":
            discrepancy = "mean" if of_images else "mmd"
        make = NetworkFactory(
            self.network, problem.Z.shape[1:], real.targets.shape[1], self.device_
        )
        source = make_source(
            self.network_training,
            make,
            real,
            has_targets=problem.task != "unsupervised",
            n_networks=self.n_networks,
            batch_size=self.batch_size,
            keep=discrepancy == "adversarial",
        )
        # Batch normalization requires at least two rows.
        rows = torch.zeros(2, *problem.Z.shape[1:], device=self.device_)
        features = LayerOutputs(source.fixed[0], rows)
        with torch.no_grad():
            (example,) = features(source.fixed[:1], rows)
        n_features = example[0, 0].numel() * (2 if problem.task == "regression" else 1)
        return DistributionMatchingLoss(
            source,
            features,
            make_discrepancy(discrepancy, n_features, len(problem.n_rows)),
            SiameseAugmentation(self.augmentation, of_images),
            problem.task,
        )
