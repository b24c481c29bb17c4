"""Multi-layer distribution matching: layers, discrepancies and images."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest
from sklearn.datasets import load_digits, make_blobs
from skorch import NeuralNetClassifier

from sklearn_distill import MultiLayerDistributionMatching
from sklearn_distill.engine.networks import ConvNet

X, y = make_blobs(400, 5, centers=4, cluster_std=2.0, random_state=0)


def fit(*data, **params):
    """Fit with a small budget and few steps."""
    params = {"budget": 3, "max_iter": 40, "random_state": 0, **params}
    return MultiLayerDistributionMatching(**params).fit(*data)


@pytest.mark.parametrize("discrepancy", ["attention", "mean", "mmd"])
@pytest.mark.parametrize("adversarial", [False, True])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_discrepancies_of_feature_maps_learn_images(discrepancy, adversarial):
    images, digits = load_digits(n_class=3, return_X_y=True)
    matching = fit(
        images.reshape(-1, 1, 8, 8),
        digits,
        discrepancy=discrepancy,
        adversarial=adversarial,
        network=NeuralNetClassifier(ConvNet, module__width=4),
        batch_size=60,
        max_iter=20,
    )
    rows = matching.distilled_.X
    assert rows.shape == (9, 1, 8, 8)
    assert rows.min() >= 0.0
    assert rows.max() <= images.max()
    assert matching.score(images.reshape(-1, 1, 8, 8), digits) > 0.8


def test_layers_are_chosen_by_name():
    matching = fit(X, y, layers=["2", "4"])
    assert matching.score(X, y) > 0.7
    for layers in (["head"], []):
        with pytest.raises(ValueError, match="this network's layers are"):
            fit(X, y, layers=layers)
