"""Searches of Optuna run on distilled rows unchanged."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, KFold
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


def test_study_of_the_user_guide(rows):
    X, y = rows
    grid = GridSearchCV(SVC(), {"C": [1]}, cv=3)
    sets = DistilledSearchCV(grid, HerdingSelection(budget=10), confirm=False)
    sets.fit(X, y)

    def objective(trial):
        C = trial.suggest_float("C", 0.01, 100, log=True)
        scores = [
            SVC(C=C).fit(*distilled).score(X[validation], y[validation])
            for distilled, (_, validation) in zip(
                sets.distilled_, sets.search_.cv, strict=True
            )
        ]
        return np.mean(scores)

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = optuna.samplers.TPESampler(seed=0)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.optimize(objective, n_trials=8)
    best = [{"C": [trial.params["C"]]} for trial in study.trials if trial.value > 0.7]
    confirmed = GridSearchCV(SVC(), best, cv=3).fit(X, y)
    assert confirmed.best_score_ > 0.85
    weights = [distilled.prior_weights() for distilled in sets.distilled_]
    assert all(w.mean() == pytest.approx(1) for w in weights)
