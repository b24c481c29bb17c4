"""The warning about categories that no distilled row holds."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from typing import Any

from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from .._utils.caller import caller_stacklevel
from .._utils.native_rows import dense_rows_of

# The largest numbers of columns, and of categories of a column, that a warning names.
MAX_COLUMNS, MAX_CATEGORIES = 3, 3


def warn_of_absent_categories(estimator: Any, distiller: Any) -> None:
    """Warn of categories that an encoder behind a distiller will reject.

    There is no warning unless the estimator contains an encoder that raises an error
    for categories that it has not seen, since the absence of rare categories from a
    small set is expected, and other estimators accept rows with these categories.

    Parameters
    ----------
    estimator : estimator
        Will be fitted on the distilled rows.
    distiller : BaseDistiller
        Fitted.
    """
    encoder = strict_encoder_in(estimator)
    find = getattr(getattr(distiller, "encoder_", None), "absent_categories", None)
    if encoder is None or find is None:
        return
    absent = find(dense_rows_of(distiller.distilled_.X))
    if not absent:
        return
    named = [_described(name, found) for name, found in absent.items()][:MAX_COLUMNS]
    if len(absent) > MAX_COLUMNS:
        named.append(f"and {len(absent) - MAX_COLUMNS} more columns")
    warnings.warn(
        f"Some categories are held by none of the distilled rows: {'; '.join(named)}. "
        f"{type(encoder).__name__}(handle_unknown='error'), which is fitted on these "
        "rows, raises an error for other rows with these categories. Set "
        f"cover_categories=True on {type(distiller).__name__}, or another "
        "handle_unknown on the encoder.",
        UserWarning,
        stacklevel=caller_stacklevel(),
    )


def strict_encoder_in(estimator: Any) -> Any:
    """Return an encoder inside an estimator that rejects unknown categories, or None.

    An encoder whose categories are given knows them without the data.
    """
    if not hasattr(estimator, "get_params") or isinstance(estimator, type):
        return None
    for part in (estimator, *estimator.get_params(deep=True).values()):
        is_encoder = isinstance(part, OneHotEncoder | OrdinalEncoder)
        if is_encoder and part.handle_unknown == "error":
            if isinstance(part.categories, str):
                return part
    return None


def _described(name: Any, absent: list[Any]) -> str:
    """Return the name of a column and its first absent categories as text."""
    shown = ", ".join(map(repr, absent[:MAX_CATEGORIES]))
    more = len(absent) - MAX_CATEGORIES
    return f"{shown}{f' and {more} more' if more > 0 else ''} of column {name!r}"
