"""Grow a distilled set with its sampler, and predict labels with its decoder."""

# SPDX-License-Identifier: BSD-3-Clause

from abc import abstractmethod
from collections.abc import Callable
from numbers import Integral
from typing import Any, Self

import numpy as np
from sklearn.utils import check_random_state

from .._utils.containers import take_rows
from .._utils.native_rows import dense_rows_of, like_native
from .decoding import (
    codes_of,
    growth_of,
    predicted_labels,
    predicted_probabilities,
)
from .parts import SetParts

# How many rows are drawn for each row of a class that is kept.
EXCESS = 2


class GrowingMixin:
    """The methods of a distilled set that use its sampler and its decoder."""

    _parts: Callable[[], SetParts]
    info: dict[str, Any]

    @property
    @abstractmethod
    def nbytes(self) -> int:
        """The size in memory."""

    def densify(
        self,
        n: int = 5_000,
        *,
        allocation: str = "equal",
        soft_labels: bool = False,
        label_noise: bool = False,
        random_state: int | np.random.RandomState | None = None,
    ) -> Self:
        """Grow the set to n labeled rows.

        The first rows are those of the set, with their labels. The sampler draws the
        other rows around them, and the decoder labels these. All values are valid:
        known categories, whole numbers where the data has them, dates, values in the
        observed range, and missing values. Trees and boosting gain most from grown
        rows; nearest neighbors and naive Bayes gain little.

        Parameters
        ----------
        n : int, default=5_000
            The number of rows, at least that of the set.
        allocation : {"equal", "proportional"}, default="equal"
            Whether rows are drawn around the distilled rows of each class in equal
            numbers, or in proportion to `class_mass`.
        soft_labels : bool, default=False
            Whether the result has soft labels: the probabilities of the decoder, which
            assume equal class shares, and the soft or hard labels of the first rows.
        label_noise : bool, default=False
            Regression only: whether to add normal noise to the targets of drawn rows,
            with the standard deviation of the training targets around the decoder.
        random_state : int, RandomState instance or None, default=None
            Pass an int for reproducible rows.

        Returns
        -------
        DistilledSet
            A set of n rows without sampler and decoder.

        Raises
        ------
        ValueError
            If the set has no sampler and decoder, or if n is smaller than the set.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn_distill import KMeansSelection
        >>> X, y = load_iris(return_X_y=True)
        >>> k_means = KMeansSelection(
        ...     budget=5, representative="centroid", densify="auto", random_state=0
        ... )
        >>> small = k_means.fit(X, y).distilled_
        >>> len(small), len(small.densify(300, random_state=0))
        (15, 300)
        """
        parts = grown_set(
            self._parts(),
            n,
            allocation=allocation,
            soft_labels=soft_labels,
            label_noise=label_noise,
            random_state=random_state,
        )
        grown = type(self)(**parts._asdict())
        grown.info["bytes"] = grown.nbytes
        return grown

    def predict(self, X: Any, *, prior: str = "data") -> np.ndarray:
        """Predict labels with the decoder, a kernel model fitted to the training rows.

        Parameters
        ----------
        X : array-like, DataFrame or table of n rows
            Rows with the columns of the set.
        prior : {"data", "set"}, default="data"
            Classification only: whether the class shares of the training data or equal
            class shares are assumed.

        Returns
        -------
        ndarray of shape (n,)
            Class labels or continuous targets.

        Raises
        ------
        ValueError
            If the set has no decoder, or if X has other columns.
        """
        return predicted_labels(self._parts(), X, prior)

    def predict_proba(self, X: Any, *, prior: str = "data") -> np.ndarray:
        """Predict class probabilities with the decoder.

        Parameters
        ----------
        X : array-like, DataFrame or table of n rows
            Rows with the columns of the set.
        prior : {"data", "set"}, default="data"
            Whether the class shares of the training data or equal class shares are
            assumed.

        Returns
        -------
        ndarray of shape (n, n_classes)

        Raises
        ------
        ValueError
            If the set has no decoder or no classes, or if X has other columns.
        """
        return predicted_probabilities(self._parts(), X, prior)


