"""The real rows of a report, and the checks of these rows."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, NamedTuple

import numpy as np

from ...distilled_set.distilled_set import DistilledSet
from ..measures.preprocessing import dense_rows, preprocessor


class ReportRows(NamedTuple):
    """Real training and test rows of a report, and the settings of the learners.

    Attributes
    ----------
    X_train, y_train : array-like or None
    X_test, y_test : array-like
    prepare : transformer
        Fitted transformer that `preprocessor` returned.
    classes : ndarray or None
        None for regression.
    learners : "panel", list or dict
    max_full_rows : int
        Maximum number of rows of the full data.
    """

    X_train: Any
    y_train: Any
    X_test: Any
    y_test: Any
    prepare: Any
    classes: Any
    learners: Any
    max_full_rows: int

    @property
    def has_train(self) -> bool:
        """Whether training rows were passed."""
        return self.X_train is not None


def make_report_rows(
    X_test: Any,
    y_test: Any,
    X_train: Any,
    y_train: Any,
    *,
    distilled: DistilledSet,
    learners: Any,
    max_full_rows: int,
) -> ReportRows:
    """Return the checked rows of a report on a distilled set.

    Raises
    ------
    ValueError
        If only one of X_train and y_train is passed, X and y have different lengths,
        the distilled set does not have labels, or y has classes that the distilled set
        does not have.
    """
    if (X_train is None) != (y_train is None):
        raise ValueError(
            "X_train and y_train must be passed together. Pass both or neither."
        )
    if distilled.y is None:
        raise ValueError(
            "A report requires labels, but the distilled set was distilled without y."
        )
    X_test = dense_rows(X_test)
    X_train = None if X_train is None else dense_rows(X_train)
    for name, X, y in (("test", X_test, y_test), ("train", X_train, y_train)):
        if X is not None and len(X) != len(y):
            raise ValueError(
                f"X_{name} and y_{name} must have the same length; got {len(X)} and "
                f"{len(y)}."
            )
    for name, y in (("test", y_test), ("train", y_train)):
        if y is None or distilled.classes is None:
            continue
        if missing := set(np.unique(y).tolist()) - set(distilled.classes.tolist()):
            raise ValueError(
                f"y_{name} contains classes that the distilled set does not have: "
                f"{sorted(missing, key=str)}."
            )
    return ReportRows(
        X_train,
        None if y_train is None else np.asarray(y_train),
        X_test,
        np.asarray(y_test),
        preprocessor(X_test if X_train is None else X_train),
        distilled.classes,
        learners,
        max_full_rows,
    )
