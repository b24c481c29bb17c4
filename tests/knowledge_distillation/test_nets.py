"""Nets as students and as teachers: losses, hints, starts, schedules."""

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
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch import NeuralNetClassifier
from skorch.callbacks import LRScheduler
from torch import nn

from sklearn_distill import KnowledgeDistillationClassifier
from sklearn_distill.engine.networks import MLP
from sklearn_distill.knowledge_distillation.losses import LOSSES, dkd, kl
from sklearn_distill.knowledge_distillation.start import start_from

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
    """Ends in a softmax, as skorch's default criterion wants it."""

    def forward(self, rows):
        return super().forward(rows).softmax(dim=1)


class Normed(nn.Sequential):
    """Has a batch normalisation, which no batch of one row can feed."""

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
def test_nets_stand_on_either_side(teacher, student):
    """With string labels and float64 rows, and the answers of a plain classifier."""
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
def test_every_loss_teaches(loss):
    """The student follows the teacher better than one who is taught by labels alone.

    The teacher is of another opinion than the labels: it takes two classes for another.
    """
    X, y = iris()
    swapped = NAMES[[1, 0, 2]][np.searchsorted(NAMES, y)]
    teacher = FrozenEstimator(forest().fit(X, swapped))
    model = kd(teacher, net(), loss=loss, alpha=0.95, temperature=2.0).fit(X, y)
    if loss in ("dist", "rkd"):
        # Relations alone: which class is which is for the labels to say.
        history = model.student_.net_.history
        assert history[-1, "train_loss"] < 0.8 * history[0, "train_loss"]
    else:
        assert (model.predict(X) == swapped).mean() > 0.9


def test_the_terms_of_the_loss_are_written_down_epoch_by_epoch():
    X, y = iris()
    history = kd(forest(), net(), loss="dkd").fit(X, y).student_.net_.history
    assert len(history) == 15
    assert history[-1, "loss_labels"] < history[0, "loss_labels"]
    total = sum(history[-1, f"loss_{n}"] for n in ("labels", "target", "others"))
    assert total == pytest.approx(history[-1, "train_loss"], rel=0.15)


def test_a_callable_is_a_loss():
    X, y = iris()
    calls = []

    def loss(student, teacher, y, *, sample_weight, temperature):
        calls.append((student.shape, teacher.shape, y.dtype, temperature))
        return kl(student, teacher, sample_weight=sample_weight)["kl"]

    model = kd(forest(), net(), loss=loss, temperature=3.0).fit(X, y)
    assert calls[0] == ((32, 3), (32, 3), torch.int64, 3.0)
    assert model.student_.net_.history[-1, "loss_teacher"] > 0
    assert model.score(X, y) > 0.9


def test_alpha_can_follow_the_progress_of_training():
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


def test_a_net_learns_what_its_blended_labels_say():
    """At temperature 1, teacher and labels are one: the same student comes out."""
    X, y = iris()
    said = forest().set_params(max_depth=2).fit(X, y).predict_proba(X)
    said = 0.9 * said + 0.1 / 3
    one_hot = (y[:, None] == NAMES).astype(float)
    student = net(batch_size=-1, max_epochs=5)
    half = kd(None, student, alpha=0.5).fit(X, y, teacher_proba=said)
    whole = kd(None, student, alpha=1.0).fit(
        X, y, teacher_proba=0.5 * said + 0.5 * one_hot
    )
    np.testing.assert_allclose(half.predict_proba(X), whole.predict_proba(X), atol=2e-3)


def test_weights_count_as_copies_do():
    X, y = iris()
    weights = np.where(np.arange(150) % 2, 2.0, 1.0)
    rows = np.repeat(np.arange(150), weights.astype(int))
    model = kd(forest(), net(batch_size=-1, max_epochs=5), teacher_labels="in_sample")
    teacher = FrozenEstimator(forest().fit(X, y))
    model.set_params(teacher=teacher)
    weighted = clone(model).fit(X, y, sample_weight=weights).predict_proba(X)
    repeated = clone(model).fit(X[rows], y[rows]).predict_proba(X)
    np.testing.assert_allclose(weighted, repeated, atol=1e-3)


