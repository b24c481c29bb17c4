"""skorch nets as scikit-learn estimators with any labels, sample weights and a teacher.

By itself, a `NeuralNetClassifier` requires float32 rows and the labels 0 to
n_classes - 1, holds a fifth of the rows out, and supports neither sample weights nor a
teacher.
"""

# SPDX-License-Identifier: BSD-3-Clause

import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone
from sklearn.utils.validation import check_is_fitted
from skorch import NeuralNetClassifier, NeuralNetRegressor
from torch import nn

from ...base.proxy import check_probabilities, fit_to_data
from ...engine.randomness import own_randomness
from ...engine.threads import suitable_threads, values_of_step
from ..losses.classification import LOSSES, Loss
from ..losses.regression import REGRESSION_LOSSES
from ..targets import Targets, plain_targets
from .checks import CRITERIA, check_layers
from .initialization import copy_parameters
from .objective import ClassificationObjective, EpochCallback, RegressionObjective
from .rows import (
    TensorRows,
    as_float32,
    chunks,
    first_output,
    hidden_features,
    keep_batch,
    target_columns,
)


@dataclass(frozen=True)
class NetTraining:
    """How a net is trained, in addition to its targets.

    Attributes
    ----------
    loss : callable or None
        See `losses.classification` and `losses.regression`. None is "kl" or "blended".
    temperature : float
    teacher_net : skorch net or None
        The fitted net of the teacher, for `hints` and `init_from_teacher`.
    X_teacher : array or None
        The rows as the net of the teacher takes them.
    hints : dict of str to str
        Layers of the teacher's module -> layers of the student's module.
    hint_weight : float
    init_from_teacher : bool
        Whether the student starts from the parameters of the teacher.
    """

    loss: Loss | None = None
    temperature: float = 1.0
    teacher_net: Any = None
    X_teacher: Any = None
    hints: dict[str, str] | None = None
    hint_weight: float = 1.0
    init_from_teacher: bool = False


