"""The process in which `diagnose_distillers` loads the installed methods."""

# SPDX-License-Identifier: BSD-3-Clause

import json
import os
import sys

from .registry import get_distiller


def load_and_report(keys: list[str]) -> None:
    """Load methods one by one; write a line for each: null, or the problem, as JSON."""
    report = os.fdopen(os.dup(1), "w")
    # Discard what plugins print, whether through Python or through the file descriptor.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    # Importing what every method needs must not count as a delay of the first method.
    from .. import base  # noqa: F401

    report.write("ready\n")
    report.flush()
    for key in keys:
        problem = None
        try:
            get_distiller(key)
        except BaseException as error:
            problem = str(error) or type(error).__name__
        report.write(json.dumps(problem) + "\n")
        report.flush()
    # End the process even if a plugin left threads running.
    os._exit(0)


if __name__ == "__main__":
    load_and_report(sys.argv[1:])
