"""Positions of kept rows are written, and distilled sets are read again."""

# SPDX-License-Identifier: BSD-3-Clause

import re

import numpy as np
import pandas as pd
import pytest

from sklearn_distill import DistilledSet, RandomSelection
from sklearn_distill.base import Kept
from sklearn_distill.cli.main import main


class _KeepsFirst(RandomSelection):
    """A selection that keeps two fixed rows of each class."""

    def _distill(self, problem):
        kept = [rows[:n_rows] for _, rows, n_rows in problem.groups()]
        return Kept(np.concatenate(kept)[::-1])


@pytest.mark.parametrize("suffix", [".npy", ".txt"])
def test_indices_writes_the_positions_of_kept_rows(
    distill, table, suffix, tmp_path, monkeypatch
):
    monkeypatch.setattr(
        "sklearn_distill.cli.distill.load_method", lambda name: _KeepsFirst
    )
    path = tmp_path / f"kept{suffix}"
    options = ["--target", "kind", "--budget", "2", "--indices", str(path)]
    assert distill(table, tmp_path / "o.csv", *options) == 0
    found = np.load(path) if suffix == ".npy" else np.loadtxt(path, dtype=int)
    classes = pd.read_csv(table)["kind"].to_numpy()
    expected = [np.flatnonzero(classes == c)[:2] for c in np.unique(classes)]
    assert found.tolist() == np.concatenate(expected)[::-1].tolist()


def test_indices_of_a_method_that_learns_rows_is_an_error(
    distill, table, tmp_path, error_line
):
    options = ["--target", "kind", "--indices", str(tmp_path / "i.txt")]
    method = "kernel-inducing-points"
    assert distill(table, tmp_path / "o.csv", *options, method=method) == 2
    assert "learns new rows, which have no positions" in error_line()
    assert not (tmp_path / "o.csv").exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("i.csv", "must be a .npy or .txt file"),
        ("no/i.txt", "the directory .* does not exist"),
    ],
)
def test_invalid_path_of_indices_is_an_error(
    distill, table, name, message, tmp_path, error_line
):
    options = ["--target", "kind", "--indices", str(tmp_path / name)]
    assert distill(table, tmp_path / "o.csv", *options) == 2
    assert re.search(message, error_line())


@pytest.mark.parametrize("suffix", [".npz", ".parquet"])
def test_distilled_set_of_a_table_is_accepted_as_input(
    distill, table, suffix, tmp_path, capsys
):
    first, second = tmp_path / f"first{suffix}", tmp_path / "second.npz"
    options = ["--target", "kind", "--budget", "8"]
    assert distill(table, first, *options) == 0
    assert distill(first, second, "--budget", "2") == 0
    before, after = DistilledSet.load(first), DistilledSet.load(second)
    assert after.target_name == "kind"
    assert after.classes.tolist() == ["odd", "plain"]
    assert np.unique(after.y, return_counts=True)[1].tolist() == [2, 2]
    assert (after.X.dtypes == before.X.dtypes).all()
    rows = {tuple(row) for row in before.X.itertuples(index=False)}
    assert {tuple(row) for row in after.X.itertuples(index=False)} <= rows
    assert main(["compare", str(first), "--methods", "random", "--budget", "2",
                 "--learners", "logistic", "--cv", "2", "--quiet"]) == 0  # fmt: skip


def test_distilled_set_without_labels_requires_no_target(
    distill, digits, tmp_path, error_line
):
    first, second = tmp_path / "first.npz", tmp_path / "second.npz"
    DistilledSet(np.arange(40.0).reshape(20, 2)).save(first)
    assert distill(first, second, "--budget", "2") == 2
    assert "without labels. Pass --no-target" in error_line()
    assert distill(first, second, "--budget", "2", "--no-target") == 0
    assert DistilledSet.load(second).X.shape == (2, 2)
