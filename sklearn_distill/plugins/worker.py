"""The subprocess in which `diagnose_distillers` loads the installed methods.

The module is run with ``python -m sklearn_distill.plugins.worker NAME ...``.
"""

# SPDX-License-Identifier: BSD-3-Clause

import json
import os
import sys

from .registry import get_distiller


def load_and_report(names: list[str]) -> None:
    """Load methods one by one and write one line of JSON to stdout for each.

    The first line is ``ready``. The line of a method is ``null`` if it can be used, and
    the error message otherwise. The function ends the process.
    """
    report = os.fdopen(os.dup(1), "w")
    # Discard what plugins print, whether through Python or through the file descriptor.
    null_device = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null_device, 1)
    os.dup2(null_device, 2)
    # Import the common dependencies first, so that the time limit of the first method
    # does not include them.
    from .. import base  # noqa: F401

    report.write("ready\n")
    report.flush()
    for name in names:
        problem = None
        try:
            get_distiller(name)
        except BaseException as error:
            problem = str(error) or type(error).__name__
        report.write(json.dumps(problem) + "\n")
        report.flush()
    # End the process even if a plugin has started threads that are still running.
    os._exit(0)


if __name__ == "__main__":
    load_and_report(sys.argv[1:])
