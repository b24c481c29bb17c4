"""The number of CPU threads of small computations."""

# SPDX-License-Identifier: BSD-3-Clause

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from threadpoolctl import threadpool_limits

# The number of values in the largest tensor of a step from which on several threads are
# used. The threads of OpenMP wait for each other at the end of every operation. For
# smaller tensors, a second thread saves less than a third of the time of a step on an
# idle machine, and if other processes use the cores, a step takes many times as long as
# with one thread.
MANY_VALUES = 2**20
# The usual number of units of a hidden layer, and of channels of a convolution.
WIDTH = 128
CHANNELS = 32


class _SharedLimit:
    """One thread for BLAS libraries while any thread of the process requires it.

    The numbers of threads of BLAS libraries belong to the process. If every fit stored
    and restored them by itself, fits that overlap in time would restore wrong numbers.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._n_users = 0

    def __enter__(self) -> None:
        with self._lock:
            if not self._n_users:
                self._limits = threadpool_limits(limits=1, user_api="blas")
            self._n_users += 1

    def __exit__(self, *_error: object) -> None:
        with self._lock:
            self._n_users -= 1
            if not self._n_users:
                self._limits.restore_original_limits()


_SINGLE_BLAS_THREAD = _SharedLimit()


@contextmanager
def suitable_threads(n_values: int) -> Iterator[None]:
    """Use a single thread if tensors are small, and restore the numbers on exit.

    The number of threads depends on the sizes only and not on the load of the machine,
    because it determines the order of floating-point sums and thus the results. The
    context never raises a number. Torch's number of threads changes in the calling
    thread only.

    Parameters
    ----------
    n_values : int
        The number of values in the largest tensor of a step; see `values_of_step`.
    """
    # This call makes torch set its initial number of threads, if it has not yet.
    is_single = torch.get_num_threads() == 1
    if n_values >= MANY_VALUES:
        yield
        return
    with _SINGLE_BLAS_THREAD:
        if is_single:
            yield
            return
        # `torch.set_num_threads` would also change the number of new threads.
        with threadpool_limits(limits=1, user_api="openmp"):
            yield


def values_of_step(n_rows: int, n_distilled: int, shape: tuple[int, ...]) -> int:
    """Return about how many values the largest tensor of a step has.

    Parameters
    ----------
    n_rows, n_distilled : int
        The number of real rows in a batch, and of distilled rows.
    shape : tuple
        The shape of one row; images have three axes.
    """
    n_values = math.prod(shape)
    n_values = n_values * CHANNELS if len(shape) == 3 else max(n_values, WIDTH)
    n_batch = max(n_rows, n_distilled)
    return max(n_batch * n_values, (n_rows + n_distilled) * n_distilled)
