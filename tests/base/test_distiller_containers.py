"""Distilled rows come back in the container that `fit` received."""

# SPDX-License-Identifier: BSD-3-Clause

import os

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from scipy import sparse
from sklearn import config_context

from sklearn_distill import (
    DistillationReport,
    DistillationSampler,
    DistilledClassifier,
    DistilledSet,
    HerdingSelection,
    KernelInducingPoints,
    distilled_labels,
)
from sklearn_distill.evaluation import MarginalsDisplay

# The few steps of the tests need not lower the loss.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
METHODS = [HerdingSelection(3), KernelInducingPoints(3, max_iter=3, random_state=0)]


@pytest.fixture
def words():
    """Sparse rows, and their labels."""
    X = sparse.random(120, 30, density=0.1, format="csr", random_state=0)
    return X, np.arange(120) % 2


@pytest.fixture
def frame():
    """A DataFrame of numbers, flags and categories, and its labels."""
    rng = np.random.RandomState(0)
    X = pd.DataFrame(
        {
            "a": rng.randn(90).astype("f4"),
            "n": rng.randint(0, 9, 90).astype("i1"),
            "flag": rng.rand(90) < 0.5,
            "color": pd.Categorical(rng.choice(["u", "v"], 90), ["w", "v", "u"]),
        }
    )
    return X, pd.Series(rng.choice(["p", "q"], 90), name="label")


@pytest.mark.parametrize("method", METHODS)
def test_sparse_rows_give_the_csr_form_of_the_dense_result(method, words):
    X, y = words
    found = method.fit(X.tocsc(), y).distilled_
    assert type(found.X).__name__ == "csr_matrix"
    expected = method.fit(X.toarray(), y).distilled_
    np.testing.assert_array_equal(found.X.toarray(), expected.X)
    assert (len(found), found.info["bytes"]) == (6, found.nbytes)
    assert found.nbytes < expected.nbytes
    X_labeled = method.fit_transform(X, y)
    np.testing.assert_array_equal(X_labeled, expected.X)
    assert method.score(X, y) == method.fit(X.toarray(), y).score(X.toarray(), y)


def test_transform_and_predict_have_no_size_limit_for_sparse_rows(words, monkeypatch):
    svm = pytest.importorskip("sklearn.svm")
    X, y = words
    model = DistilledClassifier(HerdingSelection(10), svm.SVC()).fit(X, y)
    monkeypatch.setattr("sklearn_distill.validation.rows.MAX_DENSE_CELLS", 100)
    many = sparse.csr_matrix((20_000_000, 30))
    assert model.distiller_.transform(many).shape == many.shape
    assert model.predict(X).shape == (120,)
    with pytest.raises(ValueError, match="infinity"):
        model.distiller_.transform(sparse.csr_matrix(np.full((1, 30), np.inf)))


def test_estimators_that_require_dense_rows_receive_dense_rows(words):
    from sklearn.naive_bayes import GaussianNB

    X, y = words
    model = DistilledClassifier(HerdingSelection(10), GaussianNB()).fit(X, y)
    dense = DistilledClassifier(HerdingSelection(10), GaussianNB()).fit(X.toarray(), y)
    np.testing.assert_array_equal(model.predict(X), dense.predict(X.toarray()))


def test_sampler_of_a_sparse_pipeline_gives_sparse_rows(words):
    pipeline = pytest.importorskip("imblearn.pipeline")
    from sklearn.svm import SVC

    X, y = words
    sampler = DistillationSampler(HerdingSelection(20))
    X_kept, _ = sampler.fit_resample(X, y)
    assert type(X_kept) is type(X)
    assert pipeline.make_pipeline(sampler, SVC()).fit(X, y).predict(X[:3]).shape == (3,)


@pytest.mark.parametrize("suffix", [".npz", ".parquet"])
def test_sparse_distilled_sets_are_saved_and_expanded(words, suffix, tmp_path):
    X, y = words
    small = HerdingSelection(3, soft_labels="teacher", random_state=0).fit(X, y)
    small = small.distilled_
    small.save(tmp_path / f"s{suffix}")
    loaded = DistilledSet.load(tmp_path / f"s{suffix}")
    rows = loaded.X.toarray() if suffix == ".npz" else loaded.X.to_numpy()
    np.testing.assert_array_equal(rows, small.X.toarray())
    np.testing.assert_array_equal(small.to_frame().iloc[:, :30], rows)
    X_expanded, y_expanded, _ = small.expand()
    assert X_expanded.shape == (len(y_expanded), 30)
    Xs, ys = small
    assert (type(Xs).__name__, len(ys)) == ("csr_matrix", 6)


def _containers(frame, library):
    X, y = frame
    table = pa.Table.from_pandas(X, preserve_index=False)
    if library == "pyarrow":
        return table, pa.array(y)
    polars = pytest.importorskip("polars")
    color = polars.col("color").cast(polars.Enum(["w", "v", "u"]))
    return polars.from_arrow(table).with_columns(color), polars.Series(y)


