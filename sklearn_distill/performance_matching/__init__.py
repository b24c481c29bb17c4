"""Performance matching: rows judged by the predictions of a model fitted on them."""

# SPDX-License-Identifier: BSD-3-Clause

from .kernel_ridge import KernelInducingPoints

__all__ = ["KernelInducingPoints"]
