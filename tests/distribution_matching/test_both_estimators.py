"""What both distribution matching estimators have in common."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from skorch import NeuralNetClassifier
from torch import nn

from sklearn_distill import DistributionMatching, MultiLayerDistributionMatching
from sklearn_distill.engine.networks import MLP

BOTH = [DistributionMatching, MultiLayerDistributionMatching]
X, y = make_blobs(400, 5, centers=4, cluster_std=2.0, random_state=0)


def fit(cls, *data, **params):
    """Fit a method with a small budget and few steps."""
    params = {"budget": 3, "max_iter": 40, "random_state": 0, **params}
    return cls(**params).fit(*data)


@pytest.mark.parametrize("cls", BOTH)
def test_learning_lowers_the_validation_loss(cls):
    losses = fit(cls, X, y, max_iter=100).history_[:, "valid_loss"]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("cls", BOTH)
@pytest.mark.parametrize("training", ["none", "queue", "full"])
def test_network_training_gives_sets_that_train_accurate_models(cls, training):
    assert fit(cls, X, y, network_training=training).score(X, y) > 0.7


@pytest.mark.parametrize("cls", BOTH)
def test_fit_raises_when_network_training_needs_missing_labels(cls):
    with pytest.raises(ValueError, match="trains networks to predict y"):
        fit(cls, X, network_training="queue")


@pytest.mark.parametrize("cls", BOTH)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_grid_search_over_parameters_of_the_network(cls):
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
def test_fit_raises_when_network_is_a_module_instance(cls):
    with pytest.raises(TypeError, match="module instance"):
        fit(cls, X, y, network=MLP(5, 4))


@pytest.mark.parametrize("cls", BOTH)
def test_several_networks_in_a_step(cls):
    assert fit(cls, X, y, n_networks=3).score(X, y) > 0.7


@pytest.mark.parametrize("cls", BOTH)
def test_augmentation_of_tables(cls):
    operations = ["noise", "dropout", "mixup"]
    assert fit(cls, X, y, augmentation=operations).score(X, y) > 0.6
    with pytest.raises(ValueError, match="not known for tables"):
        fit(cls, X, y, augmentation="rotate")


@pytest.mark.parametrize("cls", BOTH)
@pytest.mark.parametrize("training", ["none", "queue"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_networks_with_batch_normalization_and_discriminators(cls, training):

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
    matching = fit(cls, X, y, max_iter=20, **params)
    assert np.isfinite(matching.history_[:, "valid_loss"]).all()
    assert matching.score(X, y) > 0.7
