"""Sampler and decoder in the headers of files."""

import json

import numpy as np
import pytest

from sklearn_distill import HerdingSelection
from sklearn_distill.distilled_set.growth import growth_from_json, growth_to_json


@pytest.fixture(scope="module")
def small():
    X = np.random.RandomState(0).randn(200, 3)
    y = X[:, 0] > 0
    return HerdingSelection(5, densify="auto", random_state=0).fit(X, y).distilled_


def test_growth_survives_json(small):
    stored = json.loads(json.dumps(growth_to_json(small.growth)))
    restored = growth_from_json(stored, small.X)
    for name, array in small.growth.decoder.arrays.items():
        np.testing.assert_array_equal(restored.decoder.arrays[name], array)
    np.testing.assert_array_equal(restored.sampler.spread, small.growth.sampler.spread)
    assert restored.nbytes == small.growth.nbytes


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("sampler", {"dtype": "O"}),
        ("sampler", {"base64": "!"}),
        ("sampler", {"shape": [7]}),
        ("sampler", {"base64": np.full(3, np.nan, np.float32).tobytes()}),
    ],
)
def test_damaged_arrays_are_errors(small, part, change):
    import base64

    if isinstance(change.get("base64"), bytes):
        change = {"base64": base64.b64encode(change["base64"]).decode()}
    stored = json.loads(json.dumps(growth_to_json(small.growth)))
    stored[part]["spread"] |= change
    with pytest.raises(ValueError, match=r"."):
        growth_from_json(stored, small.X)
