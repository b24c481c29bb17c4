"""What a distiller promises beyond scikit-learn's checks, promise by promise.

Each check takes a distiller and raises if it breaks its promise. They run through
`sklearn_distill.testing`.
"""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from typing import Any

from . import composing, distilled_set, fitting
from .common import SkippedCheck, fewer_steps

__all__ = ["SkippedCheck", "distiller_checks", "fewer_steps"]


def distiller_checks() -> list[Callable[[Any], None]]:
    """Return our checks: functions that take a distiller and raise if it fails."""
    return [
        distilled_set.check_budget_forms,
        distilled_set.check_every_class_survives,
        distilled_set.check_table_stays_valid,
        distilled_set.check_images,
        distilled_set.check_numbers_stay_valid,
        distilled_set.check_units,
        distilled_set.check_labels_of_any_kind,
        distilled_set.check_regression,
        distilled_set.check_without_labels,
        distilled_set.check_soft_labels,
        fitting.check_zero_weights_are_absent,
        fitting.check_unlabeled_rows,
        fitting.check_nothing_to_distill,
        fitting.check_reproducible,
        fitting.check_refuses_bad_input,
        fitting.check_progress_events,
        fitting.check_no_device_memory_held,
        composing.check_pickle_and_files,
        composing.check_labels_travel,
        composing.check_frames,
        composing.check_pipelines,
        composing.check_grid_search,
    ]
