"""The whole contract, and what the method itself computes."""

import numpy as np
from sklearn_distill_template import LeverageSelection, leverage

from sklearn_distill.testing import parametrize_with_distiller_checks


@parametrize_with_distiller_checks([LeverageSelection()])
def test_contract(estimator, check):
    check(estimator)


def test_leverage_adds_up_to_the_number_of_columns():
    """Without a ridge it is the trace of a projection; a far row has the most."""
    Z = np.random.RandomState(0).randn(30, 3)
    Z[7] *= 20
    scores = leverage(Z, ridge=0.0)
    np.testing.assert_allclose(scores.sum(), 4.0)
    assert scores.argmax() == 7
