"""Several small images in the storage of one large one."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace
from numbers import Integral
from typing import Any

import numpy as np

from .._utils._sklearn_private import Interval
from .problem import Learned, Problem
from .row_learner import RowLearner


class MultiFormationLearner(RowLearner):
    """Base class of methods that may learn more images, and smaller ones.

    A method takes the parameter below in its `__init__`, beside those of `RowLearner`.

    Parameters
    ----------
    factor : int
        Images only: learn `factor` squared times as many rows as `budget` says, each
        `factor` times smaller in height and width, and return them brought to full size
        by bilinear interpolation. ``distilled_.info["bytes_learned"]`` is what was
        learned, ``info["bytes"]`` what the images take at full size.
    """

    _parameter_constraints: dict[str, Any] = {
        **RowLearner._parameter_constraints,
        "factor": [Interval(Integral, 1, None, closed="left")],
    }

    def _distill(self, problem: Problem) -> Learned:
        if self.factor == 1:
            return super()._distill(problem)
        if self.warm_start and hasattr(self, "distilled_"):
            raise ValueError(
                f"warm_start goes on from rows of full size, but with "
                f"factor={self.factor} smaller ones are learned, which these do not "
                "give back. Use checkpoint, or factor=1."
            )
        many = replace(problem, n_rows=problem.n_rows * self.factor**2)
        self._check_factor(many)
        learned = super()._distill(many)
        side = np.array(problem.Z.shape[2:])
        pixels = problem.Z.shape[1] * int(np.prod(side // self.factor))
        itemsize = problem.encoder.max_.dtype.itemsize
        info = {"bytes_learned": len(learned.Z) * pixels * itemsize}
        return replace(learned, info=info)

    def _check_factor(self, problem: Problem) -> None:
        if problem.Z.ndim != 4 or min(problem.Z.shape[2:]) < self.factor:
            raise ValueError(
                f"factor={self.factor} is for images of at least that many pixels a "
                f"side, but rows have the shape {problem.Z.shape[1:]}. Pass "
                "image_shape, or factor=1."
            )
        for code, rows, n_rows in problem.groups():
            if len(rows) < n_rows:
                raise ValueError(
                    f"factor={self.factor} makes {n_rows} rows of group {code}, which "
                    f"has only {len(rows)} to start from. Lower budget or factor."
                )
