"""The number of threads of small fits."""

import os
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from sklearn.datasets import load_iris
from skorch.callbacks import Callback
from threadpoolctl import threadpool_info

from sklearn_distill import DistributionMatching
from sklearn_distill.engine.threads import (
    MANY_VALUES,
    suitable_threads,
    values_of_step,
)

X, y = load_iris(return_X_y=True)


def blas_threads():
    return [i["num_threads"] for i in threadpool_info() if i["user_api"] == "blas"]


@pytest.fixture
def two_threads():
    """Let torch use two threads in this test, whatever the environment says."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


class Threads(Callback):
    """Record torch's number of threads in each step, and raise an error on demand."""

    def __init__(self, fails=False):
        self.fails = fails
        self.numbers = set()

    def on_batch_end(self, net, **kwargs):
        self.numbers.add(torch.get_num_threads())
        if self.fails:
            raise RuntimeError("The callback fails.")


def small_fit(threads):
    matching = DistributionMatching(2, max_iter=5, callbacks=[threads], random_state=0)
    return matching.fit(X, y)


def test_small_fit_uses_one_thread_and_restores_the_number(two_threads):
    threads = Threads()
    small_fit(threads)
    assert threads.numbers == {1}
    assert torch.get_num_threads() == 2


def test_number_of_threads_is_restored_after_an_error(two_threads):
    blas = blas_threads()
    with pytest.raises(RuntimeError, match="callback fails"):
        small_fit(Threads(fails=True))
    assert torch.get_num_threads() == 2
    assert blas_threads() == blas


def test_large_computation_keeps_the_number_of_threads(two_threads):
    with suitable_threads(MANY_VALUES):
        assert torch.get_num_threads() == 2
    with suitable_threads(MANY_VALUES - 1):
        assert torch.get_num_threads() == 1


def test_values_of_step_counts_images_and_kernels():
    assert values_of_step(1_000, 100, (20,)) == 1_000 * 128
    assert values_of_step(1_000, 500, (20,)) == 1_500 * 500
    assert values_of_step(1_000, 10, (200,)) == 200_000
    assert values_of_step(640, 100, (1, 28, 28)) == 640 * 784 * 32
    assert values_of_step(20, 100, (1, 28, 28)) == 100 * 784 * 32


def test_fits_in_threads_restore_the_numbers(two_threads):
    """Contexts that overlap in time leave the numbers as they were."""
    blas = blas_threads()
    inside, leave = threading.Event(), threading.Event()

    def outer():
        with suitable_threads(1):
            inside.set()
            leave.wait(timeout=60)
            return torch.get_num_threads()

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(outer)
        inside.wait(timeout=60)
        with suitable_threads(1):
            leave.set()
            assert first.result(timeout=60) == 1
            assert set(blas_threads()) == {1}
        assert blas_threads() == blas
        assert torch.get_num_threads() == 2
        assert pool.submit(torch.get_num_threads).result(timeout=60) == 2


# Each process writes its torch threads during a step, and how many threads its fit
# started.
SEARCH = """
    import os, sys, threading
    from pathlib import Path
    import torch
    from skorch.callbacks import Callback
    from sklearn.datasets import load_iris
    from sklearn.model_selection import GridSearchCV
    from sklearn_distill import DistributionMatching

    class Watch(Callback):
        def on_train_begin(self, net, **kwargs):
            self.before = len(os.listdir("/proc/self/task"))

        def on_train_end(self, net, **kwargs):
            started = len(os.listdir("/proc/self/task")) - self.before
            path = Path(sys.argv[1], f"{os.getpid()}-{id(self)}")
            path.write_text(f"{torch.get_num_threads()} {started}")

    X, y = load_iris(return_X_y=True)
    matching = DistributionMatching(2, max_iter=5, callbacks=[Watch()], random_state=0)
    search = GridSearchCV(matching, {"budget": [2, 3]}, cv=2, n_jobs=int(sys.argv[2]))
    search.fit(X, y)
    """


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="requires Linux")
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_search_does_not_start_threads(n_jobs, tmp_path):
    environment = {**os.environ, "OMP_NUM_THREADS": "4", "OPENBLAS_NUM_THREADS": "1"}
    # joblib divides the cores among its processes unless the variable is set.
    if n_jobs == 2:
        del environment["OMP_NUM_THREADS"]
    command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(SEARCH)]
    command += [str(tmp_path), str(n_jobs)]
    subprocess.run(command, env=environment, check=True, timeout=240)
    found = [path.read_text() for path in tmp_path.iterdir()]
    assert len(found) >= 5 if n_jobs == 1 else found
    assert set(found) == {"1 0"}