class _NetEstimator(BaseEstimator):
    """Base class of the wrappers of skorch nets.

    Parameters
    ----------
    net : skorch net or module class
        Not fitted. A module class becomes a net with Adam, a learning rate of 1e-3,
        batches of 128 rows and 100 epochs. The module's parameters `n_inputs` and
        `n_outputs` are set if they are not given.
    seed : int
        Seed of the initial parameters and of the order of the rows. The global random
        number generators are not changed.

    Attributes
    ----------
    net_ : skorch net
        The trained net, whose history has a column for each term of the loss.
    """

    def __init__(self, net: Any, seed: int = 0):
        self.net = net
        self.seed = seed

    def train(self, X: Any, targets: Targets, training: NetTraining) -> Self:
        """Train a clone of the net on rows and targets."""
        Z = as_float32(X)
        device = str(getattr(self.net, "device", "cpu"))
        with own_randomness(device, self.seed), self._threads(Z):
            net = self._initialized(Z)
            if training.init_from_teacher:
                self.copied_ = copy_parameters(
                    net.module_, training.teacher_net.module_
                )
            self._train_initialized(net, Z, targets, training)
        self.net_ = net
        return self

    def check(self, X: Any, n_outputs: int, layers: Any) -> None:
        """Raise ValueError unless the net takes the rows and has the layers.

        Parameters
        ----------
        X : array-like
        n_outputs : int
        layers : iterable of str
        """
        self.n_outputs_ = n_outputs
        with own_randomness():
            net = self._initialized(as_float32(X)[:2])
        check_layers(net.module_, layers)

    def _threads(self, Z: np.ndarray) -> AbstractContextManager[None]:
        """Return a context with the number of threads that suits the batches."""
        size = getattr(self.net, "batch_size", 128)
        n_rows = min(size, len(Z)) if size > 0 else len(Z)
        return suitable_threads(values_of_step(n_rows, 0, Z.shape[1:]))

    def _initialized(self, Z: np.ndarray) -> Any:
        """Return an initialized clone of the net, prepared for `TensorRows`."""
        net = self._make_net()
        params = net.get_params()
        fit_to_data(net, Z, self.n_outputs_)
        # callbacks="disable" would also remove the callback that is added here.
        callbacks = [] if isinstance(net.callbacks, str) else net.callbacks or []
        net.callbacks = [*callbacks, ("epochs", EpochCallback())]
        net.set_params(
            train_split=None, verbose=0, iterator_train__collate_fn=keep_batch
        )
        size = params.get("iterator_train__batch_size", net.batch_size)
        if 0 < size < len(Z) and len(Z) % size == 1:
            # Batch normalization cannot be computed for a last batch of a single row.
            net.set_params(iterator_train__drop_last=True)
        net.initialize()
        self._check_outputs(net, Z)
        return net

    def _make_net(self) -> Any:
        if not inspect.isclass(self.net):
            return clone(self.net)
        return self._default_net(
            self.net,
            criterion=CRITERIA[self._task][0],
            optimizer=torch.optim.Adam,
            lr=1e-3,
            max_epochs=100,
            batch_size=128,
            iterator_train__shuffle=True,
        )

    def _check_outputs(self, net: Any, Z: np.ndarray) -> None:
        """Raise ValueError if the module rejects the rows or has a wrong output."""
        name = getattr(net.module, "__name__", net.module)
        net.module_.eval()
        with torch.no_grad():
            rows = torch.as_tensor(Z[:2], device=net.device)
            try:
                outputs = first_output(net.module_(rows))
            except RuntimeError as error:
                raise ValueError(
                    f"The module {name} cannot take rows of shape {Z.shape[1:]}: "
                    f"{error}"
                ) from error
        n_outputs = int(np.prod(outputs.shape[1:]))
        if n_outputs != self.n_outputs_:
            needed = "one for each target of the regression"
            if self._task == "classification":
                needed = "one for each class, also for two classes"
            raise ValueError(
                f"The module {name} must have {self.n_outputs_} outputs ({needed}); it "
                f"has {n_outputs}. Set its number of outputs, or name the parameter "
                "n_outputs so that it is set automatically."
            )
        check_probabilities(net, Z)

    def _train_initialized(
        self, net: Any, Z: np.ndarray, targets: Targets, training: NetTraining
    ) -> None:
        """Train an initialized net with the objective in the place of its criterion."""
        hints, regressors = self._hints(net, Z, training)
        objective = self._objective(targets, regressors, training).to(net.device)
        if regressors:
            net.optimizer_.add_param_group({"params": list(objective.parameters())})
        criterion = net.criterion_
        net.criterion_ = objective
        handles = [
            objective.watch(net.module_.get_submodule(layer), i)
            for i, layer in enumerate((training.hints or {}).values())
        ]
        try:
            net.partial_fit(TensorRows(Z, target_columns(targets, hints)), None)
        finally:
            net.criterion_ = criterion
            for handle in handles:
                handle.remove()

    def _hints(
        self, net: Any, Z: np.ndarray, training: NetTraining
    ) -> tuple[list[np.ndarray], list[nn.Module]]:
        """Return the features of the teacher, and modules that map to their widths."""
        if not training.hints:
            return [], []
        by_teacher = hidden_features(
            training.teacher_net,
            list(training.hints),
            as_float32(training.X_teacher),
        )
        by_student = hidden_features(net, list(training.hints.values()), Z[:2])
        regressors: list[nn.Module] = []
        for teacher, student in zip(by_teacher, by_student, strict=True):
            widths = student.shape[1], teacher.shape[1]
            same = widths[0] == widths[1]
            regressors.append(nn.Identity() if same else nn.Linear(*widths))
        return by_teacher, regressors

    def _outputs(self, X: Any) -> np.ndarray:
        """Return the outputs of the module for all rows."""
        check_is_fitted(self, "net_")
        self.net_.module_.eval()
        with torch.no_grad():
            parts = [
                first_output(
                    self.net_.module_(torch.as_tensor(chunk, device=self.net_.device))
                )
                for chunk in chunks(as_float32(X))
            ]
            return torch.cat(parts).cpu().numpy().astype(np.float64)


