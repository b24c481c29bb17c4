"""The option --densify of the commands distill and compare."""

import numpy as np
import pandas as pd
import pytest

from sklearn_distill import DistilledSet
from sklearn_distill.cli import main


@pytest.fixture
def table(tmp_path):
    X = np.random.RandomState(0).randn(300, 2).round(2)
    frame = pd.DataFrame(X, columns=["a", "b"])
    frame["kind"] = np.where(X[:, 0] > 0, "x", "y")
    path = tmp_path / "table.csv"
    frame.to_csv(path, index=False)
    return path


def distill(table, output, *options):
    arguments = ["distill", str(table), "--target", "kind", "--method", "herding"]
    return main([*arguments, "--budget", "5", "-o", str(output), *options])


def test_a_number_writes_grown_rows(table, tmp_path, capsys):
    assert distill(table, tmp_path / "grown.csv", "--densify", "80") == 0
    assert len(pd.read_csv(tmp_path / "grown.csv")) == 80
    assert "300 -> 80 rows" in capsys.readouterr().out


def test_auto_writes_sampler_and_decoder(table, tmp_path):
    assert distill(table, tmp_path / "set.npz", "--densify", "auto") == 0
    small = DistilledSet.load(tmp_path / "set.npz")
    assert len(small) == 10
    assert len(small.densify(50)) == 50


@pytest.mark.parametrize(
    ("output", "options", "message"),
    [
        ("set.csv", ["--densify", "auto"], "cannot hold the sampler and the decoder"),
        ("set.csv", ["--densify", "many"], "must be auto or a number of rows"),
        ("set.csv", ["--densify", "50", "--indices", "i.txt"], "cannot be combined"),
    ],
)
def test_impossible_combinations_are_errors(
    table, tmp_path, capsys, output, options, message
):
    assert distill(table, tmp_path / output, *options) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / output).exists()


def test_compare_trains_on_grown_rows(table, capsys):
    arguments = ["compare", str(table), "--target", "kind", "--methods", "herding"]
    options = ["--budget", "3", "--cv", "2", "--learners", "naive Bayes", "--no-full"]
    assert main([*arguments, *options, "--densify", "100"]) == 0
    assert "herding" in capsys.readouterr().out
