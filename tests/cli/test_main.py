"""The command: files in, files out, and one clear line for whatever is wrong."""

import json
import os
import subprocess
import sys
import textwrap
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

from sklearn_distill import DistilledSet, __version__
from sklearn_distill.base import BaseDistiller
from sklearn_distill.cli.distill import warnings_in_one_line
from sklearn_distill.cli.main import main

HEAVY = ["torch", "skorch", "sklearn", "scipy", "numpy", "pandas"]


@pytest.fixture
def shapes():
    """A table of every kind of column, with words in it that others take for gaps."""
    rng = np.random.RandomState(0)
    n = 80
    return pd.DataFrame(
        {
            "size": rng.gamma(2.0, size=n).round(3),
            "corners": rng.poisson(4, n),
            "hollow": rng.rand(n) < 0.4,
            "colour": rng.choice(["NA", "None", "?", "red"], n),
            "kind": np.where(np.arange(n) < 60, "plain", "odd"),
        }
    )


@pytest.fixture
def table(shapes, tmp_path):
    """The same as a CSV file."""
    path = tmp_path / "shapes.csv"
    shapes.to_csv(path, index=False)
    return path


@pytest.fixture
def digits(tmp_path):
    """Images as flat rows in an .npz file."""
    X, y = load_digits(return_X_y=True)
    path = tmp_path / "digits.npz"
    np.savez(path, X=X[:300].astype(np.uint8), y=y[:300])
    return path


def distill(source, output, *options, method="random"):
    """Run `sklearn-distill distill` in this process; return the exit code."""
    return main(
        ["distill", str(source), "--method", method, "-o", str(output), *options]
    )


def the_error(capsys):
    """Return the one line on stderr, once it is sure that there is no other."""
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert printed.err.startswith("sklearn-distill: error: ")
    return printed.err.removeprefix("sklearn-distill: error: ")


def install_plugin(folder, monkeypatch, name, body):
    """Make a method discoverable, as installing a distribution of this name would."""
    module = f"cli_plugin_{name}"
    (folder / f"{module}.py").write_text(
        "from sklearn_distill import RandomSelection\n" + textwrap.dedent(body)
    )
    metadata = folder / f"{module}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Name: {module}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(
        f"[sklearn_distill.distillers]\n{name} = {module}:Method\n"
    )
    monkeypatch.syspath_prepend(folder)


# list


def test_list_says_what_is_installed(capsys):
    assert main(["list"]) == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["NAME", "DISTRIBUTION", "VERSION", "CLASS"]
    assert [
        "herding",
        "sklearn-distill",
        __version__,
        "sklearn_distill.selection:HerdingSelection",
    ] in [line.split() for line in lines]


def test_list_as_json_says_the_same(capsys):
    assert main(["list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {
        "name": "random",
        "distribution": "sklearn-distill",
        "version": __version__,
        "class": "sklearn_distill.selection:RandomSelection",
    } in found


@pytest.mark.parametrize(
    "arguments", [["list"], ["list", "--json"], ["--help"], ["distill", "--help"]]
)
def test_list_and_help_import_nothing_heavy(arguments):
    code = (
        "import sys\n"
        "from sklearn_distill.cli import main\n"
        f"code = main({arguments})\n"
        f"loaded = [name for name in {HEAVY} if name in sys.modules]\n"
        "sys.exit(f'loaded {loaded}' if loaded else code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


# distill: what comes out


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".CSV", ".parquet"])
def test_columns_come_out_as_they_came(ending, shapes, tmp_path):
    """Names, order, dtypes, categories and ranges, from every kind of table."""
    source, output = tmp_path / f"in{ending}", tmp_path / "small.parquet"
    if ending == ".parquet":
        shapes["colour"] = shapes["colour"].astype("category")
        shapes["corners"] = shapes["corners"].astype("int8")
        shapes.sample(frac=1.0, random_state=0).to_parquet(source)
    else:
        shapes.to_csv(source, index=False)
    options = ["--target", "kind", "--budget", "3", "--set", "representative=centroid"]
    assert distill(source, output, *options, method="k-means") == 0
    small = pd.read_parquet(output)
    pd.testing.assert_series_equal(small.dtypes, shapes.dtypes)
    assert small["kind"].value_counts().to_dict() == {"plain": 3, "odd": 3}
    assert set(small["colour"]) <= {"NA", "None", "?", "red"}
    for column in ("size", "corners"):
        assert small[column].between(*shapes[column].agg(["min", "max"])).all()