class NetClassifier(ClassifierMixin, _NetEstimator):
    """A skorch net as a classifier of labels of any type.

    Parameters
    ----------
    net, seed
        See `_NetEstimator`.
    """

    _default_net: Callable[..., Any] = NeuralNetClassifier
    _task = "classification"

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train the net on labels alone."""
        classes, codes = np.unique(y, return_inverse=True)
        targets = plain_targets(codes, sample_weight, classes)
        return self.train(X, targets, NetTraining())

    def train(self, X: Any, targets: Targets, training: NetTraining) -> Self:
        """Train a clone of the net on rows and targets."""
        classes: Any = targets.classes
        self.classes_, self.n_outputs_ = classes, len(classes)
        return super().train(X, targets, training)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probabilities of the classes."""
        outputs = self._outputs(X)
        if not self.gives_probabilities:
            outputs = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        return outputs / outputs.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> np.ndarray:
        """Return the likeliest class of each row."""
        return self.classes_[self._outputs(X).argmax(axis=1)]

    @property
    def gives_probabilities(self) -> bool:
        """Whether the module ends in a softmax, as the criterion NLLLoss implies."""
        criterion = getattr(self.net, "criterion", nn.CrossEntropyLoss)
        return criterion is nn.NLLLoss or isinstance(criterion, nn.NLLLoss)

    def _make_net(self) -> Any:
        net = super()._make_net()
        if "classes" in net.get_params():
            # skorch cannot infer the classes from a data set of tensors.
            net.set_params(classes=list(range(self.n_outputs_)))
        return net

    def _objective(
        self, targets: Targets, regressors: list[nn.Module], training: NetTraining
    ) -> nn.Module:
        return ClassificationObjective(
            targets,
            regressors,
            training.hint_weight,
            loss=training.loss or LOSSES["kl"],
            temperature=training.temperature,
            gives_probabilities=self.gives_probabilities,
        )


class NetRegressor(RegressorMixin, _NetEstimator):
    """A skorch net as a regressor, which is trained on standardized targets.

    Parameters
    ----------
    net, seed
        See `_NetEstimator`.
    """

    _default_net: Callable[..., Any] = NeuralNetRegressor
    _task = "regression"
    n_outputs_ = 1

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train the net on targets alone."""
        y = np.asarray(y, dtype=np.float64)
        return self.train(X, plain_targets(y, sample_weight, None), NetTraining())

    def train(self, X: Any, targets: Targets, training: NetTraining) -> Self:
        """Train a clone of the net on rows and targets."""
        self.n_outputs_ = targets.labels[0].size
        labeled = targets.weights * ~targets.teacher_only
        weights = labeled if labeled.any() else targets.weights
        self.y_mean_ = np.average(targets.labels, axis=0, weights=weights)
        centered = targets.labels - self.y_mean_
        scale = np.sqrt(np.average(centered**2, axis=0, weights=weights))
        self.y_scale_ = np.where(scale > 0, scale, 1.0)
        standardized = replace(
            targets,
            labels=centered / self.y_scale_,
            predictions=(targets.predictions - self.y_mean_) / self.y_scale_,
        )
        return super().train(X, standardized, training)

    def predict(self, X: Any) -> np.ndarray:
        """Return the predictions, in the units of y."""
        outputs = self._outputs(X).reshape(len(X), *self.y_mean_.shape)
        return outputs * self.y_scale_ + self.y_mean_

    def _objective(
        self, targets: Targets, regressors: list[nn.Module], training: NetTraining
    ) -> nn.Module:
        loss = training.loss or REGRESSION_LOSSES["blended"]
        return RegressionObjective(targets, regressors, training.hint_weight, loss=loss)
