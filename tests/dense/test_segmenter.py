"""DistilledSegmenter."""

import pickle

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from sklearn import config_context
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import LinearSVC

from sklearn_distill import (
    DistilledSegmenter,
    HerdingSelection,
    KernelInducingPoints,
    KMeansSelection,
    PixelFeatures,
    RandomSelection,
)
from sklearn_distill.dense import dense_base, mean_iou, pixel_features

FEATURES = PixelFeatures(sigma_min=1, sigma_max=2)
LOGISTIC = make_pipeline(StandardScaler(), LogisticRegression())


def segmenter(distiller=None, estimator=None, **parameters):
    distiller = KMeansSelection(10, random_state=0) if distiller is None else distiller
    estimator = LOGISTIC if estimator is None else estimator
    parameters = {"features": FEATURES, "random_state": 0, **parameters}
    return DistilledSegmenter(distiller, estimator, **parameters)


def test_few_pixels_segment_other_images(squares):
    images, masks = squares
    model = segmenter().fit(images[:1], masks[:1])
    assert len(model.distilled_) == 20
    assert model.distilled_.X.shape[1] == model.features_.n_features_out_
    assert model.score(images[1:], masks[1:]) > 0.9
    assert model.pixel_counts_.tolist() == np.bincount(masks[0].ravel()).tolist()


def test_score_is_the_mean_iou_of_the_predictions(squares):
    images, masks = squares
    masks = np.where(np.arange(48) < 3, -1, masks)
    model = segmenter().fit(images[:1], masks[:1])
    expected = mean_iou(masks, model.predict(images))
    assert model.score(images, masks) == pytest.approx(expected)


def test_predictions_do_not_depend_on_blocks_and_batches(squares, monkeypatch):
    images, masks = squares
    model = segmenter().fit(images, masks)
    whole, proba = model.predict(images), model.predict_proba(images)
    monkeypatch.setattr(pixel_features, "BLOCK_SIZE", 16)
    monkeypatch.setattr(dense_base, "ROWS_PER_CALL", 1_000)
    np.testing.assert_array_equal(model.predict(images), whole)
    np.testing.assert_allclose(model.predict_proba(images), proba, atol=1e-4)


def test_probabilities_sum_to_one_and_agree_with_the_classes(squares):
    images, masks = squares
    model = segmenter().fit(images, 5 * masks + 2)
    proba = model.predict_proba(list(images))
    assert [p.shape for p in proba] == [(40, 48, 2)] * 2
    np.testing.assert_allclose(proba[0].sum(axis=2), 1, atol=1e-6)
    np.testing.assert_array_equal(
        model.classes_[proba[0].argmax(axis=2)], model.predict(images)[0]
    )
    assert model.classes_.tolist() == [2, 7]


def test_distilled_positions_are_pixels_of_their_class(squares):
    images, masks = squares
    model = segmenter().fit(images, masks)
    i, y, x = model.distilled_positions_.T
    np.testing.assert_array_equal(masks[i, y, x], model.distilled_.y)
    maps = model.features_.transform(images)
    np.testing.assert_allclose(maps[i, y, x], model.distilled_.X, atol=1e-6)


def test_learned_pixels_have_no_positions(squares):
    images, masks = squares
    points = KernelInducingPoints(3, max_iter=2, random_state=0)
    model = segmenter(points, max_pixels=300).fit(images, masks)
    assert not hasattr(model, "distilled_positions_")
    assert model.n_pixels_ == 300
    assert model.score(images, masks) > 0.8


def test_scribbles_are_enough(squares):
    images, masks = squares
    scribbles = np.full(masks.shape, 0)
    scribbles[0, 20, 12:28], scribbles[0, 2, 5:40] = 2, 1
    model = segmenter(ignore_label=0, weights=None).fit(images, scribbles)
    assert model.n_pixels_ == 51
    assert mean_iou(masks + 1, model.predict(images)) > 0.9


def test_unlabeled_pixels_reach_the_distiller(squares):
    images, masks = squares
    masks = np.where(np.arange(48) % 2, masks, 255)
    model = segmenter(ignore_label=255, max_unlabeled=77).fit(images, masks)
    assert model.distilled_.info["n_rows_unlabeled"] == 77
    assert model.score(images, masks) > 0.9


def test_mass_is_the_number_of_labeled_pixels(squares):
    images, masks = squares
    model = segmenter(max_pixels=500).fit(images, masks)
    sums = np.bincount(model.distilled_.y, model.mass_)
    np.testing.assert_allclose(sums, model.pixel_counts_, rtol=0.1)
    np.testing.assert_allclose(model.distilled_.class_mass, model.pixel_counts_)


