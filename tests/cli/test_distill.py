"""`sklearn-distill distill` writes the distilled set of a file."""

# SPDX-License-Identifier: BSD-3-Clause

import json
import re
import sys

import numpy as np
import pandas as pd
import pytest

from sklearn_distill import DistilledSet
from sklearn_distill.base import BaseDistiller


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".CSV", ".parquet"])
def test_columns_keep_names_dtypes_and_values(distill, ending, shapes, tmp_path):
    source, output = tmp_path / f"in{ending}", tmp_path / "small.parquet"
    if ending == ".parquet":
        shapes["color"] = shapes["color"].astype("category")
        shapes["corners"] = shapes["corners"].astype("int8")
        shapes.sample(frac=1.0, random_state=0).to_parquet(source)
    else:
        shapes.to_csv(source, index=False)
    options = ["--target", "kind", "--budget", "3", "--set", "representative=centroid"]
    assert distill(source, output, *options, method="k-means") == 0
    small = pd.read_parquet(output)
    pd.testing.assert_series_equal(small.dtypes, shapes.dtypes)
    assert small["kind"].value_counts().to_dict() == {"plain": 3, "odd": 3}
    assert set(small["color"]) <= {"NA", "None", "?", "red"}
    for column in ("size", "corners"):
        assert small[column].between(*shapes[column].agg(["min", "max"])).all()


def test_labels_are_the_last_column_of_the_output(distill, shapes, tmp_path):
    source, output = tmp_path / "in.csv", tmp_path / "small.csv"
    shapes[["kind", "size", "color"]].to_csv(source, index=False)
    assert distill(source, output, "--target", "kind") == 0
    small = pd.read_csv(output, keep_default_na=False)
    assert list(small) == ["size", "color", "kind"]
    both = small.merge(shapes, how="left", indicator=True)
    assert (both["_merge"] == "both").all(), "a row does not occur in the input"


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".npz"])
def test_output_can_be_loaded_as_a_distilled_set(distill, ending, table, tmp_path):
    output = tmp_path / f"small{ending}"
    assert distill(table, output, "--target", "kind", "--budget", "4") == 0
    small = DistilledSet.load(output)
    assert list(small.X) == ["size", "corners", "hollow", "color"]
    assert small.target_name == "kind"
    assert sorted(small.y) == ["odd"] * 4 + ["plain"] * 4


def test_summary(distill, table, tmp_path, capsys):
    output = tmp_path / "small.csv"
    assert distill(table, output, "--target", "kind", "--budget", "3") == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    lines = printed.out.splitlines()
    assert lines[:2] == ["80 -> 6 rows", "classes: odd (3), plain (3)"]
    assert lines[2].startswith("in memory: ")
    assert lines[3].startswith("random took ")
    assert lines[4] == f"written to {output}"


