"""`sklearn-distill compare` prints and writes the scores of several methods."""

# SPDX-License-Identifier: BSD-3-Clause

import json
import re

import pytest
from sklearn.datasets import load_iris, load_wine

from sklearn_distill import Comparison, HerdingSelection
from sklearn_distill.cli.main import main


@pytest.fixture(autouse=True)
def unknown_terminal_width(monkeypatch):
    """Remove the width that a test runner or a shell may have exported."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture(scope="module")
def wine(tmp_path_factory):
    """The path of a CSV file with the column "target" and three classes."""
    frame = load_wine(as_frame=True).frame
    path = tmp_path_factory.mktemp("tables") / "wine.csv"
    frame.to_csv(path, index=False)
    return path


def compare(path, *options):
    return main(
        ["compare", str(path), "--target", "target", "--cv", "2", "--learners",
         "logistic,naive Bayes", *options]
    )  # fmt: skip


def test_compare_prints_a_table_for_each_budget_and_continues(wine, tmp_path, capsys):
    """Running the command again reads the scores from the file and keeps the file."""
    scores = tmp_path / "scores.csv"
    options = ["--methods", "random,herding", "--budget", "2,5", "-o", str(scores)]
    assert compare(wine, *options) == 0
    printed = capsys.readouterr()
    first, second, last = printed.out.split("\n\n")
    assert first.startswith("Budget 2: balanced accuracy in percent, by learner\n")
    assert second.startswith("Budget 5")
    assert last == f"scores written to {scores}\n"
    for word in ("full data", "random", "herding", "retention", "p random"):
        assert word in first
    assert "nan" not in printed.out.lower()
    compared = Comparison.read(scores)
    mean = compared.summary(5).loc["herding", "mean"]
    (line,) = [line for line in second.splitlines() if line.startswith("herding")]
    assert f"{100 * mean:.1f}" in line
    before = scores.read_bytes()
    assert compare(wine, *options) == 0
    assert capsys.readouterr().out == printed.out
    assert scores.read_bytes() == before


def test_json_and_quiet(wine, capsys):
    assert compare(wine, "--methods", "random,herding", "--json") == 0
    records = json.loads(capsys.readouterr().out)
    assert {r["method"] for r in records} == {"random", "herding"}
    assert {r["budget"] for r in records} == {10}
    assert all(0.5 < r["mean"] < 1 for r in records)
    assert compare(wine, "--methods", "random", "--no-full", "--quiet") == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--methods", "hrding"], "Did you mean 'herding'"),
        (["--methods", "random,,herding"], "must be a list of names"),
        (["--methods", "random", "--budget", "a=5"], "'a=5' must be numbers of rows"),
        (["--methods", "random", "--budget", "0"], r"budgets.*\b0\b"),
        (["--methods", "random", "--learners", "oracle"], "learner.*'oracle'"),
        (["--methods", "random", "-o", "scores.txt"], "output must be a .csv file"),
        (
            ["--methods", "random", "-o", "no/where.csv"],
            "directory 'no' does not exist",
        ),
        (["--methods", "random", "--target", "color"], "has no column 'color'"),
        ([], "--methods"),
    ],
)
def test_invalid_options_are_errors_on_one_line(wine, options, message, error_line):
    assert compare(wine, *options) == 2
    assert re.search(message, error_line())


def test_output_must_not_be_the_input(wine, error_line):
    before = wine.read_bytes()
    assert compare(wine, "--methods", "random", "-o", str(wine)) == 2
    assert "the output must not be the input file" in error_line()
    assert wine.read_bytes() == before


def test_table_without_target_option_is_an_error(wine, error_line):
    assert main(["compare", str(wine), "--methods", "random"]) == 2
    error = error_line()
    assert "--target COLUMN" in error
    assert "--no-target" not in error


def test_soft_labels_of_a_saved_set_are_not_used_as_features(tmp_path, error_line):
    """Soft labels in the features would reveal the labels to the learners."""
    X, y = load_iris(return_X_y=True)
    soft = HerdingSelection(5, soft_labels="teacher", random_state=0).fit_distill(X, y)
    path = tmp_path / "soft.csv"
    soft.save(path)
    arguments = ["compare", str(path), "--methods", "random", "--target", "target"]
    assert main(arguments) == 2
    assert "which must not be used as features" in error_line()


@pytest.mark.parametrize("width", [60, 80, 100])
def test_table_is_not_wider_than_the_terminal(wine, capsys, monkeypatch, width):
    options = ["--methods", "random,herding", "--budget", "2"]
    assert compare(wine, *options) == 0
    [header, *unlimited] = capsys.readouterr().out.splitlines()
    monkeypatch.setenv("COLUMNS", str(width))
    assert compare(wine, *options) == 0
    [same, *lines] = capsys.readouterr().out.splitlines()
    assert same == header
    assert max(map(len, lines)) <= width < max(map(len, unlimited))
    # Each block repeats the names of the methods, and no cell is lost.
    blocks = [line for line in lines if line.startswith("herding")]
    [row] = [line for line in unlimited if line.startswith("herding")]
    cells = [cell for line in blocks for cell in line.split()[1:]]
    # The time to distill differs between the two runs.
    assert len(cells) == len(row.split()) - 1
    assert cells[:3] == row.split()[1:4]
