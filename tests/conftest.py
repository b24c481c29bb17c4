"""What all tests share: threads, hypothesis, real data."""

import os
from pathlib import Path

# Before anything loads torch or OpenMP, and for the subprocesses of tests too: several
# test processes with a thread for each core would only fight for them.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from hypothesis import settings

settings.register_profile("ci", derandomize=True, deadline=None)
settings.load_profile("ci")


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real tables; tests that need it are skipped where it is unknown."""
    folder = os.environ.get("SKLEARN_DISTILL_DATA")
    if not folder:
        pytest.skip("SKLEARN_DISTILL_DATA is not set: no folder of real tables to read")
    return Path(folder)
