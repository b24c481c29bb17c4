"""Torch's random numbers for a single task, without side effects."""

# SPDX-License-Identifier: BSD-3-Clause

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

# All threads of a process share torch's global generator. If several threads drew from
# it at the same time, their results would not be reproducible.
_ONE_AT_A_TIME = threading.RLock()


@contextmanager
def own_randomness(device: str = "cpu", seed: int | None = None) -> Iterator[None]:
    """Restore torch's generators on exit, and let only one thread in at a time.

    Parameters
    ----------
    device : str, default="cpu"
        The device whose generator is restored in addition to the CPU's.
    seed : int, default=None
        The seed of the generators inside the context; None keeps their state.
    """
    gpus = [device] if device.startswith("cuda") else []
    with _ONE_AT_A_TIME, torch.random.fork_rng(devices=gpus):
        if seed is not None:
            torch.manual_seed(seed)
        yield
