"""The automatic budget of a search."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from scipy.stats import loguniform
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.svm import SVC

from sklearn_distill.model_selection.auto_budget import agree, probe_candidates


def test_probes_of_a_grid_are_some_of_its_candidates():
    grid = GridSearchCV(SVC(), {"C": range(1, 30)})
    probes = probe_candidates(grid)
    assert len({probe["C"] for probe in probes}) == 8
    assert probes == probe_candidates(grid)


def test_probes_of_distributions():
    given = RandomizedSearchCV(SVC(), {"C": loguniform(0.1, 10), "gamma": [0.1, 1]})
    assert len(probe_candidates(given)) == 8


def test_distributions_of_another_kind_raise():
    given = RandomizedSearchCV(SVC(), {"C": object()})
    with pytest.raises(ValueError, match="Set the budget to a number"):
        probe_candidates(given)


def test_agreement_of_rankings():
    scores = np.array([0.1, 0.2, 0.3, np.nan])
    assert agree(scores, 2 * scores)
    assert not agree(scores, -scores)
    assert not agree(scores, np.array([0.5, 0.5, 0.5, 0.5]))
    assert not agree(scores[:2], scores[:2])
