"""Nets as students and as teachers."""

# SPDX-License-Identifier: BSD-3-Clause

import pickle
from functools import partial

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch import NeuralNetClassifier
from skorch.callbacks import LRScheduler
from torch import nn

from sklearn_distill import KnowledgeDistillationClassifier
from sklearn_distill.engine.networks import MLP
from sklearn_distill.knowledge_distillation.losses import LOSSES, dkd, kl

NAMES = np.array(["setosa", "versicolor", "virginica"])


def iris():
    X, y = load_iris(return_X_y=True)
    return StandardScaler().fit_transform(X), NAMES[y]


def net(width=16, max_epochs=15, **params):
    params = {"lr": 0.02, "batch_size": 32, "iterator_train__shuffle": True} | params
    params = {"criterion": nn.CrossEntropyLoss, "optimizer": torch.optim.Adam} | params
    params = {"module": MLP} | params
    return NeuralNetClassifier(
        module__width=width, module__depth=1, max_epochs=max_epochs, **params
    )


def forest():
    return ExtraTreesClassifier(20, random_state=0)


def kd(teacher, student, **params):
    params = {"check_teacher": False, "random_state": 0} | params
    return KnowledgeDistillationClassifier(teacher, student, **params)


class Softmaxed(MLP):
    """An MLP that ends in a softmax, as skorch's default criterion requires."""

    def forward(self, rows):
        return super().forward(rows).softmax(dim=1)


class Normed(nn.Sequential):
    """A network with batch normalization, which requires more than one row."""

    def __init__(self, n_inputs, n_outputs):
        super().__init__(
            nn.Linear(n_inputs, 8),
            nn.BatchNorm1d(8),
            nn.ReLU(),
            nn.Linear(8, n_outputs),
        )


@pytest.mark.parametrize(
    ("teacher", "student"),
    [
        (forest(), net()),
        (net(64), net(8)),
        (net(), forest()),
        (forest(), make_pipeline(StandardScaler(), net())),
        (make_pipeline(StandardScaler(), net(64)), net()),
        ([forest(), net()], net()),
        (forest(), MLP),
        (MLP, net()),
        ("self", net()),
        (forest(), net(module=Softmaxed, criterion=nn.NLLLoss)),
    ],
)
def test_nets_as_teacher_and_student(teacher, student):
    """String labels and float64 rows are accepted."""
    X, y = iris()
    model = kd(teacher, student).fit(X, y)
    assert model.score(X, y) > 0.9
    proba = model.predict_proba(X)
    np.testing.assert_allclose(proba.sum(axis=1), 1.0)
    np.testing.assert_array_equal(NAMES[proba.argmax(axis=1)], model.predict(X))
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), proba)


DKD_LESS = partial(dkd, other_weight=4.0)


@pytest.mark.parametrize("loss", [*LOSSES, pytest.param(DKD_LESS, id="partial")])
def test_every_loss_makes_the_student_follow_the_teacher(loss):
    """The teacher was trained on labels in which two classes are swapped."""
    X, y = iris()
    swapped = NAMES[[1, 0, 2]][np.searchsorted(NAMES, y)]
    teacher = FrozenEstimator(forest().fit(X, swapped))
    model = kd(teacher, net(), loss=loss, alpha=0.95, temperature=2.0).fit(X, y)
    if loss in ("dist", "rkd"):
        # These losses compare relations between rows; only labels identify the classes.
        history = model.student_.net_.history
        assert history[-1, "train_loss"] < 0.8 * history[0, "train_loss"]
    else:
        assert (model.predict(X) == swapped).mean() > 0.9


def test_history_has_the_terms_of_the_loss_for_each_epoch():
    X, y = iris()
    history = kd(forest(), net(), loss="dkd").fit(X, y).student_.net_.history
    assert len(history) == 15
    assert history[-1, "loss_labels"] < history[0, "loss_labels"]
    total = sum(history[-1, f"loss_{n}"] for n in ("labels", "target", "others"))
    assert total == pytest.approx(history[-1, "train_loss"], rel=0.15)


def test_callable_loss():
    X, y = iris()
    calls = []

    def loss(student, teacher, y, *, sample_weight, temperature):
        calls.append((student.shape, teacher.shape, y.dtype, temperature))
        return kl(student, teacher, sample_weight=sample_weight)["kl"]

    model = kd(forest(), net(), loss=loss, temperature=3.0).fit(X, y)
    assert calls[0] == ((32, 3), (32, 3), torch.int64, 3.0)
    assert model.student_.net_.history[-1, "loss_teacher"] > 0
    assert model.score(X, y) > 0.9


def test_alpha_may_be_a_schedule():
    X, y = iris()
    seen = []

    def schedule(progress):
        seen.append(progress)
        return 1.0 - progress

    model = kd(forest(), net(max_epochs=5), alpha=schedule).fit(X, y)
    np.testing.assert_allclose(seen, [0.0, 0.25, 0.5, 0.75, 1.0])
    history = model.student_.net_.history
    assert "loss_labels" not in history[0]
    assert "loss_kl" not in history[-1]
    with pytest.raises(ValueError, match="from 0 to 1"):
        kd(forest(), net(), alpha=lambda progress: 2.0).fit(X, y)


