"""Packages that only some uses need, imported with a word on how to get them."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any


def import_pandas() -> Any:
    """Return pandas, or raise ImportError with the extra that brings it."""
    try:
        import pandas
    except ImportError as error:
        raise ImportError(
            "Tables need pandas: pip install 'sklearn-distill[parquet]'"
        ) from error
    return pandas


def import_pyarrow() -> tuple[Any, Any]:
    """Return (pyarrow, pyarrow.parquet), or raise ImportError with the extra."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise ImportError(
            "Parquet files need pyarrow: pip install 'sklearn-distill[parquet]'"
        ) from error
    return pyarrow, pyarrow.parquet
