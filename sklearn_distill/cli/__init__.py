"""The command-line program `sklearn-distill`."""

# SPDX-License-Identifier: BSD-3-Clause

from .main import main

__all__ = ["main"]