def test_labels_follow_the_columns_wherever_they_stood(shapes, tmp_path):
    source, output = tmp_path / "in.csv", tmp_path / "small.csv"
    shapes[["kind", "size", "colour"]].to_csv(source, index=False)
    assert distill(source, output, "--target", "kind") == 0
    small = pd.read_csv(output, keep_default_na=False)
    assert list(small) == ["size", "colour", "kind"]
    both = small.merge(shapes, how="left", indicator=True)
    assert (both["_merge"] == "both").all(), "a row that the input does not have"


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".npz"])
def test_output_is_a_distilled_set(ending, table, tmp_path):
    output = tmp_path / f"small{ending}"
    assert distill(table, output, "--target", "kind", "--budget", "4") == 0
    small = DistilledSet.load(output)
    assert list(small.X) == ["size", "corners", "hollow", "colour"]
    assert small.target_name == "kind"
    assert sorted(small.y) == ["odd"] * 4 + ["plain"] * 4


def test_summary_says_what_was_done(table, tmp_path, capsys):
    output = tmp_path / "small.csv"
    assert distill(table, output, "--target", "kind", "--budget", "3") == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    lines = printed.out.splitlines()
    assert lines[:2] == ["80 -> 6 rows", "classes: odd (3), plain (3)"]
    assert lines[2].startswith("in memory: ")
    assert lines[3].startswith("random took ")
    assert lines[4] == f"written to {output}"


def test_json_says_what_was_done(table, tmp_path, capsys):
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


def test_quiet_says_nothing(table, tmp_path, capsys):
    assert distill(table, tmp_path / "s.csv", "--target", "kind", "--quiet") == 0
    assert capsys.readouterr() == ("", "")


def test_random_state_gives_the_same_bytes(table, tmp_path):
    outputs = [tmp_path / f"{i}.csv" for i in range(3)]
    for output, seed in zip(outputs, ["1", "1", "2"], strict=True):
        options = ["--target", "kind", "--random-state", seed]
        assert distill(table, output, *options) == 0
    first, same, other = (output.read_bytes() for output in outputs)
    assert first == same
    assert first != other


def test_an_older_output_is_replaced(table, tmp_path):
    output = tmp_path / "small.csv"
    output.write_text("old")
    assert distill(table, output, "--target", "kind", "--budget", "2") == 0
    assert len(pd.read_csv(output)) == 4


def test_warnings_are_one_line_each(table, tmp_path, capsys):
    assert distill(table, tmp_path / "s.csv", "--target", "kind", "--budget", "60") == 0
    printed = capsys.readouterr()
    assert printed.err == (
        "warning: budget=60 covers all 80 rows: there is nothing to distill, and they "
        "come back as they are.\n"
    )
    assert printed.out.startswith("80 -> 80 rows\n")


# distill: options


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
def test_budget(target, budget, expected, shapes, tmp_path):
    """Rows per class, a share, or rows by class, in the type of the labels."""
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
        ("kind", "abc", "'abc' is no budget. Give rows per class (20)"),
        ("kind", "odd=x,plain=2", "is no budget"),
        ("kind", "odd=2,", "is no budget"),
        ("kind", "odd=2,odd=3", "names 'odd' twice"),
        ("kind", "odd=2", "leaves out classes of y: ['plain']"),
        ("kind", "odd=2,plain=2,new=2", "names classes that y does not have: ['new']"),
        ("kind", "0", "budget=0 keeps no rows"),
        ("kind", "-3", "budget=-3 keeps no rows"),
        ("kind", "1.5", "budget=1.5 is no share of the rows"),
        ("kind", "nan", "budget=nan is no share of the rows"),
        ("corners", "three=2", "names the classes three, but the labels are of type"),
        ("hollow", "yes=2,no=2", "but the labels are of type bool"),
        ("size", "0.5=2", "there are no classes here"),
    ],
)
def test_budget_that_is_none(target, budget, message, table, tmp_path, capsys):
    output = tmp_path / "small.csv"
    assert distill(table, output, "--target", target, "--budget", budget) == 2
    assert message in the_error(capsys)
    assert not output.exists()


