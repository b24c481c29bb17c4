"""Checks that every estimator for segmentation or detection must pass."""

# SPDX-License-Identifier: BSD-3-Clause

import inspect
import pickle
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import EstimatorCheckFailedWarning, NotFittedError

from .boxes import boxes_from_masks

Check = Callable[[Any, "Scenes"], None]


class Scenes:
    """Images of two bright squares, with masks for segmentation or boxes.

    Parameters
    ----------
    is_detection : bool
    """

    def __init__(self, is_detection: bool):
        self.is_detection = is_detection
        rng = np.random.RandomState(0)
        instances = np.zeros((3, 40, 44), dtype=int)
        for i in range(3):
            instances[i, 4 : 16 + i, 5:19] = 1
            instances[i, 24:36, 22 : 33 + i] = 2
        noise = rng.uniform(0, 0.2, instances.shape)
        self.images = (40 + 200 * (0.7 * (instances > 0) + noise)).astype(np.uint8)
        boxes = boxes_from_masks(instances)
        self.y: Any = boxes if is_detection else (instances > 0).astype(int)

    @property
    def of_many_sizes(self) -> tuple[list[np.ndarray], list[Any]]:
        """The images as a list, one of them smaller than the others."""
        images = list(self.images)
        images[1] = images[1][:, :38]
        if self.is_detection:
            return images, list(self.y)
        y = list(self.y)
        y[1] = y[1][:, :38]
        return images, y


def _same(first: Any, second: Any) -> None:
    """Raise AssertionError unless two predictions are equal."""
    for a, b in zip(first, second, strict=True):
        if isinstance(a, dict):
            for key in a:
                np.testing.assert_array_equal(a[key], b[key])
        else:
            np.testing.assert_array_equal(a, b)


def _raises(errors: Any, function: Callable, *arguments: Any) -> None:
    """Raise AssertionError unless a call raises one of the errors, with a message."""
    message = None
    try:
        function(*arguments)
    except errors as error:
        message = str(error)
    name = function.__qualname__
    assert message is not None, f"{name} accepts wrong input: {arguments!r}"
    assert len(message) > 20, f"the message of {name} is too short: {message}"


def check_fit_keeps_parameters_and_input(estimator: Any, scenes: Scenes) -> None:
    """`fit` returns self and changes neither the parameters nor the input."""
    before = {k: repr(v) for k, v in estimator.get_params().items()}
    images, y = scenes.images.copy(), pickle.dumps(scenes.y)
    assert estimator.fit(scenes.images, scenes.y) is estimator
    assert before == {k: repr(v) for k, v in estimator.get_params().items()}
    np.testing.assert_array_equal(images, scenes.images)
    assert pickle.dumps(scenes.y) == y
    clone(estimator)


def check_predictions_have_the_form_of_the_input(
    estimator: Any, scenes: Scenes
) -> None:
    """Predictions are masks of the size of the images, or boxes inside the images."""
    found = estimator.fit(scenes.images, scenes.y).predict(scenes.images)
    assert len(found) == len(scenes.images)
    if not scenes.is_detection:
        assert isinstance(found, np.ndarray)
        assert found.shape == scenes.images.shape
        assert set(np.unique(found)) <= set(estimator.classes_)
        return
    height, width = scenes.images.shape[1:]
    for item in found:
        boxes, scores = item["boxes"], item["scores"]
        assert boxes.shape == (len(scores), 4)
        assert len(item["labels"]) == len(scores)
        assert (boxes >= 0).all()
        assert (boxes <= [width, height, width, height]).all()
        assert (np.diff(scores) <= 0).all()


def check_lists_of_different_sizes(estimator: Any, scenes: Scenes) -> None:
    """Images of a list may have different sizes."""
    images, y = scenes.of_many_sizes
    found = estimator.fit(images, y).predict(images)
    assert isinstance(found, list)
    if not scenes.is_detection:
        assert [m.shape for m in found] == [image.shape for image in images]


def check_unsigned_integers_and_floats_agree(estimator: Any, scenes: Scenes) -> None:
    """Images of uint8, of uint16 and of floats in [0, 1] give the same predictions."""
    estimator.fit(scenes.images, scenes.y)
    expected = estimator.predict(scenes.images)
    wider = scenes.images.astype(np.uint16) * 257
    score = estimator.score(scenes.images, scenes.y)
    assert abs(estimator.score(wider, scenes.y) - score) < 0.05
    floats = scenes.images.astype(np.float32) / np.float32(255)
    _same(estimator.predict(floats), expected)


def check_other_scale_raises(estimator: Any, scenes: Scenes) -> None:
    """Floats in [0, 255] raise an error after integers were scaled to [0, 1]."""
    estimator.fit(scenes.images, scenes.y)
    _raises(ValueError, estimator.predict, scenes.images.astype(float))


def check_color_images(estimator: Any, scenes: Scenes) -> None:
    """Images may have channels, and other numbers of channels raise an error."""
    color = np.stack([scenes.images] * 3, axis=-1)
    estimator.fit(color, scenes.y)
    assert estimator.score(color, scenes.y) > 0.5
    _raises(ValueError, estimator.predict, scenes.images)
    _raises(ValueError, estimator.predict, np.moveaxis(color, -1, 1))


def check_wrong_images_raise(estimator: Any, scenes: Scenes) -> None:
    """Images that are not images raise clear errors."""
    errors = (ValueError, TypeError)
    with_nan = scenes.images.astype(float)
    with_nan[0, 0, 0] = np.nan
    for images in (scenes.images[0], with_nan, scenes.images[:0], "image.png", 3):
        _raises(errors, clone(estimator).fit, images, scenes.y)
    estimator.fit(scenes.images, scenes.y)
    for images in (scenes.images[0], with_nan, scenes.images[:0]):
        _raises(errors, estimator.predict, images)


