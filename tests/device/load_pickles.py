"""Load and use the pickles whose paths come on standard input, a line for each.

The answer is an empty line, or what went wrong. `conftest` starts this file as a
process that sees no GPU.
"""

# SPDX-License-Identifier: BSD-3-Clause

import pickle
import sys
import warnings
from pathlib import Path

import numpy as np


def use(path):
    """Compare what a loaded estimator returns with what it returned before."""
    with Path(path).open("rb") as file:
        estimator, X, expected = pickle.load(file)
    if hasattr(estimator, "distilled_"):
        np.testing.assert_array_equal(np.asarray(estimator.distilled_.X), expected)
        estimator.transform(X)
    elif hasattr(estimator, "predict_proba"):
        np.testing.assert_allclose(estimator.predict_proba(X), expected, atol=1e-2)
    else:
        scale = np.std(expected)
        np.testing.assert_allclose(estimator.predict(X), expected, atol=1e-2 * scale)


def main():
    # skorch warns that it puts tensors of a missing device on the CPU.
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        try:
            use(line.strip())
            answer = ""
        except Exception as error:
            answer = f"{type(error).__name__}: {' '.join(str(error).split())}"
        print(answer, flush=True)


if __name__ == "__main__":
    main()