def test_set_reaches_any_parameter(table, tmp_path):
    """Values are Python literals, or else strings."""
    output = tmp_path / "small.npz"
    options = ["--set", "bandwidth=2.5", "--set", "numeric=quantile"]
    options += [
        "--set",
        "soft_labels=teacher",
        "--set",
        "budget={'odd': 1, 'plain': 2}",
    ]
    assert distill(table, output, "--target", "kind", *options, method="herding") == 0
    small = DistilledSet.load(output)
    parameters = small.info["parameters"]
    assert parameters["bandwidth"] == 2.5
    assert parameters["numeric"] == "quantile"
    assert small.soft_labels.shape == (3, 2)


def test_set_reaches_nested_parameters(table, tmp_path, monkeypatch):
    install_plugin(
        tmp_path,
        monkeypatch,
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
            "method 'random' has no parameter 'numerics'. Did you mean 'numeric'? It "
            "has: allocation, budget, evaluator, image_shape, numeric, random_state, "
            "soft_labels, task.",
        ),
        (["--set", "soft_labels__depth=3"], "has no parameter 'soft_labels__depth'"),
        (["--set", "numeric"], "'numeric' is not of the form KEY=VALUE"),
        (["--set", "=3"], "'=3' is not of the form KEY=VALUE"),
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
def test_options_that_are_wrong(options, message, table, tmp_path, capsys):
    assert distill(table, tmp_path / "s.csv", "--target", "kind", *options) == 2
    assert message in the_error(capsys)
    assert not (tmp_path / "s.csv").exists()


def test_regression(table, tmp_path, capsys):
    """A target of whole numbers is one of quantities, if --task says so."""
    output = tmp_path / "small.parquet"
    options = ["--target", "corners", "--task", "regression", "--budget", "9", "--json"]
    assert distill(table, output, *options, method="herding") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["task"] == "regression"
    assert report["classes"] is None
    assert report["rows"] == len(pd.read_parquet(output)) == 9


def test_rows_without_labels(shapes, table, tmp_path):
    output = tmp_path / "small.parquet"
    assert distill(table, output, "--no-target", "--budget", "7") == 0
    small = DistilledSet.load(output)
    assert small.y is None
    assert small.X.shape == (7, 5)
    assert list(small.X) == list(shapes)


# distill: images


@pytest.mark.parametrize("names", [("X", "y"), ("X_train", "y_train"), ("X", "digit")])
def test_arrays_by_name(names, digits, tmp_path):
    with np.load(digits) as file:
        arrays = dict(zip(names, (file["X"], file["y"]), strict=True))
    np.savez(tmp_path / "in.npz", X_test=np.zeros(3), **arrays)
    output = tmp_path / "small.npz"
    target = ["--target", "digit"] if "digit" in names else []
    assert distill(tmp_path / "in.npz", output, "--budget", "2", *target) == 0
    small = DistilledSet.load(output)
    assert small.X.shape == (20, 64)
    assert small.X.dtype == np.uint8
    np.testing.assert_array_equal(np.bincount(small.y), [2] * 10)


@pytest.mark.parametrize("shape", [(64,), (8, 8), (1, 8, 8)])
def test_images_keep_the_shape_they_came_in(shape, digits, tmp_path):
    """Flat, with or without an axis for channels: the same images."""
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


def test_arrays_without_labels(digits, tmp_path):
    assert distill(digits, tmp_path / "s.npz", "--no-target", "--budget", "5") == 0
    small = DistilledSet.load(tmp_path / "s.npz")
    assert (small.y, small.X.shape) == (None, (5, 64))


