"""The steps of `DistributionMatching.fit_statistics` and of its two passes."""

# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import clone

from ..._utils.native_rows import from_native
from ...base.budget import rows_per_group
from ...distilled_set.distilled_set import DistilledSet
from ...encoding.categorical_features import categorical_mask
from ...encoding.statistics import ImageStatistics, TableStatistics
from ...engine.deadline import Deadline
from ...engine.loop import make_loop
from ...engine.randomness import own_randomness
from ...engine.real_rows import Batches, RealRows
from ...engine.synthetic_rows import SyntheticRows
from ...validation.rows import check_lengths, check_rows, check_weights
from ...validation.targets import label_values
from .feature_sums import (
    ColumnDescription,
    FeatureSums,
    FixedNetworks,
    MeanFeatureLoss,
    described,
    drawn_rows,
    sums_of,
    typical_distance,
)


def check_parameters(matching: Any) -> None:
    """Raise ValueError for parameters for which sums of features do not suffice."""
    required = {
        "discrepancy": ("mean", "auto"),
        "network_training": ("none",),
        "augmentation": (None, "auto"),
        "soft_labels": (None,),
        "factor": (1,),
    }
    for name, values in required.items():
        if getattr(matching, name) not in values:
            raise ValueError(
                f"{name}={getattr(matching, name)!r} needs the real rows, not only "
                f"sums of their features. Set {name}={values[0]!r}."
            )
    if not isinstance(matching.random_state, Integral):
        raise ValueError(
            "random_state must be an int, so that all parts use the same networks; got "
            f"{matching.random_state!r}."
        )


def checked(matching: Any, X: Any, y: Any, sample_weight: Any) -> tuple[Any, ...]:
    """Return the checked rows, labels and weights of a part, and an estimator.

    The attributes that describe the columns are set on the estimator.
    """
    check_parameters(matching)
    check_lengths(X, y, sample_weight)
    estimator = clone(matching)
    X = check_rows(estimator, X, reset=True, min_rows=1)
    estimator.row_shape_ = X.shape[1:]
    weights = check_weights(from_native(sample_weight), X)
    labels = None if y is None else label_values(from_native(y))
    if labels is not None and labels.dtype.kind == "f":
        if np.any(labels != np.rint(labels)) or matching.task == "regression":
            raise ValueError(
                "y contains continuous targets, for which sums of features do not "
                "suffice. Bin y into classes, or use fit."
            )
    return X, labels, weights, estimator


def describe(matching: Any, X: Any, y: Any, sample_weight: Any) -> ColumnDescription:
    """Return the description of the columns of a part."""
    X, labels, weights, _ = checked(matching, X, y, sample_weight)
    rows: TableStatistics | ImageStatistics
    if matching.image_shape is not None or len(X.shape) > 2:
        rows = ImageStatistics.of(X, weights, matching.image_shape)
    else:
        mask = categorical_mask(X, matching.categorical_features)
        rows = TableStatistics.of(X, weights, mask)
    return described(X, labels, weights, rows)


def accumulate(
    matching: Any, X: Any, y: Any, description: ColumnDescription, sample_weight: Any
) -> FeatureSums:
    """Return the sums of the features of a part."""
    X, labels, weights, _ = checked(matching, X, y, sample_weight)
    encoder = description.rows.encoder(description.like, matching.numeric)
    codes = np.zeros(len(X), dtype=np.int64)
    classes = description.classes
    if (classes is None) != (labels is None):
        raise ValueError("y must be passed to describe and to accumulate, or to none.")
    if classes is not None and labels is not None:
        if unknown := sorted(set(labels.tolist()) - set(classes.tolist())):
            raise ValueError(
                f"The description lacks the class {unknown[0]!r} of y. Add up the "
                "descriptions of all parts."
            )
        codes = np.searchsorted(classes, labels)
    networks = _networks(matching, encoder, description)
    seed = int(matching.random_state)
    return sums_of(networks, encoder.encode(X), codes, weights, description, seed)


