"""Experts: networks trained on real rows, whose weights are recorded in each epoch."""

# SPDX-License-Identifier: BSD-3-Clause

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from joblib import Parallel, delayed
from skorch import NeuralNet
from skorch.callbacks import Callback
from torch import Tensor, nn

from ..._utils.atomic_file import write_atomically
from ..._utils.fingerprint import fingerprint
from ...engine.augmentation import SiameseAugmentation
from ...engine.batches_net import BatchesNet
from ...engine.deadline import seconds_left
from ...engine.network_factory import NetworkFactory
from ...engine.network_training import Loss
from ...engine.randomness import own_randomness
from ...engine.real_rows import Batches, RealRows
from .inner_training import flat_weights

# GSAM's perturbation radius, and the weight of the gradient's orthogonal component.
RADIUS, ACROSS = 0.01, 0.3


@dataclass(frozen=True)
class Training:
    """Settings of the training of experts by plain gradient descent.

    Attributes
    ----------
    n_epochs, steps_per_epoch, batch_size : int
        The number of epochs, of steps in an epoch and of rows in a batch.
    learning_rate : float
        The step size.
    flat : bool
        Whether experts are trained towards flat minima, by GSAM.
    augmentation : Any
        The parameter `augmentation` of the methods.
    """

    n_epochs: int
    steps_per_epoch: int
    batch_size: int
    learning_rate: float
    flat: bool
    augmentation: Any


class RecordWeights(Callback):
    """A callback that records a net's weights before training and after each epoch.

    The list ``path_`` contains the weights as flat vectors on the CPU.
    """

    def on_train_begin(self, net: NeuralNet, **kwargs: Any) -> None:
        self.path_ = [flat_weights(net.module_).cpu()]

    def on_epoch_end(self, net: NeuralNet, **kwargs: Any) -> None:
        self.path_.append(flat_weights(net.module_).cpu())