def test_unlabeled_rows_are_learned_from():
    X, y = load_digits(return_X_y=True)
    teacher = FrozenEstimator(forest().fit(X[:1_000], y[:1_000]))
    model = kd(teacher, net(max_epochs=20))
    alone = clone(model).set_params(alpha=0.0).fit(X[:100], y[:100])
    taught = clone(model).fit(X[:100], y[:100], X_unlabeled=X[100:1_000])
    test = X[1_000:], y[1_000:]
    assert taught.score(*test) > alone.score(*test) + 0.05


def test_the_same_seed_gives_the_same_net_and_leaves_torch_alone():
    X, y = iris()
    before = torch.random.get_rng_state()
    first, second = (kd(forest(), net()).fit(X, y).predict_proba(X) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert torch.equal(torch.random.get_rng_state(), before)
    other = kd(forest(), net(), random_state=1).fit(X, y).predict_proba(X)
    assert not np.array_equal(first, other)


def test_a_search_reaches_into_the_net():
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


def test_own_callbacks_and_norms_are_kept():
    X, y = iris()
    scheduled = net(callbacks=[LRScheduler("StepLR", step_size=5)])
    model = kd(forest(), scheduled).fit(X, y)
    assert "event_lr" in model.student_.net_.history[-1]
    quiet = kd(forest(), net(callbacks="disable")).fit(X, y)
    assert "loss_kl" in quiet.student_.net_.history[-1]
    # The last batch of 150 - 1 rows would have a single row.
    normed = NeuralNetClassifier(
        Normed, criterion=nn.CrossEntropyLoss, batch_size=37, max_epochs=2
    )
    kd(forest(), normed).fit(X[:149], y[:149])


# Hints


def test_hints_make_layers_alike():
    """Of one width or not; the student's layer comes nearer to the teacher's."""
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


# The teacher's parameters as a start


def test_a_student_of_the_same_shape_starts_as_its_teacher():
    X, y = iris()
    teacher = net(16, max_epochs=30)
    model = kd(teacher, net(16, max_epochs=1, lr=1e-9), init="teacher").fit(X, y)
    np.testing.assert_allclose(
        model.predict_proba(X), model.teacher_.predict_proba(X), atol=1e-4
    )


def test_a_narrower_student_starts_from_the_most_important_units():
    """Units without a weight are left out: the same function comes out."""
    torch.manual_seed(0)
    teacher, student = MLP(5, 3, width=8, depth=2), MLP(5, 3, width=4, depth=2)
    with torch.no_grad():
        for layer in (1, 3):
            idle = [1, 2, 5, 6]
            teacher[layer].weight[idle] = 0.0
            teacher[layer].bias[idle] = 0.0
    copied = start_from(student, teacher)
    assert copied == ["1", "3", "5"]
    rows = torch.randn(20, 5)
    torch.testing.assert_close(student(rows), teacher(rows))


def test_convolutions_and_norms_are_sliced_alike():
    def build(channels):
        return nn.Sequential(
            nn.Conv2d(1, channels, 3),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(channels * 4, 2),
        ).eval()

    torch.manual_seed(0)
    teacher, student = build(6), build(3)
    with torch.no_grad():
        teacher[1].running_mean.uniform_(-1, 1)
        for idle in (0, 3, 4):
            teacher[4].weight[:, idle * 4 : idle * 4 + 4] = 0.0
    assert start_from(student, teacher) == ["0", "1", "4"]
    rows = torch.randn(7, 1, 4, 4)
    torch.testing.assert_close(student(rows), teacher(rows))


def test_what_does_not_fit_keeps_its_own_start():
    torch.manual_seed(0)
    # A student of fewer layers has the first ones; a wider one all units and its own.
    deep, shallow = MLP(5, 3, width=8, depth=3), MLP(5, 3, width=8, depth=1)
    assert start_from(shallow, deep) == ["1"]
    torch.testing.assert_close(shallow[1].weight, deep[1].weight)
    wide, teacher = MLP(5, 3, width=12, depth=2), MLP(5, 3, width=8, depth=2)
    assert start_from(wide, teacher) == ["1", "3", "5"]
    torch.testing.assert_close(wide[1].weight[:8], teacher[1].weight)
    with pytest.raises(ValueError, match="no layer of the student"):
        start_from(MLP(4, 3), MLP(5, 3))


def test_a_start_from_the_teacher_is_a_head_start():
    X, y = load_digits(return_X_y=True)
    teacher = FrozenEstimator(
        NeuralNetClassifier(
            MLP,
            module__n_inputs=64,
            module__n_outputs=10,
            module__width=64,
            module__depth=1,
            criterion=nn.CrossEntropyLoss,
            optimizer=torch.optim.Adam,
            lr=3e-3,
            max_epochs=15,
            verbose=0,
            train_split=None,
        ).fit(X[:1_200].astype(np.float32), y[:1_200])
    )
    student = net(32, max_epochs=1, lr=1e-4)
    scores = [
        kd(teacher, student, init=init)
        .fit(X[:1_200], y[:1_200])
        .score(X[1_200:], y[1_200:])
        for init in (None, "teacher")
    ]
    assert scores[1] > scores[0] + 0.3


# What is refused


@pytest.mark.parametrize(
    ("student", "error", "message"),
    [
        (MLP(4, 3), TypeError, "module instance"),
        (NeuralNetClassifier(MLP(4, 3)), TypeError, "module is an instance"),
        (LRScheduler, TypeError, "is a class. Pass an instance"),
        (net(criterion=nn.BCELoss), ValueError, "criterion is BCELoss"),
        (
            net(criterion__weight=torch.ones(3)),
            ValueError,
            r"criterion is CrossEntropyLoss\['criterion__weight'\]",
        ),
        (net(module__n_outputs=2), ValueError, "has 2 outputs, but 3 are needed"),
        (net(module__n_inputs=7), ValueError, "cannot take rows of shape"),
    ],
)
def test_nets_that_cannot_be_trained_here(student, error, message):
    """Said before the teacher is trained, and for teachers as well."""
    X, y = iris()
    trained = []

    class Watched(ExtraTreesClassifier):
        def fit(self, X, y, sample_weight=None):
            trained.append(self)
            return super().fit(X, y, sample_weight)

    with pytest.raises(error, match=message):
        kd(Watched(5), student).fit(X, y)
    with pytest.raises(error, match=message):
        kd(student, Watched(5)).fit(X, y)
    assert trained == []


def test_what_nets_cannot_do_is_refused():
    X, y = iris()
    with pytest.raises(ValueError, match="goes without hints"):
        kd(net(16), net(8), hints={"1": "1"}, n_generations=2).fit(X, y)
    with pytest.raises(ValueError, match="has no teacher"):
        kd(None, net(8), loss="label_smoothing", temperature=4.0).fit(X, y)


@pytest.mark.parametrize("hints", [{"9": "1"}, {"1": "9"}])
def test_hints_between_layers_that_are_not_there_are_refused(hints):
    X, y = iris()
    with pytest.raises(ValueError, match=r"a layer '9', but MLP has 0, 1, 2, 3"):
        kd(net(), net(), hints=hints).fit(X, y)


@pytest.mark.parametrize("loss", ["dkd", "standardised_kl"])
def test_losses_that_say_nothing_for_two_classes_are_refused(loss):
    X, y = iris()
    with pytest.raises(ValueError, match="says nothing for two classes"):
        kd(forest(), net(), loss=loss).fit(X[:100], y[:100])


def test_a_net_of_words_asks_for_an_encoder():
    X = np.array([["a", "b"], ["b", "a"]] * 10, dtype=object)
    with pytest.raises(ValueError, match="A net takes numbers"):
        kd(forest(), net()).fit(X, ["x", "y"] * 10)


def test_logits_are_not_taken_for_probabilities():
    """skorch's default criterion is for modules that end in a softmax."""
    X, y = load_iris(return_X_y=True)
    net = NeuralNetClassifier(MLP, module__width=8, max_epochs=2)
    model = KnowledgeDistillationClassifier(GaussianNB(), net, check_teacher=False)
    with pytest.raises(ValueError, match="CrossEntropyLoss"):
        model.fit(X, y)
