"""Distributions of third parties, built and installed as users install them."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HOSTILE = Path(__file__).with_name("hostile")
# One of them never ends its import.
collect_ignore = [str(HOSTILE)]


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """A folder with all the distributions under hostile/ installed, by pip."""
    folder = tmp_path_factory.mktemp("hostile")
    # A build leaves things beside the sources.
    sources = shutil.copytree(HOSTILE, folder / "sources")
    target = folder / "site"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    command += ["--no-index", "--no-build-isolation", "--disable-pip-version-check"]
    done = subprocess.run(
        [*command, "--target", target, *sorted(sources.iterdir())],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture
def run_python(site, tmp_path):
    """Run Python with arguments where the hostile distributions are installed."""

    def run(*arguments, installed=True, **settings):
        path = [str(site)] if installed else []
        old = os.environ.get("PYTHONPATH")
        env = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(path + ([old] if old else [])),
        }
        settings = {"capture_output": True, "text": True, "timeout": 120, **settings}
        return subprocess.run(
            [sys.executable, *map(str, arguments)], env=env, cwd=tmp_path, **settings
        )

    return run


@pytest.fixture
def command(run_python):
    """Run the command where the hostile distributions are installed."""

    def run(*arguments, **settings):
        return run_python("-m", "sklearn_distill", *arguments, **settings)

    return run
