"""The checks that every distiller must pass, and the leverage scores themselves."""

import numpy as np
from sklearn_distill_template import LeverageSelection, leverage

from sklearn_distill.testing import parametrize_with_distiller_checks


@parametrize_with_distiller_checks([LeverageSelection()])
def test_leverage_selection_passes_the_distiller_checks(estimator, check):
    check(estimator)


def test_leverage_sums_to_the_number_of_columns_and_is_largest_for_an_outlier():
    """Without a ridge, the sum is the trace of a projection: 3 columns + intercept."""
    Z = np.random.RandomState(0).randn(30, 3)
    Z[7] *= 20
    scores = leverage(Z, ridge=0.0)
    np.testing.assert_allclose(scores.sum(), 4.0)
    assert scores.argmax() == 7
