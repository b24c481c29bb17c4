"""Teachers of kernel inducing points: nets and transformers as kernels."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch import NeuralNetClassifier, NeuralNetRegressor
from skorch.callbacks import EarlyStopping

from sklearn_distill import HerdingSelection, KernelInducingPoints
from sklearn_distill.engine.networks import MLP


@pytest.fixture(scope="module")
def digits():
    """Training and test data of the digits."""
    X, y = load_digits(return_X_y=True)
    return train_test_split(X, y, stratify=y, random_state=0)


def make_net():
    """Return an unfitted net."""
    return NeuralNetClassifier(
        MLP,
        module__width=32,
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=1e-3,
        max_epochs=10,
        verbose=0,
    )


@pytest.mark.parametrize("fitted", [False, True])
def test_embedding_of_a_net_is_the_kernel(digits, fitted):
    """A fitted net was trained on X, and an unfitted net is trained on encoded rows."""
    X, _, y, _ = digits
    teacher = make_net()
    if fitted:
        teacher.set_params(module__n_inputs=64, module__n_outputs=10)
        teacher.fit(X.astype(np.float32), y)
    points = KernelInducingPoints(2, teacher=teacher, max_iter=80, random_state=0)
    losses = points.fit(X, y).history_[:, "valid_loss"]
    assert min(losses) < 0.9 * losses[0]


@pytest.mark.parametrize("fitted", [False, True])
def test_output_of_a_transformer_is_the_kernel(digits, fitted):
    """Ridge regression on this output learns more from the learned rows."""
    X, X_test, y, y_test = digits
    scaled_pca = make_pipeline(StandardScaler(), PCA(20, random_state=0)).fit(X)
    teacher = FrozenEstimator(scaled_pca) if fitted else clone(scaled_pca)
    points = KernelInducingPoints(2, teacher=teacher, max_iter=80, random_state=0)
    scores = [
        RidgeClassifier(alpha=10.0)
        .fit(scaled_pca.transform(Xs), ys)
        .score(scaled_pca.transform(X_test), y_test)
        for Xs, ys in (
            HerdingSelection(2, random_state=0).fit_distill(X, y),
            points.fit_distill(X, y),
        )
    ]
    assert scores[1] > scores[0]
    again = clone(points).fit(X, y)
    np.testing.assert_array_equal(again.distilled_.X, points.distilled_.X)


@pytest.mark.parametrize(
    ("net", "y", "message"),
    [
        (NeuralNetClassifier, np.linspace(0.1, 0.9, 40), "Take a NeuralNetRegressor"),
        (NeuralNetRegressor, np.arange(40) % 2, "Take a NeuralNetClassifier"),
    ],
)
def test_fit_raises_when_an_unfitted_net_does_not_match_the_task(net, y, message):
    points = KernelInducingPoints(2, teacher=net(MLP), max_iter=2)
    with pytest.raises(ValueError, match=message):
        points.fit(np.random.RandomState(0).randn(40, 3), y)


@pytest.mark.parametrize("has_callbacks", [False, True])
def test_unfitted_net_has_a_validation_set_only_if_callbacks_need_it(
    digits, has_callbacks
):
    X, _, y, _ = digits
    n_rows = set()

    class CountingNet(NeuralNetClassifier):
        def get_split_datasets(self, X, y=None, **fit_params):
            split = super().get_split_datasets(X, y, **fit_params)
            n_rows.add(len(split[0]))
            return split

    teacher = CountingNet(
        MLP,
        criterion=torch.nn.CrossEntropyLoss,
        max_epochs=2,
        callbacks=[EarlyStopping()] if has_callbacks else None,
    )
    KernelInducingPoints(2, teacher=teacher, max_iter=20, random_state=0).fit(X, y)
    (n_training_rows,) = n_rows
    assert (n_training_rows < 0.85 * len(X)) == has_callbacks
