"""A stream that was killed resumes and ends with the same set."""

# SPDX-License-Identifier: BSD-3-Clause

import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone

from sklearn_distill import HerdingSelection, StreamingDistiller


def stream():
    return StreamingDistiller(HerdingSelection(3), chunk_size=100, random_state=0)


def batches(stop_after=None):
    rng = np.random.RandomState(0)
    for number in range(30):
        if number == stop_after:
            raise RuntimeError("stopped")
        X = rng.randn(70, 4)
        yield X, (X[:, 0] > 0).astype(int)


def test_an_error_in_the_middle_is_resumed(tmp_path):
    path = tmp_path / "state"
    whole = stream().fit_batches(batches())
    with pytest.raises(RuntimeError, match="stopped"):
        stream().fit_batches(batches(17), checkpoint=path)
    resumed = stream().fit_batches(batches(), checkpoint=path)
    np.testing.assert_array_equal(resumed.distilled_.X, whole.distilled_.X)
    np.testing.assert_array_equal(resumed.sample_indices_, whole.sample_indices_)
    assert resumed.n_samples_seen_ == 2_100
    assert not path.exists()


def test_kill_in_the_middle_of_a_stream_resumes_to_the_same_bytes(tmp_path):
    path = tmp_path / "state"
    code = f"""
        import os, signal, sys
        import numpy as np
        from sklearn_distill import HerdingSelection, StreamingDistiller
        rng = np.random.RandomState(0)

        def batches():
            for number in range(30):
                if number == 20:
                    os.kill(os.getpid(), signal.SIGKILL)
                X = rng.randn(70, 4)
                yield X, (X[:, 0] > 0).astype(int)

        stream = StreamingDistiller(
            HerdingSelection(3), chunk_size=100, random_state=0
        )
        stream.fit_batches(batches(), checkpoint={str(path)!r})
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.exists()
    resumed = stream().fit_batches(batches(), checkpoint=path).distilled_
    whole = stream().fit_batches(batches()).distilled_
    assert resumed.X.tobytes() == whole.X.tobytes()
    assert resumed.y.tobytes() == whole.y.tobytes()


def test_a_foreign_or_damaged_file_raises_an_error(tmp_path):
    path = tmp_path / "state"
    with pytest.raises(RuntimeError):
        stream().fit_batches(batches(5), checkpoint=path)
    with pytest.raises(ValueError, match="is the checkpoint of another stream"):
        stream().set_params(budget=4).fit_batches(batches(), checkpoint=path)
    path.write_bytes(b"text")
    with pytest.raises(ValueError, match="cannot be read as a checkpoint"):
        stream().fit_batches(batches(), checkpoint=path)
    with pytest.raises(ValueError, match="does not exist"):
        stream().fit_batches(batches(), checkpoint=tmp_path / "none" / "state")
    whole = tmp_path / "whole"
    with pytest.raises(RuntimeError):
        stream().fit_batches(batches(20), checkpoint=whole)
    content = whole.read_bytes()
    for damaged in (content[:-200], content[:2_000], b"", content[::-1]):
        whole.write_bytes(damaged)
        with pytest.raises(ValueError, match="cannot be read as a checkpoint"):
            stream().fit_batches(batches(), checkpoint=whole)


def test_file_of_a_newer_version_raises_an_error(tmp_path, monkeypatch):
    path = tmp_path / "state"
    monkeypatch.setattr("sklearn_distill.streaming.state_file.FORMAT_VERSION", 9)
    with pytest.raises(RuntimeError):
        stream().fit_batches(batches(5), checkpoint=path)
    monkeypatch.undo()
    with pytest.raises(ValueError, match="cannot be read as a checkpoint"):
        stream().fit_batches(batches(), checkpoint=path)


def test_file_contains_no_pickle(tmp_path):
    path = tmp_path / "state"
    with pytest.raises(RuntimeError):
        stream().fit_batches(batches(17), checkpoint=path)
    with np.load(path, allow_pickle=False) as arrays:
        assert all(arrays[name].dtype.kind != "O" for name in arrays.files)


def messy_frames(stop_after=None):
    """Yield frames of many dtypes, in which a category and a class occur late."""
    pd = pytest.importorskip("pandas")
    rng = np.random.RandomState(0)
    for number in range(12):
        if number == stop_after:
            raise RuntimeError("stopped")
        n = 60
        colors = ["red", "green"] if number < 6 else ["red", "blue"]
        frame = pd.DataFrame(
            {
                "x": np.where(rng.rand(n) < 0.1, np.nan, rng.randn(n)),
                "count": pd.array(rng.randint(0, 9, n), dtype="Int64"),
                "color": pd.Categorical(rng.choice(colors, n)),
                "text": rng.choice(["a", "b", None], n),
                "day": pd.Timestamp("2026-01-01")
                + pd.to_timedelta(rng.randint(0, 300, n), "D"),
                "zone": pd.Timestamp("2026-01-01", tz="Europe/Berlin")
                + pd.to_timedelta(rng.randint(0, 300, n), "h"),
                "flag": rng.rand(n) > 0.5,
            }
        )
        frame.loc[0, "count"] = pd.NA
        label = pd.Series(rng.choice(["no", "yes"], n), name="label", dtype="string")
        if number > 7:
            label[:5] = "late"
        yield frame, label


@pytest.mark.parametrize("kind", ["pandas", "polars", "images", "sparse", "targets"])
def test_every_kind_of_rows_resumes_to_the_same_set(tmp_path, kind):
    path = tmp_path / "state"

    def source(stop_after=None):
        if kind in ("pandas", "polars"):
            for frame, label in messy_frames(stop_after):
                if kind == "polars":
                    polars = pytest.importorskip("polars")
                    pytest.importorskip("pyarrow")
                    yield polars.from_pandas(frame), polars.from_pandas(label)
                else:
                    yield frame, label
            return
        for X, y in batches(stop_after):
            if kind == "images":
                yield np.round(X.repeat(4, axis=1).reshape(-1, 1, 4, 4) * 9), y
            elif kind == "sparse":
                yield csr_array(X * (X > 0)), y
            else:
                yield X, X[:, :2] * 3 + 1

    made = []
    for stop_after in (None, 9):
        each = StreamingDistiller(HerdingSelection(4), chunk_size=100, fan_in=2)
        each.set_params(random_state=0)
        if stop_after is not None:
            with pytest.raises(RuntimeError, match="stopped"):
                each.fit_batches(source(stop_after), checkpoint=path)
            each = clone(each)
        made.append(each.fit_batches(source(), checkpoint=path))
    whole, resumed = made
    np.testing.assert_array_equal(whole.sample_indices_, resumed.sample_indices_)
    np.testing.assert_array_equal(whole.distilled_.y, resumed.distilled_.y)
    assert type(whole.distilled_.X) is type(resumed.distilled_.X)
    assert str(whole.distilled_.X) == str(resumed.distilled_.X)
    if kind == "pandas":
        assert (whole.distilled_.X.dtypes == resumed.distilled_.X.dtypes).all()
        assert whole.distilled_.target_dtype == resumed.distilled_.target_dtype
