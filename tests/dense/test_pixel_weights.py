"""Weights of distilled pixels."""

import numpy as np
from sklearn.linear_model import LogisticRegression

from sklearn_distill import DistilledSet
from sklearn_distill.dense.pixel_weights import fit_weighted_by_mass, represented_mass


def test_pixels_are_represented_by_the_nearest_distilled_pixel_of_their_class():
    rows = np.array([[0.0], [1], [2], [10], [0], [11]])
    y = np.array([0, 0, 0, 0, 1, 1])
    distilled = DistilledSet([[1.0], [10], [11]], [0, 0, 1], classes=[0, 1])
    mass = represented_mass(distilled, rows, y, None)
    assert mass.tolist() == [3.5, 1.5, 2.5]
    weighted = represented_mass(distilled, rows, y, np.array([1, 1, 1, 1, 5, 5.0]))
    assert weighted.tolist() == [3.5, 1.5, 12.5]


def test_weights_have_a_mean_of_one_and_balanced_classifiers_keep_theirs():
    distilled = DistilledSet([[0.0], [1.0]], [0, 1], classes=[0, 1])
    mass = np.array([9.0, 1.0])
    expected = LogisticRegression().fit([[0.0], [1.0]], [0, 1], [1.8, 0.2])
    fitted, ratio = fit_weighted_by_mass(LogisticRegression(), distilled, mass, "mass")
    assert ratio is None
    np.testing.assert_allclose(fitted.coef_, expected.coef_, rtol=1e-4)
    balanced = LogisticRegression(class_weight="balanced")
    fitted, _ = fit_weighted_by_mass(balanced, distilled, mass, "mass")
    np.testing.assert_allclose(fitted.predict_proba([[0.5]]), 0.5, atol=1e-3)
