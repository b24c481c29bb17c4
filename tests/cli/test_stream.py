"""`sklearn-distill distill` reads Parquet files in parts."""

# SPDX-License-Identifier: BSD-3-Clause

import json

import numpy as np
import pandas as pd
import pytest

from sklearn_distill.cli import stream
from sklearn_distill.streaming.checkpoint import StreamCheckpoint


@pytest.fixture
def rows():
    """A table of 2,000 rows, sorted by its class."""
    rng = np.random.RandomState(0)
    kind = np.repeat(["odd", "plain"], [500, 1500])
    return pd.DataFrame(
        {
            "size": rng.gamma(2.0, size=2_000) + 3 * (kind == "odd"),
            "color": rng.choice(["red", "blue"], 2_000),
            "kind": kind,
        }
    )


@pytest.fixture
def big(rows, tmp_path):
    """The table as a .parquet file with ten row groups."""
    path = tmp_path / "big.parquet"
    rows.to_parquet(path, row_group_size=200, index=False)
    return path


OPTIONS = ["--target", "kind", "--budget", "4", "--random-state", "0"]


def test_file_is_distilled_in_chunks(distill, big, rows, tmp_path, capsys):
    output, indices = tmp_path / "small.parquet", tmp_path / "kept.npy"
    options = [*OPTIONS, "--chunk-rows", "150", "--indices", str(indices), "--json"]
    assert distill(big, output, *options, method="herding") == 0
    small = pd.read_parquet(output)
    assert small["kind"].value_counts().to_dict() == {"odd": 4, "plain": 4}
    kept = rows.iloc[np.load(indices)].reset_index(drop=True)
    pd.testing.assert_frame_equal(small, kept, check_dtype=False)
    report = json.loads(capsys.readouterr().out)
    assert report["rows_before"] == 2_000
    assert report["method"] == "herding"


def test_sample_of_each_chunk_is_distilled(distill, big, tmp_path):
    output = tmp_path / "small.csv"
    options = [*OPTIONS, "--chunk-rows", "500", "--subsample", "60"]
    assert distill(big, output, *options, method="herding") == 0
    assert pd.read_csv(output)["kind"].value_counts().to_dict() == {
        "odd": 4,
        "plain": 4,
    }


def test_densify_writes_grown_rows(distill, big, tmp_path):
    output = tmp_path / "grown.csv"
    options = [*OPTIONS, "--chunk-rows", "150", "--densify", "300"]
    assert distill(big, output, *options, method="herding") == 0
    grown = pd.read_csv(output)
    assert len(grown) == 300
    assert set(grown["kind"]) == {"odd", "plain"}
    assert set(grown["color"]) <= {"red", "blue"}


def test_folder_and_glob_pattern(distill, rows, tmp_path):
    folder = tmp_path / "parts"
    folder.mkdir()
    for number in range(4):
        part = rows.iloc[number * 500 : number * 500 + 500]
        part.to_parquet(folder / f"{number}.parquet", index=False)
    made = []
    for source in (folder, folder / "*.parquet"):
        output = tmp_path / "small.csv"
        assert distill(source, output, *OPTIONS, method="herding") == 0
        made.append(output.read_text())
    assert made[0] == made[1]
    assert made[0].count("\n") == 9


def test_large_files_are_read_in_parts(distill, big, tmp_path, monkeypatch):
    monkeypatch.setattr(stream, "STREAM_BYTES", 1_000)
    output = tmp_path / "small.csv"
    options = [*OPTIONS, "--budget", "odd=2,plain=3"]
    assert distill(big, output, *options, method="k-means") == 0
    assert pd.read_csv(output)["kind"].value_counts().to_dict() == {
        "odd": 2,
        "plain": 3,
    }


def test_interrupted_command_goes_on(distill, big, tmp_path, monkeypatch):
    state = tmp_path / "state"
    options = [*OPTIONS, "--chunk-rows", "100", "--checkpoint", str(state)]
    whole, resumed = tmp_path / "whole.csv", tmp_path / "resumed.csv"
    assert distill(big, whole, *options, method="herding") == 0
    assert not state.exists()

    save = StreamCheckpoint.save_at_intervals

    def interrupted(checkpoint):
        if checkpoint.n_batches == 7:
            raise KeyboardInterrupt
        save(checkpoint)

    with monkeypatch.context() as patched:
        patched.setattr(StreamCheckpoint, "save_at_intervals", interrupted)
        assert distill(big, resumed, *options, method="herding") == 130
    assert state.exists()
    assert not resumed.exists()
    read = []
    with monkeypatch.context() as patched:
        patched.setattr(
            StreamCheckpoint,
            "save_at_intervals",
            lambda checkpoint: read.append(checkpoint.n_batches),
        )
        assert distill(big, resumed, *options, method="herding") == 0
    assert read[0] > 1
    assert resumed.read_bytes() == whole.read_bytes()


def test_progress_bar_counts_row_groups(distill, big, tmp_path, capsys):
    pytest.importorskip("rich")
    options = [*OPTIONS, "--chunk-rows", "500", "--progress"]
    assert distill(big, tmp_path / "small.csv", *options) == 0
    assert "10/10" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        ("big.parquet", [], "name the column that holds the labels"),
        ("none.parquet", ["--target", "kind"], "the file does not exist"),
        ("big.csv", ["--target", "kind"], "are for .parquet files only"),
        ("big.parquet", ["--target", "price"], "no column 'price'"),
        ("none-*", ["--target", "kind"], "no file or folder"),
    ],
)
def test_invalid_input(distill, big, error_line, source, options, message):
    (big.parent / "big.csv").write_text("kind\na\n")
    path, output = big.parent / source, big.parent / "small.csv"
    assert distill(path, output, *options, "--chunk-rows", "100") == 2
    assert message in error_line()


def test_output_must_not_be_an_input_file(distill, big, error_line):
    assert distill(big, big, *OPTIONS, "--chunk-rows", "100") == 2
    assert "must not be an input file" in error_line()
    options = [*OPTIONS, "--chunk-rows", "1"]
    assert distill(big, big.parent / "o.csv", *options) == 2
    assert "at least 2" in error_line()