def test_mass_weights_restore_the_class_shares(squares):
    images, masks = squares
    rng = np.random.RandomState(0)
    noise = rng.normal(size=images.shape)
    shares = {}
    for weights in ("mass", "sqrt", None):
        model = segmenter(RandomSelection(200, random_state=0), weights=weights)
        proba = model.fit(noise, masks).predict_proba(noise)
        shares[weights] = proba[..., 1].mean()
    assert shares["mass"] == pytest.approx(masks.mean(), abs=0.05)
    assert shares[None] == pytest.approx(0.5, abs=0.05)
    assert shares["mass"] < shares["sqrt"] < shares[None]


def test_probabilities_of_estimators_without_weights_are_corrected(squares):
    images, masks = squares
    noise = np.random.RandomState(0).normal(size=images.shape)
    selection = RandomSelection(200, random_state=0)
    model = segmenter(selection, KNeighborsClassifier(50), weights="mass")
    proba = model.fit(noise, masks).predict_proba(noise)
    assert model.prior_ratio_ is not None
    assert proba[..., 1].mean() == pytest.approx(masks.mean(), abs=0.08)


def test_estimator_without_probabilities_predicts_only(squares):
    images, masks = squares
    model = segmenter(estimator=make_pipeline(StandardScaler(), LinearSVC()))
    assert model.fit(images, masks).score(images, masks) > 0.9
    assert not hasattr(model, "predict_proba")


def test_grid_search_over_budget_and_features(squares):
    images, masks = squares
    search = GridSearchCV(
        segmenter(HerdingSelection()),
        {"distiller__budget": [5, 20], "features__sigma_max": [1]},
        cv=KFold(2),
    ).fit(images, masks)
    assert search.best_score_ > 0.9
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    scores = cross_val_score(segmenter(), list(images), list(masks), cv=KFold(2))
    assert (scores > 0.9).all()


def test_callable_as_features(squares):
    images, masks = squares
    model = segmenter(estimator=GaussianNB(), features=lambda image: image)
    assert model.fit(images, masks).score(images, masks) > 0.8


def test_pickled_model_predicts_the_same(squares):
    images, masks = squares
    model = segmenter(estimator=ExtraTreesClassifier(5, random_state=0))
    model.fit(images, masks)
    loaded = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(loaded.predict(images), model.predict(images))


def test_boolean_masks_give_boolean_predictions(squares):
    images, masks = squares
    model = segmenter().fit(images, masks > 0)
    assert model.predict(images).dtype == bool
    assert model.score(images, masks > 0) > 0.9


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.ones((2, 40, 48), dtype=int), r"at least two classes.*got \[1\]"),
        (np.full((2, 40, 48), -1), "at least two classes.*got none"),
    ],
)
def test_fewer_than_two_classes_raise(squares, y, message):
    with pytest.raises(ValueError, match=message):
        segmenter().fit(squares[0], y)


def test_regression_distiller_and_regressor_raise(squares):
    from sklearn.linear_model import Ridge

    with pytest.raises(ValueError, match="classifies pixels"):
        segmenter(HerdingSelection(task="regression")).fit(*squares)
    with pytest.raises(TypeError, match="must be a classifier"):
        segmenter(estimator=Ridge()).fit(*squares)
    with pytest.raises(ValueError, match="'max_pixels' parameter"):
        segmenter(max_pixels=0).fit(*squares)


@pytest.mark.slow
def test_memory_at_predict_does_not_grow_with_the_image():
    """Beside the mask, an image of nine times the pixels needs no more memory."""
    import tracemalloc

    rng = np.random.RandomState(0)
    image = rng.rand(600, 600).astype(np.float32)
    features = PixelFeatures(sigma_min=1, sigma_max=1, texture=False)
    model = segmenter(estimator=GaussianNB(), features=features)
    model.fit([image], [(image > 0.5).astype(np.int8)])
    peaks = []
    for size in (600, 1_800):
        large = np.broadcast_to(np.float32(0.3), (size, size))
        tracemalloc.start()
        [mask] = model.predict([large])
        peaks.append(tracemalloc.get_traced_memory()[1] - mask.nbytes)
        tracemalloc.stop()
    assert peaks[1] < 1.6 * peaks[0]


def test_brain_with_ten_pixels_per_class(data_folder):
    """Forty pixels of real slices segment another slice."""
    path = data_folder / "dense" / "brain.npz"
    if not path.exists():
        pytest.skip("dense/brain.npz is not in the folder of data.")
    file = np.load(path)
    images, masks = file["images"], file["masks"]
    model = DistilledSegmenter(
        KMeansSelection(10, numeric="standard", random_state=0),
        ExtraTreesClassifier(30, random_state=0),
        max_pixels=20_000,
        random_state=0,
    ).fit(images[[30, 70, 110]], masks[[30, 70, 110]])
    assert model.score(images[[50, 90]], masks[[50, 90]]) > 0.75


