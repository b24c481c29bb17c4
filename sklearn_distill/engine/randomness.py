"""Torch's random numbers and deterministic algorithms, without side effects."""

# SPDX-License-Identifier: BSD-3-Clause

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import torch

# All threads of a process share torch's global generator. If several threads drew from
# it at the same time, their results would not be reproducible.
_ONE_AT_A_TIME = threading.RLock()


@contextmanager
def _deterministic_convolutions() -> Iterator[None]:
    """Let cuDNN use only algorithms that return the same result in every call.

    The default algorithms for the gradients of convolutions add numbers in an order
    that differs between calls, so that fits with one seed would differ on a GPU.
    """
    cudnn = torch.backends.cudnn
    before = cudnn.deterministic, cudnn.benchmark
    cudnn.deterministic, cudnn.benchmark = True, False
    try:
        yield
    finally:
        cudnn.deterministic, cudnn.benchmark = before


@contextmanager
def own_randomness(device: str = "cpu", seed: int | None = None) -> Iterator[None]:
    """Restore torch's generators on exit, and let only one thread in at a time.

    On a GPU, convolutions are deterministic inside the context.

    Parameters
    ----------
    device : str, default="cpu"
        The device whose generator is restored in addition to the CPU's.
    seed : int, default=None
        The seed of the generators inside the context; None keeps their state.
    """
    gpus = [device] if device.startswith("cuda") else []
    convolutions = _deterministic_convolutions() if gpus else nullcontext()
    with _ONE_AT_A_TIME, torch.random.fork_rng(devices=gpus), convolutions:
        if seed is not None:
            torch.manual_seed(seed)
        yield
