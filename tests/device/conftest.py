"""Fixtures for the device under test and for loading pickles without a GPU."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

HERE = Path(__file__).parent
# Pickled networks refer to the module `device_cases` by name. Add this folder to the
# path so that the tests and the loading process import the module by the same name.
sys.path.insert(0, str(HERE))


@pytest.fixture(scope="session")
def device():
    """Return the device under test, which is a GPU by default.

    Set the environment variable SKLEARN_DISTILL_DEVICE to "cpu" to run the tests on a
    machine without a GPU.
    """
    name = os.environ.get("SKLEARN_DISTILL_DEVICE", "cuda")
    if name.startswith("cuda") and not torch.cuda.is_available():
        pytest.skip(
            "torch did not find a GPU; set SKLEARN_DISTILL_DEVICE=cpu to run this test "
            "on a CPU."
        )
    return name


class LoaderWithoutGPU:
    """A process without access to a GPU that loads pickles and tests them."""

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
        """Return the error message of loading and using a pickle, or ''."""
        self.process.stdin.write(f"{path}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        return line.strip() if line else "The loading process exited unexpectedly."


@pytest.fixture(scope="session")
def loader(device):
    """Return the process without access to a GPU, which all pickle tests share."""
    loader = LoaderWithoutGPU()
    yield loader
    loader.process.stdin.close()
    loader.process.stdout.close()
    loader.process.wait(timeout=60)
