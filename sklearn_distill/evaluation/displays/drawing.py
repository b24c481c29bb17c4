"""Helper functions that several displays share."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

from sklearn.utils.validation import check_is_fitted

from ..._utils.optional import import_matplotlib
from ...distilled_set.distilled_set import DistilledSet

# Colors of real and of distilled rows in plots without class colors.
REAL_COLOR, DISTILLED_COLOR = "0.6", "C3"


def fitted_distiller(estimator: Any) -> Any:
    """Return a fitted distiller, or the one inside a fitted `DistilledClassifier`.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    TypeError
        If the estimator is a Pipeline, or is not and does not contain a distiller.
    """
    if hasattr(estimator, "distiller"):
        check_is_fitted(estimator, "distiller_")
        estimator = estimator.distiller_
    if hasattr(estimator, "steps"):
        # The steps before the distiller may transform rows, so rows that are passed to
        # the Pipeline cannot be compared with the distilled rows.
        raise TypeError(
            "Displays do not accept a Pipeline, because its steps transform the rows. "
            "Pass the fitted distiller, which is pipeline[-1] or "
            "pipeline[-1].distiller_, and pass real rows as "
            "pipeline[:-1].transform(X)."
        )
    if not (hasattr(estimator, "fit_distill") or hasattr(estimator, "distilled_")):
        raise TypeError(
            f"{estimator!r} is not a distiller. Pass a fitted distiller, or a fitted "
            "DistilledClassifier or DistilledRegressor."
        )
    check_is_fitted(estimator, "distilled_")
    return estimator


def fitted_set(distiller: Any) -> DistilledSet:
    """Return the distilled set of an estimator that `fitted_distiller` accepts."""
    return fitted_distiller(distiller).distilled_


def as_plain_text(name: Any) -> str:
    """Return a name in which matplotlib does not interpret "$" as a formula."""
    return str(name).replace("$", r"\$")


def figure_and_axes(ax: Any, size: tuple[float, float]) -> tuple[Any, Any]:
    """Return the figure and the given axes, or a new figure of this size with axes."""
    if ax is not None:
        return ax.figure, ax
    return import_matplotlib().subplots(figsize=size, layout="constrained")
