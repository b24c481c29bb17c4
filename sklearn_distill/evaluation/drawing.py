"""What all displays share: where to draw, and whose set."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

from sklearn.utils.validation import check_is_fitted

from .._utils.optional import import_matplotlib
from ..distilled_set.distilled_set import DistilledSet


def fitted_distiller(estimator: Any) -> Any:
    """Return a fitted distiller, or the one inside a fitted `DistilledClassifier`.

    Raises
    ------
    NotFittedError
        If it is not fitted.
    TypeError
        If it neither is a distiller nor holds one.
    """
    if hasattr(estimator, "distiller"):
        check_is_fitted(estimator, "distiller_")
        estimator = estimator.distiller_
    if hasattr(estimator, "steps"):
        # Real rows, before its first step, need not look like what the last distilled.
        raise TypeError(
            "In a Pipeline rows change from step to step. Give the distiller itself, "
            "pipeline[-1] or pipeline[-1].distiller_, and real rows, if any, as they "
            "reach it: pipeline[:-1].transform(X)."
        )
    if not (hasattr(estimator, "fit_distill") or hasattr(estimator, "distilled_")):
        raise TypeError(
            f"{estimator!r} is no distiller. Give a fitted one, or a fitted "
            "DistilledClassifier or DistilledRegressor."
        )
    check_is_fitted(estimator, "distilled_")
    return estimator


def fitted_set(distiller: Any) -> DistilledSet:
    """Return the distilled set of what `fitted_distiller` takes."""
    return fitted_distiller(distiller).distilled_


def as_written(name: Any) -> str:
    """Return a name as text in which matplotlib finds no formula."""
    return str(name).replace("$", r"\$")


def axes_to_draw_on(ax: Any, size: tuple[float, float]) -> tuple[Any, Any]:
    """Return the figure and the axes to draw on."""
    if ax is not None:
        return ax.figure, ax
    return import_matplotlib().subplots(figsize=size, layout="constrained")
