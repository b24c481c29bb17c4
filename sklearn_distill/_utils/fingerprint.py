"""Digests by which a later process knows the same work again."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping
from functools import partial
from types import CellType, CodeType, NoneType
from typing import Any

import joblib
import numpy as np

# What counts by its value where a function closes over it; all else by its type.
PLAIN = (int, float, complex, str, bytes, set, NoneType, np.generic, np.ndarray)


def fingerprint(*parts: Any) -> str:
    """Return a digest of what decides an outcome: data, parameters, estimators.

    Classes count by their qualified names; functions by these, their code, their
    defaults and what plain values they close over; estimators by their parameters and
    what they have learned, torch modules by their weights.
    """
    return joblib.hash([_comparable(part) for part in parts])


def _comparable(value: Any, within: tuple[Any, ...] = ()) -> Any:
    """Return what of a value has the same hash in every process.

    `within` are the functions that the value is a part of.
    """
    if callable(value) and hasattr(value, "__qualname__"):
        return _of_function(value, within)
    if isinstance(value, partial):
        return _comparable(["partial", value.func, value.args, value.keywords], within)
    if isinstance(value, CodeType):
        parts = [value.co_code, value.co_names, value.co_consts]
        return _comparable(parts, within)
    if isinstance(value, Mapping):
        return [(str(key), _comparable(one, within)) for key, one in value.items()]
    if isinstance(value, list | tuple):
        return [_comparable(one, within) for one in value]
    if isinstance(value, frozenset):
        # Of the two, joblib hashes only sets whatever their order.
        return set(value)
    if hasattr(value, "get_params") and not isinstance(value, type):
        parameters = value.get_params(deep=False)
        state: list[Any] = [type(value).__qualname__, parameters, _learned(value)]
        return _comparable(state, within)
    if hasattr(value, "state_dict"):
        weights = {name: w.cpu().numpy() for name, w in value.state_dict().items()}
        return [type(value).__qualname__, _comparable(weights, within)]
    if isinstance(value, PLAIN):
        return value
    return type(value).__qualname__ if within else _of_object(value)


def _of_object(value: Any) -> Any:
    try:
        return joblib.hash(value)
    except Exception:
        # What cannot be pickled, such as a generator, counts by its type.
        return type(value).__qualname__


def _of_function(value: Any, within: tuple[Any, ...]) -> Any:
    name = f"{value.__module__}.{value.__qualname__}"
    if not hasattr(value, "__code__") or value in within:
        return name
    # Cells that are still empty equal each other; they have no contents to read.
    cells = [c for c in value.__closure__ or () if c != CellType()]
    parts = [
        value.__code__,
        value.__defaults__,
        value.__kwdefaults__,
        [cell.cell_contents for cell in cells],
    ]
    return [name, _comparable(parts, (*within, value))]


def _learned(estimator: Any) -> dict[str, Any]:
    """Return an estimator's fitted attributes; of a skorch net its weights alone."""
    state = vars(estimator)
    if "module_" in state:
        return {"module_": state["module_"]}
    return {
        name: value
        for name, value in state.items()
        if name.endswith("_") and not name.startswith("_")
    }
