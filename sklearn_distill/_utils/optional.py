"""Imports of optional dependencies, with errors that say how to install them."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any


def import_pandas() -> Any:
    """Return the module pandas; the ImportError says how to install it."""
    try:
        import pandas
    except ImportError as error:
        raise ImportError(
            "Tables require pandas: pip install 'sklearn-distill[parquet]'"
        ) from error
    return pandas


def import_pyarrow() -> tuple[Any, Any]:
    """Return pyarrow and pyarrow.parquet; the ImportError says how to install them."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise ImportError(
            "Parquet files require pyarrow: pip install 'sklearn-distill[parquet]'"
        ) from error
    return pyarrow, pyarrow.parquet


def import_matplotlib() -> Any:
    """Return matplotlib.pyplot; the ImportError says how to install matplotlib."""
    try:
        import matplotlib.pyplot
    except ImportError as error:
        raise ImportError(
            "Plots require matplotlib: pip install 'sklearn-distill[plot]'"
        ) from error
    return matplotlib.pyplot


def import_jinja2() -> Any:
    """Return the module jinja2; the ImportError says how to install it."""
    try:
        import jinja2
    except ImportError as error:
        raise ImportError(
            "HTML reports require jinja2: pip install 'sklearn-distill[report]'"
        ) from error
    return jinja2


def import_onnx() -> tuple[Any, Any]:
    """Return onnx and onnxruntime, after checking that the converters are installed."""
    try:
        import onnx
        import onnx.compose
        import onnxruntime
        import onnxscript  # noqa: F401
        import skl2onnx  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "ONNX files require onnx, onnxruntime, onnxscript and skl2onnx: "
            "pip install 'sklearn-distill[onnx]'"
        ) from error
    return onnx, onnxruntime


def import_skimage() -> Any:
    """Return the module skimage; the ImportError says how to install scikit-image."""
    try:
        import skimage
        import skimage.feature
    except ImportError as error:
        raise ImportError(
            "The features of pixels require scikit-image: "
            "pip install 'sklearn-distill[dense]'"
        ) from error
    return skimage


def import_dask() -> Any:
    """Return the module dask; the ImportError says how to install it."""
    try:
        import dask
    except ImportError as error:
        raise ImportError(
            "dask collections require dask: pip install 'sklearn-distill[dask]'"
        ) from error
    return dask


def import_shtab() -> Any:
    """Return the module shtab; the ImportError says how to install it."""
    try:
        import shtab
    except ImportError as error:
        raise ImportError(
            "Shell completion requires shtab: pip install 'sklearn-distill[completion]'"
        ) from error
    return shtab
