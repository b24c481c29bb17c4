"""Arrays of other libraries, such as torch, under scikit-learn's array API dispatch.

All computations run on NumPy arrays; the functions of this module convert arrays to
NumPy and results back.
"""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from sklearn import get_config

from ._sklearn_private import (
    _convert_to_numpy,
    get_namespace_and_device,
    move_to,
)


def is_tensor(X: Any) -> bool:
    """Return whether X is a torch tensor; torch is not imported."""
    return hasattr(X, "detach") and hasattr(X, "requires_grad")


def is_foreign_array(X: Any) -> bool:
    """Return whether X is a tensor, or an array API array of another library."""
    if isinstance(X, np.ndarray | np.generic):
        return False
    return is_tensor(X) or hasattr(X, "__array_namespace__")


def to_numpy(X: Any) -> np.ndarray:
    """Return a tensor, or an array of another library, as a NumPy array."""
    if not is_tensor(X):
        return _convert_to_numpy(X, X.__array_namespace__())
    X = X.detach().cpu()
    return (X if str(X.dtype) != "torch.bfloat16" else X.float()).numpy()


def keeps_namespace(X: Any) -> bool:
    """Return whether results for X are arrays of the library of X.

    This holds for arrays of other libraries if scikit-learn dispatches to the array
    API.
    """
    return is_foreign_array(X) and bool(get_config()["array_api_dispatch"])


def like_array(given: Any, values: Any) -> Any:
    """Return numbers as an array of the library and on the device of `given`.

    A tuple is converted item by item. All else, and results for which
    `keeps_namespace` is false, are returned unchanged.
    """
    if not keeps_namespace(given):
        return values
    if isinstance(values, tuple):
        return tuple(like_array(given, value) for value in values)
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "biuf":
        return values
    xp, _, device = get_namespace_and_device(given)
    return move_to(values.copy(), xp=xp, device=device)


def rows_like_array(given: Any, rows: np.ndarray) -> Any:
    """Return rows as an array of the library, the dtype and the device of `given`."""
    if is_tensor(given):
        import torch

        return torch.as_tensor(rows, dtype=given.dtype, device=given.device)
    xp = given.__array_namespace__()
    return xp.asarray(rows, dtype=given.dtype, device=given.device)


def first_rows(X: Any, n_rows: int) -> Any:
    """Return the first rows of a table, a sparse matrix or an array of any library."""
    return X[:n_rows, ...] if is_foreign_array(X) else X[:n_rows]


def check_namespace(X: Any, rows: Any, method: str) -> None:
    """Raise ValueError if X is of another library, or on another device, than in `fit`.

    This applies only if scikit-learn dispatches to the array API.

    Parameters
    ----------
    X : object
        New rows.
    rows : object
        Rows in the container of the rows of `fit`.
    method : str
        The class and the method that the user called, for the message.
    """
    if not get_config()["array_api_dispatch"]:
        return
    expected, found = _namespace_and_device(rows), _namespace_and_device(X)
    if expected != found:
        texts = [" on ".join(map(str, filter(None, p))) for p in (expected, found)]
        raise ValueError(
            f"Inputs passed to {method}() must use the same namespace and the same "
            f"device as those passed to fit(). fit() received {texts[0]}, but {method}"
            f"() received {texts[1]}. Convert X, or fit on arrays of this kind."
        )


def _namespace_and_device(X: Any) -> tuple[str, str]:
    """Return the names of the library and the device of an array."""
    if not is_foreign_array(X):
        return "NumPy", ""
    xp, _, device = get_namespace_and_device(X)
    return xp.__name__, str(device)