def test_smoothing_does_not_depend_on_blocks(squares, monkeypatch):
    images, masks = squares
    model = segmenter(
        estimator=GaussianNB(),
        features=PixelFeatures(lambda image: image, halo=0),
        smooth=1.5,
    ).fit(images, masks)
    whole, proba = model.predict(images), model.predict_proba(images)
    score = model.score(images, masks)
    monkeypatch.setattr(pixel_features, "BLOCK_SIZE", 16)
    assert len(list(model.features_.blocks(images[0][:, :, None]))) == 9
    np.testing.assert_array_equal(model.predict(images), whole)
    np.testing.assert_allclose(model.predict_proba(images), proba, atol=1e-6)
    assert model.score(images, masks) == score
    assert score == pytest.approx(mean_iou(masks, whole))


def test_smoothing_is_a_gaussian_of_the_probabilities(squares):
    images, masks = squares
    noisy = images + np.random.RandomState(0).normal(scale=0.4, size=images.shape)
    features = PixelFeatures(lambda image: image)
    model = segmenter(estimator=GaussianNB(), features=features).fit(noisy, masks)
    plain, before = model.predict_proba(noisy), model.score(noisy, masks)
    model.set_params(smooth=1.2)
    expected = gaussian_filter(plain, (0, 1.2, 1.2, 0), mode="nearest")
    np.testing.assert_allclose(model.predict_proba(noisy), expected, atol=1e-5)
    assert model.score(noisy, masks) > before


def test_smoothing_requires_probabilities(squares):
    with pytest.raises(TypeError, match="requires predicted probabilities"):
        segmenter(estimator=LinearSVC(), smooth=1.0).fit(*squares)


def test_estimator_is_fitted_on_grown_pixels_if_the_distiller_says_so(squares):
    class Counts(GaussianNB):
        def fit(self, X, y, sample_weight=None):
            self.n_rows_ = len(X)
            return super().fit(X, y, sample_weight)

    images, masks = squares
    selection = KMeansSelection(5, densify=300, random_state=0)
    model = segmenter(selection, Counts()).fit(images[:1], masks[:1])
    assert len(model.distilled_) == len(model.mass_) == 10
    assert model.estimator_.n_rows_ == 300
    assert model.score(images[1:], masks[1:]) > 0.8


def test_pipeline_of_a_transformer_and_a_segmenter(squares):
    images, masks = squares
    model = make_pipeline(FunctionTransformer(lambda x: x - x.mean()), segmenter())
    assert model.fit(images, masks).score(images, masks) > 0.9
    assert model.predict(images).shape == masks.shape


def test_tables_as_the_output_of_transformers_change_nothing(squares):
    images, masks = squares
    expected = segmenter().fit(images, masks).predict(images)
    with config_context(transform_output="pandas"):
        found = segmenter().fit(images, masks).predict(images)
    np.testing.assert_array_equal(found, expected)


def test_image_without_labels_is_left_out(squares):
    images, masks = squares
    masks = masks.copy()
    masks[1] = -1
    model = segmenter().fit(images, masks)
    assert set(model.distilled_positions_[:, 0]) == {0}
    assert model.n_pixels_ == masks[0].size
    assert np.isnan(model.score(images[1:], masks[1:]))


def test_distiller_must_be_an_instance(squares):
    with pytest.raises(TypeError, match="must be an instance; got the class KMeans"):
        segmenter(KMeansSelection).fit(*squares)


@pytest.mark.slow
def test_memory_of_fit_does_not_grow_with_the_image():
    """Beside the image and the mask, more pixels need no more memory."""
    import tracemalloc

    rng = np.random.RandomState(0)
    features = PixelFeatures(sigma_min=1, sigma_max=1, texture=False)
    model = segmenter(
        HerdingSelection(5), GaussianNB(), features=features, max_pixels=2_000
    )
    tile = rng.rand(512, 512).astype(np.float32)
    peaks = []
    # In the first image, 3 x 3 blocks, one block has neighbors on all sides already.
    for repeats in (3, 5):
        image = np.tile(tile, (repeats, repeats))
        mask = (image > 0.5).astype(np.int8)
        tracemalloc.start()
        model.fit([image], [mask])
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert model.n_pixels_ == 2_000
    assert peaks[1] < 1.2 * peaks[0]
