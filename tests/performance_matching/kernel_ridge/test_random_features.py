"""Kernels of finite networks: their limit, their renewal, and teachers."""

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
from sklearn_distill.engine.layer_outputs import LayerOutputs
from sklearn_distill.engine.network_sources import RandomNetworks
from sklearn_distill.engine.networks import MLP
from sklearn_distill.performance_matching.kernel_ridge.random_features import (
    INTERCEPT,
    FeatureKernel,
)


def make_kernel(width=16, n_networks=2, n_columns=3):
    torch.manual_seed(0)
    source = RandomNetworks(lambda: MLP(n_columns, 2, width, 1), n_networks)
    reference = torch.randn(32, n_columns)
    features = LayerOutputs(source.fixed[0], reference)
    return FeatureKernel(source, features, reference), reference


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return train_test_split(X, y, stratify=y, random_state=0)


def test_kernel_is_symmetric_positive_and_of_unit_size():
    kernel, reference = make_kernel()
    K = kernel(reference, reference)
    torch.testing.assert_close(K, K.T)
    assert torch.linalg.eigvalsh(K.double()).min() > -1e-6
    assert float(K.diagonal().mean()) == pytest.approx(1.0 + INTERCEPT, rel=1e-4)


def test_more_networks_come_closer_to_their_limit():
    """Kernels of many networks differ less from each other than kernels of few."""

    def spread(n_networks):
        kernel, reference = make_kernel(n_networks=n_networks)
        drawn = []
        for _ in range(8):
            kernel.renew(training=True)
            drawn.append(kernel(reference, reference))
        return float(torch.stack(drawn).std(dim=0).mean())

    assert spread(16) < 0.5 * spread(1)


def test_steps_renew_networks_and_looks_do_not():
    kernel, reference = make_kernel()
    kernel.renew(training=False)
    look = kernel(reference, reference)
    kernel.renew(training=True)
    assert not torch.allclose(kernel(reference, reference), look)
    kernel.renew(training=False)
    torch.testing.assert_close(kernel(reference, reference), look, rtol=0, atol=0)


@pytest.mark.parametrize("image_shape", [None, (1, 8, 8)])
def test_rows_learned_in_random_features_beat_those_they_start_from(
    digits, image_shape
):
    """Perceptrons for flat rows, convolutional networks for images."""
    X, X_test, y, y_test = digits
    start = HerdingSelection(2, random_state=0).fit(X, y).score(X_test, y_test)
    points = KernelInducingPoints(
        2,
        kernel="random_features",
        n_networks=2,
        image_shape=image_shape,
        max_iter=60 if image_shape is None else 20,
        batch_size=500,
        random_state=0,
    ).fit(X, y)
    found = points.score(X_test, y_test)
    assert found > start if image_shape is None else found > 0.5
    losses = points.history_[:, "valid_loss"]
    assert losses[-1] < losses[0]


def net():
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
def test_a_nets_embedding_is_the_kernel(digits, fitted):
    """The same net, trained here on encoded rows or before on rows as they are."""
    X, _, y, _ = digits
    teacher = net()
    if fitted:
        teacher.set_params(module__n_inputs=64, module__n_outputs=10)
        teacher.fit(X.astype(np.float32), y)
    points = KernelInducingPoints(2, teacher=teacher, max_iter=80, random_state=0)
    losses = points.fit(X, y).history_[:, "valid_loss"]
    assert min(losses) < 0.9 * losses[0]


@pytest.mark.parametrize("fitted", [False, True])
def test_a_transformers_output_is_the_kernel(digits, fitted):
    """Ridge regression in the teacher's representation learns more from the rows."""
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
    ("kind", "y", "wanted"),
    [
        (NeuralNetClassifier, np.linspace(0.1, 0.9, 40), "Take a NeuralNetRegressor"),
        (NeuralNetRegressor, np.arange(40) % 2, "Take a NeuralNetClassifier"),
    ],
)
def test_an_unfitted_net_of_the_other_kind_is_refused(kind, y, wanted):
    points = KernelInducingPoints(2, teacher=kind(MLP), max_iter=2)
    with pytest.raises(ValueError, match=wanted):
        points.fit(np.random.RandomState(0).randn(40, 3), y)


@pytest.mark.parametrize("watched", [False, True])
def test_an_unfitted_net_learns_from_all_rows_unless_callbacks_look(digits, watched):
    X, _, y, _ = digits
    n_rows = set()

    class Counted(NeuralNetClassifier):
        def get_split_datasets(self, X, y=None, **fit_params):
            split = super().get_split_datasets(X, y, **fit_params)
            n_rows.add(len(split[0]))
            return split

    teacher = Counted(
        MLP,
        criterion=torch.nn.CrossEntropyLoss,
        max_epochs=2,
        callbacks=[EarlyStopping()] if watched else None,
    )
    KernelInducingPoints(2, teacher=teacher, max_iter=20, random_state=0).fit(X, y)
    (n_learnt_from,) = n_rows
    assert (n_learnt_from < 0.85 * len(X)) == watched