def test_training_on_labels_and_teacher_equals_training_on_blended_labels():
    """At temperature 1, both losses are the same cross-entropy."""
    X, y = iris()
    predicted = forest().set_params(max_depth=2).fit(X, y).predict_proba(X)
    predicted = 0.9 * predicted + 0.1 / 3
    one_hot = (y[:, None] == NAMES).astype(float)
    student = net(batch_size=-1, max_epochs=5)
    half = kd(None, student, alpha=0.5).fit(X, y, teacher_proba=predicted)
    whole = kd(None, student, alpha=1.0).fit(
        X, y, teacher_proba=0.5 * predicted + 0.5 * one_hot
    )
    np.testing.assert_allclose(half.predict_proba(X), whole.predict_proba(X), atol=2e-3)


def test_sample_weight_equals_repeated_rows():
    X, y = iris()
    weights = np.where(np.arange(150) % 2, 2.0, 1.0)
    rows = np.repeat(np.arange(150), weights.astype(int))
    model = kd(forest(), net(batch_size=-1, max_epochs=5), teacher_labels="in_sample")
    teacher = FrozenEstimator(forest().fit(X, y))
    model.set_params(teacher=teacher)
    weighted = clone(model).fit(X, y, sample_weight=weights).predict_proba(X)
    repeated = clone(model).fit(X[rows], y[rows]).predict_proba(X)
    np.testing.assert_allclose(weighted, repeated, atol=1e-3)


def test_unlabeled_rows_improve_a_net():
    X, y = load_digits(return_X_y=True)
    teacher = FrozenEstimator(forest().fit(X[:1_000], y[:1_000]))
    model = kd(teacher, net(max_epochs=20))
    alone = clone(model).set_params(alpha=0.0).fit(X[:100], y[:100])
    taught = clone(model).fit(X[:100], y[:100], X_unlabeled=X[100:1_000])
    test = X[1_000:], y[1_000:]
    assert taught.score(*test) > alone.score(*test) + 0.05


def test_random_state_determines_the_net_and_keeps_the_global_generator():
    X, y = iris()
    before = torch.random.get_rng_state()
    first, second = (kd(forest(), net()).fit(X, y).predict_proba(X) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert torch.equal(torch.random.get_rng_state(), before)
    other = kd(forest(), net(), random_state=1).fit(X, y).predict_proba(X)
    assert not np.array_equal(first, other)


def test_grid_search_over_parameters_of_the_module():
    X, y = iris()
    model = kd(forest(), net(max_epochs=3))
    grid = {
        "student__module__width": [4, 32],
        "temperature": [1.0, 2.0],
        "alpha": [0.7],
    }
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(X, y)
    width = search.best_params_["student__module__width"]
    assert search.best_estimator_.student_.net_.module_[1].out_features == width
    assert not search.estimator.student.initialized_


def test_callbacks_of_the_net_are_kept():
    X, y = iris()
    scheduled = net(callbacks=[LRScheduler("StepLR", step_size=5)])
    model = kd(forest(), scheduled).fit(X, y)
    assert "event_lr" in model.student_.net_.history[-1]
    quiet = kd(forest(), net(callbacks="disable")).fit(X, y)
    assert "loss_kl" in quiet.student_.net_.history[-1]
    # With 149 rows and batches of 37, the last batch would have a single row.
    normed = NeuralNetClassifier(
        Normed, criterion=nn.CrossEntropyLoss, batch_size=37, max_epochs=2
    )
    kd(forest(), normed).fit(X[:149], y[:149])


def test_hints_make_layers_similar():
    """Layers of equal and of different widths come closer to those of the teacher."""
    X, y = iris()
    teacher = net(32, max_epochs=30)
    for width in (32, 8):
        model = kd(teacher, net(width), hints={"1": "1"}, hint_weight=1.0).fit(X, y)
        history = model.student_.net_.history
        assert history[-1, "loss_hint0"] < 0.5 * history[0, "loss_hint0"]
        assert not model.student_.net_.module_[1]._forward_hooks
        assert model.score(X, y) > 0.9
    frozen = NeuralNetClassifier(
        MLP,
        module__n_inputs=4,
        module__n_outputs=3,
        criterion=nn.CrossEntropyLoss,
        max_epochs=10,
        lr=0.1,
    ).set_params(verbose=0, train_split=None)
    codes = np.searchsorted(NAMES, y)
    frozen.fit(X.astype(np.float32), codes)
    within = make_pipeline(StandardScaler(), net(8))
    model = kd(FrozenEstimator(frozen), within, hints={"3": "1"}).fit(X, y)
    assert "loss_hint0" in model.student_[-1].net_.history[-1]
    assert model.teacher_.estimator is frozen


def test_parameters_that_do_not_fit_together_raise():
    X, y = iris()
    with pytest.raises(ValueError, match="hints cannot be combined"):
        kd(net(16), net(8), hints={"1": "1"}, n_generations=2).fit(X, y)
    with pytest.raises(ValueError, match="does not use a teacher"):
        kd(None, net(8), loss="label_smoothing", temperature=4.0).fit(X, y)