def check_wrong_targets_raise(estimator: Any, scenes: Scenes) -> None:
    """Masks and boxes that do not match the images raise clear errors."""
    errors = (ValueError, TypeError)
    wrong: list[Any] = [scenes.y[:2], None]
    if scenes.is_detection:
        bad_boxes = ([[5, 5, 5, 9]], [[np.nan, 0, 3, 3]], [[90, 90, 99, 99]], [[1, 2]])
        wrong += [
            [{"boxes": b, "labels": ["object"]}, *scenes.y[1:]] for b in bad_boxes
        ]
        wrong += [[{"boxes": [], "labels": []}] * 3, scenes.y[0]]
    else:
        wrong += [scenes.y[:, :-1], np.ones_like(scenes.y), scenes.y * 0.5]
    for y in wrong:
        _raises(errors, clone(estimator).fit, scenes.images, y)


def check_results_are_reproducible(estimator: Any, scenes: Scenes) -> None:
    """The same random state gives the same predictions, also after pickling."""
    estimator.set_params(random_state=0)
    other = clone(estimator).fit(scenes.images, scenes.y)
    found = estimator.fit(scenes.images, scenes.y).predict(scenes.images)
    if _has_seeded_parts(estimator):
        _same(found, other.predict(scenes.images))
    _same(found, pickle.loads(pickle.dumps(estimator)).predict(scenes.images))
    assert isinstance(repr(estimator), str)


def check_score_of_training_images(estimator: Any, scenes: Scenes) -> None:
    """The score of easy training images is high."""
    score = estimator.fit(scenes.images, scenes.y).score(scenes.images, scenes.y)
    assert 0.5 < score <= 1.0, f"the score of the training images is {score:.2f}"


def check_unfitted_raises(estimator: Any, scenes: Scenes) -> None:
    """`predict` and `score` before `fit` raise NotFittedError."""
    _raises(NotFittedError, clone(estimator).predict, scenes.images)
    _raises(NotFittedError, clone(estimator).score, scenes.images, scenes.y)


def check_images_without_objects(estimator: Any, scenes: Scenes) -> None:
    """Detectors accept images without objects, and predict for constant images."""
    images, y = scenes.images.copy(), list(scenes.y)
    if scenes.is_detection:
        images[2] = 45
        y[2] = {"boxes": [], "labels": []}
    estimator.fit(images, y)
    assert len(estimator.predict(np.full_like(images[:1], 45))) == 1


def _has_seeded_parts(estimator: Any) -> bool:
    """Return whether all random parts of an estimator have a seed."""
    params = estimator.get_params(deep=True)
    seeds = [v for k, v in params.items() if k.rpartition("__")[2] == "random_state"]
    return all(seed is not None for seed in seeds)


CHECKS: tuple[Check, ...] = (
    check_fit_keeps_parameters_and_input,
    check_predictions_have_the_form_of_the_input,
    check_lists_of_different_sizes,
    check_unsigned_integers_and_floats_agree,
    check_other_scale_raises,
    check_color_images,
    check_wrong_images_raise,
    check_wrong_targets_raise,
    check_results_are_reproducible,
    check_score_of_training_images,
    check_unfitted_raises,
    check_images_without_objects,
)


def check_dense_estimator(estimator: Any, *, on_fail: str | None = "raise") -> list:
    """Run the checks for segmenters and detectors.

    scikit-learn's `check_estimator` fits tables, which these estimators do not accept.

    Parameters
    ----------
    estimator : estimator
        An instance, which is not modified. It is a detector if the second parameter of
        its `fit` is called "targets", and a segmenter otherwise.
    on_fail : {"raise", "warn"} or None, default="raise"
        Whether a failed check raises its error, emits a warning or is only reported.

    Returns
    -------
    list of dict
        One dict for each check with the keys "check_name", "status" ("passed" or
        "failed"), "exception" and "estimator".

    Raises
    ------
    Exception
        The error of the first check that fails, if ``on_fail="raise"``.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklearn_distill import DistilledSegmenter, RandomSelection
    >>> from sklearn_distill.dense import PixelFeatures, check_dense_estimator
    >>> features = PixelFeatures(sigma_min=1, sigma_max=1)
    >>> results = check_dense_estimator(
    ...     DistilledSegmenter(RandomSelection(20), GaussianNB(), features=features)
    ... )
    >>> {result["status"] for result in results}
    {'passed'}
    """
    if on_fail not in ("raise", "warn", None):
        raise ValueError(f"on_fail must be 'raise', 'warn' or None; got {on_fail!r}.")
    return [_run(check, estimator, on_fail) for check in CHECKS]


def _run(check: Check, estimator: Any, on_fail: str | None) -> dict[str, Any]:
    """Run one check on a clone of an estimator."""
    second = list(inspect.signature(estimator.fit).parameters)[1]
    result = {
        "estimator": estimator,
        "check_name": getattr(check, "__name__", str(check)),
        "exception": None,
        "status": "passed",
        "expected_to_fail": False,
        "expected_to_fail_reason": None,
    }
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            check(clone(estimator), Scenes(second == "targets"))
    except Exception as error:
        if on_fail == "raise":
            raise
        result |= {"exception": error, "status": "failed"}
        if on_fail == "warn":
            warnings.warn(EstimatorCheckFailedWarning(**result), stacklevel=3)
    return result
