"""Data that the tests of streams share."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest


@pytest.fixture
def frame():
    """3,000 rows of numbers, categories and a target with two classes."""
    pd = pytest.importorskip("pandas")
    rng = np.random.RandomState(0)
    frame = pd.DataFrame(
        {
            "a": rng.randn(3_000),
            "b": rng.lognormal(size=3_000),
            "color": rng.choice(["red", "green", "blue"], 3_000),
        }
    )
    frame["label"] = np.where(frame["a"] + rng.randn(3_000) > 0, "yes", "no")
    return frame


@pytest.fixture
def parquet(frame, tmp_path):
    """The frame as one Parquet file with six row groups of 500 rows."""
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    path = tmp_path / "big.parquet"
    table = pa.Table.from_pandas(frame, preserve_index=False)
    pq.write_table(table, path, row_group_size=500)
    return path
