"""The targets of students: labels, predictions of the teacher, shares and weights."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sklearn_distill.knowledge_distillation.labeled_rows import LabeledRows
from sklearn_distill.knowledge_distillation.targets import make_targets, plain_targets


def labeled(y, *, weights=None, classes=None):
    y = np.asarray(y)
    return LabeledRows(
        X=np.zeros((len(y), 2)),
        y=y,
        labels=y if classes is None else np.eye(len(classes))[y],
        weights=weights,
        classes=classes,
        present=np.arange(len(y)),
        n_given=len(y),
        is_distilled=False,
        soft=False,
    )


def targets_of(data, predictions, **params):
    params = {"alpha": 0.5, "transfer_weight": 1.0, "ignore_outliers": False} | params
    return make_targets(data, np.asarray(predictions), **params)


def test_blended_targets_of_classes():
    data = labeled([0, 1], classes=np.array(["a", "b"]))
    targets = targets_of(data, [[0.5, 0.5], [1.0, 0.0]], alpha=0.2)
    np.testing.assert_allclose(targets.blended(), [[0.9, 0.1], [0.2, 0.8]])


def test_added_rows_get_the_labels_and_the_relative_weight_of_the_teacher():
    data = labeled([1.0, 3.0], weights=np.array([1.0, 3.0]))
    targets = targets_of(data, [2.0, 2.0, 7.0], alpha=0.0, transfer_weight=0.5)
    np.testing.assert_array_equal(targets.labels, [1.0, 3.0, 7.0])
    np.testing.assert_array_equal(targets.teacher_only, [False, False, True])
    np.testing.assert_array_equal(targets.weights, [1.0, 3.0, 1.0])
    np.testing.assert_array_equal(targets.blended(), [1.0, 3.0, 7.0])
    assert targets.has_weights()


def test_labels_of_outliers_are_ignored():
    """The median distance is 1, so that a distance of 4 is an outlier."""
    data = labeled([1.0, 1.0, 1.0, 4.0])
    targets = targets_of(data, np.zeros(4), alpha=0.0, ignore_outliers=True)
    np.testing.assert_array_equal(targets.teacher_only, [False, False, False, True])
    np.testing.assert_array_equal(targets.blended(), [1.0, 1.0, 1.0, 0.0])


def test_with_teacher_replaces_predictions_and_labels_of_added_rows():
    targets = targets_of(labeled([1.0, 2.0]), [5.0, 6.0, 7.0], alpha=0.25)
    changed = targets.with_teacher(np.array([9.0, 10.0, 11.0]), 2)
    np.testing.assert_array_equal(changed.labels, [1.0, 2.0, 11.0])
    np.testing.assert_array_equal(changed.blended(), [3.0, 4.0, 11.0])


def test_plain_targets_are_labels_of_weight_1():
    targets = plain_targets(np.array([1, 0]), None, np.array(["a", "b"]))
    np.testing.assert_array_equal(targets.blended(), [[0, 1], [1, 0]])
    assert not targets.has_weights()


def test_schedule_cannot_be_blended():
    targets = targets_of(labeled([1.0]), [2.0], alpha=lambda progress: progress)
    with pytest.raises(ValueError, match="cannot be blended if alpha is a schedule"):
        targets.blended()
