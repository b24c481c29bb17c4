"""The parts of a distilled set, as the files and tables of the package read them."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse

from .._utils.native_rows import from_native, keeps_container

# The optional parts that have one entry per row.
ROW_PARTS = ("y", "soft_labels", "sample_weight")


class SetParts(NamedTuple):
    """The parts of a distilled set of m rows.

    File formats take and return this tuple, so that they do not depend on
    `DistilledSet`. The fields are the parameters of `DistilledSet`.

    Attributes
    ----------
    X : ndarray, DataFrame, table or CSR matrix of m rows
    y : ndarray of shape (m,) or (m, n_targets), or None
    soft_labels : ndarray of shape (m, n_classes) or None
    sample_weight : ndarray of shape (m,) or None
    classes : ndarray of shape (n_classes,) or None
    target_name : str, list of str or None
    info : dict or None
    class_mass : float64 ndarray of shape (n_classes,) or (1,), or None
    target_dtype : pandas extension dtype or None
    growth : Growth or None
    """

    X: Any
    y: Any = None
    soft_labels: Any = None
    sample_weight: Any = None
    classes: Any = None
    target_name: str | list[str] | None = None
    info: dict[str, Any] | None = None
    class_mass: Any = None
    target_dtype: Any = None
    growth: Any = None


def as_arrays(parts: SetParts) -> SetParts:
    """Return the parts with lists converted to arrays and `info` copied."""
    has_classes = parts.classes is not None
    return SetParts(
        X=_rows(parts.X),
        y=_optional_array(parts.y) if has_classes else _targets(parts.y),
        soft_labels=_optional_array(parts.soft_labels, np.float64),
        sample_weight=_optional_array(parts.sample_weight, np.float64),
        classes=_optional_array(parts.classes),
        target_name=parts.target_name,
        info=dict(parts.info or {}),
        class_mass=_optional_array(parts.class_mass, np.float64),
        target_dtype=parts.target_dtype,
        growth=parts.growth,
    )


def check_parts(parts: SetParts) -> None:
    """Raise ValueError unless the parts, as arrays, have valid and matching shapes."""
    shape = parts.X.shape
    if len(shape) < 2:
        raise ValueError(
            f"X must be 2-D, or 4-D for images; got shape {shape}. Pass a single "
            "column as X.reshape(-1, 1)."
        )
    if 0 in shape:
        raise ValueError(f"X must contain at least one value; got shape {shape}.")
    for name in ROW_PARTS:
        value = getattr(parts, name)
        if value is not None and (value.ndim == 0 or len(value) != shape[0]):
            raise ValueError(
                f"{name} has shape {value.shape}, but X has {shape[0]} rows."
            )
    for name in ("y", "sample_weight", "classes"):
        value = getattr(parts, name)
        if name == "y" and parts.classes is None:
            _check_targets(value, parts.target_name)
        elif value is not None and value.ndim != 1:
            raise ValueError(f"{name} must be 1-D; got shape {value.shape}.")
    weights = parts.sample_weight
    if weights is not None and not (np.isfinite(weights) & (weights >= 0)).all():
        raise ValueError("sample_weight must be finite and non-negative.")
    if parts.classes is not None and parts.y is not None:
        unlisted = parts.y[~np.isin(parts.y, parts.classes)]
        if len(unlisted):
            raise ValueError(
                f"y contains the label {unlisted.tolist()[0]!r}, which is not in "
                "classes."
            )
    if parts.soft_labels is not None:
        _check_soft_labels(parts.soft_labels, shape[0], parts.classes)
    if parts.class_mass is not None:
        _check_class_mass(parts.class_mass, parts.classes)
    if parts.growth is not None:
        parts.growth.check(parts.X)


def _check_targets(y: np.ndarray | None, name: Any) -> None:
    """Raise ValueError for continuous targets of a wrong shape, or for their names."""
    if y is None:
        return
    if y.ndim > 2 or y.size == 0 or (y.ndim == 2 and y.dtype.kind not in "biuf"):
        raise ValueError(
            "y must have shape (m,), or (m, n_targets) for several continuous targets; "
            f"got an array of shape {y.shape} and dtype {y.dtype}."
        )
    n_targets = 1 if y.ndim == 1 else y.shape[1]
    n_names = len(name) if isinstance(name, list | tuple) else 1
    if name is not None and n_names != n_targets:
        raise ValueError(
            f"target_name={name!r} names {n_names} targets, but y has {n_targets}. "
            "Pass one name for each target."
        )


def _check_soft_labels(soft_labels: np.ndarray, m: int, classes: Any) -> None:
    """Raise ValueError unless soft labels are probabilities for m rows."""
    if classes is None:
        raise ValueError("soft_labels require classes, which label their columns.")
    expected = (m, len(classes))
    if soft_labels.shape != expected:
        raise ValueError(
            f"soft_labels must have shape (n_rows, n_classes) = {expected}; got "
            f"{soft_labels.shape}."
        )
    sums = soft_labels.sum(axis=1)
    if (soft_labels < 0).any() or not np.allclose(sums, 1.0, atol=1e-4):
        raise ValueError(
            "Each row of soft_labels must contain probabilities that sum to 1."
        )


def _check_class_mass(class_mass: np.ndarray, classes: Any) -> None:
    """Raise ValueError unless the class mass has one valid number for each class."""
    expected = (1 if classes is None else len(classes),)
    if class_mass.shape != expected:
        raise ValueError(
            "class_mass must hold one number for each class, or a single number "
            f"without classes, in an array of shape {expected}; got shape "
            f"{class_mass.shape}."
        )
    valid = np.isfinite(class_mass) & (class_mass >= 0)
    if not valid.all() or class_mass.sum() <= 0:
        raise ValueError(
            "class_mass must be finite and non-negative, with a positive sum; got "
            f"{class_mass.tolist()}."
        )


def _rows(X: Any) -> Any:
    """Return rows in a container that a distilled set can hold."""
    if issparse(X):
        return X.tocsr()
    if hasattr(X, "iloc") or keeps_container(X):
        return X
    return np.asarray(from_native(X))


def _targets(y: Any) -> np.ndarray | None:
    """Return labels or targets as an array; a single column becomes 1-D."""
    y = _optional_array(y)
    is_column = y is not None and y.ndim == 2 and y.shape[1] == 1
    return y[:, 0] if y is not None and is_column else y


def _optional_array(value: Any, dtype: Any = None) -> np.ndarray | None:
    """Convert a value to an array unless it is None."""
    return None if value is None else np.asarray(value, dtype=dtype)
