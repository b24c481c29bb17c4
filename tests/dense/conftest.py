"""Images with masks and boxes."""

import numpy as np
import pytest

pytest.importorskip("skimage")


@pytest.fixture(scope="session")
def squares():
    """Two noisy images of bright squares with their masks."""
    rng = np.random.RandomState(0)
    masks = np.zeros((2, 40, 48), dtype=int)
    masks[0, 8:24, 10:30] = 1
    masks[1, 15:35, 5:25] = 1
    images = 0.2 + 0.6 * masks + rng.normal(scale=0.05, size=masks.shape)
    return images, masks
