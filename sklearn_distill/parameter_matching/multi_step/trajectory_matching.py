"""The estimator of trajectory matching."""

# SPDX-License-Identifier: BSD-3-Clause

import os
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch
from torch import nn

from ..._utils._sklearn_private import HasMethods, Interval, StrOptions
from ...base import Learned, LearningSettings, Problem, RowLearner
from ...engine.augmentation import SiameseAugmentation
from ...engine.network_factory import NetworkFactory
from .experts import Training, train_experts
from .inner_training import (
    FlatNetwork,
    check_normalization,
    weights_in_constant_memory,
    weights_with_graph,
)
from .trajectory_loss import TrajectoryMatchingLoss

# The smallest and the largest number of steps in an epoch of an expert.
STEPS_PER_EPOCH = (30, 50)


class TrajectoryMatching(RowLearner):
    r"""Learn rows on which networks train like experts (MTT, TESLA, DATM).

    Experts are networks that are trained on the real rows beforehand; their weights are
    recorded after every epoch. In every step, a network starts from the weights
    :math:`\theta^*_t` of an expert and is trained on the distilled rows by N steps of
    plain gradient descent. Gradient descent on the rows minimizes the distance between
    its final weights and those of the expert M epochs later (MTT [1]_),

    .. math:: \frac{\| \hat\theta_{t+N} - \theta^*_{t+M} \|^2}
              {\| \theta^*_t - \theta^*_{t+M} \|^2} .

    The step size of the N steps is learned too. Gradients flow through all N steps, of
    which only the weights are stored: the backward pass recomputes the activations.

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
        be searched (``network__module__width``). Networks with batch normalization
        raise an error.
    n_experts : int, default=3
        Number of networks that are trained on the real rows.
    max_epochs : int, default=10
        Number of epochs for which experts are trained. An epoch is one pass over their
        training rows, but at least 30 and at most 50 steps.
    expert_learning_rate : float, default=0.1
        Step size of gradient descent in the training of the experts.
    flat_experts : bool, default=False
        Whether experts seek flat minima, which makes their trajectories easier to match
        (FTD [3]_) and doubles the cost of their training.
    expert_epochs : int, default=1
        M, the number of expert epochs that are matched.
    student_steps : int, default=10
        N, the number of steps on the distilled rows that match M epochs.
    max_start_epoch : int or None, default=None
        Last epoch t from which networks start; None is the last epoch that
        `expert_epochs` epochs follow. The start epochs increase up to it gradually
        (DATM [4]_).
    memory : {"constant", "graph"}, default="constant"
        Whether the N steps are recomputed in the backward pass ("constant") or stored
        ("graph"), which is a third faster. The gradients are the same.
    averaging : float, default=0.9
        Decay of the moving average over steps that is returned; 0 returns the rows
        themselves.
    learn_labels : bool, default=False
        Whether labels are learned: soft labels or, for regression, continuous targets.
        Initial soft labels are the means of the one-hot labels and the probabilities
        that the experts predict [4]_.
    augmentation : str, callable, sequence or None, default="auto"
        Differentiable augmentation of the real and the distilled batch; every step
        draws one operation. Images: "color", "crop", "cutout", "flip", "scale",
        "rotate"; tables: "noise", "dropout", "mixup". "auto" is all but "flip" for
        images (a mirrored digit is not valid) and None for tables. A callable takes no
        arguments and returns a function of a batch.
    cache : str, path or None, default=None
        Directory in which experts are stored. Fits with the same training rows, network
        and expert parameters reuse them.
    n_jobs : int or None, default=None
        Number of experts that are trained in parallel, as in joblib.
    init : {"herding", "random"}, default="herding"
        Whether the initial rows are real rows chosen by kernel herding or at random.
    max_iter : int, default=200
        Maximum number of steps.
    learning_rate : "auto" or float, default="auto"
        Step size of Adam in the encoded space. "auto" is 0.02 times the median distance
        between real rows, divided by the square root of the number of columns.
    batch_size : int, default=256
        Number of real rows in an expert's batch; all classes contribute equally many.
    validation_fraction : float, default=0.1
        Fraction of the real rows that is set aside as a validation set. The rows with
        the lowest validation loss are returned.
    tol : float, default=1e-4
        Relative decrease of the validation loss that counts as an improvement.
    n_iter_no_change : int or None, default=100
        Number of steps without an improvement after which training stops. None disables
        early stopping.
    max_time : float or None, default=None
        Time limit in seconds for training the experts, choosing the initial rows and
        learning, after which the best rows so far are returned. One expert is always
        trained completely, and further ones until half of the time has passed. The step
        size decreases to zero within the limit. None sets no limit.
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
    student_step_size_ : float
        Learned step size of plain gradient descent on the distilled rows.

    See Also
    --------
    GradientMatching : Matches single steps, without experts.

    Notes
    -----
    Differences from the papers: the validation loss, of networks that are trained on
    the distilled rows, selects the rows that are returned; Adam replaces gradient
    descent with momentum; the initial rows are chosen by herding; and experts are
    trained on class-balanced batches. TESLA [2]_ ignores the effect of a step on later
    gradients, whereas the gradient is exact here. If a network diverges from the target
    weights, the rows do not move in this step, and the step size is halved.

    References
    ----------
    .. [1] G. Cazenavette et al., "Dataset distillation by matching training
       trajectories", CVPR 2022.
    .. [2] J. Cui et al., "Scaling up dataset distillation to ImageNet-1K with constant
       memory", ICML 2023.
    .. [3] J. Du et al., "Minimizing the accumulated trajectory error to improve dataset
       distillation", CVPR 2023.
    .. [4] Z. Guo et al., "Towards lossless dataset distillation via difficulty-aligned
       trajectory matching", ICLR 2024.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_distill import TrajectoryMatching
    >>> X, y = load_iris(return_X_y=True)
    >>> matching = TrajectoryMatching(2, n_experts=2, max_iter=20, random_state=0)
    >>> Xs, ys = matching.fit_distill(X[::2], y[::2])
    >>> Xs.shape
    (6, 4)
    """

    plugin_api = 1
    supports_several_targets = True
    settings = LearningSettings(
        step_size=0.02, steps_per_epoch=20, max_validation_rows=1_024
    )
    parameters_without_effect = RowLearner.parameters_without_effect | {
        "cache",
        "n_jobs",
    }

    _parameter_constraints: dict[str, Any] = {
        **RowLearner._parameter_constraints,
        "network": [str, callable, HasMethods(["initialize_module"])],
        "n_experts": [Interval(Integral, 1, None, closed="left")],
        "max_epochs": [Interval(Integral, 1, None, closed="left")],
        "expert_learning_rate": [Interval(Real, 0, None, closed="neither")],
        "flat_experts": ["boolean"],
        "expert_epochs": [Interval(Integral, 1, None, closed="left")],
        "student_steps": [Interval(Integral, 1, None, closed="left")],
        "max_start_epoch": [None, Interval(Integral, 0, None, closed="left")],
        "memory": [StrOptions({"constant", "graph"})],
        "averaging": [Interval(Real, 0, 1, closed="left")],
        "augmentation": [None, str, callable, list, tuple],
        "cache": [None, str, os.PathLike],
        "n_jobs": [None, Integral],
    }

    def __init__(
        self,
        budget: Any = 10,
        *,
        network: Any = "auto",
        n_experts: int = 3,
        max_epochs: int = 10,
        expert_learning_rate: float = 0.1,
        flat_experts: bool = False,
        expert_epochs: int = 1,
        student_steps: int = 10,
        max_start_epoch: int | None = None,
        memory: str = "constant",
        averaging: float = 0.9,
        learn_labels: bool = False,
        augmentation: Any = "auto",
        cache: Any = None,
        n_jobs: int | None = None,
        init: str = "herding",
        max_iter: int = 200,
        learning_rate: Any = "auto",
        batch_size: int = 256,
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
        self.network = network
        self.n_experts = n_experts
        self.max_epochs = max_epochs
        self.expert_learning_rate = expert_learning_rate
        self.flat_experts = flat_experts
        self.expert_epochs = expert_epochs
        self.student_steps = student_steps
        self.max_start_epoch = max_start_epoch
        self.memory = memory
        self.averaging = averaging
        self.learn_labels = learn_labels
        self.augmentation = augmentation
        self.cache = cache
        self.n_jobs = n_jobs
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

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if self.expert_epochs > self.max_epochs:
            raise ValueError(
                "expert_epochs must not exceed max_epochs, the number of epochs that "
                f"experts are trained for; got expert_epochs={self.expert_epochs} and "
                f"max_epochs={self.max_epochs}."
            )

    def _objective(self, problem: Problem, real: Any) -> nn.Module:
        make = NetworkFactory(
            self.network, problem.Z.shape[1:], real.targets.shape[1], self.device_
        )
        example = make()
        check_normalization(example)
        network = FlatNetwork(example, real.task_loss)
        fewest, most = STEPS_PER_EPOCH
        training = Training(
            n_epochs=self.max_epochs,
            steps_per_epoch=int(np.clip(len(real) // self.batch_size, fewest, most)),
            batch_size=self.batch_size,
            learning_rate=self.expert_learning_rate,
            flat=self.flat_experts,
            augmentation=self.augmentation,
        )
        experts = train_experts(
            make, real, training, self.n_experts, cache=self.cache, n_jobs=self.n_jobs
        )
        covered = self.expert_epochs * training.steps_per_epoch / self.student_steps
        last = self.max_epochs - self.expert_epochs
        if self.max_start_epoch is not None:
            last = min(last, self.max_start_epoch)
        in_graph = self.memory == "graph"
        return TrajectoryMatchingLoss(
            network,
            experts,
            n_steps=self.student_steps,
            n_epochs=self.expert_epochs,
            max_start=last,
            grow_until=max(1, self.max_iter // 2),
            step_size=self.expert_learning_rate * covered,
            augmentation=SiameseAugmentation(self.augmentation, problem.Z.ndim == 4),
            train=weights_with_graph if in_graph else weights_in_constant_memory,
            has_classes=problem.task == "classification",
        )

    def _initial_targets(
        self, problem: Problem, start: Learned, objective: Any
    ) -> np.ndarray:
        own = super()._initial_targets(problem, start, objective)
        # Learned labels of the last fit already take the experts into account.
        is_continued = start.soft_labels is not None
        if not self.learn_labels or problem.task == "regression" or is_continued:
            return own
        rows = torch.as_tensor(start.Z, device=self.device_)
        probabilities = objective.expert_probabilities(rows).cpu().numpy()
        # Average with the labels of the rows, which the experts do not know.
        return (own + probabilities - 1.0 / own.shape[1]) / 2

    def _store_objective(self, objective: Any) -> None:
        self.student_step_size_ = float(objective.step_size.detach())
