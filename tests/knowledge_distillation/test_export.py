"""ONNX files of students: the same classes as the estimator, on 10,000 rows."""

# SPDX-License-Identifier: BSD-3-Clause

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.compose import make_column_transformer
from sklearn.datasets import make_classification, make_friedman1
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from skorch import NeuralNetClassifier, NeuralNetRegressor
from torch import nn

from sklearn_distill import (
    KnowledgeDistillationClassifier,
    KnowledgeDistillationRegressor,
    student_report,
)
from sklearn_distill.engine.networks import MLP
from sklearn_distill.knowledge_distillation import export

NAMES = np.array(["ash", "beech", "cedar"])


@pytest.fixture(autouse=True)
def _needs_converters():
    for name in ("onnx", "onnxruntime", "skl2onnx", "onnxscript"):
        pytest.importorskip(name, reason=f"{name} is not installed: no ONNX files")


def rows(n=11_000):
    X, y = make_classification(
        n, 8, n_informative=6, n_classes=3, class_sep=1.5, random_state=0
    )
    return X, NAMES[y]


def net(kind=NeuralNetClassifier):
    classes = kind is NeuralNetClassifier
    return kind(
        MLP,
        module__width=32,
        criterion=nn.CrossEntropyLoss if classes else nn.MSELoss,
        optimizer=torch.optim.Adam,
        lr=0.01,
        max_epochs=10,
    )


def taught(student, X, y, **params):
    teacher = ExtraTreesClassifier(20, random_state=0)
    params = {"check_teacher": False, "random_state": 0} | params
    return KnowledgeDistillationClassifier(teacher, student, **params).fit(X, y)


STUDENTS = {
    "MLP": make_pipeline(StandardScaler(), net()),
    "tree": DecisionTreeClassifier(max_leaf_nodes=32, random_state=0),
    "boosting": HistGradientBoostingClassifier(max_iter=20, max_leaf_nodes=8),
    "logistic regression": make_pipeline(StandardScaler(), LogisticRegression()),
}


@pytest.mark.parametrize("student", STUDENTS.values(), ids=STUDENTS)
def test_files_give_the_same_classes_on_ten_thousand_rows(student, tmp_path):
    """And the same probabilities, to the precision of float32."""
    X, y = rows()
    model = taught(student, X[:1_000], y[:1_000], transfer="munge", n_transfer=1.0)
    path = tmp_path / "student.onnx"
    model.export_onnx(path, X[:200])
    new = X[1_000:].astype(np.float32).astype(np.float64)
    answers = export.run_onnx(path.read_bytes(), new)
    assert len(answers["label"]) == 10_000
    np.testing.assert_array_equal(answers["label"], model.predict(new))
    np.testing.assert_allclose(
        answers["probabilities"], model.predict_proba(new), atol=1e-5
    )


# The names are some that converters use themselves, or would rewrite.
COLUMNS = ["od280/od315 of wine", "label_", "best", "classes", "X", "variable", "a b"]
OTHERS = {
    "forest": RandomForestClassifier(5, random_state=0),
    "naive Bayes": GaussianNB(),
    "neighbours": KNeighborsClassifier(),
    "MLPClassifier": MLPClassifier(
        (8,), max_iter=9, tol=1e6, n_iter_no_change=1, random_state=0
    ),
    "SVC": SVC(),
    "LinearSVC": LinearSVC(random_state=0),
    "SGD, hinge": SGDClassifier(random_state=0),
    "logistic": LogisticRegression(),
    "decision tree": DecisionTreeClassifier(max_depth=3, random_state=0),
    "histogram boosting": HistGradientBoostingClassifier(max_iter=5),
}


def answers_of(model, X, path):
    """What the exported file answers, and the rows that it sees."""
    model.export_onnx(path, X)
    seen = export.as_seen_by_file(X)
    return export.run_onnx(path.read_bytes(), seen), seen


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("student", OTHERS.values(), ids=OTHERS)
def test_students_of_all_kinds_on_tables_and_arrays(student, n_classes, tmp_path):
    """Alone and after a scaler; with scores where there are no probabilities."""
    X, y = make_classification(
        150, 7, n_informative=5, n_classes=n_classes, random_state=0
    )
    y, frame = NAMES[y], pd.DataFrame(X, columns=COLUMNS)
    for data in (X, frame):
        for whole in (student, make_pipeline(StandardScaler(), student)):
            model = taught(whole, data, y)
            answers, seen = answers_of(model, data, tmp_path / "student.onnx")
            np.testing.assert_array_equal(answers["label"], model.predict(seen))
            if hasattr(model, "predict_proba"):
                expected = model.predict_proba(seen)
                found = answers["probabilities"]
            else:
                expected = model.decision_function(seen)
                if n_classes == 2:
                    expected = np.column_stack([-expected, expected])
                found = answers["scores"]
            np.testing.assert_allclose(found, expected, atol=1e-4, rtol=1e-4)


