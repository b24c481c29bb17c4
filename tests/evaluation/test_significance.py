"""Tests of significance against published figures and other implementations."""

# SPDX-License-Identifier: BSD-3-Clause

import math

import numpy as np
import pytest
from scipy.stats import wilcoxon

from sklearn_distill.evaluation.significance import holm, rank_test, wilcoxon_p

# AUC of C4.5 and three variants on 14 sets: table 6 of Demsar (2006).
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


def test_ranks_and_friedman_are_those_of_demsars_example():
    """The paper's statistic, 9.28, ignores ties; ours is corrected for them."""
    found = rank_test(DEMSAR)
    assert found.ranks.round(3).tolist() == [3.143, 2.0, 2.893, 1.964]
    untied = 12 * 14 / (4 * 5) * ((found.ranks**2).sum() - 4 * 25 / 4)
    assert untied == pytest.approx(9.28, abs=0.01)
    # One row of four equal scores, three of a pair: sums of t^3 - t.
    ties = (4**3 - 4) + 3 * (2**3 - 2)
    assert found.statistic == pytest.approx(untied / (1 - ties / (14 * (4**3 - 4))))
    assert found.p_value < 0.05


def test_critical_difference_is_that_of_demsars_example():
    """CD at 0.10 is 2.291 sqrt(4 * 5 / (6 * 14)) = 1.12; at 0.05 q is 2.569."""
    q = {0.10: 2.291, 0.05: 2.569}
    for alpha, quantile in q.items():
        expected = quantile * math.sqrt(4 * 5 / (6 * 14))
        assert rank_test(DEMSAR, alpha=alpha).critical_difference == pytest.approx(
            expected, abs=0.001
        )


def test_nemenyis_p_is_alpha_at_the_critical_difference():
    found = rank_test(DEMSAR)
    gaps = np.abs(found.ranks[:, None] - found.ranks)
    differ = gaps > found.critical_difference
    assert ((found.p_values < 0.05) == differ).all()
    assert (found.p_values == found.p_values.T).all()
    # At the level of a pair's own p the critical difference is that pair's distance.
    at_p = rank_test(DEMSAR, alpha=found.p_values[0, 3]).critical_difference
    assert at_p == pytest.approx(gaps[0, 3], rel=1e-6)


def test_holm_by_hand():
    """Sorted and multiplied by 4, 3, 2, 1; each at least the one before, at most 1."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == pytest.approx([1.0, 1.0])
    adjusted = holm([0.02, float("nan"), 0.03])
    assert adjusted[[0, 2]] == pytest.approx([0.04, 0.04])
    assert np.isnan(adjusted[1])


def test_wilcoxon_is_scipys_with_answers_where_it_has_none():
    one, other = DEMSAR[:, 0], DEMSAR[:, 1]
    assert wilcoxon_p(one, other) == wilcoxon(one, other).pvalue
    assert wilcoxon_p(one, one) == 1.0
    assert math.isnan(wilcoxon_p(one[:1], other[:1]))


def test_equal_methods_and_two_methods():
    assert rank_test(np.ones((5, 3))).p_value == 1.0
    two = rank_test(DEMSAR[:, :2])
    assert two.p_value == wilcoxon_p(DEMSAR[:, 0], DEMSAR[:, 1])


@pytest.mark.parametrize(
    "scores", [[[1.0, 2.0]], [[1.0], [2.0]], [[1, np.nan], [1, 2]]]
)
def test_too_little_is_refused(scores):
    with pytest.raises(ValueError, match="at least 2 methods on 2 blocks"):
        rank_test(scores)
