"""The training objectives of student nets, in the place of skorch's criterion."""

# SPDX-License-Identifier: BSD-3-Clause

from abc import ABC, abstractmethod
from collections import defaultdict
from functools import partial
from typing import Any

import torch
from skorch.callbacks import Callback
from torch import Tensor, nn

from ..losses.classification import Loss, Terms, cross_entropy, hint
from ..targets import Targets
from .rows import MIN_PROBABILITY, first_output


class _Objective(nn.Module, ABC):
    """Base class: the share of the teacher, hints, and the means of all terms.

    Parameters
    ----------
    targets : Targets
    hints : list of nn.Module
        Modules that map the hint layers of the student to the width of the teacher's.
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
        """Forget the terms of the batches so far."""
        self.sums: dict[str, Any] = defaultdict(float)
        self.n_batches = 0

    def start_epoch(self, progress: float) -> None:
        """Set the share of the teacher in rows with a label.

        Parameters
        ----------
        progress : float
            The progress of the training, from 0 to 1.
        """
        alpha = self.schedule(progress) if callable(self.schedule) else self.schedule
        if not 0.0 <= alpha <= 1.0:
            raise ValueError(
                "A schedule alpha must map the progress of training, from 0 to 1, to "
                f"a number from 0 to 1; got alpha({progress:.3g}) = {alpha}."
            )
        self.alpha = float(alpha)

    def watch(self, layer: nn.Module, i: int) -> Any:
        """Record the output of a student layer; return the handle of the hook."""
        return layer.register_forward_hook(partial(self._record, i))

    def _record(self, i: int, module: nn.Module, inputs: Any, output: Tensor) -> None:
        self.features[i] = output

    def forward(self, outputs: Any, target: dict[str, Tensor]) -> Tensor:
        """Return the loss of a batch, and add its terms to the running sums."""
        outputs = first_output(outputs)
        alpha = target["teacher_only"] + (1 - target["teacher_only"]) * self.alpha
        terms = self.terms(outputs, target, alpha)
        for i, regressor in enumerate(self.hints):
            features = regressor(self.features[i].flatten(1))
            terms[f"hint{i}"] = self.hint_weight * hint(
                features, target[f"hint{i}"], sample_weight=target["weights"]
            )
        self.n_batches += 1
        for name, term in terms.items():
            self.sums[name] += term.detach()
        return torch.stack(list(terms.values())).sum()

    @abstractmethod
    def terms(self, outputs: Tensor, target: dict[str, Tensor], alpha: Tensor) -> Terms:
        """Return the terms of the loss of a batch, by name."""


class ClassificationObjective(_Objective):
    r"""A loss against the teacher and the cross-entropy with the labels.

    .. math:: \frac{1}{\sum_i w_i} \sum_i w_i \bigl( \alpha_i \, L(z_i, v_i)
              + (1 - \alpha_i) \, \mathrm{CE}(y_i, z_i) \bigr)

    Parameters
    ----------
    targets, hints, hint_weight
        See `_Objective`.
    loss : callable
        A loss in the form of `losses.classification`.
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
        """Return the terms of the loss of a batch, by name."""
        if self.gives_probabilities:
            outputs = outputs.clamp_min(MIN_PROBABILITY).log()
        weights = target["weights"]
        for_teacher, for_labels = weights * alpha, weights * (1 - alpha)
        terms = {}
        if for_labels.any():
            hard = cross_entropy(outputs, target["labels"], sample_weight=for_labels)
            terms["labels"] = for_labels.sum() / weights.sum() * hard
        if for_teacher.any():
            codes = target["labels"].argmax(dim=1)
            soft = self.loss(
                outputs, target["teacher"], codes, sample_weight=for_teacher
            )
            soft = soft if isinstance(soft, dict) else {"teacher": soft}
            share = for_teacher.sum() / weights.sum()
            terms |= {name: share * term for name, term in soft.items()}
        return terms


class RegressionObjective(_Objective):
    """A loss in the form of `losses.regression`.

    Parameters
    ----------
    targets, hints, hint_weight
        See `_Objective`.
    loss : callable
    """

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
        """Return the terms of the loss of a batch, by name.

        The values of several targets form one long vector, because the losses are
        functions of vectors.
        """
        n_targets = target["labels"][0].numel()
        terms = self.loss(
            outputs.reshape(-1),
            target["teacher"].reshape(-1),
            target["labels"].reshape(-1),
            alpha=alpha.repeat_interleave(n_targets),
            sample_weight=target["weights"].repeat_interleave(n_targets),
        )
        return dict(terms) if isinstance(terms, dict) else {"loss": terms}


class EpochCallback(Callback):
    """Update the objective at each epoch, and record the means of its terms."""

    def on_epoch_begin(self, net: Any, **kwargs: Any) -> None:
        """Set the share of the teacher for this epoch."""
        n_finished = len(net.history) - 1
        net.criterion_.reset()
        net.criterion_.start_epoch(n_finished / max(1, net.max_epochs - 1))

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        """Write the mean of each term into the history of the net."""
        objective = net.criterion_
        for name, value in objective.sums.items():
            net.history.record(f"loss_{name}", float(value) / objective.n_batches)
