"""Third-party distributions that are built and installed, as users install them."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from sklearn_distill.plugins.registry import GROUP

HOSTILE = Path(__file__).with_name("hostile")
# pytest must not import these modules; the import of one of them never ends.
collect_ignore = [str(HOSTILE)]


@pytest.fixture
def install(tmp_path, monkeypatch):
    """A function that installs a distribution for the duration of a test.

    The distribution consists of a module and a ``.dist-info`` folder with the files
    METADATA and entry_points.txt, on `sys.path`.
    """
    monkeypatch.syspath_prepend(tmp_path)
    modules = []

    def install(distribution, entry_points, *, module=None, code="", metadata=True):
        folder = tmp_path / f"{distribution.replace('-', '_')}-2.5.dist-info"
        folder.mkdir()
        if metadata:
            (folder / "METADATA").write_text(
                f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 2.5\n"
            )
        lines = [f"{name} = {value}" for name, value in entry_points.items()]
        (folder / "entry_points.txt").write_text("\n".join([f"[{GROUP}]", *lines]))
        if module is not None:
            (tmp_path / f"{module}.py").write_text(textwrap.dedent(code))
            modules.append(module)
        return tmp_path

    yield install
    for module in modules:
        sys.modules.pop(module, None)


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """A folder into which pip has installed all distributions under hostile/."""
    folder = tmp_path_factory.mktemp("hostile")
    # Build a copy, because a build writes files beside the sources.
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
    """A function that runs Python with the hostile distributions installed."""

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
    """A function that runs sklearn-distill with the hostile distributions installed."""

    def run(*arguments, **settings):
        return run_python("-m", "sklearn_distill", *arguments, **settings)

    return run


@pytest.fixture
def table(tmp_path):
    """The path of a CSV file with the classes "yes" and "no" in the column "label"."""
    path = tmp_path / "table.csv"
    rows = [f"{x / 10},{'yes' if x > 30 else 'no'}" for x in range(60)]
    path.write_text("\n".join(["x,label", *rows]) + "\n")
    return path
