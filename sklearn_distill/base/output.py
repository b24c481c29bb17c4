"""The container of the rows that `fit_transform` returns."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from typing import Any

from scipy.sparse import issparse

from .._utils._sklearn_private import _get_output_config
from .._utils.native_rows import as_output, is_table, native_library


def required_container(distiller: Any, X: Any) -> str:
    """Return the container that `set_output` requires.

    Parameters
    ----------
    distiller : BaseDistiller
    X : object
        The rows that are passed to `fit_transform` or `transform`.

    Returns
    -------
    {"default", "pandas", "polars"}

    Raises
    ------
    ValueError
        If a table is required, but X holds images.
    """
    wanted = str(_get_output_config("transform", distiller)["dense"])
    if wanted != "default" and getattr(X, "ndim", 2) > 2:
        raise ValueError(
            f'set_output(transform="{wanted}") requires a table, but X holds images. '
            "Pass flat rows and image_shape, or use the default output."
        )
    return wanted


def output_rows(rows: Any, wanted: str, names: Callable[[], Any]) -> Any:
    """Return distilled rows in a container to which labels can be attached.

    Parameters
    ----------
    rows : array, sparse matrix, DataFrame or table
        The rows of a distilled set, which stay unchanged.
    wanted : {"default", "pandas", "polars"}
        The container that `set_output` requires.
    names : callable
        Returns the names of the columns.
    """
    if issparse(rows):
        # Labels cannot be attached to a sparse matrix.
        rows = rows.toarray()
    if wanted != "default":
        rows = as_output(rows, wanted, names)
    elif is_table(rows):
        rows = as_output(rows, native_library(rows), names)
    return rows.copy() if hasattr(rows, "iloc") else rows
