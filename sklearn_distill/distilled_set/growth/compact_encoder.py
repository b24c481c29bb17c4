"""An encoder of tables that consists of few numbers and can be stored as JSON."""

# SPDX-License-Identifier: BSD-3-Clause

from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np

from ..._utils.containers import take_rows
from ...encoding import TableEncoder
from ...encoding.categories import MAX_CATEGORIES, CategoryColumn
from ...encoding.columns import NumericColumn
from ...encoding.dates import DateColumn
from ...encoding.incomplete import IncompleteColumn
from ...encoding.restoring import ObjectForm
from ...encoding.values import DATE_DTYPES
from ..json_values import object_from_json, object_to_json

# The number of quantiles that are kept of a column that is encoded by its quantiles.
N_KNOTS = 17
# The largest number of points of a grid that are listed after loading, so that decoded
# values equal the floats that the data contain.
MAX_GRID = 200_000
# Grid steps with at most this many decimals are recognized.
MAX_DECIMALS = 12
OBJECT_TYPES = {kind.__name__: kind for kind in (Decimal, *DATE_DTYPES)}


class CompactEncoder(TableEncoder):
    """A copy of a fitted TableEncoder with few quantiles and categories.

    It encodes and decodes rows as the original encoder does, with these differences:
    columns that are encoded by their quantiles keep `N_KNOTS` of them, and a column
    with more than `MAX_CATEGORIES` categories keeps the most frequent ones; other
    values are encoded by the last column of its block.

    Attributes
    ----------
    is_share_ : bool ndarray of shape (n_encoded,)
        Which encoded columns are indicators of categories or of missing values; all
        others are numbers.
    n_numbers_ : int
        The number of numbers and category values that the encoder consists of.
    """

    state: dict[str, Any]
    is_share_: np.ndarray
    n_numbers_: int

    @classmethod
    def from_encoder(cls, encoder: TableEncoder) -> "CompactEncoder":
        """Return the compact copy of a fitted encoder."""
        columns = [_column_state(column) for column in encoder.columns_]
        return cls.from_state(
            {"columns": columns, "forms": list(encoder.forms_)}, encoder.like_
        )

    @classmethod
    def from_state(cls, state: dict[str, Any], like: Any) -> "CompactEncoder":
        """Return the encoder that a state describes.

        Parameters
        ----------
        state : dict
            The return value of `state` or `state_from_json`.
        like : ndarray or DataFrame
            Rows in the container and with the dtypes of the decoded rows.
        """
        encoder = cls()
        encoder.state = state
        encoder.columns_ = [_column(described) for described in state["columns"]]
        encoder.forms_ = state["forms"]
        encoder.like_ = take_rows(like, np.arange(0))
        ends = np.cumsum([0] + [column.width for column in encoder.columns_])
        encoder.slices_ = [slice(a, b) for a, b in pairwise(ends)]
        encoder.shape_ = (int(ends[-1]),)
        bounds = [column.bounds() for column in encoder.columns_]
        lower, upper = zip(*bounds, strict=True)
        encoder.lower_ = np.concatenate(lower).astype(np.float32)
        encoder.upper_ = np.concatenate(upper).astype(np.float32)
        shares = [_is_share(column) for column in encoder.columns_]
        encoder.is_share_ = np.concatenate(shares)
        encoder.n_numbers_ = sum(map(_n_numbers, state["columns"]))
        return encoder

    def encode(self, X: Any) -> np.ndarray:
        """Return rows of X as a float32 array of shape (n, n_encoded)."""
        Z = super().encode(X)
        for described, place in zip(self.state["columns"], self.slices_, strict=True):
            if described.get("merged"):
                block = Z[:, place]
                block[~block.any(axis=1), -1] = 1.0
        return Z

    def state_for_json(self) -> dict[str, Any]:
        """Return the state with category values and forms as strings."""
        return {
            "columns": [
                described | {"values": list(map(object_to_json, described["values"]))}
                if described["kind"] == "category"
                else described
                for described in self.state["columns"]
            ],
            "forms": [_form_to_json(form) for form in self.state["forms"]],
        }


def state_from_json(stored: dict[str, Any]) -> dict[str, Any]:
    """Return the state that `CompactEncoder.state_for_json` converted."""
    return {
        "columns": [
            described | {"values": list(map(object_from_json, described["values"]))}
            if described["kind"] == "category"
            else described
            for described in stored["columns"]
        ],
        "forms": [_form_from_json(form) for form in stored["forms"]],
    }


def _column_state(column: Any) -> dict[str, Any]:
    """Return what a fitted column encoder consists of."""
    if isinstance(column, IncompleteColumn):
        observed = _column_state(column.observed)
        return {"kind": "incomplete", "observed": observed, "share": column.share_}
    if isinstance(column, DateColumn):
        return {
            "kind": "date",
            "dtype": str(column.dtype_),
            "first": int(column.first_),
            "step": int(column.step_),
            "number": _column_state(column.number_),
        }
    if isinstance(column, CategoryColumn):
        return _category_state(column)
    knots = None
    if column.knots_ is not None:
        knots = _knots_state(*column.knots_)
    return {
        "kind": "number",
        "dtype": str(column.min_.dtype),
        "min": column.min_.item(),
        "max": column.max_.item(),
        "mean": float(column.mean_),
        "scale": float(column.scale_),
        "step": None if column.grid_ is None else float(column.grid_[1]),
        "knots": knots,
    }


