"""Load and use the pickles whose paths are read from standard input, one per line.

For each path, this script prints an empty line or an error message. The fixture
`loader` in conftest.py runs this script in a process without access to a GPU.
"""

# SPDX-License-Identifier: BSD-3-Clause

import pickle
import sys
import warnings
from pathlib import Path

import numpy as np


def use(path):
    """Compare the results of a loaded estimator with those before it was pickled."""
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
    """Test each pickle and print the result."""
    # Ignore the warning of skorch that it loads tensors of a missing device to the CPU.
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        try:
            use(line.strip())
            message = ""
        except Exception as error:
            message = f"{type(error).__name__}: {' '.join(str(error).split())}"
        print(message, flush=True)


if __name__ == "__main__":
    main()
