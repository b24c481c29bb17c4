"""Problem: the split into training rows and validation rows."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sklearn_distill import RandomSelection
from sklearn_distill.base.problem import split_validation


def test_validation_rows_leave_each_class_as_many_rows_as_its_budget(make_classes):
    """If no row can be spared, all rows are both training and validation rows."""

    class SplittingSelection(RandomSelection):
        plugin_api = 1

        def _distill(self, problem):
            self.split_ = split_validation(problem, 0.4)
            return super()._distill(problem)

    X, y = make_classes((50, 10, 3))
    selection = SplittingSelection(budget={0: 5, 1: 8, 2: 3}, random_state=0).fit(X, y)
    train, valid = selection.split_
    np.testing.assert_array_equal(np.sort(np.r_[train, valid]), np.arange(63))
    np.testing.assert_array_equal(np.bincount(y[train]), [30, 8, 3])
    selection = SplittingSelection(budget={0: 49, 1: 10, 2: 3}, random_state=0).fit(
        X, y
    )
    assert len(selection.split_[1]) == 1
    X, y = make_classes((4, 4))
    selection = SplittingSelection(budget={0: 4, 1: 3}, random_state=0).fit(X, y)
    assert len(selection.split_[0]) == 7
