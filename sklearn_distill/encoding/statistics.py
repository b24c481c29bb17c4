"""Statistics of tables and images that can be merged, and encoders made from them."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .column_statistics import CategoryStatistics, NumberStatistics
from .grid import grid_of
from .image import ImageEncoder
from .table import KINDS, TableEncoder
from .values import column_name, columns_of

ColumnStatistics = NumberStatistics | CategoryStatistics
WORDS = {"numbers": "numbers", "m": "durations", "M": "dates", "categories": "text"}


@dataclass(frozen=True)
class TableStatistics:
    """Statistics of the columns of a table.

    Attributes
    ----------
    columns : list
        A NumberStatistics or CategoryStatistics for each column.
    names : list
        The names of the columns, or their positions.
    """

    columns: list[ColumnStatistics]
    names: list[Any]

    @classmethod
    def of(
        cls, X: Any, weights: np.ndarray, is_category: np.ndarray
    ) -> "TableStatistics":
        """Return the statistics of rows.

        Parameters
        ----------
        X : ndarray or DataFrame of shape (n, n_columns)
        weights : float64 ndarray of shape (n,)
        is_category : bool ndarray of shape (n_columns,)
            Which columns are categories although they contain numbers or dates.
        """
        columns: list[ColumnStatistics] = []
        for values, code in zip(columns_of(X), is_category, strict=True):
            is_number = values.dtype.kind in KINDS and not code
            kind: Any = NumberStatistics if is_number else CategoryStatistics
            columns.append(kind.of(values, weights))
        return cls(columns, [column_name(X, j) for j in range(X.shape[1])])

    @classmethod
    def merged(cls, parts: Sequence["TableStatistics"]) -> "TableStatistics":
        """Return the statistics of the rows of all parts.

        Raises
        ------
        ValueError
            If a column holds numbers in one part and text or dates in another.
        """
        names = parts[0].names
        columns = zip(*(part.columns for part in parts), strict=True)
        return cls(
            [_merged_column(name, c) for name, c in zip(names, columns, strict=True)],
            names,
        )

    @property
    def nbytes(self) -> int:
        """The approximate size of the statistics in memory."""
        return sum(column.nbytes for column in self.columns)

    def scaled(self, factor: float) -> "TableStatistics":
        """Return the statistics of the same rows with multiplied weights."""
        return TableStatistics([c.scaled(factor) for c in self.columns], self.names)

    def encoder(self, X: Any, numeric: str) -> TableEncoder:
        """Return a fitted encoder.

        Parameters
        ----------
        X : ndarray or DataFrame of shape (n, n_columns)
            The container and the dtypes of decoded rows.
        numeric : {"auto", "standard", "quantile"}
        """
        columns = [column.encoder(numeric) for column in self.columns]
        return TableEncoder(numeric).set_columns(columns, X)


def _merged_column(name: Any, parts: Sequence[ColumnStatistics]) -> ColumnStatistics:
    """Merge the statistics of one column, which may lack values in some parts."""
    filled = [p for p in parts if p.kind != "categories" and p.kind is not None]
    filled += [p for p in parts if isinstance(p, CategoryStatistics) and p.weight_of]
    kinds = sorted({str(p.kind) for p in filled})
    if len(kinds) > 1:
        found = " in some batches and ".join(WORDS[kind] for kind in kinds)
        raise ValueError(
            f"column {name!r} holds {found} in others. Convert the column to one "
            "dtype, or name it in categorical_features."
        )
    # A column without values has the kind that it has in the other parts.
    cls: Any = type(filled[0] if filled else parts[0])
    alike = [p if isinstance(p, cls) else _without_values(cls, p) for p in parts]
    return cls.merged(alike)


def _without_values(cls: Any, part: ColumnStatistics) -> ColumnStatistics:
    """Return the statistics of a column in which all values are missing."""
    if cls is CategoryStatistics:
        return CategoryStatistics({}, np.dtype(object), part.missing)
    return NumberStatistics(np.empty(0), np.empty(0), part.missing, None)


@dataclass(frozen=True)
class ImageStatistics:
    """Statistics of images: an encoder, and the weight of the images it is fitted to.

    Attributes
    ----------
    fitted : ImageEncoder
    weight : float
        The total weight of the images.
    """

    fitted: ImageEncoder
    weight: float

    @classmethod
    def of(
        cls, X: np.ndarray, weights: np.ndarray, image_shape: tuple[int, ...] | None
    ) -> "ImageStatistics":
        """Return the statistics of images of shape (n, C, H, W), or of flat rows."""
        encoder = ImageEncoder(image_shape).fit(X, weights)
        return cls(encoder, float(weights.sum()))

    @classmethod
    def merged(cls, parts: Sequence["ImageStatistics"]) -> "ImageStatistics":
        """Return the statistics of the images of all parts."""
        encoders = [part.fitted for part in parts]
        weights = np.array([part.weight for part in parts])
        made = ImageEncoder(encoders[0].image_shape)
        made.shape_, made.row_shape_ = encoders[0].shape_, encoders[0].row_shape_
        made.min_ = np.min([encoder.min_ for encoder in encoders], axis=0)
        made.max_ = np.max([encoder.max_ for encoder in encoders], axis=0)
        shares = weights / weights.sum()
        means = np.array([encoder.mean_ for encoder in encoders])
        # The scale of a channel that is constant in a part is not a deviation.
        varies = np.array([_channels_that_vary(encoder) for encoder in encoders])
        deviations = np.array([encoder.scale_ for encoder in encoders]) * varies
        made.mean_ = shares @ means
        variance = shares @ (deviations**2 + (means - made.mean_) ** 2)
        made.scale_ = np.where(variance > 0.0, np.sqrt(variance), encoders[0].scale_)
        grids = [encoder.grid_ for encoder in encoders if encoder.grid_ is not None]
        made.grid_ = None
        if len(grids) == len(encoders):
            made.grid_ = grid_of(np.concatenate([values for values, _ in grids]))
        made.lower_, made.upper_ = made.encode(np.stack([made.min_, made.max_]))
        return cls(made, float(weights.sum()))

    @property
    def nbytes(self) -> int:
        """The approximate size of the statistics in memory."""
        return 4 * int(self.fitted.lower_.nbytes)

    def scaled(self, factor: float) -> "ImageStatistics":
        """Return the statistics of the same images with multiplied weights."""
        return ImageStatistics(self.fitted, self.weight * factor)

    def encoder(self, X: Any, numeric: str) -> ImageEncoder:
        """Return a fitted encoder; X and `numeric` are ignored."""
        return self.fitted


def _channels_that_vary(encoder: ImageEncoder) -> np.ndarray:
    """Return for each channel whether its pixels have different values."""
    lower = encoder.lower_.reshape(encoder.shape_[0], -1).min(axis=1)
    upper = encoder.upper_.reshape(encoder.shape_[0], -1).max(axis=1)
    return lower < upper
