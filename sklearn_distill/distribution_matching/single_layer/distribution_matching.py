"""The estimator of single-layer distribution matching."""

# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral
from typing import Any, Self

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
from .feature_sums import ColumnDescription, FeatureSums
from .fit_sums import accumulate, describe, fit_sums

DISCREPANCIES = {"mean", "mmd", "kl", "characteristic", "adversarial"}


class DistributionMatching(RowLearner):
    r"""Learn rows with the same distribution of network features as real rows (DM).

    In every step, new random networks compute features :math:`\phi` of a batch of real
    rows R and of the distilled rows S, both after the same augmentation A. Gradient
    descent on the rows minimizes a discrepancy between both sets of features, class by
    class. For ``discrepancy="mean"``, the distribution matching (DM) of [1]_, it is

    .. math:: \sum_c \Big\| \frac{1}{|R_c|} \sum_{x \in R_c} \phi(A(x)) -
              \frac{1}{|S_c|} \sum_{s \in S_c} \phi(A(s)) \Big\|^2 .

    By default no network is trained, and no second-order gradients are computed, which
    makes this method the cheapest of those that use networks.

    Parameters
    ----------
    budget : int, float or dict, default=10
        Size of the distilled set: rows per class (images per class, IPC) as an int,
        which is the total number of rows if y does not hold classes; a fraction of the
        rows as a float in (0, 1); or a dict ``{class: rows}``. No class gets more rows
        than it has.
    discrepancy : str or callable, default="auto"
        "mean": squared distance between mean features (DM [1]_). "mmd": maximum mean
        discrepancy with Gaussian kernels of three bandwidths, which compares all
        moments (M3D [2]_). "kl": Kullback-Leibler divergence between Gaussians.
        "characteristic": distance between characteristic functions at frequencies that
        an adversary learns (NCFM [3]_). "adversarial": a discriminator between
        distilled and real features [4]_; the networks are then drawn once. "auto":
        "mean" for images, "mmd" for tables. A callable takes the features of the
        distilled and of the real rows of a class, tensors (m, d) and (n, d), and
        returns a scalar.
    network : str, class or skorch net, default="auto"
        Architecture of the networks: "mlp", a perceptron with two hidden layers,
        "convnet", the literature's ConvNet with 128 channels, or "auto", which is "mlp"
        for tables and "convnet" for images, with 32 channels on a CPU. A module class
        is called with those of `n_inputs`, `image_shape` and `n_outputs` that it
        accepts. An unfitted skorch net provides module and module parameters, which can
        be searched (``network__module__width``).
    n_networks : int, default=1
        Number of networks in a step.
    network_training : {"none", "queue", "full"}, default="none"
        "none": random networks. "queue": networks from a pool of partly trained ones,
        which are trained and replaced as the steps proceed. "full": interpolations
        between initial and final weights of five networks that are trained beforehand.
        "queue" and "full" need labels.
    factor : int, default=1
        Multi-formation for images: learn `factor` squared times as many rows as
        `budget` allows, each smaller by `factor` in height and in width, and enlarge
        them by bilinear interpolation.
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
    KernelInducingPoints : Matches predictions and distributions in kernels.

    Notes
    -----
    Differences from the paper: all classes pass a network in one batch; Adam with a
    cosine schedule replaces gradient descent with momentum; the initial rows are chosen
    by herding; the validation loss, of fixed networks, selects the rows that are
    returned; and one augmentation is drawn for the entire batch. For regression, the
    discrepancy compares features f together with the products y f; without y, all rows
    form one class.

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
    supports_several_targets = True
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
        "factor": [Interval(Integral, 1, None, closed="left")],
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
        self.discrepancy = discrepancy
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
        n_features = example[0, 0].numel()
        if problem.task == "regression":
            n_features *= 1 + real.targets.shape[1]
        return DistributionMatchingLoss(
            source,
            features,
            make_discrepancy(discrepancy, n_features, len(problem.n_rows)),
            SiameseAugmentation(self.augmentation, of_images),
            problem.task,
        )

    def describe(
        self, X: Any, y: Any = None, sample_weight: Any = None
    ) -> ColumnDescription:
        """Return statistics of the columns and classes of one part of a data set.

        With `accumulate` and `fit_statistics`, the parts of a data set are distilled
        without any row leaving its part. The descriptions of all parts are added up
        with ``+`` first.

        Parameters
        ----------
        X : array-like or DataFrame of n rows
        y : array-like of shape (n,), default=None
            Class labels.
        sample_weight : array-like of shape (n,), default=None

        Returns
        -------
        ColumnDescription
            Extremes, moments, quantiles and category weights of the columns.
        """
        return describe(self, X, y, sample_weight)

    def accumulate(
        self,
        X: Any,
        y: Any,
        description: ColumnDescription,
        sample_weight: Any = None,
    ) -> FeatureSums:
        """Return the sums of the network features of one part of a data set.

        The `n_networks` networks are determined by `random_state`, which must be an
        int. The sums of all parts are added up with ``+`` and passed to
        `fit_statistics`.

        Parameters
        ----------
        X : array-like or DataFrame of n rows
        y : array-like of shape (n,) or None
            Class labels.
        description : ColumnDescription
            The sum of the descriptions of all parts.
        sample_weight : array-like of shape (n,), default=None

        Returns
        -------
        FeatureSums
            Among others, n_networks x n_classes x n_features sums.

        Raises
        ------
        ValueError
            If a parameter requires the real rows, such as another discrepancy than
            "mean", or if y contains continuous targets.
        """
        return accumulate(self, X, y, description, sample_weight)

    def fit_statistics(self, sums: FeatureSums) -> Self:
        """Learn rows from the sums of features of all parts.

        The distilled rows are those that the sums of all rows together give, up to
        rounding. Unlike those of `fit`, they are matched in the same networks in all
        steps, and the initial rows are drawn from a normal distribution per class.

        Parameters
        ----------
        sums : FeatureSums
            The sum of the results of `accumulate`.

        Returns
        -------
        self : object
        """
        self._validate_params()
        return fit_sums(self, sums)