def test_json_report(distill, table, tmp_path, capsys):
    output = tmp_path / "small.npz"
    assert distill(table, output, "--target", "kind", "--budget", "3", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    small = DistilledSet.load(output)
    assert report == {
        "input": str(table),
        "output": str(output),
        "method": "random",
        "task": "classification",
        "rows_before": 80,
        "rows": 6,
        "classes": [{"label": "odd", "rows": 3}, {"label": "plain", "rows": 3}],
        "bytes_before": small.info["bytes_before"],
        "bytes": small.info["bytes"],
        "loss": None,
        "seconds": small.info["seconds"],
    }


def test_quiet_prints_nothing(distill, table, tmp_path, capsys):
    assert distill(table, tmp_path / "s.csv", "--target", "kind", "--quiet") == 0
    assert capsys.readouterr() == ("", "")


def test_same_random_state_gives_the_same_bytes(distill, table, tmp_path):
    outputs = [tmp_path / f"{i}.csv" for i in range(3)]
    for output, seed in zip(outputs, ["1", "1", "2"], strict=True):
        options = ["--target", "kind", "--random-state", seed]
        assert distill(table, output, *options) == 0
    first, same, other = (output.read_bytes() for output in outputs)
    assert first == same
    assert first != other


def test_existing_output_is_replaced(distill, table, tmp_path):
    output = tmp_path / "small.csv"
    output.write_text("old")
    assert distill(table, output, "--target", "kind", "--budget", "2") == 0
    assert len(pd.read_csv(output)) == 4


def test_warning_of_fit_is_printed_on_one_line(distill, table, tmp_path, capsys):
    assert distill(table, tmp_path / "s.csv", "--target", "kind", "--budget", "60") == 0
    printed = capsys.readouterr()
    assert re.fullmatch(r"warning: .*budget=60.* 80 rows.*\n", printed.err)
    assert printed.out.startswith("80 -> 80 rows\n")


@pytest.mark.parametrize(
    ("target", "budget", "expected"),
    [
        ("kind", "2", {"odd": 2, "plain": 2}),
        ("kind", "0.1", {"odd": 2, "plain": 6}),
        ("kind", "1e-1", {"odd": 2, "plain": 6}),
        ("kind", "plain=5,odd=3", {"odd": 3, "plain": 5}),
        ("kind", "100", {"odd": 20, "plain": 60}),
        ("hollow", "true=5,False=3", {False: 3, True: 5}),
        ("grade", "1=2,2=1", {1: 2, 2: 1}),
        ("share", "1=2,2.0=1", {1.0: 2, 2.0: 1}),
        ("sign", "<=50=2,>50=1", {"<=50": 2, ">50": 1}),
    ],
)
def test_budget_forms(distill, target, budget, expected, shapes, tmp_path):
    """Rows per class, a fraction, or rows by class, for labels of any dtype."""
    shapes["grade"] = np.where(shapes["kind"] == "odd", 1, 2)
    shapes["share"] = shapes["grade"].astype(float)
    shapes["sign"] = np.where(shapes["kind"] == "odd", "<=50", ">50")
    shapes.to_parquet(tmp_path / "in.parquet")
    output = tmp_path / "small.parquet"
    options = ["--target", target, "--budget", budget]
    assert distill(tmp_path / "in.parquet", output, *options) == 0
    small = pd.read_parquet(output)
    assert small[target].value_counts().to_dict() == expected
    assert small[target].dtype == shapes[target].dtype


@pytest.mark.parametrize(
    ("target", "budget", "message"),
    [
        ("kind", "abc", "'abc' must be a number of rows per class, such as 20"),
        ("kind", "odd=x,plain=2", "must be a number of rows per class"),
        ("kind", "odd=2,", "must be a number of rows per class"),
        ("kind", "odd=2,odd=3", "names 'odd' twice"),
        ("kind", "odd=2", "budget.*'plain'"),
        ("kind", "odd=2,plain=2,new=2", "budget.*'new'"),
        ("kind", "0", r"budget.*\b0\b"),
        ("kind", "-3", r"budget.*-3\b"),
        ("kind", "1.5", r"budget.*\b1\.5\b"),
        ("kind", "nan", r"budget.*\bnan\b"),
        (
            "corners",
            "three=2",
            "names the classes three, but the labels have the dtype",
        ),
        ("hollow", "yes=2,no=2", "but the labels have the dtype bool"),
        ("size", "0.5=2", "budget.*class"),
    ],
)
def test_invalid_budget_is_an_error(
    distill, target, budget, message, table, tmp_path, error_line
):
    output = tmp_path / "small.csv"
    assert distill(table, output, "--target", target, "--budget", budget) == 2
    assert re.search(message, error_line())
    assert not output.exists()


def test_set_sets_any_parameter(distill, table, tmp_path):
    """A value is read as a Python literal if possible, and otherwise as a string."""
    output = tmp_path / "small.npz"
    options = ["--set", "bandwidth=2.5", "--set", "numeric=quantile"]
    options += ["--set", "soft_labels=teacher"]
    options += ["--set", "budget={'odd': 1, 'plain': 2}"]
    assert distill(table, output, "--target", "kind", *options, method="herding") == 0
    small = DistilledSet.load(output)
    parameters = small.info["parameters"]
    assert parameters["bandwidth"] == 2.5
    assert parameters["numeric"] == "quantile"
    assert small.soft_labels.shape == (3, 2)


def test_set_sets_nested_parameters(distill, table, tmp_path, install_plugin):
    install_plugin(
        "nested",
        """
        from sklearn.naive_bayes import GaussianNB

        class Method(RandomSelection):
            plugin_api = 1

            def __init__(self, budget=2, *, soft_labels=GaussianNB(), evaluator=None,
                         task="auto", allocation="auto", numeric="auto",
                         image_shape=None, random_state=None):
                super().__init__(budget, soft_labels=soft_labels, evaluator=evaluator,
                                 task=task, allocation=allocation, numeric=numeric,
                                 image_shape=image_shape, random_state=random_state)
        """,
    )
    output = tmp_path / "small.npz"
    options = ["--target", "kind", "--set", "soft_labels__var_smoothing=0.25"]
    assert distill(table, output, *options, method="nested") == 0
    parameters = DistilledSet.load(output).info["parameters"]
    assert parameters["soft_labels__var_smoothing"] == 0.25


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--set", "numerics=quantile"],
            "method 'random' has no parameter 'numerics'. Did you mean 'numeric'? The "
            "parameters are: allocation, budget, categorical_features, "
            "cover_categories, densify, evaluator, image_shape, numeric, random_state, "
            "soft_labels, task.",
        ),
        (["--set", "soft_labels__depth=3"], "has no parameter 'soft_labels__depth'"),
        (["--set", "numeric"], "'numeric' must have the form KEY=VALUE"),
        (["--set", "=3"], "'=3' must have the form KEY=VALUE"),
        (["--set", "numeric=best"], "The 'numeric' parameter of RandomSelection must"),
        (
            ["--set", "image_shape=abc"],
            "The 'image_shape' parameter of RandomSelection",
        ),
        (["--set", "budget=3", "--budget", "4"], "parameter 'budget' is given twice"),
        (["--random-state", "one"], "invalid int value: 'one'"),
        (["--task", "ranking"], "invalid choice: 'ranking'"),
        (["--no-target"], "not allowed with argument"),
        (["--randomstate", "1"], "unrecognized arguments: --randomstate 1"),
        (["--random", "1"], "unrecognized arguments: --random 1"),
    ],
)
def test_invalid_options_are_errors(
    distill, options, message, table, tmp_path, error_line
):
    assert distill(table, tmp_path / "s.csv", "--target", "kind", *options) == 2
    assert message in error_line()
    assert not (tmp_path / "s.csv").exists()


