"""What the author of a method imports.

`BaseDistiller` is the base class of every method and `RowLearner` that of the methods
that learn their rows by gradient descent. A method receives a `Problem` and returns
`Kept` or `Learned`.
"""

# SPDX-License-Identifier: BSD-3-Clause

from .distiller import PLUGIN_API, BaseDistiller
from .learning_settings import LearningSettings
from .problem import Kept, Learned, Problem
from .row_learner import RowLearner

__all__ = [
    "PLUGIN_API",
    "BaseDistiller",
    "Kept",
    "Learned",
    "LearningSettings",
    "Problem",
    "RowLearner",
]
