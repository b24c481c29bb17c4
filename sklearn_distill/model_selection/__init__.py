"""Hyper-parameter and architecture search on distilled sets."""

# SPDX-License-Identifier: BSD-3-Clause

from .distilled_search_cv import DistilledSearchCV
from .search_display import SearchDisplay

__all__ = ["DistilledSearchCV", "SearchDisplay"]