def test_inputs_are_called_as_columns_are(tmp_path):
    """And a net, with its steps before it or a module's class, takes them so."""
    X, y = rows(200)
    frame = pd.DataFrame(X[:, :7], columns=COLUMNS)
    for student in (
        MLP,
        make_pipeline(PCA(3), net()),
        make_pipeline(make_column_transformer((PCA(2), COLUMNS[:4])), net()),
        make_pipeline(
            make_column_transformer((StandardScaler(), COLUMNS)), LogisticRegression()
        ),
        make_pipeline(PCA(3), LinearSVC()),
    ):
        model = taught(student, frame, y)
        answers, seen = answers_of(model, frame, tmp_path / "student.onnx")
        np.testing.assert_array_equal(answers["label"], model.predict(seen))
        session = export.open_session((tmp_path / "student.onnx").read_bytes())
        assert [i.name for i in session.get_inputs()] == COLUMNS


def test_columns_of_categories_alone(tmp_path):
    X = pd.DataFrame({"a b": list("xyxy") * 10, "c/d": list("ppqq") * 10})
    y = np.where(X["a b"] == X["c/d"].map({"p": "x", "q": "y"}), 1, 0)
    encoder = OneHotEncoder(sparse_output=False)
    student = make_pipeline(encoder, DecisionTreeClassifier())
    teacher = make_pipeline(encoder, ExtraTreesClassifier(5))
    model = KnowledgeDistillationClassifier(teacher, student, check_teacher=False)
    answers, _ = answers_of(model.fit(X, y), X, tmp_path / "student.onnx")
    np.testing.assert_array_equal(answers["label"], y)


@pytest.mark.parametrize("dtype", ["bool", "Int64", "Float64", "boolean"])
@pytest.mark.parametrize("alone", [False, True])
def test_numbers_of_several_kinds(dtype, alone, tmp_path):
    """A flag beside floats, and nullable columns: numbers all, and no text."""
    X, _ = rows(200)
    flag = pd.Series(X[:, 0] > 0).astype(dtype)
    y = np.where(X[:, 0] > 0, "beech", "cedar")
    frame = pd.DataFrame({"flag": flag, "other": flag if alone else X[:, 1]})
    for student in (
        DecisionTreeClassifier(max_depth=3),
        make_pipeline(StandardScaler(), LogisticRegression()),
    ):
        model = taught(student, frame, y)
        answers, seen = answers_of(model, frame, tmp_path / "student.onnx")
        np.testing.assert_array_equal(answers["label"], model.predict(seen))


@pytest.mark.parametrize("name", ["label", "probabilities"])
def test_columns_that_are_called_as_outputs_are_refused(name, tmp_path):
    X, y = rows(100)
    frame = pd.DataFrame(X, columns=[name, *"abcdefg"])
    model = taught(DecisionTreeClassifier(max_depth=2), frame, y)
    with pytest.raises(ValueError, match=f"Columns called '{name}' cannot be inputs"):
        model.export_onnx(tmp_path / "student.onnx", frame)


def test_labels_count_where_probabilities_are_alike(tmp_path):
    """Scores far from 0 saturate: a file that goes by probabilities is refused."""
    X, y = rows(300)
    student = SGDClassifier(loss="log_loss", random_state=0)
    model = taught(student, 1e4 * X, y, alpha=0.0)
    with pytest.raises(ValueError, match=r"another class for \d+ of 300 rows"):
        model.export_onnx(tmp_path / "student.onnx", 1e4 * X)


def test_tables_come_in_by_column(tmp_path):
    """Numbers and categories, through the student's own preprocessing."""
    rng = np.random.RandomState(0)
    X = pd.DataFrame(
        {
            "size": rng.normal(50, 10, 400),
            "count": rng.poisson(3, 400),
            "colour": rng.choice(["red", "green", "blue"], 400),
        }
    )
    y = np.where((X["size"] > 50) ^ (X["colour"] == "red"), "yes", "no")
    prepare = make_column_transformer(
        (StandardScaler(), ["size", "count"]),
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["colour"]),
    )
    teacher = make_pipeline(prepare, ExtraTreesClassifier(20, random_state=0))
    for last in (LogisticRegression(), net()):
        model = KnowledgeDistillationClassifier(
            teacher, make_pipeline(prepare, last), check_teacher=False, random_state=0
        ).fit(X, y)
        path = tmp_path / "student.onnx"
        model.export_onnx(path, X)
        seen = export.as_seen_by_file(X)
        answers = export.run_onnx(path.read_bytes(), seen)
        np.testing.assert_array_equal(answers["label"], model.predict(seen))


