"""Run the program `sklearn-distill` with ``python -m sklearn_distill``."""

# SPDX-License-Identifier: BSD-3-Clause

import sys

from .cli.main import main

if __name__ == "__main__":
    sys.exit(main())
