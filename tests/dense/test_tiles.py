"""TileSelection."""

import numpy as np
import pytest

from sklearn_distill import PixelFeatures, TileSelection

FEATURES = PixelFeatures(sigma_min=1, sigma_max=2)


@pytest.fixture(scope="module")
def data():
    """An image whose left half is smooth and whose right half is rough."""
    image = np.full((64, 96), 0.5)
    image[:, 48:] += np.random.RandomState(0).normal(scale=0.3, size=(64, 48))
    mask = np.zeros((64, 96), dtype=int)
    mask[:, 48:], mask[:10, :10] = 1, 2
    return [image], [mask]


def test_tiles_are_parts_of_their_images(data):
    images, masks = data
    selection = TileSelection(5, tile_size=16, features=FEATURES).fit(images, masks)
    assert selection.n_tiles_ == 24
    assert selection.images_.shape == (5, 16, 16)
    for tile, mask, (i, top, bottom, left, right) in zip(
        selection.images_, selection.targets_, selection.tiles_, strict=True
    ):
        place = slice(top, bottom), slice(left, right)
        np.testing.assert_array_equal(tile, images[i][place])
        np.testing.assert_array_equal(mask, masks[i][place])
    assert len({tuple(row) for row in selection.tiles_.tolist()}) == 5


def test_every_class_is_kept_if_the_budget_allows(data):
    selection = TileSelection(3, tile_size=16, features=FEATURES).fit(*data)
    assert set(np.unique(selection.targets_)) == {0, 1, 2}


def test_herding_takes_both_kinds_of_texture(data):
    images, _ = data
    masks = [np.zeros((64, 96), dtype=int)]
    selection = TileSelection(2, tile_size=16, features=FEATURES).fit(images, masks)
    assert sorted(selection.tiles_[:, 3] >= 48) == [False, True]


def test_boxes_are_clipped_to_their_tiles(data):
    images, _ = data
    targets = [{"boxes": [[2, 3, 12, 13], [30, 33, 37, 40]], "labels": ["a", "b"]}]
    selection = TileSelection(24, tile_size=16, features=FEATURES)
    images, found = selection.fit_distill(images, targets)
    labels = np.concatenate([f["labels"] for f in found])
    assert sorted(labels) == ["a", "b"]
    [of_a] = [f for f in found if "a" in f["labels"]]
    assert of_a["boxes"].tolist() == [[2, 3, 12, 13]]


def test_small_images_and_sizes_that_do_not_divide():
    images = [np.random.RandomState(0).rand(10, 50), np.ones((40, 40))]
    masks = [np.zeros((10, 50), dtype=int), np.ones((40, 40), dtype=int)]
    selection = TileSelection(100, tile_size=32, features=FEATURES).fit(images, masks)
    assert selection.n_tiles_ == len(selection.images_) == 6
    assert {tile.shape for tile in selection.images_} == {(10, 32), (32, 32)}


def test_random_tiles_are_reproducible(data):
    tiles = [
        TileSelection(
            4, tile_size=16, method="random", features=FEATURES, random_state=0
        ).fit(*data).tiles_
        for _ in range(2)
    ]  # fmt: skip
    np.testing.assert_array_equal(*tiles)


def test_object_array_of_boxes_is_a_list_of_boxes(data):
    images, _ = data
    target = {"boxes": [[2, 2, 12, 12], [50, 20, 62, 30]], "labels": ["a", "b"]}
    targets = np.array([target], dtype=object)
    selection = TileSelection(4, tile_size=16, min_per_class=1, features=FEATURES)
    selection.fit(images, targets)
    found = {label for t in selection.targets_ for label in t["labels"].tolist()}
    assert found == {"a", "b"}
    mixed = [target, {"boxes": [[2, 2, 12, 12]], "labels": [1]}]
    with pytest.raises(ValueError, match="labels of one type"):
        selection.fit(images * 2, mixed)
