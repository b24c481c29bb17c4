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


def import_matplotlib() -> Any:
    """Return matplotlib.pyplot, or raise ImportError with the extra."""
    try:
        import matplotlib.pyplot
    except ImportError as error:
        raise ImportError(
            "Pictures need matplotlib: pip install 'sklearn-distill[plot]'"
        ) from error
    return matplotlib.pyplot


def import_jinja2() -> Any:
    """Return jinja2, or raise ImportError with the extra."""
    try:
        import jinja2
    except ImportError as error:
        raise ImportError(
            "Reports as HTML need jinja2: pip install 'sklearn-distill[report]'"
        ) from error
    return jinja2


def import_onnx() -> tuple[Any, Any]:
    """Return (onnx, onnxruntime), or raise ImportError with the extra."""
    try:
        import onnx
        import onnx.compose
        import onnxruntime
        import onnxscript  # noqa: F401
        import skl2onnx  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "ONNX files need converters: pip install 'sklearn-distill[onnx]'"
        ) from error
    return onnx, onnxruntime
