"""Experts: networks trained on real rows, whose weights are recorded epoch by epoch."""

# SPDX-License-Identifier: BSD-3-Clause

import os
from collections.abc import Callable
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
from ...engine.network_factory import NetworkFactory
from ...engine.network_sources import task_loss
from ...engine.randomness import own_randomness
from ...engine.real_rows import Batches, RealRows
from .inner_training import flat_weights

# GSAM's radius of the look around, and its weight of the gradient across it.
RADIUS, ACROSS = 0.01, 0.3


@dataclass(frozen=True)
class Training:
    """How experts are trained, by plain gradient descent.

    Attributes
    ----------
    n_epochs, steps_per_epoch, batch_size : int
    learning_rate : float
    flat : bool
        Whether experts look for flat minima.
    augmentation : Any
        As the methods' parameter.
    """

    n_epochs: int
    steps_per_epoch: int
    batch_size: int
    learning_rate: float
    flat: bool
    augmentation: Any


class RecordWeights(Callback):
    """Keep a net's weights, before training and after each epoch, in ``path_``."""

    def on_train_begin(self, net: NeuralNet, **kwargs: Any) -> None:
        self.path_ = [flat_weights(net.module_).cpu()]

    def on_epoch_end(self, net: NeuralNet, **kwargs: Any) -> None:
        self.path_.append(flat_weights(net.module_).cpu())


class ExpertNet(BatchesNet):
    """A skorch net whose data are `Batches`, on the device already.

    Parameters
    ----------
    augmentation : SiameseAugmentation
    flat : bool
        Each step climbs to the worst point near by and descends from there, and across
        that direction from where it is (GSAM).
    **kwargs
        As for `skorch.NeuralNet`.
    """

    def __init__(
        self,
        *args: Any,
        augmentation: SiameseAugmentation,
        flat: bool = False,
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.augmentation = augmentation
        self.flat = flat

    def get_loss(self, y_pred: Tensor, y_true: Tensor, *args: Any, **kw: Any) -> Tensor:
        return task_loss(y_pred, y_true)

    def train_step_single(self, batch: Any, **fit_params: Any) -> dict[str, Any]:
        rows, targets = batch
        batch = self.augmentation.draw()(rows), targets
        step = super().train_step_single(batch, **fit_params)
        if self.flat:
            self._flatten_gradient(batch)
        return step

    def _flatten_gradient(self, batch: Any) -> None:
        parameters = [p for p in self.module_.parameters() if p.requires_grad]
        here = [p.grad.clone() for p in parameters]
        with torch.no_grad():
            steep = torch.cat([g.flatten() for g in here]).norm().clamp_min(1e-12)
            away = [RADIUS / steep * g for g in here]
            for p, shift in zip(parameters, away, strict=True):
                p.add_(shift)
        self._zero_grad_optimizer()
        super().train_step_single(batch)
        with torch.no_grad():
            there = torch.cat([p.grad.flatten() for p in parameters])
            plain = torch.cat([g.flatten() for g in here])
            along = (plain @ there) / there.square().sum().clamp_min(1e-12)
            for p, shift, g in zip(parameters, away, here, strict=True):
                p.sub_(shift)
                p.grad -= ACROSS * (g - along * p.grad)


def train_expert(
    make: NetworkFactory, real: RealRows, training: Training, seed: int
) -> Tensor:
    """Return one expert's weights by epoch, (n_epochs + 1, n_weights), on the CPU."""
    with own_randomness(real.device, seed):
        record = RecordWeights()
        ExpertNet(
            make(),
            nn.Identity,
            augmentation=SiameseAugmentation(training.augmentation, real.Z.ndim == 4),
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
            "An expert's weights are not finite: its training diverged. Lower "
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
    """Return all experts' weights, (n_experts, n_epochs + 1, n_weights), on the CPU.

    What an expert becomes depends on the rows, the network, the training and its
    number alone. With a cache those that were trained before are read.

    Parameters
    ----------
    make : NetworkFactory
    real : RealRows
    training : Training
    n_experts : int
    cache : str, path or None
        A directory, made if it is not there.
    n_jobs : int or None
        Of joblib.
    """
    digest = fingerprint(
        "expert",
        {"module": make.make, "arguments": make.arguments, **vars(training)},
        real.Z.cpu().numpy(),
        real.targets.cpu().numpy(),
        real.summed.cpu().numpy(),
        real.order.cpu().numpy(),
    )

    def one(number: int) -> Tensor:
        seed = (int(digest[:12], 16) + number) % 2**31
        path = train_expert(make, real, training, seed)
        if files:
            write_atomically(files[number], lambda file: torch.save(path, file))
        return path

    files: list[Path] = []

    if cache is None:
        return torch.stack(_in_parallel(one, range(n_experts), n_jobs))
    folder = Path(cache)
    folder.mkdir(parents=True, exist_ok=True)
    files += [folder / f"expert-{digest}-{number}.pt" for number in range(n_experts)]
    with own_randomness(real.device):
        shape = training.n_epochs + 1, len(flat_weights(make()))
    found = [_read(file, shape) for file in files]
    missing = [number for number, path in enumerate(found) if path is None]
    for number, path in zip(missing, _in_parallel(one, missing, n_jobs), strict=True):
        found[number] = path
    return torch.stack([path for path in found if path is not None])


def _in_parallel(
    one: Callable[[int], Tensor], numbers: Any, n_jobs: int | None
) -> list[Tensor]:
    # Threads would wait for each other's random numbers, and for their parent's.
    return Parallel(n_jobs=n_jobs, backend="loky")(
        delayed(one)(number) for number in numbers
    )


def _read(file: Path, shape: tuple[int, int]) -> Tensor | None:
    """Return a recorded path; None if there is none, or one that is of no use.

    It may be damaged, or of a network that goes by the same name but has changed.
    """
    if not file.exists():
        return None
    try:
        path = torch.load(file, map_location="cpu", weights_only=True)
    except Exception:
        return None
    return path if isinstance(path, Tensor) and path.shape == shape else None
