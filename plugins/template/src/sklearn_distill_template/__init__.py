"""Rows drawn by their leverage, the influence of a row on a linear model."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sklearn_distill.base import BaseDistiller, Kept


def leverage(Z, ridge):
    """Return the diagonal of Z (Z'Z + ridge I)^-1 Z' after adding an intercept to Z."""
    Z = np.column_stack([Z, np.ones(len(Z))]).astype(np.float64)
    inverse = np.linalg.inv(Z.T @ Z + ridge * np.eye(Z.shape[1]))
    return np.einsum("ij,jk,ik->i", Z, inverse, Z)


class LeverageSelection(BaseDistiller):
    """Draw the rows of each class with probabilities proportional to their leverage.

    Parameters
    ----------
    budget, allocation, task, soft_labels, evaluator, numeric, categorical_features,
    image_shape, random_state
        The common parameters of all distillers; see `BaseDistiller`.
    ridge : float, default=1.0
        Added to the diagonal of Z'Z. Larger values make the probabilities more equal.
    """

    plugin_api = 1

    def __init__(
        self, budget=10, *, ridge=1.0, allocation="auto", task="auto",
        soft_labels=None, evaluator=None, numeric="auto",
        categorical_features="from_dtype", image_shape=None,
        random_state=None,
    ):  # fmt: skip
        self.budget = budget
        self.ridge = ridge
        self.allocation = allocation
        self.task = task
        self.soft_labels = soft_labels
        self.evaluator = evaluator
        self.numeric = numeric
        self.categorical_features = categorical_features
        self.image_shape = image_shape
        self.random_state = random_state

    def _distill(self, problem):
        kept = []
        for _, rows, n_rows in problem.groups():
            scores = leverage(problem.flat[rows], self.ridge)
            scores *= problem.sample_weight[rows]
            drawn = problem.random_state.choice(
                rows, n_rows, replace=False, p=scores / scores.sum()
            )
            kept.append(drawn)
        return Kept(np.concatenate(kept))