def _category_state(column: CategoryColumn) -> dict[str, Any]:
    """Return the categories of a column that have a column of their own."""
    codes = column.representative_
    missing = column.missing_code_
    position = None
    if missing is not None:
        position = int(np.flatnonzero(codes == missing)[0])
    return {
        "kind": "category",
        "dtype": str(column.dtype_),
        "values": column.values_[codes].tolist(),
        "missing": position,
        "share": column.share_,
        "merged": column.n_categories > MAX_CATEGORIES,
    }


def _knots_state(values: np.ndarray, scores: np.ndarray) -> list[list[float]]:
    """Return quantiles and their normal scores.

    More than `N_KNOTS` quantiles are replaced by ones at evenly spaced scores, of which
    only the first and the last one are stored.
    """
    if len(values) <= N_KNOTS:
        return [values.tolist(), scores.tolist()]
    even = np.linspace(scores[0], scores[-1], N_KNOTS)
    return [np.interp(even, scores, values).tolist(), [even[0], even[-1]]]


def _grid(step: float, first: float, last: float) -> tuple[np.ndarray, float]:
    """Return a grid as `grid_of` does, with all points up to the last one."""
    n_steps = round((last - first) / step)
    if n_steps > MAX_GRID:
        return np.array([first, last]), step
    points = first + np.arange(n_steps + 1) * step
    for decimals in range(MAX_DECIMALS):
        ends = np.array([first, step])
        if np.abs(np.round(ends, decimals) - ends).max() < 1e-6 * step:
            # 5.1 instead of 5.1000000000005.
            return np.round(points, decimals), step
    return points, step


def _column(described: dict[str, Any]) -> Any:
    """Return the column encoder that a state describes."""
    kind = described["kind"]
    if kind == "category":
        return _category_column(described)
    if kind == "incomplete":
        column = IncompleteColumn(_column(described["observed"]))
        column.share_ = described["share"]
        return column
    if kind == "date":
        date = DateColumn()
        date.dtype_ = np.dtype(described["dtype"])
        date.first_ = np.int64(described["first"])
        date.step_ = np.uint64(described["step"])
        date.number_ = _column(described["number"])
        return date
    number = NumericColumn()
    dtype = np.dtype(described["dtype"])
    number.min_, number.max_ = (
        dtype.type(described["min"]),
        dtype.type(described["max"]),
    )
    number.mean_, number.scale_ = described["mean"], described["scale"]
    number.grid_ = None
    if described["step"] is not None:
        ends = float(described["min"]), float(described["max"])
        number.grid_ = _grid(described["step"], *ends)
    number.knots_ = None
    if described["knots"] is not None:
        values, scores = map(np.array, described["knots"])
        if len(scores) < len(values):
            scores = np.linspace(scores[0], scores[-1], len(values))
        number.knots_ = (values.astype(np.float64), scores.astype(np.float64))
    return number


def _category_column(described: dict[str, Any]) -> CategoryColumn:
    """Return the encoder of a column of categories that a state describes."""
    column = CategoryColumn()
    values = described["values"]
    column.dtype_ = np.dtype(described["dtype"])
    column.missing_code_ = described["missing"]
    column.share_ = described["share"]
    column.values_ = np.empty(len(values), dtype=object)
    column.values_[:] = values
    codes = range(len(values))
    column.code_of_ = {values[c]: c for c in codes if c != described["missing"]}
    column.slot_of_ = column.representative_ = np.arange(len(values))
    column.width = len(values)
    return column


def _is_share(column: Any) -> np.ndarray:
    """Return which columns of a block are indicators."""
    if isinstance(column, CategoryColumn):
        return np.ones(column.width, dtype=bool)
    if isinstance(column, IncompleteColumn):
        return np.append(_is_share(column.observed), True)
    return np.zeros(1, dtype=bool)


def _n_numbers(described: dict[str, Any]) -> int:
    """Return how many numbers and values the state of a column consists of."""
    kind = described["kind"]
    if kind == "category":
        return len(described["values"])
    if kind == "incomplete":
        return 1 + _n_numbers(described["observed"])
    if kind == "date":
        return 2 + _n_numbers(described["number"])
    knots = described["knots"] or []
    return 4 + (described["step"] is not None) + sum(map(len, knots))


def _form_to_json(form: ObjectForm | None) -> dict[str, Any] | None:
    """Return the form of a column of objects, ready for JSON."""
    if form is None:
        return None
    kind = None if form.kind is None else form.kind.__name__
    missing = object_to_json(form.missing)
    return {"kind": kind, "places": form.places, "missing": missing}


def _form_from_json(stored: dict[str, Any] | None) -> ObjectForm | None:
    """Return the form that `_form_to_json` converted."""
    if stored is None:
        return None
    kind = None if stored["kind"] is None else OBJECT_TYPES[stored["kind"]]
    return ObjectForm(kind, stored["places"], object_from_json(stored["missing"]))
