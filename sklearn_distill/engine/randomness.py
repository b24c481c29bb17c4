"""Torch's random numbers for one piece of work alone."""

# SPDX-License-Identifier: BSD-3-Clause

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

# Torch draws from one generator a process: threads that drew at the same time would
# make each other's outcome a matter of chance.
_ONE_AT_A_TIME = threading.RLock()


@contextmanager
def own_randomness(device: str = "cpu", seed: int | None = None) -> Iterator[None]:
    """Leave torch's generators as they were; other threads wait for theirs.

    Parameters
    ----------
    device : str, default="cpu"
        Whose generator is left alone beside the CPU's.
    seed : int, default=None
        What they start from; None: where they are.
    """
    gpus = [device] if device.startswith("cuda") else []
    with _ONE_AT_A_TIME, torch.random.fork_rng(devices=gpus):
        if seed is not None:
            torch.manual_seed(seed)
        yield
