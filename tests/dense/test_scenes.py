"""SceneComposer."""

import numpy as np
import pytest

from sklearn_distill import SceneComposer
from sklearn_distill.dense import box_iou, boxes_from_masks


@pytest.fixture(scope="module")
def data():
    """Twelve images with two bright rectangles each, every object of its own gray."""
    rng = np.random.RandomState(0)
    images = rng.randint(0, 20, (12, 40, 48)).astype(np.uint8)
    instances = np.zeros(images.shape, dtype=int)
    for k, (image, instance) in enumerate(zip(images, instances, strict=True)):
        instance[4:12, 6:14], instance[22:34, 25:35] = 1, 2
        image[instance == 1], image[instance == 2] = 100 + k, 150 + k
    return images, boxes_from_masks(instances), instances


def grays(images):
    return set(images[images >= 100].tolist())


def test_each_object_is_used_at_most_once(data):
    images, targets, instances = data
    composer = SceneComposer(3, max_overlap=0, context=0, random_state=0)
    composer.fit(images, targets, instances)
    assert composer.images_.shape == (3, 40, 48)
    assert composer.images_.dtype == np.uint8
    assert composer.n_objects_ == 24
    assert composer.n_placed_ == sum(len(t["boxes"]) for t in composer.targets_)
    seen = []
    for image, target in zip(composer.images_, composer.targets_, strict=True):
        for left, top, right, bottom in target["boxes"].astype(int):
            seen.append(np.bincount(image[top:bottom, left:right].ravel()).argmax())
    assert len(seen) == len(set(seen)) == composer.n_placed_


def test_boxes_overlap_at_most_as_allowed(data):
    images, targets, _ = data
    for max_overlap in (0.0, 0.2):
        composer = SceneComposer(2, max_overlap=max_overlap, random_state=0)
        for target in composer.fit(images, targets).targets_:
            overlaps = box_iou(target["boxes"], target["boxes"])
            np.fill_diagonal(overlaps, 0)
            assert overlaps.max() <= max_overlap


def test_masks_contain_each_object_inside_its_box(data):
    composer = SceneComposer(2, context=0, random_state=0).fit(*data)
    for image, mask, target in zip(
        composer.images_, composer.masks_, composer.targets_, strict=True
    ):
        [found] = boxes_from_masks([mask])
        covered = box_iou(found["boxes"], target["boxes"]).max(axis=1)
        assert covered.min() > 0.8
        assert (image[mask > 0] >= 100).all()
    assert not hasattr(composer.fit(data[0], data[1]), "masks_")


def test_backgrounds_contain_no_unlabeled_objects(data):
    images, targets, instances = data
    empty = {"boxes": np.empty((0, 4)), "labels": []}
    blank = np.zeros((40, 48), dtype=np.uint8)
    composer = SceneComposer(4, random_state=0).fit(
        [*images, blank], [*targets, empty], [*instances, blank.astype(int)]
    )
    outside = composer.images_[composer.masks_ == 0]
    assert (outside < 100).all()


def test_observer_removes_objects_that_it_does_not_find(data):
    class SeesBrightObjects:
        def predict(self, images):
            mask = (images[0] >= 150).astype(int)
            from scipy.ndimage import label

            [found] = boxes_from_masks([label(mask)[0]])
            return [{**found, "scores": np.ones(len(found["boxes"]))}]

    images, targets, instances = data
    composer = SceneComposer(
        3, max_overlap=0, context=0, observer=SeesBrightObjects(), random_state=0
    ).fit(images, targets, instances)
    assert composer.n_placed_ >= 3
    assert all(gray >= 150 for gray in grays(composer.images_ * (composer.masks_ > 0)))


def test_same_seed_gives_the_same_scenes_and_canvas_sets_their_size(data):
    images, targets, _ = data
    first, second = (
        SceneComposer(2, canvas=(64, 50), random_state=3).fit_distill(images, targets)
        for _ in range(2)
    )
    np.testing.assert_array_equal(first[0], second[0])
    assert first[0].shape == (2, 64, 50)


def test_color_images_give_color_scenes(data):
    images, targets, _ = data
    color = np.stack([images] * 3, axis=-1)
    composer = SceneComposer(2, random_state=0).fit(color, targets)
    assert composer.images_.shape == (2, 40, 48, 3)


def test_wrong_input_raises(data):
    images, targets, _ = data
    empty = [{"boxes": [], "labels": []}] * len(images)
    with pytest.raises(ValueError, match="contain no boxes"):
        SceneComposer(2).fit(images, empty)
    with pytest.raises(ValueError, match=r"canvas must be \(height, width\)"):
        SceneComposer(2, canvas=(5,)).fit(images, targets)
    with pytest.raises(ValueError, match="'budget' parameter"):
        SceneComposer(0).fit(images, targets)


def test_objects_that_cannot_be_placed_raise(data):
    images, targets, instances = data
    with pytest.raises(ValueError, match="None of the 24 objects was placed"):
        SceneComposer(2, canvas=(5, 5)).fit(images, targets)
    with pytest.raises(ValueError, match="no pixel of its mask in instances has the n"):
        SceneComposer(2).fit(images, targets, np.zeros_like(instances))
    with pytest.raises(ValueError, match="two positive integers"):
        SceneComposer(2, canvas=("a", 3)).fit(images, targets)


def test_images_of_different_dtypes_raise(data):
    images, targets, _ = data
    mixed = [images[0], images[1] / 255.0]
    with pytest.raises(ValueError, match=r"one dtype; got \['float64', 'uint8'\]"):
        SceneComposer(2).fit(mixed, targets[:2])
