"""skorch nets as estimators in the user's terms: any labels, any dtype, soft targets.

A `NeuralNetClassifier` by itself wants float32 rows and labels 0 to n_classes - 1,
holds a fifth of the rows back, and has no place for weights or for a teacher.
"""

# SPDX-License-Identifier: BSD-3-Clause

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone
from sklearn.utils.validation import check_is_fitted
from skorch import NeuralNetClassifier, NeuralNetRegressor
from torch import nn

from ..base.proxy import check_probabilities, fit_to_data
from ..engine.randomness import own_randomness
from .losses import LOSSES, Loss
from .net_checks import CRITERIA, check_layers
from .net_rows import CHUNK, as_float32, layer_outputs
from .objective import (
    ClassObjective,
    Epochs,
    QuantityObjective,
    Rows,
    as_it_is,
    columns_of,
    first_output,
)
from .regression_losses import REGRESSION_LOSSES
from .start import start_from
from .targets import Targets, plain_targets


@dataclass(frozen=True)
class Lesson:
    """How a net is taught, beside what the targets say.

    Attributes
    ----------
    loss : callable or None
        See `losses` and `regression_losses`; None is their default.
    temperature : float
    teacher_net : skorch net or None
        The fitted net that `hints` and `start` speak of.
    X_teacher : array or None
        The rows as that net sees them.
    hints : dict of str to str
        Layers of the teacher's module -> layers of the student's.
    hint_weight : float
    start : bool
        Whether to start from the teacher's parameters.
    """

    loss: Loss | None = None
    temperature: float = 1.0
    teacher_net: Any = None
    X_teacher: Any = None
    hints: dict[str, str] | None = None
    hint_weight: float = 1.0
    start: bool = False


