"""The state of an unfinished fit as a file, so that a killed fit goes on from it."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from skorch import NeuralNet
from skorch.callbacks import Callback

from .._utils.atomic_file import write_atomically

FORMAT = 1
# Writing takes at most this share of the time.
WRITING_SHARE = 0.05


def generator_state(rng: np.random.RandomState) -> list[Any]:
    """Return a generator's state in plain values."""
    state: Any = rng.get_state(legacy=True)
    name, keys, *numbers = state
    return [name, keys.tolist(), *map(float, numbers)]


def set_generator_state(rng: np.random.RandomState, state: list[Any]) -> None:
    """Put a generator back to a state from `generator_state`."""
    name, keys, position, has_gauss, cached = state
    rng.set_state(
        (name, np.array(keys, np.uint32), int(position), int(has_gauss), cached)
    )


class CheckpointFile:
    """A checkpoint's place, and what it is of.

    Parameters
    ----------
    path : str or Path
        A file, or a directory, where every fit has a file of its own.
    fingerprint : str
        What the fit is of; a file of another fit is refused.
    """

    def __init__(self, path: str | os.PathLike[str], fingerprint: str):
        self.path = Path(path)
        if self.path.is_dir():
            self.path = self.path / f"{fingerprint}.ckpt"
        elif not self.path.parent.is_dir():
            raise ValueError(
                f"checkpoint={os.fspath(path)!r} lies in a directory that is not "
                "there. Make the directory first."
            )
        self.fingerprint = fingerprint

    def load(self) -> dict[str, Any] | None:
        """Return the state that was saved, or None if there is none."""
        if not self.path.exists():
            return None
        try:
            # Tensors and plain values alone: no code of the file's choosing runs.
            saved = torch.load(self.path, map_location="cpu", weights_only=True)
            found = saved["format"], saved["fingerprint"]
        except Exception as error:
            raise ValueError(
                f"checkpoint {self.path} cannot be read: it is damaged, or no "
                "checkpoint. Delete it, or pass another path."
            ) from error
        if found != (FORMAT, self.fingerprint):
            raise ValueError(
                f"checkpoint {self.path} is of another fit: data, parameters or "
                "version differ. Delete it, pass another path, or pass a directory, "
                "where every fit has a file of its own."
            )
        return saved

    def save(self, state: Mapping[str, Any]) -> None:
        """Replace the file by one with a new state."""
        content = {"format": FORMAT, "fingerprint": self.fingerprint, **state}
        write_atomically(self.path, lambda file: torch.save(content, file))

    def remove(self) -> None:
        """Delete the file: the fit is over."""
        self.path.unlink(missing_ok=True)


class Checkpoint(Callback):
    """Save the loop between epochs, and go on from what was saved.

    Everything that decides the rest of a training is saved: rows, objective with its
    networks, optimiser, schedule, generators, history, best rows. The rest of a resumed
    training is that of an unbroken one, to the last bit.

    Parameters
    ----------
    file : CheckpointFile
    saved : dict or None
        What `file` held when the fit began.
    extra : dict
        What else the file is to hold.
    """

    def __init__(
        self,
        file: CheckpointFile,
        saved: Mapping[str, Any] | None,
        extra: Mapping[str, Any],
    ):
        self.file = file
        self.saved = saved
        self.extra = extra

    def on_train_begin(self, net: NeuralNet, X: Any = None, **kwargs: Any) -> None:
        self.batches_ = X
        self.free_after_ = 0.0
        if self.saved is not None:
            self._restore(net, self.saved)

    def on_epoch_begin(self, net: NeuralNet, **kwargs: Any) -> None:
        # Here all callbacks have dealt with the last epoch. The new one has a line in
        # the history already, which is left out.
        if len(net.history) < 2 or time.monotonic() < self.free_after_:
            return
        started = time.monotonic()
        self.file.save(_plain({**self.extra, **self._state(net)}))
        seconds = time.monotonic() - started
        self.free_after_ = time.monotonic() + seconds / WRITING_SHARE

    def _state(self, net: NeuralNet) -> dict[str, Any]:
        callbacks = dict(net.callbacks_)
        keep, stop = callbacks["keep_best"], callbacks["stop_when"]
        device = torch.device(net.device)
        return {
            "rows": net.module_.state_dict(),
            "objective": net.criterion_.state_dict(),
            "optimizer": net.optimizer_.state_dict(),
            "schedule": callbacks["schedule"].lr_scheduler_.state_dict(),
            "torch_random": torch.get_rng_state(),
            "device_random": torch.cuda.get_rng_state(device)
            if device.type == "cuda"
            else None,
            "batches_random": self.batches_.generator.get_state(),
            "n_batches_left": self.batches_.n_left,
            "history": net.history.to_list()[:-1],
            "n_steps": net.n_steps_,
            "n_rollbacks": net.n_rollbacks_,
            "best": {
                "first_loss": keep.first_loss_,
                "loss": keep.best_loss_,
                "state": keep.best_state_,
                "objective": keep.best_objective_,
                "step": keep.best_step_,
            },
            "stop": {
                "reference": float(stop.reference_),
                "improved_at": stop.improved_at_,
                "seconds": stop.seconds(),
            },
        }

    def _restore(self, net: NeuralNet, saved: Mapping[str, Any]) -> None:
        callbacks = dict(net.callbacks_)
        keep, stop = callbacks["keep_best"], callbacks["stop_when"]
        net.module_.load_state_dict(saved["rows"])
        net.criterion_.load_state_dict(saved["objective"])
        net.optimizer_.load_state_dict(saved["optimizer"])
        callbacks["schedule"].lr_scheduler_.load_state_dict(saved["schedule"])
        torch.set_rng_state(saved["torch_random"])
        if saved["device_random"] is not None:
            torch.cuda.set_rng_state(saved["device_random"], torch.device(net.device))
        self.batches_.generator.set_state(saved["batches_random"])
        self.batches_.n_left = saved["n_batches_left"]
        net.history_ = type(net.history_)(saved["history"])
        net.n_steps_, net.n_rollbacks_ = saved["n_steps"], saved["n_rollbacks"]
        best, stopped = saved["best"], saved["stop"]
        keep.first_loss_, keep.best_loss_ = best["first_loss"], best["loss"]
        keep.best_state_, keep.best_objective_ = (
            {name: value.to(net.device) for name, value in best[part].items()}
            for part in ("state", "objective")
        )
        keep.best_step_ = best["step"]
        stop.reference_ = stopped["reference"]
        stop.improved_at_ = stopped["improved_at"]
        stop.seconds_before_ = stopped["seconds"]


def _plain(value: Any) -> Any:
    """Return nested values with Python's own numbers for NumPy's.

    Only those are read back, beside tensors.
    """
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_plain(one) for one in value)
    return value.item() if isinstance(value, np.generic) else value