def grown_set(
    parts: SetParts,
    n: int,
    *,
    allocation: str,
    soft_labels: bool,
    label_noise: bool,
    random_state: Any,
) -> SetParts:
    """Return the parts of a set that was grown to n rows; see `DistilledSet.densify`.

    Parameters
    ----------
    parts : SetParts
    n : int
    allocation : {"equal", "proportional"}
    soft_labels, label_noise : bool
    random_state : int, RandomState or None

    Raises
    ------
    ValueError
        If a parameter is invalid, or if the set cannot grow.
    """
    growth = growth_of(parts, "densify")
    m = parts.X.shape[0]
    if not isinstance(n, Integral) or isinstance(n, bool) or n < m:
        raise ValueError(
            f"n must be an int of at least {m}, the number of distilled rows; got "
            f"{n!r}."
        )
    if allocation not in ("equal", "proportional"):
        raise ValueError(
            f"allocation must be 'equal' or 'proportional'; got {allocation!r}."
        )
    _check_label_options(parts, soft_labels, label_noise)
    rng = check_random_state(random_state)
    X, codes = dense_rows_of(parts.X), codes_of(parts)
    numbers = _numbers_of_new_rows(parts, codes, n - m, allocation)
    n_classes = None if parts.classes is None else len(parts.classes)
    excess = 1 if n_classes is None else EXCESS
    chosen = np.concatenate(
        [
            growth.sampler.choose(np.flatnonzero(codes == code), excess * number, rng)
            for code, number in numbers.items()
        ]
    )
    X_new, Z = growth.draw_rows(X, chosen, rng)
    decoded = growth.decode_labels(
        Z, X, parts.y if n_classes is None else codes, n_classes
    )
    if n_classes is not None:
        agrees = decoded.argmax(axis=1) == codes[chosen]
        kept = _kept_draws(codes[chosen], agrees, numbers)
        X_new, decoded, chosen = take_rows(X_new, kept), decoded[kept], chosen[kept]
    soft = None
    if n_classes is None:
        if label_noise:
            decoder: Any = growth.decoder
            noise = rng.standard_normal((len(decoded), len(decoder.residual)))
            noise *= decoder.target[1] * decoder.residual
            decoded = decoded + noise.reshape(decoded.shape)
        y = np.concatenate([np.asarray(parts.y, dtype=np.float64), decoded])
    else:
        y = np.concatenate([parts.y, parts.classes[decoded.argmax(axis=1)]])
        if soft_labels:
            first = np.eye(n_classes)[codes]
            if parts.soft_labels is not None:
                first = parts.soft_labels
            soft = np.concatenate([first, decoded])
    weights = parts.sample_weight
    if weights is not None:
        weights = np.concatenate([weights, weights[chosen]])
    return parts._replace(
        X=like_native(parts.X, _stacked(X, X_new)),
        y=y,
        soft_labels=soft,
        sample_weight=weights,
        info=dict(parts.info or {}, n_rows_grown_from=m, n_rows=int(n)),
        growth=None,
    )


def _check_label_options(parts: SetParts, soft_labels: bool, label_noise: bool) -> None:
    """Raise ValueError for options that do not exist for the task."""
    if soft_labels and parts.classes is None:
        raise ValueError(
            "soft_labels=True requires classes, but the set has continuous targets. "
            "label_noise=True adds the spread of the training targets instead."
        )
    if label_noise and parts.classes is not None:
        raise ValueError(
            "label_noise=True requires continuous targets, but the set has classes. "
            "soft_labels=True returns the probabilities of the classes instead."
        )


def _numbers_of_new_rows(
    parts: SetParts, codes: np.ndarray, n_new: int, allocation: str
) -> dict[int, int]:
    """Return how many rows are to be drawn around the rows of each class."""
    present, counts = np.unique(codes, return_counts=True)
    shares = np.ones(len(present))
    if allocation == "proportional" and parts.class_mass is not None:
        shares = np.asarray(parts.class_mass)[present]
    wanted = shares / shares.sum() * (counts.sum() + n_new) - counts
    wanted = np.maximum(wanted, 0.0)
    if wanted.sum() > 0:
        wanted *= n_new / wanted.sum()
    # Round so that the numbers sum to n_new.
    ends = np.rint(np.cumsum(wanted)).astype(np.int64)
    return dict(zip(present.tolist(), np.diff(ends, prepend=0).tolist(), strict=True))


def _kept_draws(
    codes: np.ndarray, agrees: np.ndarray, numbers: dict[int, int]
) -> np.ndarray:
    """Return the draws that are kept of each class, as sorted positions.

    Draws whose decoded label is the class of their distilled row come first: other
    draws are more often far from the real rows.
    """
    kept = []
    for code, number in numbers.items():
        own = np.flatnonzero(codes == code)
        # Draws are ordered by their distilled row, so take them at even intervals.
        for rows in (own[agrees[own]], own[~agrees[own]]):
            even = np.linspace(0, len(rows), min(number, len(rows)), endpoint=False)
            kept.append(rows[even.astype(np.int64)])
            number -= len(even)
    return np.sort(np.concatenate(kept))


def _stacked(X: Any, X_new: Any) -> Any:
    """Return rows followed by new rows of the same columns and dtypes."""
    if not hasattr(X, "iloc"):
        return np.concatenate([X, np.asarray(X_new, dtype=X.dtype)])
    import pandas as pd

    columns = [
        pd.concat([X.iloc[:, j], X_new.iloc[:, j].astype(dtype)], ignore_index=True)
        for j, dtype in enumerate(X.dtypes)
    ]
    frame = pd.concat(columns, axis=1)
    frame.columns = X.columns
    return frame
