"""The line of the user's code that a warning refers to."""

# SPDX-License-Identifier: BSD-3-Clause

import inspect

# Frames of these packages are skipped: between the user's call and a warning there are
# wrappers of scikit-learn, and the loops of skorch and joblib.
INTERNAL_PACKAGES = {"contextlib", "joblib", "skorch", "sklearn", "sklearn_distill"}


def caller_stacklevel() -> int:
    """Return the `stacklevel` of a warning that refers to the user's code.

    Call this function in the arguments of `warnings.warn`.

    Returns
    -------
    int
        The number of frames from the caller of this function, which counts as 1, to
        the innermost frame outside of `INTERNAL_PACKAGES`.
    """
    frame, level = inspect.currentframe(), 0
    while frame is not None and frame.f_back is not None:
        frame, level = frame.f_back, level + 1
        package = frame.f_globals.get("__name__", "").partition(".")[0]
        if package not in INTERNAL_PACKAGES:
            break
    return level
