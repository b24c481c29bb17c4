"""The encoder of categorical columns."""

import numpy as np
import pytest

from sklearn_distill.encoding.categories import MAX_CATEGORIES, CategoryColumn


@pytest.mark.parametrize(
    ("n_categories", "width"),
    [(MAX_CATEGORIES, 64), (MAX_CATEGORIES + 1, 64), (300, 64)],
)
def test_rare_categories_beyond_64_share_a_column(n_categories, width):
    names = np.array([f"c{j:03d}" for j in range(n_categories)], dtype=object)
    values = np.repeat(names, np.arange(n_categories, 0, -1))
    one_hot = CategoryColumn().fit(values, np.ones(len(values)))
    assert one_hot.width == width
    decoded = one_hot.decode(one_hot.encode(names))
    # The shared column is decoded to the most frequent of its categories.
    np.testing.assert_array_equal(decoded[:width], names[:width])
    assert set(decoded[width:]) <= {names[width - 1]}


def test_category_with_a_large_weight_has_its_own_column():
    names = np.array([f"c{j:03d}" for j in range(200)], dtype=object)
    weights = np.ones(200)
    weights[150] = 5.0
    one_hot = CategoryColumn().fit(names, weights)
    assert one_hot.decode(one_hot.encode(names[150:151])) == ["c150"]
