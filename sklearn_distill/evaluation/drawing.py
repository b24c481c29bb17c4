"""What all displays share: where to draw, and whose set."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

from sklearn.utils.validation import check_is_fitted

from ..distilled_set import DistilledSet
from ..optional import import_matplotlib


def fitted_set(distiller: Any) -> DistilledSet:
    """Return the distilled set of a fitted distiller."""
    check_is_fitted(distiller, "distilled_")
    return distiller.distilled_


def axes_to_draw_on(ax: Any, size: tuple[float, float]) -> tuple[Any, Any]:
    """Return the figure and the axes to draw on."""
    if ax is not None:
        return ax.figure, ax
    return import_matplotlib().subplots(figsize=size, layout="constrained")
