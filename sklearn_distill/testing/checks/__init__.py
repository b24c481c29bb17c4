"""The checks of the distiller contract, in addition to scikit-learn's checks.

Each check is a function that takes a distiller and raises an error if the distiller
violates a part of the contract. `sklearn_distill.testing` runs the checks.
"""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from typing import Any

from . import composing, distilled_set, fitting, missing_values
from .common import SkippedCheck, fewer_steps

__all__ = ["SkippedCheck", "distiller_checks", "fewer_steps"]


def distiller_checks() -> list[Callable[[Any], None]]:
    """Return the checks, which are functions that take a distiller."""
    return [
        distilled_set.check_budget_forms,
        distilled_set.check_every_class_is_kept,
        distilled_set.check_table_values,
        distilled_set.check_images,
        distilled_set.check_array_values,
        missing_values.check_missing_values,
        missing_values.check_missing_values_in_a_table,
        distilled_set.check_scaling_of_columns,
        distilled_set.check_label_types,
        distilled_set.check_regression,
        fitting.check_several_targets,
        distilled_set.check_without_labels,
        distilled_set.check_soft_labels,
        fitting.check_zero_weights_are_ignored,
        fitting.check_unlabeled_rows,
        fitting.check_budget_that_covers_all_rows,
        fitting.check_reproducible,
        fitting.check_invalid_input_raises,
        fitting.check_callbacks,
        fitting.check_device_memory_is_freed,
        composing.check_pickle_and_files,
        composing.check_rows_carry_labels,
        composing.check_dataframes,
        composing.check_pipelines,
        composing.check_grid_search,
    ]
