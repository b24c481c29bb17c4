"""Files with the state of an unfinished fit, from which a killed fit can resume."""

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
# The largest share of the time that writing checkpoints may take.
WRITING_SHARE = 0.05


def generator_state(rng: np.random.RandomState) -> list[Any]:
    """Return the state of a generator as a list of strings and Python numbers."""
    state: Any = rng.get_state(legacy=True)
    name, keys, *numbers = state
    return [name, keys.tolist(), *map(float, numbers)]


def set_generator_state(rng: np.random.RandomState, state: list[Any]) -> None:
    """Restore the state of a generator that `generator_state` returned."""
    name, keys, position, has_gauss, cached = state
    rng.set_state(
        (name, np.array(keys, np.uint32), int(position), int(has_gauss), cached)
    )


class CheckpointFile:
    """The file in which a fit stores its state.

    Parameters
    ----------
    path : str or path-like
        A file, or an existing directory in which each fit gets its own file.
    fingerprint : str
        A hash of everything that determines the result of the fit.

    Raises
    ------
    ValueError
        If the directory of the file does not exist.
    """

    def __init__(self, path: str | os.PathLike[str], fingerprint: str):
        self.path = Path(path)
        if self.path.is_dir():
            self.path = self.path / f"{fingerprint}.ckpt"
        elif not self.path.parent.is_dir():
            raise ValueError(
                f"The directory of checkpoint={os.fspath(path)!r} does not exist. Make "
                "the directory first."
            )
        self.fingerprint = fingerprint

    def load(self) -> dict[str, Any] | None:
        """Return the saved state, or None if the file does not exist.

        Raises
        ------
        ValueError
            If the file cannot be read, or belongs to a fit with another fingerprint.
        """
        if not self.path.exists():
            return None
        try:
            # `weights_only` accepts only tensors and plain values, so that loading a
            # file cannot execute code.
            saved = torch.load(self.path, map_location="cpu", weights_only=True)
            found = saved["format"], saved["fingerprint"]
        except Exception as error:
            raise ValueError(
                f"The file {self.path} cannot be read as a checkpoint. It is damaged, "
                "or another kind of file. Delete it, or pass another path."
            ) from error
        if found != (FORMAT, self.fingerprint):
            raise ValueError(
                f"The file {self.path} is the checkpoint of another fit, whose data, "
                "parameters or version of sklearn-distill differ. Delete it, pass "
                "another path, or pass a directory, in which each fit gets its own "
                "file."
            )
        return saved

    def save(self, state: Mapping[str, Any]) -> None:
        """Replace the file with a new state."""
        content = {"format": FORMAT, "fingerprint": self.fingerprint, **state}
        write_atomically(self.path, lambda file: torch.save(content, file))

    def remove(self) -> None:
        """Delete the file, after the fit has finished."""
        self.path.unlink(missing_ok=True)


class Checkpoint(Callback):
    """A skorch callback that saves the state of a loop, and resumes from a saved state.

    The state contains everything that determines the remaining steps: the rows, the
    objective with its networks, the optimizer, the learning rate schedule, the random
    generators, the history and the best rows. A resumed fit therefore returns exactly
    the same rows as an uninterrupted fit.

    Parameters
    ----------
    file : CheckpointFile
        The file to write.
    saved : dict or None
        The state to resume from; None starts from the beginning.
    extra : dict
        Further entries of the file.
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
        # Save the last epoch here, after all callbacks have processed it. The history
        # already has an entry for the new epoch, which is not saved.
        if len(net.history) < 2 or time.monotonic() < self.free_after_:
            return
        started = time.monotonic()
        self.file.save(_plain({**self.extra, **self._state(net)}))
        seconds = time.monotonic() - started
        self.free_after_ = time.monotonic() + seconds / WRITING_SHARE

    def _state(self, net: NeuralNet) -> dict[str, Any]:
        """Return the state of a loop and of its callbacks."""
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
                "seconds": stop.deadline.seconds(),
            },
        }

    def _restore(self, net: NeuralNet, saved: Mapping[str, Any]) -> None:
        """Set the state of a loop and of its callbacks."""
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
        stop.deadline.seconds_before = stopped["seconds"]


def _plain(value: Any) -> Any:
    """Replace NumPy's numbers in nested containers by Python's numbers.

    A file with NumPy's numbers could not be loaded with `weights_only`.
    """
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_plain(item) for item in value)
    return value.item() if isinstance(value, np.generic) else value
