"""The distilled set, its file formats, and arrays that carry labels."""

# SPDX-License-Identifier: BSD-3-Clause

from .distilled_array import DistilledArray, distilled_labels
from .distilled_set import DistilledSet

__all__ = ["DistilledArray", "DistilledSet", "distilled_labels"]
