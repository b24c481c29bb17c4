"""Digests of data, parameters and estimators that are equal in every process."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping
from functools import partial
from types import CellType, CodeType, NoneType
from typing import Any

import joblib
import numpy as np

# Default and closure values of a function that are hashed by value. Values of any other
# type are hashed by the name of their type.
PLAIN = (int, float, complex, str, bytes, set, NoneType, np.generic, np.ndarray)


def fingerprint(*parts: Any) -> str:
    """Return a digest of everything that determines the result of a computation.

    Parameters
    ----------
    *parts : object
        Arrays, tables, parameters, estimators and functions. A class is hashed by its
        qualified name; a function by its name, code, default values and closure values;
        an estimator by its parameters and fitted attributes; a torch module by its
        weights; an object that cannot be pickled by the name of its type.

    Returns
    -------
    str
        The digest, which does not depend on memory addresses or on the hash seed of the
        process.
    """
    return joblib.hash([_comparable(part) for part in parts])


def _comparable(value: Any, within: tuple[Any, ...] = ()) -> Any:
    """Return a representation of a value whose hash is the same in every process.

    `within` holds the functions that are being hashed and that contain the value.
    """
    if callable(value) and hasattr(value, "__qualname__"):
        return _of_function(value, within)
    if isinstance(value, partial):
        return _comparable(["partial", value.func, value.args, value.keywords], within)
    if isinstance(value, CodeType):
        parts = [value.co_code, value.co_names, value.co_consts]
        return _comparable(parts, within)
    if isinstance(value, Mapping):
        return [(str(key), _comparable(item, within)) for key, item in value.items()]
    if isinstance(value, list | tuple):
        return [_comparable(item, within) for item in value]
    if isinstance(value, frozenset):
        # joblib.hash ignores the order of a set, but not the order of a frozenset.
        return set(value)
    if hasattr(value, "get_params") and not isinstance(value, type):
        parameters = value.get_params(deep=False)
        state: list[Any] = [
            type(value).__qualname__,
            parameters,
            _fitted_attributes(value),
        ]
        return _comparable(state, within)
    if hasattr(value, "state_dict"):
        weights = {name: w.cpu().numpy() for name, w in value.state_dict().items()}
        return [type(value).__qualname__, _comparable(weights, within)]
    if isinstance(value, PLAIN):
        return value
    return type(value).__qualname__ if within else _of_object(value)


def _of_object(value: Any) -> Any:
    """Return the hash of a pickled object, or its type's name if pickling fails."""
    try:
        return joblib.hash(value)
    except Exception:
        return type(value).__qualname__


def _of_function(value: Any, within: tuple[Any, ...]) -> Any:
    """Return a representation of a class or function; see `fingerprint`."""
    name = f"{value.__module__}.{value.__qualname__}"
    if not hasattr(value, "__code__") or value in within:
        return name
    # Skip closure cells without a value: reading their contents would raise an error.
    cells = [cell for cell in value.__closure__ or () if cell != CellType()]
    parts = [
        value.__code__,
        value.__defaults__,
        value.__kwdefaults__,
        [cell.cell_contents for cell in cells],
    ]
    return [name, _comparable(parts, (*within, value))]


def _fitted_attributes(estimator: Any) -> dict[str, Any]:
    """Return the fitted attributes of an estimator, or the module of a skorch net."""
    state = vars(estimator)
    if "module_" in state:
        return {"module_": state["module_"]}
    return {
        name: value
        for name, value in state.items()
        if name.endswith("_") and not name.startswith("_")
    }
