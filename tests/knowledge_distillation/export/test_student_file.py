"""ONNX files predict the same classes as the students."""

# SPDX-License-Identifier: BSD-3-Clause

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
)
from sklearn_distill.engine.networks import MLP
from sklearn_distill.knowledge_distillation.export.verification import (
    open_session,
    rounded_to_float32,
    run_onnx,
)

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


@pytest.mark.slow
@pytest.mark.parametrize("student", STUDENTS.values(), ids=STUDENTS)
def test_file_predicts_the_same_for_10000_rows(student, tmp_path):
    """The probabilities agree up to the precision of float32."""
    X, y = rows()
    model = taught(student, X[:1_000], y[:1_000], transfer="munge", n_transfer=1.0)
    path = tmp_path / "student.onnx"
    model.export_onnx(path, X[:200])
    new = X[1_000:].astype(np.float32).astype(np.float64)
    outputs = run_onnx(path.read_bytes(), new)
    assert len(outputs["label"]) == 10_000
    np.testing.assert_array_equal(outputs["label"], model.predict(new))
    np.testing.assert_allclose(
        outputs["probabilities"], model.predict_proba(new), atol=1e-5
    )


# These names are used internally by converters, or contain special characters.
COLUMNS = ["od280/od315 of wine", "label_", "best", "classes", "X", "variable", "a b"]


OTHERS = {
    "forest": RandomForestClassifier(5, random_state=0),
    "naive Bayes": GaussianNB(),
    "nearest neighbors": KNeighborsClassifier(),
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


def predictions_of(model, X, path):
    """Return the outputs of the exported file, and the rows that it was run on."""
    model.export_onnx(path, X)
    seen = rounded_to_float32(X)
    return run_onnx(path.read_bytes(), seen), seen


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("student", OTHERS.values(), ids=OTHERS)
def test_students_of_all_kinds_on_tables_and_arrays(student, n_classes, tmp_path):
    """Students are tested alone and after a scaler, with probabilities or scores."""
    X, y = make_classification(
        150, 7, n_informative=5, n_classes=n_classes, random_state=0
    )
    y, frame = NAMES[y], pd.DataFrame(X, columns=COLUMNS)
    for data in (X, frame):
        for whole in (student, make_pipeline(StandardScaler(), student)):
            model = taught(whole, data, y)
            outputs, seen = predictions_of(model, data, tmp_path / "student.onnx")
            np.testing.assert_array_equal(outputs["label"], model.predict(seen))
            if hasattr(model, "predict_proba"):
                expected = model.predict_proba(seen)
                found = outputs["probabilities"]
            else:
                expected = model.decision_function(seen)
                if n_classes == 2:
                    expected = np.column_stack([-expected, expected])
                found = outputs["scores"]
            np.testing.assert_allclose(found, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.slow
def test_inputs_have_the_names_of_the_columns(tmp_path):
    """Nets, alone and in a Pipeline, and scikit-learn's estimators are tested."""
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
        outputs, seen = predictions_of(model, frame, tmp_path / "student.onnx")
        np.testing.assert_array_equal(outputs["label"], model.predict(seen))
        session = open_session((tmp_path / "student.onnx").read_bytes())
        assert [i.name for i in session.get_inputs()] == COLUMNS


def test_table_of_categorical_columns(tmp_path):
    X = pd.DataFrame({"a b": list("xyxy") * 10, "c/d": list("ppqq") * 10})
    y = np.where(X["a b"] == X["c/d"].map({"p": "x", "q": "y"}), 1, 0)
    encoder = OneHotEncoder(sparse_output=False)
    student = make_pipeline(encoder, DecisionTreeClassifier())
    teacher = make_pipeline(encoder, ExtraTreesClassifier(5))
    model = KnowledgeDistillationClassifier(teacher, student, check_teacher=False)
    outputs, _ = predictions_of(model.fit(X, y), X, tmp_path / "student.onnx")
    np.testing.assert_array_equal(outputs["label"], y)


@pytest.mark.parametrize("dtype", ["bool", "Int64", "Float64", "boolean"])
@pytest.mark.parametrize("alone", [False, True])
def test_columns_of_different_numeric_dtypes(dtype, alone, tmp_path):
    """Booleans and nullable columns are numbers, not text."""
    X, _ = rows(200)
    flag = pd.Series(X[:, 0] > 0).astype(dtype)
    y = np.where(X[:, 0] > 0, "beech", "cedar")
    frame = pd.DataFrame({"flag": flag, "other": flag if alone else X[:, 1]})
    for student in (
        DecisionTreeClassifier(max_depth=3),
        make_pipeline(StandardScaler(), LogisticRegression()),
    ):
        model = taught(student, frame, y)
        outputs, seen = predictions_of(model, frame, tmp_path / "student.onnx")
        np.testing.assert_array_equal(outputs["label"], model.predict(seen))


def test_table_of_numbers_and_categories(tmp_path):
    """The student preprocesses the columns itself."""
    rng = np.random.RandomState(0)
    X = pd.DataFrame(
        {
            "size": rng.normal(50, 10, 400),
            "count": rng.poisson(3, 400),
            "color": rng.choice(["red", "green", "blue"], 400),
        }
    )
    y = np.where((X["size"] > 50) ^ (X["color"] == "red"), "yes", "no")
    prepare = make_column_transformer(
        (StandardScaler(), ["size", "count"]),
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["color"]),
    )
    teacher = make_pipeline(prepare, ExtraTreesClassifier(20, random_state=0))
    for last in (LogisticRegression(), net()):
        model = KnowledgeDistillationClassifier(
            teacher, make_pipeline(prepare, last), check_teacher=False, random_state=0
        ).fit(X, y)
        path = tmp_path / "student.onnx"
        model.export_onnx(path, X)
        seen = rounded_to_float32(X)
        outputs = run_onnx(path.read_bytes(), seen)
        np.testing.assert_array_equal(outputs["label"], model.predict(seen))


def test_numeric_classes_stay_numeric(tmp_path):
    X, y = rows(500)
    codes = 10 * np.searchsorted(NAMES, y)
    model = taught(net(), X, codes)
    model.export_onnx(tmp_path / "student.onnx", X)
    outputs = run_onnx((tmp_path / "student.onnx").read_bytes(), X)
    assert set(outputs["label"]) <= {0, 10, 20}


@pytest.mark.slow
def test_regressors(tmp_path):
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
            outputs, seen = predictions_of(model, data, tmp_path / "student.onnx")
            np.testing.assert_allclose(
                outputs["prediction"].ravel(), model.predict(seen), rtol=1e-4
            )


def test_failed_conversion_raises_and_keeps_the_old_file(tmp_path):
    X, y = rows(300)
    path = tmp_path / "student.onnx"
    path.write_bytes(b"old")
    with pytest.raises(ValueError, match="regressor of class probabilities"):
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
        run_onnx(b"old", X)
    assert path.read_bytes() == b"old"
    taught(LinearSVC(), X, y).export_onnx(path, X)
    assert path.read_bytes() != b"old"