class _NetEstimator(BaseEstimator):
    """What nets for classes and nets for quantities share.

    Parameters
    ----------
    net : skorch net or module class
        Unfitted; a module class becomes a net with Adam, a learning rate of 1e-3,
        batches of 128 and 100 epochs. If the module's parameters `n_inputs` and
        `n_outputs` are not set, they are.
    seed : int
        For the network's start and the order of rows; global generators are left alone.

    Attributes
    ----------
    net_ : skorch net
        The trained net; its history has a column for each term of the loss.
    """

    def __init__(self, net: Any, seed: int = 0):
        self.net = net
        self.seed = seed

    def train(self, X: Any, targets: Targets, lesson: Lesson) -> Self:
        """Train a clone of the net on rows and targets."""
        Z = as_float32(X)
        device = str(getattr(self.net, "device", "cpu"))
        with own_randomness(device, self.seed):
            net = self._initialized(Z)
            if lesson.start:
                self.copied_ = start_from(net.module_, lesson.teacher_net.module_)
            self._teach(net, Z, targets, lesson)
        self.net_ = net
        return self

    def check(self, X: Any, n_outputs: int, layers: Any) -> None:
        """Raise ValueError unless the net takes such rows, and has these layers.

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

    def _initialized(self, Z: np.ndarray) -> Any:
        net = self._make_net()
        given = net.get_params()
        fit_to_data(net, Z, self.n_outputs_)
        # "disable", skorch's word for none, would also take the epochs' end from us.
        own = [] if isinstance(net.callbacks, str) else net.callbacks or []
        net.callbacks = [*own, ("epochs", Epochs())]
        net.set_params(train_split=None, verbose=0, iterator_train__collate_fn=as_it_is)
        size = given.get("iterator_train__batch_size", net.batch_size)
        if 0 < size < len(Z) and len(Z) % size == 1:
            # One row has no variance, which normalisations divide by.
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
            raise ValueError(
                f"The module {name} has {n_outputs} outputs, but {self.n_outputs_} "
                f"{'are' if self.n_outputs_ > 1 else 'is'} needed: one for each class "
                "(also for two classes), or one for a quantity."
            )
        check_probabilities(net, Z)

    def _teach(self, net: Any, Z: np.ndarray, targets: Targets, lesson: Lesson) -> None:
        hints, regressors = self._hints(net, Z, lesson)
        objective = self._objective(targets, regressors, lesson).to(net.device)
        if regressors:
            net.optimizer_.add_param_group({"params": list(objective.parameters())})
        own_criterion = net.criterion_
        net.criterion_ = objective
        watched = [
            objective.watch(net.module_.get_submodule(ours), i)
            for i, ours in enumerate((lesson.hints or {}).values())
        ]
        try:
            net.partial_fit(Rows(Z, columns_of(targets, hints)), None)
        finally:
            net.criterion_ = own_criterion
            for handle in watched:
                handle.remove()

    def _hints(
        self, net: Any, Z: np.ndarray, lesson: Lesson
    ) -> tuple[list[np.ndarray], list[nn.Module]]:
        """Return the teacher's features, and what makes the student's as wide."""
        if not lesson.hints:
            return [], []
        theirs = layer_outputs(
            lesson.teacher_net, list(lesson.hints), as_float32(lesson.X_teacher)
        )
        ours = layer_outputs(net, list(lesson.hints.values()), Z[:2])
        regressors: list[nn.Module] = []
        for t, s in zip(theirs, ours, strict=True):
            same = t.shape[1] == s.shape[1]
            regressors.append(
                nn.Identity() if same else nn.Linear(s.shape[1], t.shape[1])
            )
        return theirs, regressors

    def _outputs(self, X: Any) -> np.ndarray:
        check_is_fitted(self, "net_")
        Z = as_float32(X)
        self.net_.module_.eval()
        with torch.no_grad():
            parts = [
                first_output(
                    self.net_.module_(torch.as_tensor(part, device=self.net_.device))
                )
                for part in np.split(Z, range(CHUNK, len(Z), CHUNK))
            ]
            return torch.cat(parts).cpu().numpy().astype(np.float64)


class NetClassifier(ClassifierMixin, _NetEstimator):
    """A skorch net as a classifier of any labels.

    Parameters
    ----------
    net, seed
        See `_NetEstimator`.
    """

    _default_net: Callable[..., Any] = NeuralNetClassifier
    _task = "classification"

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        classes, codes = np.unique(y, return_inverse=True)
        return self.train(X, plain_targets(codes, sample_weight, classes), Lesson())

    def train(self, X: Any, targets: Targets, lesson: Lesson) -> Self:
        classes: Any = targets.classes
        self.classes_, self.n_outputs_ = classes, len(classes)
        return super().train(X, targets, lesson)

    def predict_proba(self, X: Any) -> np.ndarray:
        outputs = self._outputs(X)
        if not self.gives_probabilities:
            outputs = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        return outputs / outputs.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> np.ndarray:
        return self.classes_[self._outputs(X).argmax(axis=1)]

    @property
    def gives_probabilities(self) -> bool:
        """Whether the module ends in a softmax: then its criterion is NLLLoss."""
        criterion = getattr(self.net, "criterion", nn.CrossEntropyLoss)
        return criterion is nn.NLLLoss or isinstance(criterion, nn.NLLLoss)

    def _make_net(self) -> Any:
        net = super()._make_net()
        if "classes" in net.get_params():
            # The rows come as a data set, in which skorch would not look for them.
            net.set_params(classes=list(range(self.n_outputs_)))
        return net

    def _objective(
        self, targets: Targets, regressors: list[nn.Module], lesson: Lesson
    ) -> nn.Module:
        return ClassObjective(
            targets,
            regressors,
            lesson.hint_weight,
            loss=lesson.loss or LOSSES["kl"],
            temperature=lesson.temperature,
            gives_probabilities=self.gives_probabilities,
        )


class NetRegressor(RegressorMixin, _NetEstimator):
    """A skorch net as a regressor; it learns y standardised.

    Parameters
    ----------
    net, seed
        See `_NetEstimator`.
    """

    _default_net: Callable[..., Any] = NeuralNetRegressor
    _task = "regression"
    n_outputs_ = 1

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        y = np.asarray(y, dtype=np.float64)
        return self.train(X, plain_targets(y, sample_weight, None), Lesson())

    def train(self, X: Any, targets: Targets, lesson: Lesson) -> Self:
        known = targets.weights * ~targets.follows
        known = known if known.any() else targets.weights
        self.y_mean_ = float(np.average(targets.labels, weights=known))
        away = targets.labels - self.y_mean_
        self.y_scale_ = float(np.sqrt(np.average(away**2, weights=known))) or 1.0
        standardised = Targets(
            labels=away / self.y_scale_,
            opinions=(targets.opinions - self.y_mean_) / self.y_scale_,
            weights=targets.weights,
            follows=targets.follows,
            alpha=targets.alpha,
            classes=None,
        )
        return super().train(X, standardised, lesson)

    def predict(self, X: Any) -> np.ndarray:
        return self._outputs(X).reshape(len(X)) * self.y_scale_ + self.y_mean_

    def _objective(
        self, targets: Targets, regressors: list[nn.Module], lesson: Lesson
    ) -> nn.Module:
        loss = lesson.loss or REGRESSION_LOSSES["blended"]
        return QuantityObjective(targets, regressors, lesson.hint_weight, loss=loss)
