"""merge_distilled: one distilled set from several that were made separately."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from numbers import Number
from typing import Any

import numpy as np
from sklearn.base import clone

from .._utils.native_rows import dense_rows_of, like_native
from ..distilled_set.distilled_set import DistilledSet
from .part import Part, united


def merge_distilled(
    sets: Sequence[DistilledSet], distiller: Any = None
) -> DistilledSet:
    """Merge distilled sets of different data into one.

    Every row gets the weight that it represents (`DistilledSet.mass_weights`), so that
    the shares of the classes, and of the data sets, are kept.

    Parameters
    ----------
    sets : sequence of DistilledSet
        Sets with the same columns. Soft labels are not merged.
    distiller : distiller, default=None
        Distills the union to its own budget. None returns the union itself.

    Returns
    -------
    DistilledSet
        In the container of the first set. The union has the represented weights as
        `sample_weight`. Its class mass is the sum of those of the sets.

    Raises
    ------
    ValueError
        If there are no sets, if the class mass of a set is unknown, if sets have other
        columns, or if the distiller does not treat weights as repetition of rows.
    TypeError
        If an object is not a DistilledSet.

    See Also
    --------
    StreamingDistiller.merge : Merge streams, in one encoding of all rows.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_distill import HerdingSelection, merge_distilled
    >>> X, y = load_iris(return_X_y=True)
    >>> herding = HerdingSelection(budget=4)
    >>> sets = [herding.fit_distill(X[i::2], y[i::2]) for i in range(2)]
    >>> merge_distilled(sets)
    <DistilledSet: 24 rows x 4 columns, 3 classes, weights>
    >>> merge_distilled(sets, HerdingSelection(budget=4)).class_mass
    array([50., 50., 50.])
    """
    if isinstance(sets, DistilledSet):
        raise TypeError("sets must be a list of sets, but is a DistilledSet.")
    sets = list(sets)
    if distiller is not None and (
        isinstance(distiller, type) or not hasattr(distiller, "fit_distill")
    ):
        raise TypeError(
            f"distiller must be an instance of a distiller; got {distiller!r}. Pass, "
            "for example, HerdingSelection(budget=10)."
        )
    if not sets:
        raise ValueError("sets is empty. Pass at least one DistilledSet.")
    for made in sets:
        if not isinstance(made, DistilledSet):
            raise TypeError(
                "sets must contain objects of class DistilledSet; got a "
                f"{type(made).__name__}. Pass the attribute distilled_ of distillers."
            )
        if made.soft_labels is not None:
            raise ValueError(
                "A set has soft labels, whose classes and priors differ between sets. "
                "Merge sets with hard labels, and set soft_labels on the distiller."
            )
    _check_columns(sets)
    _check_labels(sets)
    part = united([_as_part(made) for made in sets])
    classes = None
    if sets[0].classes is not None:
        classes = np.unique(np.concatenate([made.classes for made in sets]))
    first = sets[0]
    common: dict[str, Any] = {
        "classes": classes,
        "target_name": first.target_name,
        "target_dtype": first.target_dtype if _same_dtypes(sets) else None,
    }
    n_before = [made.info.get("n_rows_before", len(made)) for made in sets]
    if distiller is not None:
        made = _distilled(part, distiller, first.target_name)
        rows, y, mass = made.X, made.y, made.class_mass
        common["soft_labels"] = made.soft_labels
        weights, info = made.sample_weight, made.info
    else:
        rows, y, weights, info = part.X, part.y, part.weights, {}
        mass = _mass(part, classes)
    return DistilledSet(
        like_native(first.X, rows),
        y,
        sample_weight=weights,
        class_mass=mass,
        info=info | {"n_rows_before": sum(n_before), "n_sets": len(sets)},
        **common,
    )


def _as_part(made: DistilledSet) -> Part:
    """Return the rows of a set with the weights that they represent."""
    weights = made.mass_weights()
    n_before = int(made.info.get("n_rows_before", len(made)))
    return Part(dense_rows_of(made.X), made.y, weights, None, n_before)


def _distilled(part: Part, distiller: Any, target_name: Any) -> DistilledSet:
    """Distill the union of the sets."""
    if distiller.merging == "unweighted":
        raise ValueError(
            f"{type(distiller).__name__} does not treat a row of weight 2 as two rows, "
            "so that it cannot distill the weighted union. Choose another method, such "
            "as HerdingSelection."
        )
    y: Any = part.y
    if target_name is not None and y is not None:
        import pandas as pd

        has_several = y.ndim == 2
        y = pd.DataFrame(y, columns=target_name) if has_several else pd.Series(y)
        if not has_several:
            y.name = target_name
    fitted = clone(distiller).fit(part.X, y, sample_weight=part.weights)
    return fitted.distilled_


def _mass(part: Part, classes: np.ndarray | None) -> np.ndarray:
    """Return the total weight of each class of the union."""
    if classes is None:
        return np.array([part.weights.sum()])
    codes = np.searchsorted(classes, np.asarray(part.y))
    return np.bincount(codes, weights=part.weights, minlength=len(classes))


def _same_dtypes(sets: Sequence[DistilledSet]) -> bool:
    """Return whether the labels of all sets have one pandas dtype."""
    return all(made.target_dtype == sets[0].target_dtype for made in sets)


def _check_columns(sets: Sequence[DistilledSet]) -> None:
    """Raise ValueError unless all sets have the columns of the first one."""
    expected = _columns(sets[0])
    for made in sets[1:]:
        if _columns(made) != expected:
            raise ValueError(
                f"The sets have different columns: {expected} and {_columns(made)}. "
                "Distill tables with the same columns in the same order."
            )
    frames = [dense_rows_of(made.X) for made in sets]
    if not all(hasattr(frame, "iloc") for frame in frames):
        return
    for name in expected:
        columns = [frame[name] for frame in frames if frame[name].notna().any()]
        kinds = {_kind_of_column(column) for column in columns}
        if len(kinds) > 1:
            raise ValueError(
                f"The column {name!r} holds {' and '.join(sorted(kinds))} in different "
                "sets. Convert the column to one dtype before distilling."
            )


def _kind_of_column(column: Any) -> str:
    """Return what a column of a DataFrame holds, in words."""
    dtype = column.dtype
    if dtype == "category":
        dtype = dtype.categories.dtype
    if dtype.kind == "O":
        is_number = all(map(_is_number, column.dropna()))
        return "numbers" if is_number else "text or other objects"
    if dtype.kind in "mM":
        return "dates or durations"
    return "numbers" if dtype.kind in "biufc" else "text or other objects"


def _is_number(value: Any) -> bool:
    return isinstance(value, Number)


def _check_labels(sets: Sequence[DistilledSet]) -> None:
    """Raise ValueError unless all sets have the same kind of labels."""
    kinds = [_kind_of_labels(made) for made in sets]
    for kind in kinds[1:]:
        if kind != kinds[0]:
            raise ValueError(
                f"The sets have different kinds of labels: {kinds[0]} and {kind}. "
                "Merge sets of one task."
            )


def _kind_of_labels(made: DistilledSet) -> str:
    """Return what the labels of a set are, in words."""
    if made.y is None:
        return "none"
    if made.classes is not None:
        return "classes"
    return f"continuous targets in {made.y[:1].size} column(s)"


def _columns(made: DistilledSet) -> list[Any]:
    """Return the names of the columns of a table, or the shape of a row."""
    X: Any = made.X
    names = getattr(X, "column_names", None) or getattr(X, "columns", None)
    return list(X.shape[1:] if names is None else names)
