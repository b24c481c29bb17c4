"""Streams of unusual files, batches and calls: a right result or a clear error."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from sklearn_distill import (
    HerdingSelection,
    KMeansSelection,
    StreamingDistiller,
    merge_distilled,
)


def stream(**parameters):
    parameters = {"chunk_size": 100, "random_state": 0} | parameters
    budget = parameters.pop("budget", 3)
    return StreamingDistiller(HerdingSelection(budget), **parameters)


@pytest.fixture
def parts(frame, tmp_path):
    """Return a folder of two Parquet files of 300 rows, and other files."""
    pytest.importorskip("pyarrow")
    (tmp_path / "readme.txt").write_text("text")
    (tmp_path / "_SUCCESS").write_text("")
    (tmp_path / "empty").mkdir()
    frame[:300].to_parquet(tmp_path / "1.parquet", index=False)
    frame[300:600].to_parquet(tmp_path / "2.parquet", index=False)
    return tmp_path


def test_other_files_of_a_folder_are_ignored(parts):
    assert stream().fit_batches(parts, "label").n_samples_seen_ == 600


@pytest.mark.parametrize("name", ["0.parquet", "2.parquet"])
def test_a_file_without_rows_is_skipped(parts, frame, name):
    frame[:0].to_parquet(parts / name, index=False)
    made = stream().fit_batches(parts, "label")
    assert made.n_samples_seen_ == (600 if name[0] == "0" else 300)


def test_column_order_and_additional_columns_may_differ(parts, frame):
    other = frame[300:600].assign(new=1)[["label", "new", "b", "a", "color"]]
    whole = stream().fit_batches(parts, "label").distilled_
    other.to_parquet(parts / "2.parquet", index=False)
    made = stream().fit_batches(parts, "label").distilled_
    assert str(made.X) == str(whole.X)


@pytest.mark.parametrize("name", ["0.parquet", "2.parquet"])
def test_a_column_without_values_in_one_file(parts, frame, name):
    frame[300:600].assign(color=None).to_parquet(parts / name, index=False)
    made = stream().fit_batches(parts, "label").distilled_
    assert set(made.X["color"].dropna()) <= {"red", "green", "blue"}
    assert made.X["color"].notna().any()


def test_text_in_a_column_of_numbers_names_the_file(parts, frame):
    frame[300:600].assign(a="x").to_parquet(parts / "2.parquet", index=False)
    with pytest.raises(ValueError, match=r"2\.parquet has text in the column 'a'"):
        stream().fit_batches(parts, "label")


def test_files_without_rows_or_content(parts, frame):
    frame[:0].to_parquet(parts / "none.parquet", index=False)
    with pytest.raises(ValueError, match="no rows to distill"):
        stream().fit_batches(parts / "none.parquet", "label")
    (parts / "bad.parquet").write_bytes(b"")
    with pytest.raises(ValueError, match=r"bad\.parquet cannot be read as Parquet"):
        stream().fit_batches(parts / "bad.parquet", "label")
    with pytest.raises(FileNotFoundError, match="no file or folder"):
        stream().fit_batches(parts / "*.csv.parquet", "label")


def test_several_targets_of_a_file(parts):
    made = stream(budget=9).fit_batches(parts, ["a", "b"])
    assert made.distilled_.y.shape == (9, 2)
    assert made.distilled_.target_name == ["a", "b"]
    assert list(made.distilled_.X.columns) == ["color", "label"]
    with pytest.raises(ValueError, match="no column 'z'"):
        stream().fit_batches(parts, ["a", "z"])


def test_invalid_batches_raise_errors():
    X, y = np.zeros((4, 2)), np.arange(4) % 2
    with pytest.raises(TypeError, match="names columns of tables"):
        stream().fit_batches([(X, y)], target="y")
    with pytest.raises(ValueError, match="got 4 entries"):
        stream().fit_batches([(X, y, y, y)])
    with pytest.raises(ValueError, match="all batches were empty"):
        stream().fit_batches([])


def test_a_failed_batch_leaves_the_stream_as_it_was(frame):
    X, y = frame.drop(columns="label"), frame["label"]
    made = stream().partial_fit(X[:250], y[:250])
    before = made.distilled_
    for bad in (X[250:400].assign(a="x"), X[250:400].assign(a=np.inf)):
        with pytest.raises(ValueError, match="'a'"):
            made.partial_fit(bad, y[250:400])
        assert made.n_samples_seen_ == 250
        assert str(made.distilled_.X) == str(before.X)
    made.partial_fit(X[250:400], y[250:400])
    whole = stream().partial_fit(X[:250], y[:250]).partial_fit(X[250:400], y[250:400])
    np.testing.assert_array_equal(made.sample_indices_, whole.sample_indices_)


def test_ctrl_c_saves_the_state_and_the_stream_resumes(tmp_path, frame):
    X, y = frame.drop(columns="label"), frame["label"]
    path = tmp_path / "state"

    def batches(stop=None):
        for start in range(0, 3_000, 150):
            if start == stop:
                raise KeyboardInterrupt
            yield X[start : start + 150], y[start : start + 150]

    whole = stream().fit_batches(batches())
    stopped = stream()
    with pytest.raises(KeyboardInterrupt):
        stopped.fit_batches(batches(1_500), checkpoint=path)
    assert stopped.n_samples_seen_ == 1_500
    resumed = stream().fit_batches(batches(), checkpoint=path)
    np.testing.assert_array_equal(resumed.sample_indices_, whole.sample_indices_)
    with pytest.raises(ValueError, match="is a folder"):
        stream().fit_batches(batches(), checkpoint=tmp_path)


def test_sets_and_streams_of_different_targets_are_not_merged():
    X = np.random.RandomState(0).randn(300, 3)
    targets = {"classes": np.arange(300) % 2, "one": X[:, 0], "two": X[:, :2]}
    sets = {k: HerdingSelection(5).fit_distill(X, y) for k, y in targets.items()}
    streams = {k: stream().fit(X, y) for k, y in targets.items()}
    for one, other in (("classes", "one"), ("one", "two")):
        with pytest.raises(ValueError, match="different kinds of labels"):
            merge_distilled([sets[one], sets[other]])
    with pytest.raises(ValueError, match="tasks of the streams differ"):
        streams["classes"].merge(streams["one"])
    with pytest.raises(ValueError, match="The streams have 1 and 2 targets"):
        streams["one"].merge(streams["two"])
    assert merge_distilled([sets["two"]] * 2, HerdingSelection(4)).y.shape == (4, 2)


def test_parameters_are_searched_by_grid_search():
    rng = np.random.RandomState(0)
    y = np.arange(300) % 2
    X = rng.randn(300, 2) + 2 * y[:, None]
    grid = {
        "budget": [1, 4],
        "chunk_size": [40, 80],
        "subsample": [None, 20],
        "distiller": [HerdingSelection(), KMeansSelection()],
    }
    search = GridSearchCV(stream(), grid, cv=StratifiedKFold(2)).fit(X, y)
    assert search.best_score_ > 0.85


@pytest.mark.parametrize("backend", ["numpy_nullable", "pyarrow"])
def test_nullable_dtypes_are_kept(frame, backend):
    pytest.importorskip("pyarrow")
    frame = frame.assign(n=np.arange(3_000) % 7)
    frame.loc[::9, ["a", "n", "color"]] = None
    X = frame.drop(columns="label").convert_dtypes(dtype_backend=backend)
    y = frame["label"].convert_dtypes(dtype_backend=backend)
    batches = [(X[i : i + 150], y[i : i + 150]) for i in range(0, 3_000, 150)]
    made = stream().fit_batches(batches).distilled_
    assert (made.X.dtypes == X.dtypes).all()
    assert made.target_dtype == y.dtype
