"""Tests of score files."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sklearn_distill.evaluation.comparison.score_file import (
    COLUMNS,
    ScoreFile,
    parse_budget,
    read_scores,
    to_scores,
)

ROW = {
    "set": "wine",
    "fold": 1,
    "method": "herding",
    "budget": 2,
    "learner": "logistic",
    "score": 1 / 3,
    "rows": 6,
    "bytes": 480,
    "note": "first, line\nsecond line",
    "key": "abc",
}


def test_scores_are_read_as_they_were_written(tmp_path):
    path = tmp_path / "scores.csv"
    file = ScoreFile(path)
    file.append([ROW, ROW | {"learner": "boosting", "score": np.nan, "budget": 0.1}])
    found = read_scores(path)
    assert tuple(found.columns) == COLUMNS
    assert found["score"][0] == 1 / 3
    assert np.isnan(found["score"][1])
    assert found["budget"].tolist() == [2, 0.1]
    assert found["note"][0] == "first, line second line"
    assert found["fold"].dtype == "int64"
    assert found.equals(to_scores(ScoreFile(path).rows))


def test_incomplete_last_row_is_removed_from_the_file(tmp_path):
    path = tmp_path / "scores.csv"
    ScoreFile(path).append([ROW, ROW | {"learner": "boosting"}])
    text = path.read_text()
    path.write_text(text[:-20])
    assert [row["learner"] for row in ScoreFile(path).rows] == ["logistic"]
    assert path.read_text() == "".join(text.splitlines(keepends=True)[:2])


def test_keep_removes_rows_from_the_file(tmp_path):
    path = tmp_path / "scores.csv"
    file = ScoreFile(path)
    file.append([ROW, ROW | {"key": "other"}])
    file.keep(lambda row: row["key"] == "other")
    assert [row["key"] for row in file.rows] == ["other"]
    assert read_scores(path)["key"].tolist() == ["other"]


def test_failed_run_without_rows_counts_0_rows():
    scores = to_scores([ROW | {"rows": None, "bytes": None, "error": "E"}])
    assert scores.loc[0, ["rows", "bytes"]].tolist() == [0, 0]
    assert scores["budget"].dtype == "int64"


def test_parse_budget_restores_the_type():
    assert parse_budget("5") == 5
    assert parse_budget("0.1") == 0.1
    assert parse_budget("{'a': 2}") == "{'a': 2}"


def test_other_csv_file_raises_and_is_not_changed(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="is not a score file: its columns must be"):
        ScoreFile(path)
    assert path.read_text() == "a,b\n1,2\n"


def test_missing_directory_raises(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"directory .* does not exist"):
        ScoreFile(tmp_path / "missing" / "scores.csv")


def test_file_without_the_columns_of_the_data_prior_is_resumed(tmp_path):
    path = tmp_path / "scores.csv"
    ScoreFile(path).append([ROW])
    lines = path.read_text().splitlines()
    old = [
        line.removesuffix(",accuracy_data_prior,log_loss_data_prior,score_error")
        for line in lines
    ]
    old[1:] = [line.removesuffix(",,,") for line in old[1:]]
    path.write_text("\n".join(old) + "\n")
    assert path.read_text().count("data_prior") == 0
    assert read_scores(path)["score"].tolist() == [1 / 3]
    file = ScoreFile(path)
    file.append([ROW | {"key": "def", "accuracy_data_prior": 0.5}])
    found = read_scores(path)
    assert tuple(found.columns) == COLUMNS
    assert found["key"].tolist() == ["abc", "def"]
    np.testing.assert_array_equal(found["accuracy_data_prior"], [np.nan, 0.5])


@pytest.mark.parametrize("n_missing", [1, 3])
def test_incomplete_row_of_a_file_of_an_earlier_version_is_removed(tmp_path, n_missing):
    path = tmp_path / "scores.csv"
    path.write_text(",".join(COLUMNS[:-n_missing]) + "\nwine,1,herding")
    assert ScoreFile(path).rows == []
    assert path.read_text() == ",".join(COLUMNS) + "\n"
