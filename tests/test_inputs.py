"""Unusual containers, dtypes and labels through the public API, with any method.

Each input is distilled by a method that selects rows and by one that learns them. The
methods rotate over the inputs.
"""

import re
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin

from sklearn_distill import (
    DistillationSampler,
    DistilledClassifier,
    DistilledSet,
    DistributionMatching,
    HerdingSelection,
    KernelInducingPoints,
    KMeansSelection,
    RandomSelection,
    distilled_labels,
)
from sklearn_distill.evaluation import analyze, compare_distillers, invalid_share

# The learned methods make a single step, which need not lower the loss.
pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning",
    "ignore:column .* has .* categories",
    "ignore::sklearn.exceptions.DataConversionWarning",
)

N = 24
Y = np.repeat([0, 1], N // 2)
RNG = np.random.RandomState(0)
BASE = RNG.randn(N, 3) + Y[:, None]
WORDS = RNG.choice(["u", "v", "w"], N).astype(object)
IS_MISSING = np.arange(N) % 5 == 0

SELECTIONS = [
    HerdingSelection(budget=3),
    RandomSelection(budget=3, random_state=0),
]
LEARNED = [
    KMeansSelection(budget=3, representative="centroid", random_state=0),
    KernelInducingPoints(budget=3, max_iter=1, random_state=0),
    DistributionMatching(budget=3, max_iter=1, random_state=0),
]


def with_gaps(values, gap=None):
    """Return values as objects, every fifth of which is missing."""
    values = np.array(values, dtype=object)
    values[IS_MISSING] = gap
    return values


def frame(column):
    return pd.DataFrame({"a": BASE[:, 0], "c": column})


def arrow_frame(values, dtype):
    array = pa.array(with_gaps(values).tolist(), type=dtype)
    return frame(pd.Series(pd.arrays.ArrowExtensionArray(array)))


def polars_frame(column, dtype=None):
    return pl.DataFrame({"a": BASE[:, 0], "c": pl.Series(list(column), dtype=dtype)})


COUNTS = RNG.randint(0, 9, N).tolist()
DAYS = [date(2020, 1, 1) + timedelta(int(i)) for i in range(N)]
HOURS = [datetime(2020, 1, 1) + timedelta(hours=int(i)) for i in range(N)]
PRICES = [Decimal(count) / 4 for count in COUNTS]
STEPS = [timedelta(seconds=int(i)) for i in range(N)]
NAMES = list("abc")

TABLES = {
    "nullable integers": lambda: frame(pd.array(with_gaps(COUNTS, pd.NA), "Int16")),
    "nullable booleans": lambda: frame(pd.array(with_gaps(Y > 0, pd.NA), "boolean")),
    "nullable floats": lambda: frame(pd.array(with_gaps(BASE[:, 1], pd.NA), "Float32")),
    "nullable strings": lambda: frame(pd.array(with_gaps(WORDS, pd.NA), "string")),
    "Arrow integers": lambda: arrow_frame(COUNTS, pa.int8()),
    "Arrow booleans": lambda: arrow_frame((Y > 0).tolist(), pa.bool_()),
    "Arrow strings": lambda: arrow_frame(WORDS, pa.large_string()),
    "Arrow dates": lambda: arrow_frame(DAYS, pa.date32()),
    "Arrow times": lambda: arrow_frame(HOURS, pa.timestamp("ms", "Europe/Berlin")),
    "Arrow durations": lambda: arrow_frame(STEPS, pa.duration("s")),
    "Arrow decimals": lambda: arrow_frame(PRICES, pa.decimal128(8, 2)),
    "Arrow dictionary": lambda: arrow_frame(WORDS, pa.dictionary(pa.int8(), "string")),
    "Arrow bytes": lambda: arrow_frame([w.encode() for w in WORDS], pa.binary()),
    "decimals": lambda: frame(with_gaps(PRICES)),
    "bytes": lambda: frame(np.array([w.encode() for w in WORDS], dtype=object)),
    "unused categories": lambda: frame(pd.Categorical(WORDS, list("xuvw"))),
    "ordered categories": lambda: frame(
        pd.Categorical(with_gaps(WORDS), list("wvux"), ordered=True)
    ),
    "integer categories": lambda: frame(pd.Categorical(COUNTS)),
    "interval categories": lambda: frame(pd.cut(BASE[:, 1], 3)),
    "intervals of dates": lambda: frame(pd.cut(pd.to_datetime(DAYS), 3)),
    "dates as categories": lambda: frame(pd.Categorical(pd.to_datetime(DAYS[:4] * 6))),
    "periods as categories": lambda: frame(
        pd.Categorical(pd.PeriodIndex(["2020Q1", "2020Q2"] * 12, freq="Q"))
    ),
    "mixed categories": lambda: frame(pd.Categorical([1, "1", 2.5] * 8)),
    "no categories": lambda: frame(pd.Categorical([None] * N)),
    "periods": lambda: frame(pd.PeriodIndex(with_gaps(["2020-01"] * N), freq="M")),
    "durations": lambda: frame(pd.to_timedelta(with_gaps(STEPS))),
    "time zone": lambda: frame(pd.date_range("2020-10-24", periods=N, tz="US/Eastern")),
    "only NaT": lambda: frame(pd.to_datetime([None] * N)),
    "numbers and strings": lambda: frame(pd.Series([1, "a", None] * 8, dtype=object)),
    "booleans and None": lambda: frame(pd.Series([True, None] * 12, dtype=object)),
    "huge integers": lambda: frame(pd.Series([10**30, 1] * 12, dtype=object)),
    "largest integers": lambda: frame(np.array([2**64 - 1, 0] * 12, dtype="u8")),
    "constant": lambda: frame("k"),
    "only NaN": lambda: frame(np.nan),
    "only missing": lambda: pd.DataFrame({"a": [np.nan] * N, "b": [None] * N}),
    "integer names": lambda: pd.DataFrame(BASE, columns=[10, 5, 7]),
    "named columns": lambda: pd.DataFrame(BASE, columns=pd.Index(NAMES, name="k")),
    "two levels of columns": lambda: pd.DataFrame(
        BASE, columns=pd.MultiIndex.from_tuples([("a", "x"), ("a", "y"), ("b", "x")])
    ),
    "tuples as names": lambda: pd.DataFrame(
        BASE, columns=pd.Index([("a", 1), ("a", 2), ("b", 1)], tupleize_cols=False)
    ),
    "two levels of rows": lambda: frame(WORDS).set_index([COUNTS, WORDS]),
    "wide": lambda: pd.DataFrame(RNG.randn(N, 60)).add_prefix("x"),
    "free text": lambda: frame([f"text, \n{i}" for i in range(N)]),
    "polars categories": lambda: polars_frame(with_gaps(WORDS), pl.Categorical),
    "polars enumeration": lambda: polars_frame(with_gaps(WORDS), pl.Enum(list("xwvu"))),
    "polars dates": lambda: polars_frame(with_gaps(DAYS).tolist(), pl.Date),
    "polars durations": lambda: polars_frame(with_gaps(STEPS).tolist(), pl.Duration),
    "polars decimals": lambda: polars_frame(PRICES, pl.Decimal(8, 2)),
    "polars nulls": lambda: polars_frame([None] * N),
    "polars bytes": lambda: polars_frame([w.encode() for w in WORDS]),
    "Arrow table": lambda: pa.table({"a": BASE[:, 0], "c": pa.array(with_gaps(DAYS))}),
    "Arrow table of decimals": lambda: pa.table({"c": pa.array(PRICES)}),
    "Arrow table of categories": lambda: pa.table(
        {"c": pa.array(WORDS.tolist()).dictionary_encode()}
    ),
}  # fmt: skip
ARRAYS = {
    "half precision": lambda: BASE.astype(np.float16),
    "extended precision": lambda: BASE.astype(np.longdouble),
    "bytes": lambda: (BASE * 9).astype(np.uint8),
    "booleans": lambda: BASE > 0,
    "Fortran order": lambda: np.asfortranarray(BASE),
    "read-only": lambda: np.broadcast_to(BASE[:, :1], BASE.shape),
    "one column": lambda: BASE[:, :1],
    "strings": lambda: WORDS.astype(str)[:, None],
    "strings of NumPy 2": lambda: WORDS.astype(np.dtypes.StringDType())[:, None],
    "dates": lambda: np.array(DAYS, dtype="datetime64[D]")[:, None],
    "numbers and strings": lambda: np.column_stack([BASE[:, 0].astype(object), WORDS]),
    "lists": lambda: [[number, "u" if number > 0 else "v"] for number in BASE[:, 0]],
    "masked": lambda: np.ma.MaskedArray(BASE, BASE > 2),
    "CSR": lambda: sparse.csr_array(BASE),
    "COO": lambda: sparse.coo_matrix(BASE),
    "tensor": lambda: torch.tensor(BASE, requires_grad=True),
    "bfloat16": lambda: torch.tensor(BASE).bfloat16(),
}  # fmt: skip


def methods_of(inputs):
    """Return (input, method): two methods for each input."""
    pairs = []
    for j, name in enumerate(inputs):
        for methods in (SELECTIONS, LEARNED):
            method = methods[j % len(methods)]
            pairs.append(
                pytest.param(inputs[name], method, id=f"{name}-{type(method).__name__}")
            )
    return pairs


class SameInput(ClassifierMixin, BaseEstimator):
    """A classifier that accepts anything of the types and dtypes seen in fit."""

    def fit(self, X, y):
        self.classes_, self.seen_ = np.unique(y), _description(X)
        return self

    def predict_proba(self, X):
        assert _description(X) == self.seen_
        return np.full((X.shape[0], len(self.classes_)), 1 / len(self.classes_))

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.sparse = True
        return tags


def _description(X):
    """Return container, names and dtypes of rows; the orders of categories count."""
    if hasattr(X, "iloc"):
        categories = [list(getattr(t, "categories", [])) for t in X.dtypes]
        return type(X), list(X.columns), list(X.dtypes), categories
    if isinstance(X, pa.Table):
        return type(X), X.schema.remove_metadata()
    return type(X), X.schema if hasattr(X, "schema") else X.dtype


def as_pandas(X):
    return X.to_pandas() if hasattr(X, "to_pandas") else X


@pytest.mark.parametrize(("make", "method"), methods_of(TABLES))
def test_tables_keep_container_names_and_dtypes(make, method, tmp_path):
    X = make()
    distilled = method.fit(X, Y).distilled_
    assert _description(distilled.X) == _description(X)
    assert invalid_share(X, distilled.X) == 0
    assert len(distilled) == 6
    distilled.save(tmp_path / "set.npz")
    loaded = DistilledSet.load(tmp_path / "set.npz")
    assert _description(loaded.X) == _description(X)
    pd.testing.assert_frame_equal(as_pandas(loaded.X), as_pandas(distilled.X))
    if hasattr(X, "iloc"):
        assert loaded.X.columns.names == X.columns.names
    model = DistilledClassifier(method, SameInput()).fit(X, Y)
    assert model.predict(X).shape == (N,)
    assert _description(method.transform(X)) == _description(X)


@pytest.mark.parametrize(("make", "method"), methods_of(ARRAYS))
def test_arrays_are_distilled_to_valid_rows(make, method):
    X = make()
    distilled = method.fit(X, Y).distilled_
    assert distilled.X.shape == (6, np.shape(X)[1])
    assert invalid_share(X, distilled.X) == 0
    rows = method.fit_transform(X, Y)
    np.testing.assert_array_equal(np.sort(distilled_labels(rows).y), [0, 0, 0, 1, 1, 1])
    assert DistilledClassifier(method, SameInput()).fit(X, Y).predict(X).shape == (N,)


@pytest.mark.parametrize(
    "name",
    [
        "Arrow dictionary",
        "Arrow decimals",
        "interval categories",
        "intervals of dates",
        "dates as categories",
        "periods as categories",
        "two levels of columns",
        "bytes",
    ],
)  # fmt: skip
def test_parquet_files_keep_names_and_dtypes(name, tmp_path):
    X = TABLES[name]()
    distilled = HerdingSelection(budget=3).fit(X, Y).distilled_
    distilled.save(tmp_path / "set.parquet")
    loaded = DistilledSet.load(tmp_path / "set.parquet")
    assert _description(loaded.X) == _description(X)
    pd.testing.assert_frame_equal(loaded.X, distilled.X)


@pytest.mark.parametrize(
    "name",
    [
        "nullable strings",
        "mixed categories",
        "numbers and strings",
        "periods",
        "Arrow dictionary",
        "booleans and None",
    ],
)  # fmt: skip
def test_comparison_and_analysis_accept_mixed_and_missing_values(name):
    X = TABLES[name]()
    compared = compare_distillers(
        X, Y, ["random"], learners=["logistic"], budgets=[3], cv=2,
        full_data=False, error_score="raise",
    )  # fmt: skip
    assert compared.results["score"].notna().all()
    assert analyze(X, Y, n_draws=1).n_rows == N


def test_extended_precision_can_be_analyzed():
    assert analyze(ARRAYS["extended precision"](), Y, n_draws=1).duplicates == 0


def test_masked_values_are_missing_values():
    X = np.ma.MaskedArray(BASE, BASE > 1.5)
    kept = HerdingSelection(budget=0.9).fit(X, Y)
    np.testing.assert_array_equal(
        kept.distilled_.X, X.filled(np.nan)[kept.sample_indices_]
    )
    assert np.isnan(kept.distilled_.X).any()
    integers = np.ma.MaskedArray(np.arange(2 * N).reshape(N, 2), False)
    integers[3, 1] = np.ma.masked
    model = DistilledClassifier(HerdingSelection(budget=3), SameInput())
    assert model.fit(integers, Y).distilled_.X.dtype == np.float64


# Dates whose time zones differ.
OFFSETS = [
    datetime(2024, 1, 1, tzinfo=timezone(timedelta(hours=i % 3))) for i in range(N)
]


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (pd.DataFrame(BASE, columns=list("aab")), ValueError, "same name: ['a']"),
        ({"a": BASE[:, 0]}, TypeError, "a dict. Convert it with pandas.DataFrame"),
        ([{"a": 1.0}] * N, TypeError, "a list of dicts. Convert it"),
        (np.ones(N, dtype=[("a", "f8"), ("b", "i4")]), TypeError, "a structured array"),
        (frame(OFFSETS), TypeError, "utc=True if time zones differ"),
        (frame([np.inf] * N), ValueError, "column 'c' contains infinity"),
        (frame([[1]] * N), TypeError, "contains list objects"),
        (frame(pd.arrays.SparseArray(Y)), TypeError, "X.sparse.to_dense()"),
        (frame(pd.arrays.IntervalArray(pd.cut(Y, 2))), TypeError, "contains intervals"),
        (frame([time(3)] * N), TypeError, "seconds since midnight"),
        (frame([1j] * N), ValueError, "Complex data not supported"),
        (polars_frame([{"k": 1}] * N), TypeError, "contains dict objects"),
        (polars_frame(range(N), pl.Int128), TypeError, "dtype Int128 of polars"),
        (polars_frame([object()] * N, pl.Object), TypeError, "dtype Object of polars"),
        (polars_frame(COUNTS).lazy(), TypeError, "Pass X.collect()"),
        (BASE[:0], ValueError, "0 sample(s)"),
        (BASE[:, :0], ValueError, "0 feature(s)"),
        (BASE[:, 0], ValueError, "Expected 2D array"),
        (pd.Series(BASE[:, 0]), ValueError, "Expected a 2-dimensional container"),
    ],
)  # fmt: skip
def test_unsupported_rows_raise_a_clear_error(X, error, message):
    y = Y[: len(X)] if isinstance(X, np.ndarray) else Y
    for call in (HerdingSelection().fit, KernelInducingPoints().fit):
        with pytest.raises(error, match=re.escape(message)):
            call(X, y)


