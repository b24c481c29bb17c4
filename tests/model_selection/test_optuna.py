"""Searches of Optuna run on distilled rows unchanged."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.model_selection import KFold
from sklearn.svm import SVC

from sklearn_distill import DistilledSearchCV, HerdingSelection

optuna = pytest.importorskip("optuna")
integration = pytest.importorskip("optuna_integration")


@pytest.fixture
def search():
    """Return a search over the penalty and the bandwidth of an SVC."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    space = {
        "C": optuna.distributions.FloatDistribution(0.1, 100, log=True),
        "gamma": optuna.distributions.FloatDistribution(1e-3, 1, log=True),
    }
    return integration.OptunaSearchCV(
        SVC(), space, n_trials=6, cv=KFold(3), random_state=0
    )


@pytest.mark.filterwarnings("ignore")
def test_trials_are_confirmed(rows, search):
    X, y = rows
    fitted = DistilledSearchCV(search, HerdingSelection(budget=8), top_k=2).fit(X, y)
    results = fitted.cv_results_
    assert len(results["params"]) == 6
    assert np.isfinite(results["confirmed_mean_test_score"]).sum() == 2
    trials = [trial.value for trial in fitted.search_.study_.trials]
    np.testing.assert_allclose(results["mean_test_score"], trials)
    assert results["params"][fitted.best_index_] == fitted.best_params_
    assert fitted.score(X, y) > 0.8
    assert set(results) >= {"param_C", "param_gamma", "rank_test_score"}


@pytest.mark.filterwarnings("ignore")
def test_automatic_budget_needs_candidates(rows, search):
    with pytest.raises(ValueError, match="Set the budget to a number"):
        DistilledSearchCV(search, HerdingSelection(), budget="auto").fit(*rows)


@pytest.mark.filterwarnings("ignore")
def test_subsample_raises(rows, search):
    search.set_params(subsample=0.5)
    with pytest.raises(ValueError, match=r"Set subsample=1\.0"):
        DistilledSearchCV(search, HerdingSelection()).fit(*rows)
