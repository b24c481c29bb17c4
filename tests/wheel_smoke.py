"""Test an installed wheel in an environment without extras.

    python tests/wheel_smoke.py

Run the script from a folder without a checkout, so that the installed package is
imported; `make wheel` does this. The script needs no test framework. It distills,
trains and saves, runs the command, and checks that each missing extra is named.
"""

# SPDX-License-Identifier: BSD-3-Clause

import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC

import sklearn_distill as sd
from sklearn_distill.dense import PixelFeatures

X, y = load_iris(return_X_y=True)


def distill():
    """Return a distilled set that was saved and loaded again."""
    assert "site-packages" in sd.__file__, sd.__file__
    assert (Path(sd.__file__).parent / "py.typed").is_file()
    small = sd.HerdingSelection(budget=5).fit(X, y).distilled_
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "small.npz"
        small.save(path)
        loaded = sd.DistilledSet.load(path)
    assert (loaded.X == small.X).all()
    return loaded


def train():
    """Fit a wrapper, and a method that learns rows."""
    model = sd.DistilledClassifier(sd.HerdingSelection(budget=5), SVC()).fit(X, y)
    assert model.score(X, y) > 0.8
    learned = sd.KernelInducingPoints(budget=2, max_iter=3, random_state=0).fit(X, y)
    assert learned.distilled_.X.shape == (6, 4)


def run_command():
    """Run `sklearn-distill` as a user does, with its console script."""
    program = Path(sys.executable).with_name("sklearn-distill")
    listed = subprocess.run(
        [program, "list"], check=True, capture_output=True, text=True
    ).stdout
    for info in sd.list_distillers():
        sd.get_distiller(info.name)
        assert info.name in listed


def name_missing_extras(small):
    """Check that what needs an extra raises an error that names the extra."""
    student = sd.KnowledgeDistillationClassifier(
        LogisticRegression(max_iter=1_000), GaussianNB(), check_teacher=False
    )
    program = Path(sys.executable).with_name("sklearn-distill")

    def complete():
        done = subprocess.run(
            [program, "--print-completion", "bash"], capture_output=True, text=True
        )
        if done.returncode:
            raise ImportError(done.stderr)

    uses = {
        ("completion", "shtab"): complete,
        ("dense", "skimage"): lambda: PixelFeatures().fit_transform(
            np.zeros((1, 8, 8))
        ),
        ("parquet", "pandas"): lambda: small.to_frame(),
        ("plot", "matplotlib"): lambda: sd.DistilledRowsDisplay.from_estimator(
            sd.HerdingSelection(budget=5).fit(X, y), X, y
        ),
        ("parquet", "pandas "): lambda: sd.compare_distillers(X, y, ["random"], cv=2),
        ("onnx", "onnx"): lambda: student.fit(X, y).export_onnx("student.onnx", X),
        ("report", "jinja2"): lambda: sd.DistillationReport.from_sets(
            [small], X, y, X, y, learners=["logistic"]
        ).to_html("report.html"),
    }
    for (extra, module), use in uses.items():
        if find_spec(module.strip()):
            print(f"skipped: {module} is installed")
            continue
        try:
            use()
        except ImportError as error:
            assert f"sklearn-distill[{extra}]" in str(error), error  # noqa: PT017
            print(f"{extra}: {error}")
        else:
            raise AssertionError(f"no error although {module} is missing")


if __name__ == "__main__":
    name_missing_extras(distill())
    train()
    run_command()
    print(f"sklearn-distill {sd.__version__}: passed")
