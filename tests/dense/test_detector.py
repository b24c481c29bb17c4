"""DistilledDetector."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import ExtraTreesClassifier, GradientBoostingRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_distill import (
    DistilledDetector,
    KernelInducingPoints,
    KMeansSelection,
    PixelFeatures,
    RandomSelection,
)
from sklearn_distill.dense import boxes_from_masks

FEATURES = PixelFeatures(sigma_min=1, sigma_max=8)
TREES = ExtraTreesClassifier(20, random_state=0)


@pytest.fixture(scope="module")
def scenes():
    """Images of bright squares and dark circles with their boxes."""
    rng = np.random.RandomState(0)
    images = rng.normal(0.5, 0.03, (3, 96, 96))
    targets = []
    y, x = np.mgrid[:96, :96]
    for image in images:
        boxes, labels = [], []
        for row in range(3):
            for column in range(3):
                size = rng.randint(14, 22)
                top, left = 32 * row + rng.randint(0, 10), 32 * column + rng.randint(10)
                box = [left, top, left + size, top + size]
                if rng.rand() < 0.5:
                    image[top : top + size, left : left + size] += 0.4
                    labels.append("square")
                else:
                    middle_y, middle_x = top + size / 2, left + size / 2
                    inside = np.hypot(y + 0.5 - middle_y, x + 0.5 - middle_x) < size / 2
                    image[inside] -= 0.4
                    labels.append("circle")
                boxes.append(box)
        targets.append({"boxes": np.array(boxes, dtype=float), "labels": labels})
    return images, targets


def detector(distiller=None, **parameters):
    distiller = KMeansSelection(60, random_state=0) if distiller is None else distiller
    parameters = {"features": FEATURES, "random_state": 0, **parameters}
    return DistilledDetector(distiller, TREES, **parameters)


def test_two_kinds_of_objects_are_found_in_another_image(scenes):
    images, targets = scenes
    model = detector().fit(images[:2], targets[:2])
    assert model.classes_.tolist() == ["circle", "square"]
    assert set(model.distilled_.y) == {"background", "circle", "square"}
    assert model.score(images[2:], targets[2:]) > 0.8
    [found] = model.predict(images[2:])
    best = found["labels"][found["scores"] > 0.3]
    assert sorted(best) == sorted(targets[2]["labels"])


def test_integer_labels_are_returned_as_integers(scenes):
    images, targets = scenes
    numbers = [
        {
            "boxes": t["boxes"],
            "labels": [3 if v == "square" else 8 for v in t["labels"]],
        }
        for t in targets
    ]
    [found] = detector().fit(images[:2], numbers[:2]).predict(images[2:])
    assert found["labels"].dtype.kind == "i"
    assert set(found["labels"]) <= {3, 8}


def test_distilled_sides_are_those_of_the_boxes(scenes):
    images, targets = scenes
    model = detector().fit(images, targets)
    is_center = model.distilled_.y != "background"
    assert np.isnan(model.distilled_sides_[~is_center]).all()
    for (i, y, x), sides in zip(
        model.distilled_positions_[is_center],
        model.distilled_sides_[is_center],
        strict=True,
    ):
        left, top = x + 0.5 - sides[0], y + 0.5 - sides[1]
        right, bottom = x + 0.5 + sides[2], y + 0.5 + sides[3]
        gaps = np.abs(targets[i]["boxes"] - [left, top, right, bottom]).max(axis=1)
        assert gaps.min() < 1e-9


def test_predictions_do_not_depend_on_blocks(scenes, monkeypatch):
    images, targets = scenes
    model = detector().fit(images[:2], targets[:2])
    [whole] = model.predict(images[2:])
    monkeypatch.setattr(PixelFeatures, "_block_size", lambda self: 30)
    assert len(list(model.features_.blocks(images[2][:, :, None]))) > 1
    [in_blocks] = model.predict(images[2:])
    strong = whole["scores"] > 0.2
    assert strong.sum() >= 8
    n = strong.sum()
    np.testing.assert_allclose(in_blocks["boxes"][:n], whole["boxes"][strong], atol=0.5)


def test_learned_pixels_have_sides_of_their_neighbors(scenes):
    images, targets = scenes
    points = KernelInducingPoints(5, max_iter=2, random_state=0)
    model = detector(points, max_pixels=600).fit(images, targets)
    is_center = model.distilled_.y != "background"
    sides = model.distilled_sides_[is_center]
    assert ((sides > 3) & (sides < 18)).all()
    assert len(model.predict(images)) == 3


def test_regressor_with_one_target_and_linear_classifier(scenes):
    images, targets = scenes
    model = DistilledDetector(
        KMeansSelection({"background": 100, "circle": 40, "square": 40}),
        make_pipeline(StandardScaler(), LogisticRegression()),
        GradientBoostingRegressor(n_estimators=10),
        features=FEATURES,
        weights="sqrt",
        score_threshold=0.001,
    ).fit(images[:2], targets[:2])
    assert model.score(images[2:], targets[2:]) > 0.5
    counts = dict(zip(*np.unique(model.distilled_.y, return_counts=True), strict=True))
    assert counts == {"background": 100, "circle": 40, "square": 40}


def test_images_without_objects_are_background(scenes):
    images, targets = scenes
    empty = {"boxes": np.empty((0, 4)), "labels": []}
    blank = np.full((96, 96), 0.9)
    with_blank = detector().fit([*images[:2], blank], [*targets[:2], empty])
    assert (with_blank.distilled_positions_[:, 0] == 2).any()
    [found] = with_blank.predict([blank])
    assert (found["scores"] < 0.2).all()


def test_grid_search_over_parameters_of_the_detector(scenes):
    images, targets = scenes
    search = GridSearchCV(
        detector(max_pixels=3_000),
        {"smooth": [1.0, 2.0], "distiller__budget": [30]},
        cv=KFold(2),
        refit=False,
    ).fit(images[:2], targets[:2])
    assert search.cv_results_["mean_test_score"].max() > 0.4


def test_max_detections_and_threshold_limit_the_boxes(scenes):
    images, targets = scenes
    model = detector(max_detections=4).fit(images, targets)
    assert [len(f["boxes"]) for f in model.predict(images)] == [4, 4, 4]
    model.set_params(max_detections=300, score_threshold=0.6)
    [found] = model.predict(images[:1])
    assert found["scores"].min() > 0.6


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"boxes": [], "labels": []}, "contain no boxes"),
        ({"boxes": [[0, 0, 9, 9]], "labels": ["background"]}, "is reserved"),
        ({"boxes": [[0, 0, 9, 9]], "labels": [0.5]}, "got floats"),
        ({"boxes": [[0, 0, 5, 0]], "labels": ["a"]}, "has no area"),
        ({"boxes": [[200, 0, 300, 9]], "labels": ["a"]}, "lies outside"),
    ],
)
def test_wrong_targets_raise(scenes, changed, message):
    with pytest.raises(ValueError, match=message):
        detector().fit(scenes[0][:1], [changed])


def test_labels_of_different_types_raise(scenes):
    images, _ = scenes
    box = [[5, 5, 20, 20]]
    targets = [{"boxes": box, "labels": [1]}, {"boxes": box, "labels": ["a"]}]
    with pytest.raises(ValueError, match="labels of one type"):
        detector().fit(images[:2], targets)


def test_boxes_that_cover_all_images_raise():
    images = np.random.RandomState(0).rand(1, 8, 8)
    targets = [{"boxes": [[0, 0, 8, 8]], "labels": ["a"]}]
    with pytest.raises(ValueError, match="No pixel is background"):
        detector(ignore=2.0).fit(images, targets)


def test_nuclei_with_four_hundred_pixels(data_folder):
    """400 distilled pixels detect the nuclei of the other half of a micrograph."""
    path = data_folder / "dense" / "nuclei.npz"
    if not path.exists():
        pytest.skip("dense/nuclei.npz is not in the folder of data.")
    file = np.load(path)
    halves = [
        (file["image"][:, part], boxes_from_masks([file["instances"][:, part]]))
        for part in (slice(None, 256), slice(256, None))
    ]
    model = detector(
        KMeansSelection(200, numeric="standard", random_state=0),
        features=None,
        max_pixels=20_000,
    )
    model = clone(model).fit([halves[0][0]], halves[0][1])
    assert model.score([halves[1][0]], halves[1][1]) > 0.7


def test_random_selection_of_pixels_is_reproducible(scenes):
    images, targets = scenes
    selection = RandomSelection(40, random_state=0)
    first, second = (
        detector(selection, max_pixels=2_000).fit(images, targets).predict(images)
        for _ in range(2)
    )
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a["boxes"], b["boxes"])


def test_classifier_or_class_as_regressor_raises(scenes):
    images, targets = scenes
    for regressor in (TREES, GradientBoostingRegressor):
        with pytest.raises(TypeError, match="regressor of DistilledDetector must be"):
            DistilledDetector(
                RandomSelection(5), TREES, regressor, features=FEATURES
            ).fit(images, targets)


def test_cross_validation_over_lists_of_images(scenes):
    images, targets = scenes
    model = detector(RandomSelection(20, random_state=0), max_pixels=2_000)
    model.set_params(classifier__n_estimators=5)
    scores = cross_val_score(model, list(images), targets, cv=3)
    assert scores.shape == (3,)
    assert (scores > 0.2).all()