@pytest.mark.parametrize(
    ("arrays", "options", "message"),
    [
        (
            {"images": 64, "y": 1},
            [],
            "has no array 'X' or 'X_train'. It has: images, y",
        ),
        ({"X": 64, "label": 1}, [], "has no array 'y' of labels. It has: X, label."),
        (
            {"X": 64, "label": 1},
            ["--target", "lable"],
            "Did you mean 'label'?",
        ),
        ({"X_train": 64, "y": 1}, [], "has no array 'y_train' of labels"),
        ({"X": (8, 8), "y": 1}, [], "say so: --set image_shape=1,8,8"),
        (
            {"X": (8, 8), "y": 1},
            ["--set", "image_shape=1,28,28"],
            "image_shape=(1, 28, 28) has 784 pixels, but rows of X have 64",
        ),
        ({"X": 1, "y": 1}, [], "Expected 2D array, got 1D array instead"),
        ({"X": 64, "y": 0}, [], "inconsistent numbers of samples"),
    ],
)
def test_arrays_that_do_not_fit(arrays, options, message, tmp_path, capsys):
    """`arrays` gives, by name, a shape of rows, or 1 for labels, 0 for too few."""
    shapes = {0: (20,), 1: (30,)}
    np.savez(
        tmp_path / "in.npz",
        **{
            name: np.arange(np.prod(full)).reshape(full) % 3
            for name, shape in arrays.items()
            for full in [shapes.get(shape) or (30, *np.atleast_1d(shape))]
        },
    )
    assert distill(tmp_path / "in.npz", tmp_path / "s.npz", *options) == 2
    assert message in the_error(capsys)


def test_no_pickle_is_loaded(tmp_path, capsys):
    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "exploded"),)

    objects = np.array([[Bomb()], [Bomb()]], dtype=object)
    np.savez(tmp_path / "in.npz", X=objects, y=np.arange(2))
    assert distill(tmp_path / "in.npz", tmp_path / "s.npz") == 2
    assert "cannot be read: Object arrays cannot be loaded" in the_error(capsys)
    assert not (tmp_path / "exploded").exists()


# distill: tables that cannot be


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b,t\n1,x,u\n,y,v\n3,y,u\n", "column 'a' has 1 missing values (NaN)"),
        ("a,b,t\n1,x,u\n2,,v\n3,y,u\n", "column 'b' has 1 missing values (NaN)"),
        ("a,b,t\n1,x,u\n2\n3,y,u\n", "column 'b' has 1 missing values (NaN)"),
        ("a,b,t\n1,x,u\n2,y,\n3,y,u\n", "Input y contains NaN"),
        ("a,b,t\n1,x,u\n2,y,u\n", "y has 1 class ('u')"),
        ("a,b,t\n", "0 sample(s)"),
        ("", "cannot be read: No columns to parse from file"),
        ("a;t\n1;u\n2;v\n", "has no column 't'. Are its cells separated by commas?"),
        (",b,t\n0,x,u\n1,y,v\n", "column 1 has no name. If it is an index"),
        ("b,b,t\n1,x,u\n2,y,v\n", "several columns are called b"),
        ("a,t\n0,x,u\n1,y,v\n", "rows have more cells than the header has names (2)"),
        ("a,t\n1,u\n1,v,w\n", "cannot be read: Error tokenizing data"),
        ("a,t\n\xff\xff,u\n", "cannot be read: 'utf-8' codec can't decode byte"),
        ("a,T\n1,u\n2,v\n", "has no column 't'. Did you mean 'T'? It has: a, T."),
        ("a,t\ninf,u\n2,v\n", "holds infinity (inf)"),
    ],
)
def test_tables_that_are_refused(text, message, tmp_path, capsys):
    """Only a cell with nothing in it is missing; and it is."""
    source, output = tmp_path / "in.csv", tmp_path / "small.csv"
    source.write_bytes(text.encode("latin-1"))
    output.write_text("old")
    assert distill(source, output, "--target", "t", "--budget", "1") == 2
    assert message in the_error(capsys)
    assert output.read_text() == "old"


def test_many_columns_are_not_all_named(tmp_path, capsys):
    names = [f"x{j}" for j in range(300)]
    pd.DataFrame([range(300)] * 2, columns=names).to_csv(
        tmp_path / "a.csv", index=False
    )
    assert distill(tmp_path / "a.csv", tmp_path / "s.csv", "--target", "label") == 2
    assert the_error(capsys).endswith("x38, x39 and 260 more.\n")


