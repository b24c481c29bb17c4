"""KnowledgeDistillationRegressor: blended targets, outliers, nets, predictions."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_diabetes, make_friedman1
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor
from skorch import NeuralNetRegressor
from torch import nn

from sklearn_distill import (
    KernelInducingPoints,
    KMeansSelection,
    KnowledgeDistillationRegressor,
)
from sklearn_distill.engine.networks import MLP

# With few steps, a distiller may not lower its loss, which causes a warning.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def kd(teacher, student, **params):
    params = {"check_teacher": False, "random_state": 0} | params
    return KnowledgeDistillationRegressor(teacher, student, **params)


def forest():
    return ExtraTreesRegressor(30, min_samples_leaf=3, random_state=0)


def tree(leaves=16):
    return DecisionTreeRegressor(max_leaf_nodes=leaves, random_state=0)


def net(max_epochs=40, **params):
    return NeuralNetRegressor(
        MLP,
        module__width=32,
        module__depth=1,
        criterion=nn.MSELoss,
        optimizer=torch.optim.Adam,
        lr=1e-2,
        max_epochs=max_epochs,
        iterator_train__shuffle=True,
        **params,
    )


def friedman(n=600, seed=0):
    return make_friedman1(n, n_features=6, noise=0.5, random_state=seed)


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_student_is_trained_on_blended_targets(alpha):
    X, y = friedman()
    model = kd(forest(), Ridge(), alpha=alpha).fit(X, y)
    blend = alpha * forest().fit(X, y).predict(X) + (1 - alpha) * y
    expected = Ridge().fit(X, blend).predict(X)
    np.testing.assert_allclose(model.predict(X), expected)


def test_unlabeled_rows_improve_a_small_tree():
    X, y = friedman(3_000)
    gains = []
    for seed in range(3):
        rows = np.random.RandomState(seed).permutation(3_000)
        few, more, test = rows[:150], rows[150:1_500], rows[1_500:]
        alone = tree(32).fit(X[few], y[few]).score(X[test], y[test])
        model = kd(forest(), tree(32)).fit(X[few], y[few], X_unlabeled=X[more])
        gains.append(model.score(X[test], y[test]) - alone)
    assert min(gains) > 0.02


def test_several_teachers_and_given_predictions():
    X, y = friedman()
    frozen = FrozenEstimator(KNeighborsRegressor().fit(X, y))
    model = kd([forest(), frozen], Ridge(), teacher_weights=[1, 3], alpha=1.0).fit(X, y)
    predicted = 0.25 * forest().fit(X, y).predict(X) + 0.75 * frozen.predict(X)
    given = kd(None, Ridge(), alpha=1.0).fit(X, y, teacher_predictions=predicted)
    np.testing.assert_allclose(model.predict(X), given.predict(X))
    with pytest.raises(ValueError, match=r"must have shape \(600,\); got \(3,\)"):
        kd(None, Ridge()).fit(X, y, teacher_predictions=np.ones(3))


def test_outlier_robust_loss_improves_the_score_with_wrong_labels():
    X, y = friedman(400)
    X_test, y_test = friedman(1_000, seed=1)
    wrong = np.random.RandomState(0).choice(400, 40, replace=False)
    y = y.copy()
    y[wrong] += 40.0
    common = {"alpha": 0.0, "teacher_labels": "out_of_fold"}
    trusting = kd(forest(), tree(32), **common).fit(X, y)
    robust = kd(forest(), tree(32), loss="outlier_robust", **common).fit(X, y)
    assert robust.score(X_test, y_test) > trusting.score(X_test, y_test) + 0.1


@pytest.mark.parametrize("loss", ["blended", "bounded", "outlier_robust"])
def test_nets_are_trained_on_targets_of_any_scale(loss):
    X, y = friedman(300)
    y = 1e4 + 1e3 * y
    student = make_pipeline(StandardScaler(), net())
    model = kd(forest(), student, loss=loss, transfer="munge", n_transfer=1.0)
    assert model.fit(X, y).score(X, y) > 0.7
    assert model.predict(X).shape == (300,)
    assert model.student_[-1].net_.history[-1, "train_loss"] < 1.0


def test_hints_and_init_from_a_net_teacher():
    X, y = friedman(300)
    X = StandardScaler().fit_transform(X)
    model = kd(net(), net(max_epochs=5), hints={"1": "1"}, init="teacher").fit(X, y)
    assert model.score(X, y) > 0.7
    assert "loss_hint0" in model.student_.net_.history[-1]
    by_class = kd(forest(), MLP).fit(X, y)
    assert by_class.score(X, y) > 0.5


def test_self_distillation_over_generations():
    X, y = friedman(300)
    model = kd("self", tree(), n_generations=2, alpha=0.5).fit(X, y)
    assert len(model.generations_) == 2
    assert model.score(X, y) > 0.6


def test_pipeline_with_distilled_continuous_targets():
    X, y = load_diabetes(return_X_y=True)
    for distiller in (
        KMeansSelection(60, random_state=0),
        KernelInducingPoints(60, max_iter=10, random_state=0),
    ):
        model = make_pipeline(StandardScaler(), distiller, kd(forest(), Ridge()))
        assert cross_val_score(model, X, y, cv=2, error_score="raise").mean() > 0.3
    grid = {
        "kernelinducingpoints__budget": [30, 60],
        "knowledgedistillationregressor__alpha": [0.2, 0.8],
    }
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(X, y)
    assert search.score(X, y) > 0.3


def test_warns_if_the_teacher_is_not_better():
    X, y = friedman(300)
    model = clone(kd(tree(2), forest())).set_params(check_teacher=True)
    with pytest.warns(UserWarning, match=r"student alone: R\^2"):
        model.fit(X, y)
    good = clone(kd(forest(), tree(2))).set_params(check_teacher=True).fit(X, y)
    assert good.teacher_gain_.is_clear
    assert good.teacher_gain_.teacher > 0.5


def test_invalid_parameters_raise():
    X, y = friedman(60)
    with pytest.raises(
        ValueError, match=r"The teacher .* is a classifier, but y is continuous"
    ):
        kd(LogisticRegression(), Ridge()).fit(X, y)
    with pytest.raises(
        ValueError, match=r"The student .* is a classifier, but y is continuous"
    ):
        kd(Ridge(), LogisticRegression()).fit(X, y)
    with pytest.raises(ValueError, match="requires a net as the student"):
        kd(Ridge(), Ridge(), loss="bounded").fit(X, y)
    with pytest.raises(
        ValueError, match=r"loss must be one of blended, .* for regression"
    ):
        kd(Ridge(), Ridge(), loss="kl").fit(X, y)
    with pytest.raises(ValueError, match="criterion of the net is CrossEntropyLoss"):
        kd(Ridge(), net().set_params(criterion=nn.CrossEntropyLoss)).fit(X, y)
    whole = make_pipeline(
        KMeansSelection(5, task="classification", random_state=0),
        kd(Ridge(), Ridge()),
    )
    with pytest.raises(ValueError, match="were distilled with class labels"):
        whole.fit(X, np.arange(60) % 3)


def test_integer_targets_are_continuous_for_a_distiller_as_transfer():
    rng = np.random.RandomState(0)
    X = rng.randn(120, 3)
    y = np.round(3 + X[:, 0]).clip(0, 5)
    sizes = []

    class Watched(Ridge):
        def fit(self, X, y, sample_weight=None):
            sizes.append(len(X))
            return super().fit(X, y, sample_weight)

    transfer = KMeansSelection(5, random_state=0)
    kd(Ridge(), Watched(), transfer=transfer, check_teacher=False).fit(X, y)
    assert sizes[-1] == 125