def test_task_regression_treats_integers_as_continuous(
    distill, table, tmp_path, capsys
):
    output = tmp_path / "small.parquet"
    options = ["--target", "corners", "--task", "regression", "--budget", "9", "--json"]
    assert distill(table, output, *options, method="herding") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["task"] == "regression"
    assert report["classes"] is None
    assert report["rows"] == len(pd.read_parquet(output)) == 9


def test_no_target_keeps_all_columns_as_features(distill, shapes, table, tmp_path):
    output = tmp_path / "small.parquet"
    assert distill(table, output, "--no-target", "--budget", "7") == 0
    small = DistilledSet.load(output)
    assert small.y is None
    assert small.X.shape == (7, 5)
    assert list(small.X) == list(shapes)


@pytest.mark.parametrize("shape", [(64,), (8, 8), (1, 8, 8)])
def test_images_keep_their_shape(distill, shape, digits, tmp_path):
    """Flat rows, and images with or without channels, give the same result."""
    with np.load(digits) as file:
        np.savez(tmp_path / "in.npz", X=file["X"].reshape(-1, *shape), y=file["y"])
    results = []
    for source in (digits, tmp_path / "in.npz"):
        options = ["--set", "image_shape=1,8,8", "--set", "representative=centroid"]
        options += ["--random-state", "0"]
        assert distill(source, tmp_path / "s.npz", *options, method="k-means") == 0
        results.append(DistilledSet.load(tmp_path / "s.npz").X)
    assert results[1].shape == (100, *shape)
    np.testing.assert_array_equal(results[1].reshape(100, 64), results[0])


@pytest.mark.parametrize(
    ("output", "options", "message"),
    [
        ("no/small.csv", ["--target", "kind"], "does not exist. Create it first"),
        (
            "small.txt",
            ["--target", "kind"],
            "the output must be a .csv, .parquet or .npz",
        ),
        (
            "small.csv.gz",
            ["--target", "kind"],
            "the output must be a .csv, .parquet or .npz",
        ),
        (
            "folder.csv",
            ["--target", "kind"],
            "the output must be a file, not a directory",
        ),
        ("shapes.csv", ["--target", "kind"], "the output must not be the input file"),
        (
            "small.csv",
            ["--no-target"],
            "CSV.* label",
        ),
        ("small.csv", ["--target", "soft_label:a"], "target_name"),
        ("small.csv", ["--target", "missing"], "X has missing values.* .parquet"),
    ],
)
def test_invalid_output_is_an_error_before_fit(
    distill, output, options, message, shapes, table, tmp_path, monkeypatch, error_line
):
    def fit(*args, **kwargs):
        raise AssertionError("fit was called")

    monkeypatch.setattr(BaseDistiller, "fit", fit)
    (tmp_path / "folder.csv").mkdir()
    if "soft_label:a" in options:
        names = {"kind": "soft_label:a"}
        shapes.rename(columns=names).to_csv(table, index=False)
    if "missing" in options:
        options = ["--target", "kind"]
        with_gap = shapes.copy()
        with_gap.loc[0, "size"] = None
        with_gap.to_csv(table, index=False)
    before = table.read_bytes()
    assert distill(table, tmp_path / output, *options) == 2
    assert re.search(message, error_line())
    assert table.read_bytes() == before


def test_images_cannot_be_written_as_a_table(distill, digits, tmp_path, error_line):
    with np.load(digits) as file:
        np.savez(digits, X=file["X"].reshape(-1, 1, 8, 8), y=file["y"])
    assert distill(digits, tmp_path / "small.parquet") == 2
    assert re.search(r"[Ii]mages.*\(1, 8, 8\)", error_line())


