"""Tests of significance tests against published values and scipy."""

# SPDX-License-Identifier: BSD-3-Clause

import math

import numpy as np
import pytest
from scipy.stats import wilcoxon

from sklearn_distill.evaluation.comparison.significance import (
    holm,
    rank_test,
    wilcoxon_p,
)

# Areas under the ROC curve of C4.5 and three variants on 14 data sets, from table 6 of
# Demsar (2006).
DEMSAR = np.array(
    [
        [0.763, 0.768, 0.771, 0.798],
        [0.599, 0.591, 0.590, 0.569],
        [0.954, 0.971, 0.968, 0.967],
        [0.628, 0.661, 0.654, 0.657],
        [0.882, 0.888, 0.886, 0.898],
        [0.936, 0.931, 0.916, 0.931],
        [0.661, 0.668, 0.609, 0.685],
        [0.583, 0.583, 0.563, 0.625],
        [0.775, 0.838, 0.866, 0.875],
        [1.000, 1.000, 1.000, 1.000],
        [0.940, 0.962, 0.965, 0.962],
        [0.619, 0.666, 0.614, 0.669],
        [0.972, 0.981, 0.9751, 0.975],
        [0.957, 0.978, 0.946, 0.970],
    ]
)


def test_ranks_and_friedman_statistic_of_demsars_example():
    """The paper's statistic is 9.28 and is not corrected for ties."""
    found = rank_test(DEMSAR)
    assert found.ranks.round(3).tolist() == [3.143, 2.0, 2.893, 1.964]
    untied = 12 * 14 / (4 * 5) * ((found.ranks**2).sum() - 4 * 25 / 4)
    assert untied == pytest.approx(9.28, abs=0.01)
    # One block has four equal scores, and three blocks have two equal scores.
    ties = (4**3 - 4) + 3 * (2**3 - 2)
    assert found.statistic == pytest.approx(untied / (1 - ties / (14 * (4**3 - 4))))
    assert found.p_value < 0.05


def test_critical_difference_of_demsars_example():
    """The critical difference is 2.291 sqrt(4 * 5 / (6 * 14)) = 1.12 at alpha 0.10."""
    q = {0.10: 2.291, 0.05: 2.569}
    for alpha, quantile in q.items():
        expected = quantile * math.sqrt(4 * 5 / (6 * 14))
        assert rank_test(DEMSAR, alpha=alpha).critical_difference == pytest.approx(
            expected, abs=0.001
        )


def test_nemenyi_p_value_is_alpha_at_the_critical_difference():
    found = rank_test(DEMSAR)
    gaps = np.abs(found.ranks[:, None] - found.ranks)
    differ = gaps > found.critical_difference
    assert ((found.p_values < 0.05) == differ).all()
    assert (found.p_values == found.p_values.T).all()
    # With alpha equal to the p-value of a pair, the critical difference equals the
    # difference of the pair's ranks.
    at_p = rank_test(DEMSAR, alpha=found.p_values[0, 3]).critical_difference
    assert at_p == pytest.approx(gaps[0, 3], rel=1e-6)


def test_holm_by_hand():
    """Sorted p-values are multiplied by 4, 3, 2, 1, and do not decrease."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == pytest.approx([1.0, 1.0])
    adjusted = holm([0.02, float("nan"), 0.03])
    assert adjusted[[0, 2]] == pytest.approx([0.04, 0.04])
    assert np.isnan(adjusted[1])


def test_wilcoxon_equals_scipy_and_handles_equal_and_single_pairs():
    first, second = DEMSAR[:, 0], DEMSAR[:, 1]
    assert wilcoxon_p(first, second) == wilcoxon(first, second).pvalue
    assert wilcoxon_p(first, first) == 1.0
    assert math.isnan(wilcoxon_p(first[:1], second[:1]))


def test_rank_test_of_equal_methods_and_of_two_methods():
    assert rank_test(np.ones((5, 3))).p_value == 1.0
    two = rank_test(DEMSAR[:, :2])
    assert two.p_value == wilcoxon_p(DEMSAR[:, 0], DEMSAR[:, 1])


@pytest.mark.parametrize(
    "scores", [[[1.0, 2.0]], [[1.0], [2.0]], [[1, np.nan], [1, 2]]]
)
def test_rank_test_raises_for_too_few_or_missing_scores(scores):
    with pytest.raises(ValueError, match="at least 2 methods on 2 blocks"):
        rank_test(scores)
