"""`sklearn-distill search` prints and writes the winner of a search."""

# SPDX-License-Identifier: BSD-3-Clause

import json

import numpy as np
import pytest

from sklearn_distill.cli.main import main


@pytest.fixture
def grid(tmp_path):
    """The path of a grid of four candidates."""
    path = tmp_path / "grid.toml"
    path.write_text('C = [0.1, 10]\nkernel = ["rbf", "linear"]\n')
    return path


def search(path, grid, *options, estimator="svm"):
    return main(
        ["search", str(path), "--estimator", estimator, "--grid", str(grid), "--cv",
         "3", "--top-k", "2", *options]
    )  # fmt: skip


def test_search_prints_confirmed_candidates_and_writes_the_winner(
    table, grid, tmp_path, capsys
):
    output = tmp_path / "best.json"
    options = ["--target", "kind", "--budget", "5", "-o", str(output)]
    assert search(table, grid, *options) == 0
    title, header, first, second, best, _, written = capsys.readouterr().out.split(
        "\n"
    )[:7]
    assert title.startswith("4 candidates on 10 distilled rows per fold, 2 confirmed")
    assert header.split()[:2] == ["C", "kernel"]
    report = json.loads(output.read_text())
    assert f"best: C={report['params']['C']!r}" in best
    assert written == f"written to {output}"
    assert report["score"] == report["confirmed"][0]["all_rows"]
    assert first.endswith(f"{report['score']:.4f}")
    assert float(second.split()[-1]) <= round(report["score"], 4)
    assert set(report["params"]) == {"C", "kernel"}


def test_regression_and_automatic_budget(table, tmp_path, capsys):
    grid = tmp_path / "ridge.toml"
    grid.write_text("alpha = [0.1, 1.0, 10.0]")
    options = ["--target", "size", "--json", "--method", "herding"]
    assert search(table, grid, *options, estimator="linear") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["params"]["alpha"] in (0.1, 1.0, 10.0)
    assert 0 < report["budget"] < 1


def test_arrays(digits, grid, capsys):
    assert search(digits, grid, "--budget", "5", "--quiet") == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("C = 1", "C must be a list of values, such as C = [1, 10]; got 1."),
        ("C = [", "cannot be read as TOML"),
        ("", "contains no parameters to search"),
        ("c = [1]", "svm has no parameter 'c'. Did you mean 'C'?"),
    ],
)
def test_invalid_grid(table, tmp_path, capsys, text, message):
    path = tmp_path / "grid.toml"
    path.write_text(text)
    assert search(table, path, "--target", "kind") == 2
    assert message in capsys.readouterr().err


def test_unknown_estimator_and_output(table, grid, tmp_path, capsys):
    assert search(table, grid, "--target", "kind", estimator="smv") == 2
    assert "Did you mean 'svm'?" in capsys.readouterr().err
    options = ["--target", "kind", "-o", str(tmp_path / "best.txt")]
    assert search(table, grid, *options) == 2
    assert "must be a .json file" in capsys.readouterr().err
    assert search(table, tmp_path / "none.toml", "--target", "kind") == 2
    assert "No such file" in capsys.readouterr().err
    assert search(table, grid, "--target", "kind", "--budget", "few") == 2
    assert "'few' must be a number of rows per class" in capsys.readouterr().err


def test_missing_cells_are_imputed(shapes, grid, tmp_path, capsys):
    shapes.loc[::7, "size"] = np.nan
    path = tmp_path / "gaps.csv"
    shapes.to_csv(path, index=False)
    assert search(path, grid, "--target", "kind", "--budget", "8") == 0
    assert "best: C=" in capsys.readouterr().out


def test_failed_candidates_are_one_line_without_a_traceback(table, tmp_path, capsys):
    grid = tmp_path / "grid.toml"
    grid.write_text("C = [-1.0, 1.0, 10.0]")
    assert search(table, grid, "--target", "kind", "--budget", "5") == 0
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert "3 fits failed out of a total of 9. The last error: The 'C' par" in (
        captured.err
    )
    assert "2 confirmed" in captured.out


def test_grid_of_candidates_that_all_fail(table, tmp_path, capsys):
    grid = tmp_path / "grid.toml"
    grid.write_text("C = [-1.0]")
    assert search(table, grid, "--target", "kind", "--budget", "5") == 2
    error = capsys.readouterr().err
    assert "All 3 fits failed. The last error: The 'C' parameter" in error
    assert error.count("\n") == 1


def test_metric_of_another_task(table, tmp_path, capsys):
    grid = tmp_path / "grid.toml"
    grid.write_text("alpha = [1.0]")
    options = ["--target", "size", "--budget", "20", "--scoring", "accuracy"]
    assert search(table, grid, *options, estimator="linear") == 2
    error = capsys.readouterr().err
    assert "Scoring failed. The last error: continuous is not supported" in error
    assert "Traceback" not in error


def test_unknown_metric(table, grid, capsys):
    assert search(table, grid, "--target", "kind", "--scoring", "acuracy") == 2
    assert "Did you mean 'accuracy'?" in capsys.readouterr().err


def test_fewer_folds_and_validation_rows(table, grid, capsys):
    options = ["--target", "kind", "--budget", "5", "--json", "--search-folds", "1"]
    options += ["--confirm-folds", "1", "--validation-rows", "10"]
    assert search(table, grid, *options) == 0
    report = json.loads(capsys.readouterr().out)
    # One fold of ten rows has scores that are multiples of a tenth.
    for candidate in report["confirmed"]:
        assert round(candidate["distilled"] * 10, 9) % 1 == 0
