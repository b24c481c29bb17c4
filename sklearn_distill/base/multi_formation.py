"""Multi-formation: several small images in the storage of one large image.

A method with the parameter `factor` learns ``factor**2`` times as many images as its
budget, each `factor` times smaller in height and width, and returns them enlarged to
full size by bilinear interpolation.
"""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace

import numpy as np

from .problem import Learned, Problem


def with_more_rows(problem: Problem, factor: int, goes_on: bool) -> Problem:
    """Return the problem with ``factor**2`` times as many rows per class.

    Parameters
    ----------
    problem : Problem
    factor : int
    goes_on : bool
        Whether the fit starts from the rows of the last fit.

    Raises
    ------
    ValueError
        If the rows are not images of at least `factor` pixels per side, if a class has
        too few rows to start from, or if `goes_on` is True.
    """
    if goes_on:
        raise ValueError(
            f"warm_start=True cannot be combined with factor={factor}, because the "
            "small images cannot be recovered from the enlarged images of the last "
            "fit. Use checkpoint instead of warm_start, or factor=1."
        )
    if problem.Z.ndim != 4 or min(problem.Z.shape[2:]) < factor:
        raise ValueError(
            f"factor={factor} requires images of at least {factor} pixels per side, "
            f"got rows of shape {problem.Z.shape[1:]}. Pass image_shape, or set "
            "factor=1."
        )
    many = replace(problem, n_rows=problem.n_rows * factor**2)
    for code, rows, n_rows in many.groups():
        if len(rows) < n_rows:
            raise ValueError(
                f"factor={factor} requires at least {n_rows} rows of group {code} to "
                f"start from, got {len(rows)}. Lower budget or factor."
            )
    return many


def bytes_learned(result: Learned, problem: Problem, factor: int) -> int:
    """Return the size in bytes of the small images."""
    height, width = (side // factor for side in problem.Z.shape[2:])
    n_pixels = problem.Z.shape[1] * height * width
    return int(len(result.Z) * n_pixels * np.dtype(problem.encoder.max_.dtype).itemsize)