@pytest.mark.parametrize("ending", [".csv.gz", ".parquet", ".npz"])
@pytest.mark.parametrize("content", [b"", b"hello", None])
def test_damaged_files(ending, content, shapes, digits, tmp_path, capsys):
    """Empty, of another kind, or cut off half-way."""
    source = tmp_path / f"in{ending}"
    if content is None:
        if ending == ".parquet":
            shapes.to_parquet(source)
        elif ending == ".csv.gz":
            shapes.to_csv(source, index=False)
        else:
            source.write_bytes(digits.read_bytes())
        content = source.read_bytes()[: source.stat().st_size // 2]
    source.write_bytes(content)
    options = [] if ending == ".npz" else ["--target", "kind"]
    assert distill(source, tmp_path / "s.npz", *options) == 2
    message = the_error(capsys)
    assert message.startswith(str(source))
    assert "cannot be read" in message or "is damaged" in message


def test_numbers_with_words_among_them_are_warned_of(shapes, table, tmp_path, capsys):
    """One "NA" makes categories of a column of numbers; of "5 or more" nobody cares."""
    shapes["size"] = shapes["size"].astype(str)
    shapes.loc[3, "size"] = "NA"
    shapes["corners"] = shapes["corners"].clip(upper=5).astype(str)
    shapes.loc[shapes["corners"] == "5", "corners"] = "5 or more"
    shapes.to_csv(table, index=False)
    assert distill(table, tmp_path / "s.csv", "--target", "kind") == 0
    error = capsys.readouterr().err
    assert error.startswith(
        "warning: column 'size' is taken as categories, because 1 of its 80 cells are "
        "no numbers, such as 'NA'."
    )
    assert "warning: column 'size' has " in error
    assert error.count("\n") == 2


# distill: files and methods that are not there


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nowhere.csv", "nowhere.csv: there is no such file."),
        ("folder.csv", "folder.csv: this is no file."),
        (
            "notes.txt",
            "notes.txt: the input is a .csv, .csv.gz, .parquet or .npz file.",
        ),
        ("shapes.csv", "say which column holds the labels with --target COLUMN"),
    ],
)
def test_inputs_that_are_none(source, message, table, tmp_path, capsys):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "notes.txt").write_text("hello")
    assert distill(tmp_path / source, tmp_path / "s.csv") == 2
    assert message in the_error(capsys)


@pytest.mark.parametrize(
    ("output", "options", "message"),
    [
        ("no/small.csv", ["--target", "kind"], "there is no folder"),
        ("small.txt", ["--target", "kind"], "the output is a .csv, .parquet or .npz"),
        (
            "small.csv.gz",
            ["--target", "kind"],
            "the output is a .csv, .parquet or .npz",
        ),
        ("folder.csv", ["--target", "kind"], "no file can be written there"),
        ("shapes.csv", ["--target", "kind"], "the output would replace the input"),
        (
            "small.csv",
            ["--no-target"],
            "A CSV file cannot say that there are no labels",
        ),
        ("small.csv", ["--target", "soft_label:a"], "Set another target_name"),
    ],
)
def test_outputs_are_refused_before_the_work(
    output, options, message, shapes, table, tmp_path, monkeypatch, capsys
):
    def fit(*args, **kwargs):
        raise AssertionError("the work had begun")

    monkeypatch.setattr(BaseDistiller, "fit", fit)
    (tmp_path / "folder.csv").mkdir()
    if "soft_label:a" in options:
        names = {"kind": "soft_label:a"}
        shapes.rename(columns=names).to_csv(table, index=False)
    before = table.read_bytes()
    assert distill(table, tmp_path / output, *options) == 2
    assert message in the_error(capsys)
    assert table.read_bytes() == before


def test_images_are_no_table(digits, tmp_path, capsys):
    with np.load(digits) as file:
        np.savez(digits, X=file["X"].reshape(-1, 1, 8, 8), y=file["y"])
    assert distill(digits, tmp_path / "small.parquet") == 2
    assert "Images of shape (1, 8, 8) are no table" in the_error(capsys)


def test_unknown_method(table, tmp_path, capsys):
    options = ["--target", "kind"]
    assert distill(table, tmp_path / "s.csv", *options, method="hreding") == 2
    error = the_error(capsys)
    assert "There is no method 'hreding' installed. Did you mean 'herding'?" in error


def test_method_that_needs_labels(table, tmp_path, capsys):
    options = ["--no-target", "--set", "max_iter=2"]
    method = "kernel-inducing-points"
    assert distill(table, tmp_path / "s.npz", *options, method=method) == 2
    assert "requires y to be passed" in the_error(capsys)


