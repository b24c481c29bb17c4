"""The objective of a student net, as skorch's criterion, and the rows it is fed."""

# SPDX-License-Identifier: BSD-3-Clause

from abc import ABC, abstractmethod
from collections import defaultdict
from functools import partial
from typing import Any

import numpy as np
import torch
from skorch.callbacks import Callback
from torch import Tensor, nn

from .losses import Loss, Terms, cross_entropy, hint
from .targets import MIN_PROBABILITY, Targets


class Rows(torch.utils.data.Dataset):
    """Rows and their targets as tensors, handed out a batch at a time."""

    def __init__(self, X: np.ndarray, columns: dict[str, np.ndarray]):
        self.X = torch.as_tensor(X)
        self.columns = {name: torch.as_tensor(v) for name, v in columns.items()}

    def __len__(self) -> int:
        return len(self.X)

    def __getitem__(self, index: int) -> Any:
        return self.__getitems__(index)

    def __getitems__(self, indices: Any) -> Any:
        return self.X[indices], {k: v[indices] for k, v in self.columns.items()}


def as_it_is(batch: Any) -> Any:
    """Collate what `Rows` has batched already."""
    return batch


def columns_of(targets: Targets, hints: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Return what `Rows` holds beside the rows, in float32."""
    opinions = targets.opinions
    if targets.classes is not None:
        opinions = np.log(np.clip(opinions, MIN_PROBABILITY, None))
    columns = {
        "labels": targets.labels,
        "teacher": opinions,
        "weights": targets.weights / targets.weights.mean(),
        "follows": targets.follows,
    } | {f"hint{i}": features for i, features in enumerate(hints)}
    return {name: values.astype(np.float32) for name, values in columns.items()}


class _Objective(nn.Module, ABC):
    """What objectives share: the teacher's share, hints, and the means of the terms.

    Parameters
    ----------
    targets : Targets
    hints : list of nn.Module
        What takes the student's hint layers to the width of the teacher's.
    hint_weight : float
    """

    def __init__(self, targets: Targets, hints: list[nn.Module], hint_weight: float):
        super().__init__()
        self.schedule = targets.alpha
        self.hints = nn.ModuleList(hints)
        self.hint_weight = hint_weight
        self.features: dict[int, Tensor] = {}
        self.reset()

    def reset(self) -> None:
        self.sums: dict[str, Any] = defaultdict(float)
        self.n_batches = 0

    def start_epoch(self, progress: float) -> None:
        """Set the teacher's share in rows with a label."""
        alpha = self.schedule(progress) if callable(self.schedule) else self.schedule
        if not 0.0 <= alpha <= 1.0:
            raise ValueError(
                f"alpha({progress:.3g}) is {alpha}. A schedule takes the progress of "
                "the training, from 0 to 1, to the teacher's share, from 0 to 1."
            )
        self.alpha = float(alpha)

    def watch(self, layer: nn.Module, i: int) -> Any:
        """Listen to a layer of the student; return the handle that ends it."""

        def remember(module: nn.Module, inputs: Any, output: Tensor) -> None:
            self.features[i] = output

        return layer.register_forward_hook(remember)

    def forward(self, outputs: Any, target: dict[str, Tensor]) -> Tensor:
        outputs = first_output(outputs)
        alpha = target["follows"] + (1 - target["follows"]) * self.alpha
        terms = self.terms(outputs, target, alpha)
        for i, regressor in enumerate(self.hints):
            ours = regressor(self.features[i].flatten(1))
            terms[f"hint{i}"] = self.hint_weight * hint(
                ours, target[f"hint{i}"], sample_weight=target["weights"]
            )
        self.n_batches += 1
        for name, term in terms.items():
            self.sums[name] += term.detach()
        return torch.stack(list(terms.values())).sum()

    @abstractmethod
    def terms(self, outputs: Tensor, target: dict[str, Tensor], alpha: Tensor) -> Terms:
        """Return the terms of the loss of a batch, by name."""


class ClassObjective(_Objective):
    r"""Labels and teacher, in the shares of each row.

    .. math:: \frac{1}{\sum_i w_i} \sum_i w_i \bigl( \alpha_i \, L(z_i, v_i)
              + (1 - \alpha_i) \, \mathrm{CE}(y_i, z_i) \bigr)

    Parameters
    ----------
    loss : callable
        See `losses`.
    temperature : float
    gives_probabilities : bool
        Whether the net ends in a softmax.
    """

    def __init__(
        self,
        targets: Targets,
        hints: list[nn.Module],
        hint_weight: float,
        *,
        loss: Loss,
        temperature: float,
        gives_probabilities: bool,
    ):
        super().__init__(targets, hints, hint_weight)
        self.loss = partial(loss, temperature=temperature)
        self.gives_probabilities = gives_probabilities

    def terms(self, outputs: Tensor, target: dict[str, Tensor], alpha: Tensor) -> Terms:
        if self.gives_probabilities:
            outputs = outputs.clamp_min(MIN_PROBABILITY).log()
        whole = target["weights"]
        for_teacher, for_labels = whole * alpha, whole * (1 - alpha)
        terms = {}
        if for_labels.any():
            hard = cross_entropy(outputs, target["labels"], sample_weight=for_labels)
            terms["labels"] = for_labels.sum() / whole.sum() * hard
        if for_teacher.any():
            codes = target["labels"].argmax(dim=1)
            said = self.loss(
                outputs, target["teacher"], codes, sample_weight=for_teacher
            )
            said = said if isinstance(said, dict) else {"teacher": said}
            share = for_teacher.sum() / whole.sum()
            terms |= {name: share * term for name, term in said.items()}
        return terms


class QuantityObjective(_Objective):
    """A loss of `regression_losses`, or one of that form."""

    def __init__(
        self,
        targets: Targets,
        hints: list[nn.Module],
        hint_weight: float,
        *,
        loss: Loss,
    ):
        super().__init__(targets, hints, hint_weight)
        self.loss = loss

    def terms(self, outputs: Tensor, target: dict[str, Tensor], alpha: Tensor) -> Terms:
        terms = self.loss(
            outputs.reshape(len(outputs)),
            target["teacher"],
            target["labels"],
            alpha=alpha,
            sample_weight=target["weights"],
        )
        return dict(terms) if isinstance(terms, dict) else {"loss": terms}


class Epochs(Callback):
    """Tell the objective how far training is; write the means of its terms down."""

    def on_epoch_begin(self, net: Any, **kwargs: Any) -> None:
        done = len(net.history) - 1
        net.criterion_.reset()
        net.criterion_.start_epoch(done / max(1, net.max_epochs - 1))

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        objective = net.criterion_
        for name, value in objective.sums.items():
            net.history.record(f"loss_{name}", float(value) / objective.n_batches)


def first_output(outputs: Any) -> Tensor:
    """Return what a module gives first, which is what it says of the classes."""
    return outputs[0] if isinstance(outputs, tuple | list) else outputs