def test_classes_that_are_numbers_stay_numbers(tmp_path):
    X, y = rows(500)
    codes = 10 * np.searchsorted(NAMES, y)
    model = taught(net(), X, codes)
    model.export_onnx(tmp_path / "student.onnx", X)
    answers = export.run_onnx((tmp_path / "student.onnx").read_bytes(), X)
    assert set(answers["label"]) <= {0, 10, 20}


def test_regressors_have_files_too(tmp_path):
    X, y = make_friedman1(400, random_state=0)
    y = 1e3 + 1e2 * y
    for student in (
        Ridge(),
        DecisionTreeRegressor(max_leaf_nodes=16),
        HistGradientBoostingRegressor(max_iter=5),
        make_pipeline(StandardScaler(), net(NeuralNetRegressor)),
    ):
        for data in (X, pd.DataFrame(X).add_prefix("column ")):
            model = KnowledgeDistillationRegressor(
                ExtraTreesRegressor(10, random_state=0), student, check_teacher=False
            ).fit(data, y)
            answers, seen = answers_of(model, data, tmp_path / "student.onnx")
            np.testing.assert_allclose(
                answers["prediction"].ravel(), model.predict(seen), rtol=1e-4
            )


def test_a_file_that_answers_otherwise_is_not_written(tmp_path):
    X, y = rows(600)
    model = taught(DecisionTreeClassifier(max_depth=3, random_state=0), X, y)
    other = taught(DecisionTreeClassifier(max_depth=1, random_state=1), X, y)
    content = export.to_onnx(other.student_, X, other.classes_)
    with pytest.raises(ValueError, match=r"another class for \d+ of 600 rows"):
        export.check_answers(content, model.student_, X, model.classes_)
    with pytest.raises(FileNotFoundError, match="no directory"):
        model.export_onnx(tmp_path / "nowhere" / "student.onnx", X)


def test_what_cannot_be_converted_is_said_and_leaves_the_old_file(tmp_path):
    X, y = rows(300)
    path = tmp_path / "student.onnx"
    path.write_bytes(b"old")
    with pytest.raises(ValueError, match="regressor of probabilities"):
        taught(Ridge(), X, y).export_onnx(path, X)

    class Homemade(LogisticRegression):
        pass

    with pytest.raises(ValueError, match="Homemade cannot be converted"):
        taught(Homemade(), X, y).export_onnx(path, X)
    frame = pd.DataFrame(X).rename(columns=str)
    frame["7"] = pd.Categorical(np.where(X[:, 7] > 0, "up", "down"))
    boosting = HistGradientBoostingClassifier(max_iter=2)
    model = KnowledgeDistillationClassifier(boosting, boosting, check_teacher=False)
    with pytest.raises(ValueError, match=r"HistGradient.* cannot be converted to ONNX"):
        model.fit(frame, y).export_onnx(path, frame)
    encode = make_pipeline(OneHotEncoder(), DecisionTreeClassifier())
    model = KnowledgeDistillationClassifier(encode, encode, check_teacher=False)
    words = np.array([["a", "b"], ["b", "a"]] * 20, dtype=object)
    with pytest.raises(ValueError, match=r"array of categories .* Fit on a DataFrame"):
        model.fit(words, y[:40]).export_onnx(path, words)
    with pytest.raises(ValueError, match="onnxruntime cannot run the ONNX file"):
        export.run_onnx(b"old", X)
    assert path.read_bytes() == b"old"
    taught(LinearSVC(), X, y).export_onnx(path, X)
    assert path.read_bytes() != b"old"


def test_the_report_measures_files_too():
    X, y = rows(600)
    model = taught(
        DecisionTreeClassifier(max_depth=3, random_state=0), X[:400], y[:400]
    )
    report = student_report(
        model, X[:400], y[:400], X[400:], y[400:], onnx=True, n_repeats=5
    )
    assert (report["onnx_bytes"] > 0).all()
    assert report.loc["student, distilled", "onnx_bytes"] < (
        0.1 * report.loc["teacher", "onnx_bytes"]
    )
    assert (report["onnx_us_per_row"] > 0).all()


def test_without_the_extra_an_error_says_which(tmp_path):
    """In an interpreter that cannot find the converters."""
    code = (
        "import sys\n"
        "sys.modules['skl2onnx'] = None\n"
        "from sklearn_distill._utils.optional import import_onnx\n"
        "try:\n    import_onnx()\n"
        "except ImportError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert "sklearn-distill[onnx]" in done.stdout
