"""Input files, and functions that run commands, for the tests of the command line."""

# SPDX-License-Identifier: BSD-3-Clause

import textwrap

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

from sklearn_distill.cli.main import main


@pytest.fixture
def shapes():
    """A table with all kinds of columns, and with words that may stand for NaN."""
    rng = np.random.RandomState(0)
    n = 80
    return pd.DataFrame(
        {
            "size": rng.gamma(2.0, size=n).round(3),
            "corners": rng.poisson(4, n),
            "hollow": rng.rand(n) < 0.4,
            "color": rng.choice(["NA", "None", "?", "red"], n),
            "kind": np.where(np.arange(n) < 60, "plain", "odd"),
        }
    )


@pytest.fixture
def table(shapes, tmp_path):
    """The path of a CSV file with the table `shapes`."""
    path = tmp_path / "shapes.csv"
    shapes.to_csv(path, index=False)
    return path


@pytest.fixture
def digits(tmp_path):
    """The path of an .npz file with images as flat rows."""
    X, y = load_digits(return_X_y=True)
    path = tmp_path / "digits.npz"
    np.savez(path, X=X[:300].astype(np.uint8), y=y[:300])
    return path


@pytest.fixture
def distill():
    """A function that runs `sklearn-distill distill` and returns the exit code."""

    def run(source, output, *options, method="random"):
        return main(
            ["distill", str(source), "--method", method, "-o", str(output), *options]
        )

    return run


@pytest.fixture
def error_line(capsys):
    """A function that checks that only one error was printed, and returns its text."""

    def read():
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.count("\n") == 1
        assert printed.err.startswith("sklearn-distill: error: ")
        return printed.err.removeprefix("sklearn-distill: error: ")

    return read


@pytest.fixture
def install_plugin(tmp_path, monkeypatch):
    """A function that installs a method in a distribution of its own."""

    def install(name, body):
        module = f"cli_plugin_{name}"
        (tmp_path / f"{module}.py").write_text(
            "from sklearn_distill import RandomSelection\n" + textwrap.dedent(body)
        )
        metadata = tmp_path / f"{module}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Name: {module}\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(
            f"[sklearn_distill.distillers]\n{name} = {module}:Method\n"
        )
        monkeypatch.syspath_prepend(tmp_path)

    return install