class ExpertNet(BatchesNet):
    """A skorch net that is trained on augmented batches of real rows.

    Parameters
    ----------
    *args, **kwargs
        The parameters of `skorch.NeuralNet`.
    augmentation : SiameseAugmentation
        The augmentation of the batches.
    task_loss : callable
        The training loss, a function of outputs and targets.
    flat : bool, default=False
        Whether the gradients are those of GSAM: the gradient at the worst weights
        nearby, minus a multiple of the original gradient's component that is orthogonal
        to it.
    """

    def __init__(
        self,
        *args: Any,
        augmentation: SiameseAugmentation,
        task_loss: Loss,
        flat: bool = False,
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.augmentation = augmentation
        self.task_loss = task_loss
        self.flat = flat

    def get_loss(self, y_pred: Tensor, y_true: Tensor, *args: Any, **kw: Any) -> Tensor:
        return self.task_loss(y_pred, y_true)

    def train_step_single(self, batch: Any, **fit_params: Any) -> dict[str, Any]:
        rows, targets = batch
        batch = self.augmentation.draw()(rows), targets
        step = super().train_step_single(batch, **fit_params)
        if self.flat:
            self._use_gsam_gradient(batch)
        return step

    def _use_gsam_gradient(self, batch: Any) -> None:
        """Replace the gradients of the parameters by those of GSAM."""
        parameters = [p for p in self.module_.parameters() if p.requires_grad]
        gradients = [p.grad.clone() for p in parameters]
        with torch.no_grad():
            norm = torch.cat([g.flatten() for g in gradients]).norm().clamp_min(1e-12)
            shifts = [RADIUS / norm * g for g in gradients]
            for p, shift in zip(parameters, shifts, strict=True):
                p.add_(shift)
        self._zero_grad_optimizer()
        super().train_step_single(batch)
        with torch.no_grad():
            shifted = torch.cat([p.grad.flatten() for p in parameters])
            original = torch.cat([g.flatten() for g in gradients])
            parallel = (original @ shifted) / shifted.square().sum().clamp_min(1e-12)
            for p, shift, g in zip(parameters, shifts, gradients, strict=True):
                p.sub_(shift)
                p.grad -= ACROSS * (g - parallel * p.grad)


def train_expert(
    make: NetworkFactory, real: RealRows, training: Training, seed: int
) -> Tensor:
    """Return the weights of an expert after each epoch, on the CPU.

    Parameters
    ----------
    make : NetworkFactory
        Makes the expert.
    real : RealRows
        The rows to train on.
    training : Training
        The settings of the training.
    seed : int
        The seed of the initial weights, of the batches and of the augmentation.

    Returns
    -------
    Tensor of shape (n_epochs + 1, n_weights)

    Raises
    ------
    ValueError
        If the weights become non-finite.
    """
    with own_randomness(real.device, seed):
        record = RecordWeights()
        ExpertNet(
            make(),
            nn.Identity,
            augmentation=SiameseAugmentation(training.augmentation, real.Z.ndim == 4),
            task_loss=real.task_loss,
            flat=training.flat,
            optimizer=torch.optim.SGD,
            lr=training.learning_rate,
            max_epochs=training.n_epochs,
            train_split=None,
            callbacks=[("record_weights", record)],
            device=real.device,
            verbose=0,
        ).fit(Batches(real, training.batch_size, training.steps_per_epoch, seed=seed))
    path = torch.stack(record.path_)
    if not torch.isfinite(path).all():
        raise ValueError(
            "The training of an expert diverged, and its weights are not finite. Lower "
            f"expert_learning_rate, which is {training.learning_rate}."
        )
    return path


def train_experts(
    make: NetworkFactory,
    real: RealRows,
    training: Training,
    n_experts: int,
    *,
    cache: str | os.PathLike[str] | None,
    n_jobs: int | None,
) -> Tensor:
    """Return the weights of all experts after each epoch, on the CPU.

    The weights of an expert depend only on the rows, the network, the training and the
    number of the expert. With a cache, experts that were trained before are loaded.

    Parameters
    ----------
    make : NetworkFactory
        Makes the experts.
    real : RealRows
        The rows to train on.
    training : Training
        The settings of the training.
    n_experts : int
        The number of experts.
    cache : str, path-like or None
        A directory for files with the weights of experts; it is made if it does not
        exist.
    n_jobs : int or None
        The number of joblib's processes.

    Returns
    -------
    Tensor of shape (n_experts, n_epochs + 1, n_weights)
        Fewer experts if half of the time limit passes before all are trained; at least
        one.
    """
    digest = fingerprint(
        "expert",
        {"module": make.make, "arguments": make.arguments, **vars(training)},
        real.Z.cpu().numpy(),
        real.targets.cpu().numpy(),
        real.summed.cpu().numpy(),
        real.order.cpu().numpy(),
    )
    files: list[Path | None] = [None] * n_experts
    experts: list[Tensor | None] = [None] * n_experts
    if cache is not None:
        folder = Path(cache)
        folder.mkdir(parents=True, exist_ok=True)
        files = [folder / f"expert-{digest}-{i}.pt" for i in range(n_experts)]
        with own_randomness(real.device):
            shape = training.n_epochs + 1, len(flat_weights(make()))
        experts = [_load(file, shape) for file in files]
    missing = [i for i, expert in enumerate(experts) if expert is None]
    first_seed = int(digest[:12], 16)
    # Use processes, because threads would wait for the lock of `own_randomness`, which
    # the calling thread holds.
    trained = Parallel(n_jobs=n_jobs, backend="loky")(
        delayed(_train_and_save)(
            make, real, training, (first_seed + i) % 2**31, files[i]
        )
        for i in _while_time_is_left(missing, n_experts)
    )
    for i, expert in zip(missing, trained, strict=False):
        experts[i] = expert
    return torch.stack([expert for expert in experts if expert is not None])


def _while_time_is_left(missing: list[int], n_experts: int) -> Iterator[int]:
    """Yield the numbers of the experts to train until half of the time has passed.

    The first expert is always trained, unless others were loaded.
    """
    half, has_expert = seconds_left() / 2, len(missing) < n_experts
    for i in missing:
        if has_expert and seconds_left() < half:
            return
        yield i
        has_expert = True


def _train_and_save(
    make: NetworkFactory,
    real: RealRows,
    training: Training,
    seed: int,
    file: Path | None,
) -> Tensor:
    """Train an expert, and save its weights unless the file is None."""
    path = train_expert(make, real, training, seed)
    if file is not None:
        write_atomically(file, lambda stream: torch.save(path, stream))
    return path


def _load(file: Path | None, shape: tuple[int, int]) -> Tensor | None:
    """Return the weights in a file, or None if the expert must be trained.

    An expert is trained again if the file is damaged, or if it belongs to a network of
    the same name that has changed.
    """
    if file is None or not file.exists():
        return None
    try:
        path = torch.load(file, map_location="cpu", weights_only=True)
    except Exception:
        return None
    return path if isinstance(path, Tensor) and path.shape == shape else None
