"""The results of a stream, and the parameters of its distiller, as attributes."""

# SPDX-License-Identifier: BSD-3-Clause

from operator import attrgetter
from typing import Any, Self

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state, get_tags

from ..base.distiller import BaseDistiller
from ..base.growing import set_densify
from ..base.problem import Kept, Learned, Problem
from ..distilled_set.distilled_set import DistilledSet
from .final_step import class_mass, distill_parts
from .part import united
from .part_reader import (
    PartReader,
    is_without_rows,
    n_bytes_given,
    n_rows_given,
)
from .reduction import groups_of
from .stream import Stream

# The parameters of the distiller that can be read and set on the StreamingDistiller.
OF_DISTILLER = (
    "budget",
    "allocation",
    "task",
    "soft_labels",
    "evaluator",
    "numeric",
    "categorical_features",
    "cover_categories",
    "image_shape",
)


class StreamResult(BaseDistiller):
    """Base class of distillers of parts: everything that is read from their stream."""

    distiller: Any
    oversample: float
    random_state: Any

    budget = property(attrgetter("distiller.budget"))
    allocation = property(attrgetter("distiller.allocation"))
    task = property(attrgetter("distiller.task"))
    soft_labels = property(attrgetter("distiller.soft_labels"))
    evaluator = property(attrgetter("distiller.evaluator"))
    numeric = property(attrgetter("distiller.numeric"))
    categorical_features: Any = property(attrgetter("distiller.categorical_features"))
    cover_categories: Any = property(attrgetter("distiller.cover_categories"))
    image_shape = property(attrgetter("distiller.image_shape"))

    @property
    def merging(self) -> str | None:  # type: ignore[override]
        """How weights of rows are understood; see `BaseDistiller.merging`."""
        return self.distiller.merging

    def set_params(self, **params: Any) -> Self:
        """Set parameters; those that all methods have are set on the distiller.

        Parameters
        ----------
        **params : dict
            ``budget=5`` has the effect of ``distiller__budget=5``.

        Returns
        -------
        self : object
        """
        names = {name: f"distiller__{name}" for name in OF_DISTILLER}
        return super().set_params(**{names.get(k, k): v for k, v in params.items()})

    def _with_densify(self) -> Any:
        """Return an unfitted clone of the distiller that has the parameter `densify`.

        The value of this object replaces that of the distiller unless it is None.
        """
        return set_densify(clone(self.distiller), self.densify)

    def _begin(self, **settings: Any) -> Stream:
        """Forget all rows, and return the new stream.

        Parameters
        ----------
        **settings : dict
            `chunk_size`, `fan_in` and `subsample` of the stream.
        """
        if isinstance(self.distiller, StreamResult):
            raise TypeError(
                f"distiller must be a method, but is a {type(self.distiller).__name__} "
                f"itself. Pass its distiller to {type(self).__name__}."
            )
        distiller, random_state = self._with_densify(), self.random_state
        if random_state is None:
            random_state = distiller.random_state
        seed = int(check_random_state(random_state).randint(np.iinfo(np.int32).max))
        # Without any random state, the last step draws its own seed.
        self._seed = None if random_state is None else seed
        self._last: Any = None
        self._stream = Stream(
            PartReader(distiller),
            oversample=self.oversample,
            seed=seed,
            **settings,
        )
        return self._stream

    def _add(
        self, X: Any, y: Any = None, sample_weight: Any = None, decay: float = 1.0
    ) -> None:
        """Put a batch into the buffer."""
        stream = self._stream
        if is_without_rows(X, y, sample_weight):
            stream.decay(decay)
            stream.n_rows += n_rows_given(X)
            return
        try:
            part = stream.reader.read(X, y, sample_weight)
        except Exception:
            if stream.reader.task is None:
                # A later batch may be valid, and then determines the columns.
                del self._stream
            raise
        stream.decay(decay)
        stream.add(part, n_rows_given(X), n_bytes_given(X))
        self._copy_features()
        self._last = None

    def _copy_features(self) -> None:
        """Set the attributes that describe the columns."""
        of_reader = vars(self._stream.reader.distiller)
        for name in ("n_features_in_", "feature_names_in_", "row_shape_"):
            self.__dict__.pop(name, None)
            if name in of_reader:
                setattr(self, name, of_reader[name])

    def _fitted_distiller(self) -> Any:
        """Return the distiller of the last step, fitted to all rows so far."""
        if self._last is None:
            if not self._stream.all_parts:
                raise ValueError(
                    "There are no rows to distill: all batches were empty, or all "
                    "sample weights were 0."
                )
            self._last = distill_parts(self._stream, self._with_densify(), self._seed)
        return self._last

    @property
    def supports_several_targets(self) -> bool:  # type: ignore[override]
        """Whether y may have several columns."""
        return get_tags(self.distiller).target_tags.multi_output

    def _distill(self, problem: Problem) -> Kept | Learned:
        return self.distiller._distill(problem)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_stream") and bool(self._stream.all_parts)

    def __sklearn_tags__(self):
        tags, of_distiller = super().__sklearn_tags__(), get_tags(self.distiller)
        tags.target_tags.required = of_distiller.target_tags.required
        tags.input_tags = of_distiller.input_tags
        return tags

    def _result(self, name: str) -> Any:
        """Return a fitted attribute of the distiller of the last step."""
        self._check_fitted(name)
        return getattr(self._fitted_distiller(), name)

    def _check_fitted(self, name: str) -> None:
        """Raise AttributeError for a fitted attribute before the first rows."""
        if not self.__sklearn_is_fitted__():
            raise AttributeError(
                f"{type(self).__name__} has no attribute {name!r} before fit."
            )

    @property
    def distilled_(self) -> DistilledSet:
        """The distilled set of all rows so far."""
        return self._result("distilled_")

    @property
    def distiller_(self) -> Any:
        """The distiller that is fitted to the united parts."""
        self._check_fitted("distiller_")
        return self._fitted_distiller()

    @property
    def encoder_(self) -> Any:
        """The fitted encoder."""
        return self._result("encoder_")

    @property
    def sample_indices_(self) -> np.ndarray:
        """The positions of the distilled rows in the stream."""
        return self._result("sample_indices_")

    @property
    def n_iter_(self) -> int:
        """The number of steps of the last step of an iterative method."""
        return self._result("n_iter_")

    @property
    def history_(self) -> Any:
        """The history of the last step of an iterative method."""
        return self._result("history_")

    @property
    def classes_(self) -> np.ndarray:
        """The sorted class labels so far."""
        self._check_fitted("classes_")
        part, task = united(self._stream.all_parts), str(self._stream.reader.task)
        if task != "classification":
            raise AttributeError("classes_ is defined for classification only.")
        classes, _ = groups_of(part, task)
        assert classes is not None
        return classes

    @property
    def class_count_(self) -> np.ndarray:
        """The total weight of the rows of each class so far."""
        self.classes_  # noqa: B018  raises AttributeError without classes
        return class_mass(united(self._stream.all_parts), "classification")

    @property
    def n_samples_seen_(self) -> int:
        """The number of rows so far, without rows of weight 0."""
        self._check_fitted("n_samples_seen_")
        return sum(part.n_samples for part in self._stream.all_parts)

    @property
    def nbytes_(self) -> int:
        """The size in memory of the rows and the statistics that are kept."""
        self._check_fitted("nbytes_")
        statistics = self._stream.statistics.items
        return sum(part.nbytes for part in self._stream.all_parts) + sum(
            item.nbytes for item in statistics
        )

    @property
    def n_levels_(self) -> int:
        """The number of levels of the tree."""
        self._check_fitted("n_levels_")
        return len(self._stream.parts.levels)


def check_same_columns(one: StreamResult, other: StreamResult) -> None:
    """Raise ValueError unless two streams have the same columns and the same task."""
    readers = one._stream.reader, other._stream.reader
    tasks = [reader.task for reader in readers]
    if tasks[0] != tasks[1]:
        raise ValueError(
            f"The tasks of the streams differ: {tasks[0]} and {tasks[1]}. Set task on "
            "both distillers."
        )
    n_targets = [reader.n_targets for reader in readers]
    if n_targets[0] != n_targets[1]:
        raise ValueError(
            f"The streams have {n_targets[0]} and {n_targets[1]} targets. Fit both to "
            "the same targets."
        )
    names: list[Any] = [
        list(vars(s).get("feature_names_in_", s.row_shape_)) for s in (one, other)
    ]
    if names[0] != names[1]:
        raise ValueError(
            f"The columns of the streams differ: {names[0]} and {names[1]}."
        )