@pytest.mark.parametrize("library", ["pyarrow", "polars"])
@pytest.mark.parametrize("method", METHODS)
def test_tables_keep_names_types_and_categories(method, frame, library, tmp_path):
    X, y = _containers(frame, library)
    method.fit(X, y)
    small = method.distilled_
    assert type(small.X) is type(X)
    assert small.X.schema == X.schema
    assert small.classes.tolist() == ["p", "q"]
    assert method.feature_names_in_.tolist() == ["a", "n", "flag", "color"]
    as_pandas = small.X.to_pandas()
    assert as_pandas["color"].cat.categories.tolist() == ["w", "v", "u"]
    expected = method.fit(X.to_pandas(), y.to_pandas()).distilled_.X
    pd.testing.assert_frame_equal(as_pandas, expected)
    assert type(small.to_frame()) is type(X)
    assert small.to_frame().shape == (6, 5)
    small.save(tmp_path / "s.npz")
    loaded = DistilledSet.load(tmp_path / "s.npz").X
    assert type(loaded) is type(X)
    categories = loaded.to_pandas()["color"].cat.categories
    assert categories.tolist() == ["w", "v", "u"]


@pytest.mark.parametrize("library", ["pyarrow", "polars"])
def test_tables_of_distilled_rows_carry_their_labels(frame, library):
    X, y = _containers(frame, library)
    rows = HerdingSelection(3).fit_transform(X, y)
    assert type(rows) is type(X)
    assert distilled_labels(rows).y.tolist() == ["p"] * 3 + ["q"] * 3
    assert distilled_labels(X) is None
    assert type(HerdingSelection(3).fit(X, y).transform(X)) is type(X)


def test_polars_output_carries_labels(frame):
    polars = pytest.importorskip("polars")
    X, y = frame
    distiller = HerdingSelection(3).set_output(transform="polars")
    for given in (X, X[["a", "n"]].to_numpy(), pa.Table.from_pandas(X)):
        rows = distiller.fit_transform(given, y)
        assert isinstance(rows, polars.DataFrame)
        assert distilled_labels(rows).y.tolist() == ["p"] * 3 + ["q"] * 3
        assert distilled_labels(rows[:2]) is None


def test_tensors_give_the_result_of_arrays(words):
    X, y = words
    tensor = torch.tensor(X.toarray(), requires_grad=True)
    found = HerdingSelection(3).fit(tensor, torch.tensor(y))
    expected = HerdingSelection(3).fit(X.toarray(), y)
    np.testing.assert_array_equal(found.distilled_.X, expected.distilled_.X)
    assert found.score(tensor, torch.tensor(y)) == expected.score(X.toarray(), y)


@pytest.mark.skipif(
    os.environ.get("SCIPY_ARRAY_API") != "1", reason="requires SCIPY_ARRAY_API=1"
)
@pytest.mark.parametrize("method", METHODS)
def test_tensors_come_back_as_tensors_under_array_api_dispatch(method, words, tmp_path):
    X, y = words
    tensor = torch.tensor(X.toarray(), dtype=torch.float32)
    with config_context(array_api_dispatch=True):
        method.fit(tensor, torch.tensor(y))
        rows = method.fit_transform(tensor, torch.tensor(y))
        assert method.transform(tensor) is tensor
    for found in (method.distilled_.X, rows):
        assert (type(found), found.dtype) == (torch.Tensor, torch.float32)
    np.testing.assert_array_equal(distilled_labels(rows).y, [0, 0, 0, 1, 1, 1])
    method.distilled_.save(tmp_path / "s.npz")
    loaded = DistilledSet.load(tmp_path / "s.npz").X
    np.testing.assert_array_equal(loaded, method.distilled_.X.numpy())


def test_unsupported_containers_are_an_error(words):
    X, y = words
    data = torch.utils.data.TensorDataset(torch.tensor(X.toarray()))
    with pytest.raises(TypeError, match="of PyTorch"):
        HerdingSelection(3).fit(data, y)


@pytest.mark.parametrize("library", ["csr", "pyarrow", "polars"])
def test_evaluation_accepts_every_container(words, frame, library):
    """The report of rows in another container is that of arrays or DataFrames."""
    if library == "csr":
        (X, y), plain = words, words[0].toarray()
    else:
        X, y = _containers(frame, library)
        plain = X.to_pandas()
    labels = np.asarray(y)
    tables = []
    for rows in (X, plain):
        distiller = HerdingSelection(3).fit(rows, labels)
        report = DistillationReport.from_estimator(
            distiller, rows, labels, rows, labels, learners=["logistic"], n_seeds=1
        )
        tables.append(report.fidelity)
        assert MarginalsDisplay.from_estimator(distiller, rows).axes_.size >= 4
    pd.testing.assert_frame_equal(*tables)
