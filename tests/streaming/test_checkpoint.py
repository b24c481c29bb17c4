"""A stream that was killed resumes and ends with the same set."""

# SPDX-License-Identifier: BSD-3-Clause

import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest

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
