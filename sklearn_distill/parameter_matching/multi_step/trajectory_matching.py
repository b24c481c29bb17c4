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
    r"""Learn rows on which networks train along the paths that real rows give them.

    Experts are trained on the real rows beforehand, and their weights recorded epoch by
    epoch. At every step a student begins with an expert's weights :math:`\theta^*_t`,
    makes N steps of plain gradient descent on the synthetic rows, and these move
    downhill on how far it ends from where the expert was M epochs on [1]_,

    .. math:: \frac{\| \hat\theta_{t+N} - \theta^*_{t+M} \|^2}
              {\| \theta^*_t - \theta^*_{t+M} \|^2} ,

    together with the student's step size. The gradient goes through all N steps, but
    memory does not grow with them: each step is made again on the way back.

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
        Networks with batch normalisation are refused.
    n_experts : int, default=3
        Networks that are trained on the real rows.
    max_epochs : int, default=10
        Epochs of an expert's training. An epoch is a pass over the rows that it learns
        from, but at least 30 steps and at most 50.
    expert_learning_rate : float, default=0.1
        Step size of an expert's gradient descent.
    flat_experts : bool, default=False
        Whether experts look for flat minima, which makes their paths easier to follow
        [3]_, at twice the cost.
    expert_epochs : int, default=1
        M, the epochs of an expert that a student covers.
    student_steps : int, default=10
        N, the steps that it has for them.
    max_start_epoch : int, default=None
        The last epoch to start from; None is the last from which there are
        `expert_epochs` to go. Starts come later and later up to that [4]_.
    memory : {"constant", "graph"}, default="constant"
        Whether a student's steps are made again on the way back, or are all kept in
        memory, which is faster by a third. The gradient is the same.
    averaging : float, default=0.9
        What is returned is a moving average of the rows over the steps, with this
        decay; 0 returns the rows themselves.
    learn_labels : bool, default=False
        Whether labels are learned with the rows: soft labels for classes, which start
        halfway between the rows' own and the mean of the experts' opinions [4]_.
    augmentation : str, callable, sequence or None, default="auto"
        What both batches undergo; each step draws one. For images among "color",
        "crop", "cutout", "flip", "scale", "rotate", for tables among "noise",
        "dropout", "mixup". "auto": all but "flip" for images (a mirrored digit is
        none), nothing for tables. A callable draws a function of rows.
    cache : str or path, default=None
        A directory where experts are kept, and found again by fits with the same rows
        to learn from, network and training of experts.
    n_jobs : int, default=None
        Experts that are trained at the same time, as joblib means it.
    init : {"herding", "random"}, default="herding"
        Which real rows the learned ones start from.
    max_iter : int, default=200
        Steps at most.
    learning_rate : "auto" or float, default="auto"
        Adam's step size in the encoded space. "auto" is 0.02 times the median distance
        between rows over the root of their number of columns.
    batch_size : int, default=256
        Real rows a step of an expert, in equal parts from all classes.
    validation_fraction : float, default=0.1
        The share of the real rows that no step sees. The loss on them picks the rows
        that are returned.
    tol : float, default=1e-4
        What counts as a fall of that loss, as a share of itself.
    n_iter_no_change : int, default=100
        Training ends after so many steps without such a fall; None: never.
    max_time : float, default=None
        Seconds for the experts, for choosing where to start and for learning; then the
        best rows so far are returned. Experts are trained to their end all the same,
        and an epoch of steps is made after them.
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
    student_step_size_ : float
        The step size learned for plain gradient descent on the rows.

    See Also
    --------
    GradientMatching : Matches single steps, without experts.

    Notes
    -----
    What differs from the papers: held-back rows pick the result, by the loss on them of
    students trained on the rows; Adam in place of gradient descent with momentum; rows
    start from herding; experts see class-balanced batches. Where TESLA [2]_ drops what
    a step changes in the gradients after it, here the gradient is exact. A student that
    ends far from the goal moves no rows, but halves its step size.

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
        network = FlatNetwork(example)
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