def test_method_that_cannot_be_imported(table, tmp_path, monkeypatch, capsys):
    install_plugin(tmp_path, monkeypatch, "torn", "import a_module_that_is_not_there")
    options = ["--target", "kind"]
    assert distill(table, tmp_path / "s.csv", *options, method="torn") == 2
    error = the_error(capsys)
    assert "method 'torn' of cli_plugin_torn 1.0" in error
    assert "No module named 'a_module_that_is_not_there'" in error


def test_method_that_fails_and_chatters(table, tmp_path, monkeypatch, capsys):
    """What a method prints is not taken for a result; its failure is one line."""
    install_plugin(
        tmp_path,
        monkeypatch,
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
        "where it happened)\n",
    )
    assert not (tmp_path / "no.csv").exists()


@pytest.mark.parametrize("position", [0, 1, 2])
def test_debug_lets_errors_through(position, tmp_path):
    arguments = ["distill", "nowhere.csv", "--method", "random", "-o", "s.csv"]
    arguments.insert(position, "--debug")
    with pytest.raises(ValueError, match="there is no such file"):
        main(arguments)


# progress


def few_steps(table, output, *options):
    options = ("--target", "kind", "--budget", "2", "--set", "max_iter=10", *options)
    return distill(table, output, *options, method="kernel-inducing-points")


def test_progress_bar_is_on_stderr(table, tmp_path, capsys):
    pytest.importorskip("rich")
    assert few_steps(table, tmp_path / "s.npz", "--json", "--progress") == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["rows"] == 4
    assert "KernelInducingPoints - fit" in printed.err
    assert "100%" in printed.err


def test_no_progress_bar_where_nobody_looks(table, tmp_path, capsys):
    """stderr is no terminal, or the method does all at once."""
    assert few_steps(table, tmp_path / "s.npz") == 0
    assert " - fit" not in capsys.readouterr().err
    assert distill(table, tmp_path / "s.npz", "--target", "kind", "--progress") == 0
    assert capsys.readouterr().err == ""


def test_progress_bar_without_rich(table, tmp_path, monkeypatch, capsys):
    """Said once it was asked for; the work is done all the same."""
    monkeypatch.setitem(sys.modules, "rich", None)
    assert few_steps(table, tmp_path / "s.npz", "--progress") == 0
    error = capsys.readouterr().err
    assert error.startswith("warning: no progress bar without rich: pip install")
    assert (tmp_path / "s.npz").exists()


# check


def test_check_of_a_good_method(capsys):
    assert main(["check", "sklearn-distill:random"]) == 0
    *lines, summary = capsys.readouterr().out.splitlines()
    assert "passed  check_every_class_survives" in lines
    assert any(line.startswith("xfail   check_transformer_general: ") for line in lines)
    assert summary.startswith(f"sklearn-distill:random: {len(lines)} checks, ")
    assert ", 0 failed, " in summary


def test_check_of_a_bad_method(tmp_path, monkeypatch, capsys):
    """It loses all classes but the first, and says so itself."""
    install_plugin(
        tmp_path,
        monkeypatch,
        "forgetful",
        """
        import numpy as np
        from sklearn_distill.problem import Kept

        class Method(RandomSelection):
            plugin_api = 1

            def _distill(self, problem):
                print("forgetting")
                return Kept(np.flatnonzero(problem.y == 0)[:1])
        """,
    )
    assert main(["check", "forgetful", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["method"] == "forgetful"
    by_name = {check["check"]: check for check in report["checks"]}
    assert by_name["check_every_class_survives"]["status"] == "failed"
    assert by_name["check_every_class_survives"]["reason"].startswith("ValueError")
    assert by_name["check_set_params"] == {
        "check": "check_set_params",
        "status": "passed",
        "reason": None,
    }
    counted = [report[status] for status in ("passed", "failed", "skipped", "xfail")]
    assert sum(counted) == len(report["checks"])
    assert report["failed"] == sum(
        check["status"] == "failed" for check in report["checks"]
    )


def test_check_of_no_method(capsys):
    assert main(["check", "alchemy"]) == 2
    assert "There is no method 'alchemy' installed" in the_error(capsys)


# The command as a whole


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["lst"], "invalid choice: 'lst'"),
        (["distill"], "required: INPUT, --method, -o/--output"),
        (["distill", "a.csv", "-o", "b.csv"], "required: --method"),
    ],
)
def test_wrong_use_is_one_line(arguments, message, capsys):
    assert main(arguments) == 2
    assert message in the_error(capsys)


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"sklearn-distill {__version__}\n"