LABELS = np.array(["n", "p"] * (N // 2))
CONTAINERS = {
    "list": LABELS.tolist(),
    "tuple": tuple(LABELS.tolist()),
    "objects": LABELS.astype(object),
    "Series": pd.Series(LABELS, index=range(50, 50 + N), name="t"),
    "frame": pd.DataFrame({"t": LABELS}),
    "index": pd.Index(LABELS, name="t"),
    "Categorical": pd.Categorical(LABELS, categories=["p", "x", "n"]),
    "nullable strings": pd.Series(LABELS, dtype="string"),
    "nullable booleans": pd.Series(LABELS == "p", dtype="boolean"),
    "Arrow integers": pd.Series(Y, dtype="int8[pyarrow]"),
    "floats": Y.astype(np.float32),
    "polars": pl.Series("t", LABELS),
    "polars categories": pl.Series("t", LABELS, dtype=pl.Enum(["x", "p", "n"])),
    "polars booleans": pl.Series("t", LABELS == "p"),
    "polars frame": pl.DataFrame({"t": LABELS}),
    "Arrow array": pa.array(LABELS),
    "Arrow chunks": pa.chunked_array([LABELS[:5], LABELS[5:]]),
    "Arrow dictionary": pa.array(LABELS).dictionary_encode(),
    "Arrow table": pa.table({"t": LABELS}),
}  # fmt: skip


@pytest.mark.parametrize("name", list(CONTAINERS))
def test_sampler_returns_labels_in_the_container_of_y(name):
    y = CONTAINERS[name]
    sampler = DistillationSampler(HerdingSelection(budget=2))
    labels = sampler.fit_resample(BASE, y)[1]
    kept = sampler.sample_indices_
    assert type(labels) is type(y)
    if hasattr(y, "dtype"):
        assert labels.dtype == y.dtype
    if isinstance(y, pa.Array | pa.ChunkedArray):
        assert labels.type == y.type
    assert getattr(labels, "name", None) == getattr(y, "name", None)
    values = np.asarray(as_pandas(labels)).ravel().tolist()
    assert values == np.asarray(as_pandas(y)).ravel()[kept].tolist()


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (pd.MultiIndex.from_arrays([LABELS, LABELS]), "y.get_level_values(0)"),
        (pd.DataFrame(index=range(N)), "y is empty"),
        (np.ma.MaskedArray(Y, Y < 0), None),
        (np.ma.MaskedArray(Y, np.arange(N) == 3), "Input y contains NaN"),
        (with_gaps(PRICES, Decimal("NaN")), "Input y contains NaN"),
        (pl.Series([1, None] * (N // 2)), "Input y contains NaN"),
        (np.array([1, "a"] * (N // 2), dtype=object), "objects of type int, str"),
        (pd.Series(pd.date_range("2020", periods=N)), "y contains dates"),
        (np.zeros(N), "y has 1 class"),
    ],
)  # fmt: skip
def test_unsupported_labels_raise_a_clear_error(y, message):
    distiller = HerdingSelection(budget=2)
    if message is None:
        assert len(distiller.fit(BASE, y).distilled_) == 4
        return
    with pytest.raises(ValueError, match=re.escape(message)):
        distiller.fit(BASE, y)


def test_decimals_are_continuous_targets():
    y = np.array([Decimal(i) / 7 for i in range(N)], dtype=object)
    distilled = HerdingSelection(budget=5).fit(BASE, y).distilled_
    assert distilled.classes is None
    assert np.isin(distilled.y, y.astype(float)).all()


def test_sparse_labels_are_stored_in_parquet_files(tmp_path):
    y = pd.Series(pd.arrays.SparseArray(Y))
    distilled = HerdingSelection(budget=2).fit(frame(WORDS), y).distilled_
    distilled.save(tmp_path / "set.parquet")
    np.testing.assert_array_equal(
        DistilledSet.load(tmp_path / "set.parquet").y, distilled.y
    )


@pytest.mark.parametrize("method", [*SELECTIONS, *LEARNED])
def test_new_rows_are_checked_against_the_rows_of_fit(method):
    X = frame(WORDS)
    method.fit(X, Y)
    pd.testing.assert_frame_equal(method.transform(X), X)
    with pytest.raises(ValueError, match="must be in the same order"):
        method.transform(X[["c", "a"]])
    with pytest.raises(ValueError, match="seen at fit time, yet now missing"):
        method.transform(X[["a"]])
    with pytest.raises(ValueError, match="did not occur in fit: \\['new'\\]"):
        method.transform(X.assign(c="new"))
    with pytest.raises(ValueError, match="held numbers in fit"):
        method.transform(X.assign(a="text"))
    with pytest.raises(ValueError, match="contains infinity"):
        method.transform(X.assign(a=np.inf))
