"""Fixtures that fit an encoder and encode or decode rows."""

import numpy as np
import pytest

from sklearn_distill.encoding import make_encoder


def _fit_encoder(X, weights=None, **parameters):
    weights = np.ones(len(X)) if weights is None else weights
    return make_encoder(X, **parameters).fit(X, weights)


# The fixtures have the scope of the session because hypothesis rejects fixtures that
# are not reset between examples.


@pytest.fixture(scope="session")
def fit_encoder():
    """Return a function that fits the encoder of X, by default without weights."""
    return _fit_encoder


@pytest.fixture(scope="session")
def encode():
    """Return a function that fits the encoder of X and encodes X."""
    return lambda X, weights=None, **parameters: _fit_encoder(
        X, weights, **parameters
    ).encode(X)


@pytest.fixture(scope="session")
def round_trip():
    """Return a function that encodes X with a fitted encoder and decodes the result."""

    def function(X, **parameters):
        encoder = _fit_encoder(X, **parameters)
        return encoder.decode(encoder.encode(X))

    return function