def test_in_a_process_of_its_own(table, tmp_path):
    command = [sys.executable, "-m", "sklearn_distill", "distill", "shapes.csv"]
    command += ["--target", "kind", "--method", "herding", "-o", "small.csv"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("80 -> 20 rows\n")
    assert len(pd.read_csv(tmp_path / "small.csv")) == 20
    done = subprocess.run(
        [*command[:4], "nowhere.csv", *command[5:]],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "sklearn-distill: error: nowhere.csv: there is no such file.\n"
    )


def test_warnings_for_developers_stay_out(capsys):
    """Such as those of an import that Ctrl-C cut short."""
    with warnings_in_one_line():
        warnings.warn("unclosed file", ResourceWarning, stacklevel=1)
        warnings.warn("not in this version", FutureWarning, stacklevel=1)
        warnings.warn("two\nlines", UserWarning, stacklevel=1)
    assert capsys.readouterr().err == "warning: two lines\n"


def test_ctrl_c_leaves_the_old_file(table, tmp_path):
    """Also in the middle of a fit that takes Ctrl-C as a wish to stop early."""
    output = tmp_path / "small.csv"
    output.write_text("old")
    arguments = ["distill", str(table), "--target", "kind", "-o", str(output)]
    arguments += ["--method", "kernel-inducing-points", "--budget", "2"]
    arguments += ["--set", "max_iter=1000000", "--set", "n_iter_no_change=None"]
    code = (
        "import os, signal, sys\n"
        "from sklearn_distill.cli import main\n"
        "from sklearn_distill.engine.loop import DistillationLoop\n"
        "def press_ctrl_c(*args, **kwargs):\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "DistillationLoop.train_step = press_ctrl_c\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"sys.exit(main({arguments}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "sklearn-distill: interrupted\n"
    assert output.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "shapes.csv",
        "small.csv",
    ]


def test_nobody_reads_the_output():
    """As in `sklearn-distill list | head -1`."""
    reading_end, writing_end = os.pipe()
    os.close(reading_end)
    done = subprocess.run(
        [sys.executable, "-m", "sklearn_distill", "list"],
        stdout=writing_end,
        stderr=subprocess.PIPE,
    )
    os.close(writing_end)
    assert (done.returncode, done.stderr) == (141, b"")


# Real tables


@pytest.mark.parametrize(
    ("name", "options", "n_rows"),
    [
        ("mushroom", ["--budget", "20"], 40),
        ("german", ["--budget", "20"], 40),
        ("adult", ["--budget", "20"], 40),
        ("diamonds", ["--budget", "200", "--task", "regression"], 200),
    ],
)
def test_real_tables_stay_valid(name, options, n_rows, data_folder, tmp_path):
    """Known categories, observed ranges, whole numbers; columns as they came."""
    source, output = data_folder / f"{name}.csv.gz", tmp_path / "small.parquet"
    # What a row may hold does not depend on how long it was learned.
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


def test_codes_keep_their_zeros(tmp_path):
    """00123 is a name, not a number, in a column and in the labels."""
    source, output = tmp_path / "in.csv", tmp_path / "out.csv"
    rows = [f"00{i % 3},{i / 2},0{i % 2}" for i in range(12)]
    source.write_text("zip,x,kind\n" + "\n".join(rows) + "\n")
    arguments = ["--target", "kind", "--method", "random", "--budget", "2"]
    assert main(["distill", str(source), *arguments, "-o", str(output)]) == 0
    cells = [line.split(",") for line in output.read_text().splitlines()[1:]]
    assert {row[0] for row in cells} <= {"000", "001", "002"}
    assert {row[2] for row in cells} == {"00", "01"}


def test_dates_in_a_csv_are_refused(tmp_path, capsys):
    source = tmp_path / "in.csv"
    source.write_text("day,kind\n" + "2020-01-02,a\n2020-03-04,b\n" * 4)
    arguments = [
        "--target",
        "kind",
        "--method",
        "random",
        "-o",
        str(tmp_path / "o.csv"),
    ]
    assert main(["distill", str(source), *arguments]) == 2
    assert "column 'day' holds dates" in the_error(capsys)
