"""The last step of a stream: distill the united parts to the budget."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from sklearn.base import clone

from .._utils.native_rows import from_native, like_native, nbytes_of
from ..base.assembly import for_json
from ..distilled_set.distilled_set import DistilledSet
from .part import Part, united
from .part_reader import PartReader
from .reduction import groups_of, rows_to_keep
from .stream import Stream


def seeded(distiller: Any, seed: int | None) -> Any:
    """Return a clone of a distiller, with a seed unless it has a random state."""
    distiller = clone(distiller)
    if seed is not None and distiller.random_state is None:
        distiller.set_params(random_state=seed)
    return distiller


def distill_parts(stream: Stream, distiller: Any, seed: int | None) -> Any:
    """Return a distiller that is fitted to the united parts of a stream.

    Parameters
    ----------
    stream : Stream
        Holds at least one row.
    distiller : BaseDistiller
        Unfitted.
    seed : int or None
        The seed of the distiller, unless it has a random state.

    Returns
    -------
    BaseDistiller
        Its `distilled_` is in the container of the first batch and carries the class
        mass of all rows; its `sample_indices_` are positions in the stream.
    """
    part, reader = united(stream.parts_to_unite), stream.reader
    fitted = seeded(distiller, seed)
    y = labels_like_given(part, reader)
    if not len(stream.parts):
        weights = None if (part.weights == 1.0).all() else part.weights
        fitted.fit(part.X, y, sample_weight=weights)
    else:
        _fit_to_union(fitted, part, y, stream)
    if hasattr(fitted, "sample_indices_"):
        indices = from_native(fitted.sample_indices_)
        del fitted.sample_indices_
        if part.positions is not None:
            fitted.sample_indices_ = part.positions[indices]
    # The budget may have been replaced by a number of rows for each class.
    fitted.set_params(budget=distiller.budget, task=distiller.task)
    fitted.distilled_ = _described(fitted, part, stream)
    return fitted


def _fit_to_union(fitted: Any, part: Part, y: Any, stream: Stream) -> None:
    """Fit a distiller to weighted rows, in the encoding of all rows of the stream."""
    task = stream.reader.task
    assert task is not None
    if task != "unsupervised":
        fitted.set_params(task=task)
    if len(part) < part.n_samples:
        # State the rows of each class, because a share of the rows, or a share in
        # proportion to the classes, refers to the rows that the parts represent.
        n_rows = rows_to_keep(fitted, part, task)
        classes, _ = groups_of(part, task)
        budget: Any = int(n_rows.sum())
        if classes is not None:
            budget = dict(zip(classes.tolist(), n_rows.tolist(), strict=True))
        fitted.set_params(budget=budget)
    weights: Any = part.weights if part.own_weights is None else part.own_weights
    if (weights == 1.0).all():
        weights = None
    scales = stream.scales(part.X, with_buffer=True)
    fitted._fit_with_scales(part.X, y, weights, scales)


def labels_like_given(part: Part, reader: PartReader) -> Any:
    """Return labels as a Series or a DataFrame like those of the first batch."""
    if part.y is None or (reader.target_name is None and reader.target_dtype is None):
        return part.y
    import pandas as pd

    if part.y.ndim == 2:
        return pd.DataFrame(part.y, columns=reader.target_name)
    y, dtype = pd.Series(part.y, name=reader.target_name), reader.target_dtype
    if isinstance(dtype, pd.CategoricalDtype):
        known = dtype.categories.tolist()
        late = [label for label in y.unique().tolist() if label not in known]
        dtype = pd.CategoricalDtype(known + late, dtype.ordered)
    return y if dtype is None else y.astype(dtype)


def class_mass(part: Part, task: str) -> np.ndarray:
    """Return the total weight of each class, or of all rows without classes."""
    _, codes = groups_of(part, task)
    return np.bincount(codes, weights=part.weights)


def _described(fitted: Any, part: Part, stream: Stream) -> DistilledSet:
    """Return the distilled set with the facts about all rows of the stream."""
    made, reader = fitted.distilled_, stream.reader
    rows = like_native(reader.like, made.X)
    info = made.info | {
        "parameters": for_json(fitted.get_params()),
        "n_rows_before": part.n_samples,
        "bytes_before": stream.n_bytes,
        "bytes": made.nbytes - nbytes_of(made.X) + nbytes_of(rows),
        "seconds": round(made.info["seconds"] + stream.seconds, 3),
        "n_chunks": stream.n_chunks,
        "chunk_size": stream.chunk_size,
    }
    return DistilledSet(
        rows,
        made.y,
        soft_labels=made.soft_labels,
        sample_weight=made.sample_weight,
        classes=made.classes,
        target_name=made.target_name,
        info=info,
        class_mass=class_mass(part, str(reader.task)),
        target_dtype=made.target_dtype,
        growth=made.growth,
    )
