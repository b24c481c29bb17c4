"""Centers, kernel values and Nystrom features of decoders."""

import numpy as np

from sklearn_distill.base import kernel_features
from sklearn_distill.base.kernel_features import (
    center_positions,
    kernel_values,
    nystrom_basis,
)
from sklearn_distill.distilled_set.growth import Decoder


def test_inner_products_of_nystrom_features_are_kernel_values():
    Z = np.random.RandomState(0).randn(30, 3).astype(np.float32)
    decoder = Decoder(np.array([2.0]))
    K = kernel_values(decoder, Z, Z)
    features = K @ nystrom_basis(K)
    np.testing.assert_allclose(features @ features.T, K, atol=1e-3)


def test_kernel_values_are_computed_in_chunks(monkeypatch):
    Z = np.random.RandomState(0).randn(10, 3).astype(np.float32)
    decoder = Decoder(np.array([2.0]))
    whole = kernel_values(decoder, Z, Z[:4])
    monkeypatch.setattr(kernel_features, "CHUNK", 3)
    np.testing.assert_allclose(kernel_values(decoder, Z, Z[:4]), whole, rtol=1e-5)


def test_centers_of_large_sets_are_shared_by_the_classes(monkeypatch):
    monkeypatch.setattr(kernel_features, "MAX_CENTERS", 4)
    codes = np.array([0, 1, 0, 1, 0, 1])
    found = center_positions(np.zeros((6, 1)), codes)
    assert len(found) == 4
    assert set(codes[found]) == {0, 1}
    assert center_positions(np.zeros((4, 1)), codes[:4]) is None
