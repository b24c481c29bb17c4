"""The checks that every distiller must pass, for sklearn-distill and for plugins."""

# SPDX-License-Identifier: BSD-3-Clause

from .checks import SkippedCheck
from .runner import (
    check_distiller,
    expected_failed_checks,
    parametrize_with_distiller_checks,
)

__all__ = [
    "SkippedCheck",
    "check_distiller",
    "expected_failed_checks",
    "parametrize_with_distiller_checks",
]