def test_unknown_method_is_an_error_with_a_suggestion(
    distill, table, tmp_path, error_line
):
    options = ["--target", "kind"]
    assert distill(table, tmp_path / "s.csv", *options, method="hreding") == 2
    error = error_line()
    assert "No installed method is named 'hreding'. Did you mean 'herding'?" in error


def test_no_target_is_an_error_for_a_method_that_requires_labels(
    distill, table, tmp_path, error_line
):
    options = ["--no-target", "--set", "max_iter=2"]
    method = "kernel-inducing-points"
    assert distill(table, tmp_path / "s.npz", *options, method=method) == 2
    assert "requires y to be passed" in error_line()


def test_method_that_cannot_be_imported_is_an_error(
    distill, table, tmp_path, error_line, install_plugin
):
    install_plugin("torn", "import a_module_that_is_not_there")
    options = ["--target", "kind"]
    assert distill(table, tmp_path / "s.csv", *options, method="torn") == 2
    error = error_line()
    assert "method 'torn' of cli_plugin_torn 1.0" in error
    assert "No module named 'a_module_that_is_not_there'" in error


def test_output_and_errors_of_a_method_go_to_stderr(
    distill, table, tmp_path, capsys, install_plugin
):
    """Only the result is printed to stdout, and an error is printed on one line."""
    install_plugin(
        "chatty",
        """
        class Method(RandomSelection):
            plugin_api = 1

            def _distill(self, problem):
                print("working")
                if self.budget == 1:
                    raise RuntimeError("out of\\nideas")
                return super()._distill(problem)
        """,
    )
    options = ["--target", "kind", "--json", "--budget"]
    assert distill(table, tmp_path / "s.csv", *options, "2", method="chatty") == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["rows"] == 4
    assert printed.err == "working\n"
    assert distill(table, tmp_path / "no.csv", *options, "1", method="chatty") == 2
    assert capsys.readouterr() == (
        "",
        "working\nsklearn-distill: error: RuntimeError: out of ideas (--debug shows "
        "the traceback)\n",
    )
    assert not (tmp_path / "no.csv").exists()


@pytest.fixture
def few_steps(distill):
    """A function that runs an iterative method for a few steps."""

    def run(table, output, *options):
        options = (
            *options,
            "--target",
            "kind",
            "--budget",
            "2",
            "--set",
            "max_iter=10",
        )
        return distill(table, output, *options, method="kernel-inducing-points")

    return run


def test_progress_bar_is_printed_to_stderr(few_steps, table, tmp_path, capsys):
    pytest.importorskip("rich")
    assert few_steps(table, tmp_path / "s.npz", "--json", "--progress") == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["rows"] == 4
    assert "KernelInducingPoints - fit" in printed.err
    assert "100%" in printed.err


def test_no_progress_bar_without_terminal_or_iterations(
    few_steps, distill, table, tmp_path, capsys
):
    assert few_steps(table, tmp_path / "s.npz") == 0
    assert " - fit" not in capsys.readouterr().err
    assert distill(table, tmp_path / "s.npz", "--target", "kind", "--progress") == 0
    assert capsys.readouterr().err == ""


def test_progress_bar_without_rich_is_a_warning(
    few_steps, table, tmp_path, monkeypatch, capsys
):
    """The distilled set is written although the progress bar is not available."""
    monkeypatch.setitem(sys.modules, "rich", None)
    assert few_steps(table, tmp_path / "s.npz", "--progress") == 0
    error = capsys.readouterr().err
    assert error.startswith("warning: the progress bar requires rich: pip install")
    assert (tmp_path / "s.npz").exists()


@pytest.mark.parametrize(
    ("name", "options", "n_rows"),
    [
        ("mushroom", ["--budget", "20"], 40),
        ("german", ["--budget", "20"], 40),
        ("adult", ["--budget", "20"], 40),
        ("diamonds", ["--budget", "200", "--task", "regression"], 200),
    ],
)
def test_distilled_real_tables_are_valid(
    distill, name, options, n_rows, data_folder, tmp_path
):
    """Dtypes and categories are those of the table; numbers stay in its range."""
    source, output = data_folder / f"{name}.csv.gz", tmp_path / "small.parquet"
    # A few steps suffice, because the rows must be valid after any number of steps.
    options = [*options, "--target", "target", "--set", "max_iter=20"]
    assert distill(source, output, *options, method="kernel-inducing-points") == 0
    real = pd.read_csv(source, keep_default_na=False)
    small = pd.read_parquet(output)
    pd.testing.assert_series_equal(small.dtypes, real.dtypes)
    assert len(small) == n_rows
    for column in real:
        if real[column].dtype.kind in "if":
            assert small[column].between(real[column].min(), real[column].max()).all()
        else:
            assert set(small[column]) <= set(real[column])
