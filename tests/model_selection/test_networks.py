"""Searches over the architecture of skorch networks."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import torch
from sklearn.datasets import make_regression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC
from skorch import NeuralNetClassifier, NeuralNetRegressor
from skorch.callbacks import EarlyStopping

from sklearn_distill import DistilledSearchCV, KMeansSelection, RandomSelection


class Perceptron(torch.nn.Module):
    """A perceptron whose width can be searched."""

    def __init__(self, n_in=6, width=8, n_out=3):
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Linear(n_in, width), torch.nn.ReLU(), torch.nn.Linear(width, n_out)
        )

    def forward(self, X):
        return self.layers(X)


def classifier(**more):
    return NeuralNetClassifier(
        Perceptron,
        criterion=torch.nn.CrossEntropyLoss,
        max_epochs=20,
        lr=0.1,
        batch_size=32,
        verbose=0,
        **more,
    )


def test_updates_are_kept_by_rescaling_epochs(rows):
    X, y = rows
    torch.manual_seed(0)
    grid = GridSearchCV(classifier(train_split=None), {"module__width": [1, 16]}, cv=3)
    search = DistilledSearchCV(
        grid,
        RandomSelection(budget=20, random_state=0),
        rescale={"max_epochs": -1},
        top_k="all",
    )
    search.fit(X.astype(np.float32), y)
    # 60 of 200 rows are trained for 20 epochs: 200 rows for 6 epochs.
    assert search.best_params_["max_epochs"] == 6
    assert len(search.best_estimator_.history) == 6
    assert search.best_params_["module__width"] == 16
    assert search.distilled_[0].X.dtype == np.float32


def test_validation_split_is_turned_off_during_the_search_only(rows):
    X, y = rows
    grid = GridSearchCV(classifier(), {"module__width": [4, 16]}, cv=3)
    search = DistilledSearchCV(grid, RandomSelection(budget=10), top_k=1)
    with pytest.warns(UserWarning, match="train_split is set to None") as caught:
        search.fit(X.astype(np.float32), y)
    assert caught[0].filename == __file__
    assert search.search_.estimator.train_split is None
    assert search.best_estimator_.train_split is not None
    assert "valid_loss" in search.best_estimator_.history[-1]
    assert "valid_loss" not in grid.estimator.get_params()


@pytest.mark.parametrize("base", [SVC(), classifier()])
def test_nets_among_model_families_hold_out_no_rows(rows, base):
    X, y = rows
    n_trained = []

    class CountingNet(NeuralNetClassifier):
        """A net that counts the rows on which it is trained."""

        def get_split_datasets(self, X, y=None, **params):
            split = super().get_split_datasets(X, y, **params)
            n_trained.append((len(split[0]), split[1]))
            return split

    net = CountingNet(
        Perceptron, criterion=torch.nn.CrossEntropyLoss, max_epochs=2, verbose=0
    )
    pipeline = Pipeline([("model", base)])
    grid = GridSearchCV(pipeline, {"model": [SVC(), net]}, cv=3, error_score="raise")
    distiller = RandomSelection(budget=10, random_state=0)
    search = DistilledSearchCV(grid, distiller, confirm=False, refit=False)
    with pytest.warns(UserWarning, match="train_split is set to None"):
        search.fit(X.astype(np.float32), y)
    assert n_trained == 3 * [(30, None)]


def test_early_stopping_may_monitor_the_training_loss(rows):
    X, y = rows
    net = classifier(
        train_split=None, callbacks=[EarlyStopping(monitor="train_loss", patience=3)]
    )
    grid = GridSearchCV(net, {"module__width": [4, 16]}, cv=3)
    search = DistilledSearchCV(grid, RandomSelection(budget=10), top_k=1)
    assert search.fit(X.astype(np.float32), y).score(X.astype(np.float32), y) > 0.5


def test_regression_with_a_column_of_targets():
    X, y = make_regression(150, 6, noise=1, random_state=0)
    X, y = X.astype(np.float32), (y / y.std()).astype(np.float32)[:, None]
    net = NeuralNetRegressor(
        Perceptron,
        module__n_out=1,
        max_epochs=40,
        lr=0.05,
        batch_size=16,
        train_split=None,
        verbose=0,
    )
    grid = GridSearchCV(net, {"module__width": [4, 16]}, cv=3)
    distiller = KMeansSelection(40, representative="centroid", random_state=0)
    search = DistilledSearchCV(grid, distiller, top_k=1).fit(X, y)
    assert search.search_.cv_results_["mean_test_score"].max() > 0.5
    assert search.predict(X).shape == (150, 1)


def test_automatic_budget_trains_without_a_validation_split(rows):
    X, y = rows
    grid = GridSearchCV(classifier(), {"module__width": [1, 4, 16, 32]}, cv=3)
    search = DistilledSearchCV(
        grid, RandomSelection(random_state=0), budget="auto", top_k=1
    )
    with pytest.warns(UserWarning, match="train_split is set to None"):
        search.fit(X.astype(np.float32), y)
    assert search.budget_ in search.budget_scores_
    assert all(np.isfinite(scores).all() for scores in search.budget_scores_.values())


def test_networks_are_trained_on_grown_rows(rows):
    X, y = rows
    net = classifier(train_split=None)
    grid = GridSearchCV(net, {"module__width": [1, 16]}, cv=3)
    k_means = KMeansSelection(5, densify=90, random_state=0)
    search = DistilledSearchCV(grid, k_means, top_k=1).fit(X.astype(np.float32), y)
    grown = search.distilled_[0].X
    assert grown.shape == (90, 6)
    assert grown.dtype == np.float32
    assert search.best_params_ == {"module__width": 16}
