"""`sklearn-distill report` writes one HTML page on a file."""

# SPDX-License-Identifier: BSD-3-Clause

import json
import re
import shlex
from html import unescape

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes, load_wine

from sklearn_distill import DistilledSet
from sklearn_distill.cli.main import main

FAST = ["--methods", "random,k-means", "--cv", "2", "--seeds", "1"]


@pytest.fixture
def messy(tmp_path):
    """The path of a table with missing values, dates, categories and a rare class."""
    rng = np.random.RandomState(0)
    n = 120
    frame = pd.DataFrame(
        {
            "age": rng.normal(50, 10, n),
            "city": rng.choice(["Rome", "Oslo", "A & B <i>", None], n),
            "joined": pd.Timestamp("2024-01-01")
            + pd.to_timedelta(rng.randint(0, 700, n), "D"),
            "member": rng.rand(n) < 0.5,
        }
    )
    frame["y"] = np.where(frame["age"] > 55, "high", "low")
    frame.loc[0, "y"] = "rare"
    frame.loc[rng.rand(n) < 0.1, "age"] = np.nan
    frame.loc[rng.rand(n) < 0.1, "joined"] = pd.NaT
    path = tmp_path / "messy table.parquet"
    frame.to_parquet(path)
    return path


def report(path, page, *options):
    return main(["report", str(path), "-o", str(page), *FAST, *options])


def code_blocks(text):
    """Return the code that a page recommends."""
    blocks = re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", text, flags=re.S)
    return [unescape(block) for block in blocks]


@pytest.mark.filterwarnings("ignore")
def test_page_of_a_messy_table_and_the_code_that_it_recommends(
    messy, tmp_path, monkeypatch, capsys
):
    page = tmp_path / "report.html"
    options = ["--target", "y", "--learners", "logistic", "--json"]
    assert report(messy, page, *options) == 0
    record = json.loads(capsys.readouterr().out)
    text = page.read_text()
    assert record["rows_before"] == 91
    assert set(record["compared"]) == {"random", "k-means"}
    best = max(record["compared"], key=record["compared"].get)
    assert record["method"] == best
    assert f"{100 * record['score']:.1f} %" in text
    for heading in ("The data", "The methods at a budget", "What to do next"):
        assert heading in text
    assert "120 rows" in text
    assert "<i>" not in text
    assert not re.search(r"(src|href)=.https?:", text)
    # The code of the page works as it stands, in the folder of the reader.
    monkeypatch.chdir(tmp_path)
    command, python, *_ = code_blocks(text)
    assert main(shlex.split(command.replace("\\\n", ""))[1:]) == 0
    small = DistilledSet.load("small.parquet")
    assert list(small.X) == ["age", "city", "joined", "member"]
    assert set(small.y) == {"high", "low", "rare"}
    namespace = {}
    exec(python, namespace)
    assert set(namespace["model"].predict(namespace["X"])) <= {"high", "low", "rare"}


def test_regression_with_another_csv_format(tmp_path, capsys):
    frame = load_diabetes(as_frame=True).frame.iloc[:150]
    path, page = tmp_path / "diabetes.csv", tmp_path / "report.html"
    frame.to_csv(path, index=False, sep=";", decimal=",")
    options = ["--target", "target", "--sep", ";", "--decimal", ",", "--budget", "0.3"]
    assert report(path, page, *options, "--learners", "ridge") == 0
    printed = capsys.readouterr().out
    assert "with budget 0.3," in printed
    assert "R^2 on test rows" in printed
    command, python, *_ = code_blocks(page.read_text())
    assert "--sep ';' --decimal ," in command
    namespace = {}
    exec(python, namespace)
    assert namespace["X"].shape == (150, 10)
    assert namespace["model"].predict(namespace["X"]).shape == (150,)


def test_images_keep_their_shape(tmp_path, capsys):
    rng = np.random.RandomState(0)
    y = np.repeat([0, 1], 20)
    X = (rng.rand(40, 4, 4) + y[:, None, None]).astype(np.float32)
    path, page = tmp_path / "images.npz", tmp_path / "report.html"
    np.savez(path, X_train=X, y_train=y)
    assert report(path, page, "--learners", "logistic", "--budget", "2") == 0
    command, python, *_ = code_blocks(page.read_text())
    assert "--set image_shape=1,4,4" in command
    namespace = {}
    exec(python, namespace)
    assert namespace["model"].predict(namespace["X"]).shape == (40,)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--target", "target", "-o", "page.txt"], "must be an .html file"),
        (["--target", "target", "-o", "no/page.html"], "'no' does not exist"),
        (["--target", "target", "-o", "page.html", "--cv", "1"], "--cv must be at"),
        (["--target", "target", "-o", "page.html", "--seeds", "0"], "--seeds must be"),
        (["--target", "target", "-o", "page.html", "--budget", "x"], "'x' must be a n"),
        (["--target", "color", "-o", "page.html"], "has no column 'color'"),
        (["-o", "page.html"], "--target COLUMN"),
        (
            ["--target", "target", "-o", "page.html", "--methods", "hrding"],
            "Did you mean 'herding'",
        ),
    ],
)
def test_invalid_options_are_errors_on_one_line(
    tmp_path, monkeypatch, options, message, error_line
):
    monkeypatch.chdir(tmp_path)
    load_wine(as_frame=True).frame.to_csv("wine.csv", index=False)
    assert main(["report", "wine.csv", *options]) == 2
    assert message in error_line()
    assert not (tmp_path / "page.html").exists()


@pytest.mark.parametrize(
    ("rows", "message"),
    [(6, "at least 4 rows in each of two classes"), (2, "a single class")],
)
def test_tiny_data_are_errors_on_one_line(tmp_path, rows, message, error_line):
    path = tmp_path / "tiny.csv"
    y = ["a", "b"] * 3 if rows == 6 else ["a", "a"]
    pd.DataFrame({"x": range(rows), "y": y}).to_csv(path, index=False)
    assert report(path, tmp_path / "page.html", "--target", "y") == 2
    assert message in error_line()