def _networks(
    matching: Any, encoder: Any, description: ColumnDescription
) -> FixedNetworks:
    n_outputs = len(description.labels)
    return FixedNetworks(
        matching.network,
        encoder.shape_,
        n_outputs,
        matching.n_networks,
        int(matching.random_state),
    )


def fit_sums(matching: Any, sums: FeatureSums) -> Any:
    """Learn rows from sums of features, and set the fitted attributes."""
    check_parameters(matching)
    description = sums.description
    encoder = description.rows.encoder(description.like, matching.numeric)
    counts = np.array([description.count_of[label] for label in description.labels])
    n_rows = rows_per_group(
        matching.budget,
        counts,
        allocation=matching.allocation,
        weights=sums.mass,
        classes=description.classes,
    )
    rng = np.random.RandomState(int(matching.random_state))
    Z, codes = drawn_rows(sums, n_rows, encoder, rng)
    loop = _loop(matching, sums, encoder, Z, codes)
    best = dict(loop.callbacks_)["keep_best"]
    X = encoder.decode(loop.module_.rows_of(best.best_state_))
    classes = description.classes
    matching.encoder_ = encoder
    matching.device_, matching.n_iter_ = "cpu", loop.n_steps_
    matching.history_ = loop.history
    matching.distilled_ = DistilledSet(
        X,
        None if classes is None else classes[codes],
        classes=classes,
        class_mass=sums.mass,
        info={
            "method": type(matching).__name__,
            "task": "unsupervised" if classes is None else "classification",
            "n_rows_before": int(counts.sum()),
            "n_rows": len(Z),
            "loss": float(best.best_loss_),
        },
    )
    _set_columns(matching, description, classes)
    return matching


def _loop(
    matching: Any, sums: FeatureSums, encoder: Any, Z: np.ndarray, codes: np.ndarray
) -> Any:
    """Return the loop after the last step."""
    n_classes = len(sums.description.labels)
    targets = np.zeros((len(Z), 1), dtype=np.float32)
    if sums.description.classes is not None:
        targets = (np.eye(n_classes)[codes] - 1.0 / n_classes).astype(np.float32)
    step_size = matching.learning_rate
    if step_size == "auto":
        n_columns = int(np.prod(encoder.shape_))
        factor = matching.settings.step_size
        if len(encoder.shape_) == 3:
            factor = matching.settings.image_step_size
        step_size = factor * typical_distance(sums) / np.sqrt(n_columns)
    # The loss depends on no real rows, so that the initial rows stand in for them.
    real = RealRows(Z, targets, codes, np.ones(len(Z)), "cpu")
    steps = matching.settings.steps_per_epoch
    deadline = Deadline(matching.max_time)
    with own_randomness("cpu", int(matching.random_state)), deadline:
        networks = _networks(matching, encoder, sums.description)
        loop = make_loop(
            SyntheticRows(Z, targets, encoder.lower_, encoder.upper_, encoder.snap),
            MeanFeatureLoss(networks, sums),
            Batches(real, 1, 1, 0, fixed=True),
            max_iter=matching.max_iter,
            learning_rate=float(step_size),
            deadline=deadline,
            patience=matching.n_iter_no_change,
            tol=matching.tol,
            device="cpu",
            callbacks=matching.callbacks or (),
        )
        return loop.fit(Batches(real, 1, steps, 0, matching.max_iter))


def _set_columns(
    matching: Any, description: ColumnDescription, classes: np.ndarray | None
) -> None:
    """Set the fitted attributes that describe the columns and the classes."""
    estimator = clone(matching)
    one_row = matching.distilled_.X[:1]
    check_rows(estimator, one_row, reset=True, min_rows=1)
    matching.row_shape_ = one_row.shape[1:]
    for name in ("n_features_in_", "feature_names_in_", "classes_"):
        matching.__dict__.pop(name, None)
        if hasattr(estimator, name):
            setattr(matching, name, getattr(estimator, name))
    if classes is not None:
        matching.classes_ = classes
