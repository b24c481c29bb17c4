"""`sklearn-distill compare`: tables, JSON, files to go on from, and clear refusals."""

# SPDX-License-Identifier: BSD-3-Clause

import json

import pytest
from sklearn.datasets import load_iris, load_wine

from sklearn_distill import Comparison, HerdingSelection
from sklearn_distill.cli.main import main


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    frame = load_wine(as_frame=True).frame
    path = tmp_path_factory.mktemp("tables") / "wine.csv"
    frame.to_csv(path, index=False)
    return path


def compare(table, *options):
    return main(
        ["compare", str(table), "--target", "target", "--cv", "2", "--learners",
         "logistic,naive Bayes", *options]
    )  # fmt: skip


def test_a_table_for_each_budget(table, tmp_path, capsys):
    scores = tmp_path / "scores.csv"
    options = ["--methods", "random,herding", "--budget", "2,5", "-o", str(scores)]
    assert compare(table, *options) == 0
    printed = capsys.readouterr()
    first, second = printed.out.split("\n\n")[:2]
    assert first.startswith("Budget 2: balanced accuracy in per cent")
    assert second.startswith("Budget 5")
    for word in ("full data", "random", "herding", "retention", "p random"):
        assert word in first
    assert "nan" not in printed.out.lower()
    compared = Comparison.read(scores)
    mean = compared.summary(5).loc["herding", "mean"]
    (line,) = [line for line in second.splitlines() if line.startswith("herding")]
    assert f"{100 * mean:.1f}" in line
    before = scores.read_bytes()
    assert compare(table, *options) == 0
    assert capsys.readouterr().out == printed.out
    assert scores.read_bytes() == before


def test_json_and_quiet(table, capsys):
    assert compare(table, "--methods", "random,herding", "--json") == 0
    records = json.loads(capsys.readouterr().out)
    assert {r["method"] for r in records} == {"random", "herding"}
    assert {r["budget"] for r in records} == {10}
    assert all(0.5 < r["mean"] < 1 for r in records)
    assert compare(table, "--methods", "random", "--no-full", "--quiet") == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--methods", "hrding"], "Did you mean 'herding'"),
        (["--methods", "random,,herding"], "no list of names"),
        (["--methods", "random", "--budget", "a=5"], "names classes"),
        (["--methods", "random", "--budget", "0"], "budgets holds 0"),
        (["--methods", "random", "--learners", "oracle"], "no learner 'oracle'"),
        (["--methods", "random", "-o", "scores.txt"], "scores go to a .csv file"),
        (["--methods", "random", "-o", "no/where.csv"], "there is no folder"),
        (["--methods", "random", "--target", "colour"], "no column 'colour'"),
        ([], "--methods"),
    ],
)
def test_wrong_use_is_one_clear_line(table, capsys, options, message):
    assert compare(table, *options) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.err.count("\n") == 1
    assert printed.out == ""


def test_the_input_is_never_the_output(table, capsys):
    before = table.read_bytes()
    assert compare(table, "--methods", "random", "-o", str(table)) == 2
    assert "is the input itself" in capsys.readouterr().err
    assert table.read_bytes() == before


def test_a_table_needs_a_target(table, capsys):
    assert main(["compare", str(table), "--methods", "random"]) == 2
    assert "--target COLUMN" in capsys.readouterr().err


def test_soft_labels_are_no_features(tmp_path, capsys):
    """Those that a saved set holds would give the labels away."""
    X, y = load_iris(return_X_y=True)
    soft = HerdingSelection(5, soft_labels="teacher", random_state=0).fit_distill(X, y)
    path = tmp_path / "soft.csv"
    soft.save(path)
    arguments = ["compare", str(path), "--methods", "random"]
    assert main([*arguments, "--target", "target"]) == 2
    assert "they are no features" in capsys.readouterr().err
    assert main(arguments) == 2
    assert "--no-target" not in capsys.readouterr().err
