"""Both distribution matching estimators, on data."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_digits, make_blobs
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from skorch import NeuralNetClassifier
from torch import nn

from sklearn_distill import DistributionMatching, MultiLayerDistributionMatching
from sklearn_distill.distribution_matching.multi_layer.layer_losses import (
    spatial_attention,
)
from sklearn_distill.engine.networks import MLP, ConvNet

BOTH = [DistributionMatching, MultiLayerDistributionMatching]
X, y = make_blobs(400, 5, centers=4, cluster_std=2.0, random_state=0)


def fit(cls, *data, **params):
    params = {"budget": 3, "max_iter": 40, "random_state": 0, **params}
    return cls(**params).fit(*data)


@pytest.mark.parametrize("cls", BOTH)
def test_the_loss_on_held_back_rows_falls(cls):
    losses = fit(cls, X, y, max_iter=100).history_[:, "valid_loss"]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize(
    "discrepancy", ["mean", "mmd", "kl", "characteristic", "adversarial"]
)
@pytest.mark.parametrize("task", ["classification", "regression", "unsupervised"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_every_discrepancy_on_every_task(discrepancy, task):
    target = {"classification": y, "regression": X[:, 0] * 2.5, "unsupervised": None}
    distiller = fit(DistributionMatching, X, target[task], discrepancy=discrepancy)
    assert np.isfinite(distiller.distilled_.X).all()
    assert len(distiller.distilled_) == (12 if task == "classification" else 3)


@pytest.mark.parametrize("discrepancy", ["attention", "mean", "mmd"])
@pytest.mark.parametrize("adversarial", [False, True])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_every_layer_of_images(discrepancy, adversarial):
    images, digits = load_digits(n_class=3, return_X_y=True)
    matching = fit(
        MultiLayerDistributionMatching,
        images.reshape(-1, 1, 8, 8),
        digits,
        discrepancy=discrepancy,
        adversarial=adversarial,
        network=NeuralNetClassifier(ConvNet, module__width=4),
        batch_size=60,
        max_iter=20,
    )
    assert matching.distilled_.X.shape == (9, 1, 8, 8)


@pytest.mark.parametrize("cls", BOTH)
@pytest.mark.parametrize("training", ["none", "queue", "full"])
def test_every_source_of_networks(cls, training):
    assert fit(cls, X, y, network_training=training).score(X, y) > 0.7


@pytest.mark.parametrize("cls", BOTH)
def test_networks_that_need_labels_say_so(cls):
    with pytest.raises(ValueError, match="trains networks to predict y"):
        fit(cls, X, network_training="queue")


def test_rows_carry_the_relation_between_columns_and_target():
    X, y = load_diabetes(return_X_y=True)
    matching = fit(DistributionMatching, X, y, budget=40, max_iter=200)
    Xs, ys = matching.distilled_
    kept = LinearRegression().fit(Xs, ys).score(X, y)
    assert kept > 0.7 * LinearRegression().fit(X, y).score(X, y)


@pytest.mark.parametrize("cls", BOTH)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_network_is_searched_over(cls):
    distiller = cls(
        2,
        max_iter=20,
        random_state=0,
        network=NeuralNetClassifier(MLP, module__width=4),
    )
    search = GridSearchCV(
        distiller, {"network__module__width": [4, 8]}, cv=StratifiedKFold(2)
    ).fit(X, y)
    assert set(search.cv_results_["param_network__module__width"]) == {4, 8}


@pytest.mark.parametrize("cls", BOTH)
def test_module_instances_are_refused(cls):
    with pytest.raises(TypeError, match="module instance"):
        fit(cls, X, y, network=MLP(5, 4))


def test_layers_by_name():
    matching = fit(MultiLayerDistributionMatching, X, y, layers=["2", "4"])
    assert len(matching.distilled_) == 12
    for layers in (["head"], []):
        with pytest.raises(ValueError, match="this network's layers are"):
            fit(MultiLayerDistributionMatching, X, y, layers=layers)


@pytest.mark.parametrize("cls", BOTH)
def test_several_networks_a_step(cls):
    assert fit(cls, X, y, n_networks=3).score(X, y) > 0.7


@pytest.mark.parametrize("cls", BOTH)
def test_augmentation_of_tables_and_a_wrong_one(cls):
    changes = ["noise", "dropout", "mixup"]
    assert fit(cls, X, y, augmentation=changes).score(X, y) > 0.6
    with pytest.raises(ValueError, match="not known for tables"):
        fit(cls, X, y, augmentation="rotate")


def test_a_skorch_callback_sees_the_loop():
    from skorch.callbacks import Callback

    class Watch(Callback):
        def on_batch_end(self, net, training=False, **kwargs):
            if training:
                shapes.append(tuple(net.module_.rows.shape))

    shapes = []
    fit(DistributionMatching, X, y, callbacks=[Watch()])
    assert shapes == 40 * [(12, 5)]


def test_networks_weights_are_not_learned_with_the_rows():
    distiller = clone(DistributionMatching(2, max_iter=5, random_state=0))
    learned = []

    from skorch.callbacks import Callback

    class Watch(Callback):
        def on_train_begin(self, net, **kwargs):
            learned.extend(name for name, _ in net.get_all_learnable_params())

    distiller.set_params(callbacks=[Watch()]).fit(X, y)
    assert learned == ["rows", "targets"]


def test_attention_of_a_map_that_looks_at_one_place():
    maps = torch.zeros(1, 1, 2, 2, 2)
    maps[..., 0, 1] = 3.0
    attention = spatial_attention(maps, 4.0)
    torch.testing.assert_close(
        attention, torch.tensor([[[0.0, 1.0, 0.0, 0.0]]]), rtol=0, atol=1e-6
    )


@pytest.mark.parametrize("cls", BOTH)
@pytest.mark.parametrize("training", ["none", "queue"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_networks_with_batch_normalisation(cls, training):
    """With discriminators too, which are made for what a few example rows give."""

    def make(n_inputs, n_outputs):
        return nn.Sequential(
            nn.Linear(n_inputs, 8),
            nn.BatchNorm1d(8),
            nn.ReLU(),
            nn.Linear(8, n_outputs),
        )

    adversarial = {"discrepancy": "adversarial"}
    if cls is MultiLayerDistributionMatching:
        adversarial = {"adversarial": True}
    params = {"network": make, "network_training": training, **adversarial}
    assert np.isfinite(fit(cls, X, y, max_iter=20, **params).distilled_.X).all()
