"""The device under test, and a process without a GPU that loads pickles."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

HERE = Path(__file__).parent
# `device_cases` has the networks of the pickles, so that it must be a module that the
# process that loads them finds by the same name.
sys.path.insert(0, str(HERE))


@pytest.fixture(scope="session")
def device():
    """Return the device that is tested: a GPU, or what SKLEARN_DISTILL_DEVICE names.

    ``SKLEARN_DISTILL_DEVICE=cpu`` runs the same tests where there is no GPU.
    """
    name = os.environ.get("SKLEARN_DISTILL_DEVICE", "cuda")
    if name.startswith("cuda") and not torch.cuda.is_available():
        pytest.skip("torch finds no GPU; SKLEARN_DISTILL_DEVICE=cpu runs this on a CPU")
    return name


class LoaderWithoutGPU:
    """A process that sees no GPU, loads pickles and uses them."""

    def __init__(self):
        environment = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "load_pickles.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def error_of(self, path):
        """Return what goes wrong when a pickle is loaded and used, or ''."""
        self.process.stdin.write(f"{path}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        return answer.strip() if answer else "the loading process has ended"


@pytest.fixture(scope="session")
def loader(device):
    """Return a process without a GPU that all tests of pickles share."""
    loader = LoaderWithoutGPU()
    yield loader
    loader.process.stdin.close()
    loader.process.stdout.close()
    loader.process.wait(timeout=60)
