"""The comparison of teacher and student on held-out rows."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import cross_val_predict

from sklearn_distill import (
    KnowledgeDistillationClassifier,
)


def test_warns_if_the_teacher_is_not_better(forest, overlapping, small_tree):
    X, y = overlapping(300)
    model = KnowledgeDistillationClassifier(small_tree(2), forest(), random_state=0)
    with pytest.warns(UserWarning, match="not clearly better than the student alone"):
        model.fit(X, y)
    gain = model.teacher_gain_
    assert not gain.is_clear
    assert gain.n_rows == 300
    assert gain.difference == pytest.approx(gain.teacher - gain.student)


def test_better_teacher_has_a_clear_gain(forest, overlapping, small_tree):
    X, y = overlapping(600)
    model = KnowledgeDistillationClassifier(forest(), small_tree(2), random_state=0)
    gain = model.fit(X, y).teacher_gain_
    assert gain.is_clear
    # The gain agrees with scikit-learn's cross-validation.
    teacher = cross_val_predict(forest(), X, y, cv=5)
    assert gain.teacher == pytest.approx((teacher == y).mean(), abs=0.04)
    assert clone(model).set_params(check_teacher=False).fit(X, y).teacher_gain_ is None


def test_check_teacher_does_not_change_the_student(forest, overlapping, small_tree):
    X, y = overlapping(300)
    model = KnowledgeDistillationClassifier(
        forest(), small_tree(), transfer="noise", random_state=0
    )
    compared = model.fit(X, y).predict_proba(X)
    plain = clone(model).set_params(check_teacher=False).fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(compared, plain)
