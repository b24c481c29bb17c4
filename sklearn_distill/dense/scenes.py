"""SceneComposer: a few images into which all objects are placed."""

# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from .._utils._sklearn_private import HasMethods, Interval, _fit_context
from .boxes import Target, check_one_type, check_targets
from .images import check_images
from .masks import check_masks
from .scene_parts import Crop, Scene, background_of, crop_of


class SceneComposer(BaseEstimator):
    """Compose a few scenes from the objects in many images.

    The composed images with their boxes are a small training set for a network, as in
    OD3 [1]_: each object is used once, where it overlaps little with those that have
    been placed before. Small objects bring more of their surroundings with them.

    Parameters
    ----------
    budget : int, default=10
        The number of scenes.
    canvas : tuple (height, width), default=None
        The size of a scene. None is the largest height and width of the images.
    max_overlap : float, default=0.1
        The largest intersection over union of two boxes in a scene.
    tries : int, default=40
        How many random places are tried for an object. An object that finds no place is
        left out of the scene and tried in the next one.
    context : int, default=4
        The number of pixels around the smallest object that are copied with it. The
        larger an object is, the fewer pixels around it are copied.
    observer : detector, default=None
        A fitted detector, such as `DistilledDetector`. Objects that it does not find in
        the composed scene are removed, and the space is offered to further objects.
    observer_threshold : float, default=0.2
        The lowest score with which the observer must find an object.
    random_state : int, RandomState instance or None, default=None
        Orders and places the objects. Pass an int for reproducible results.

    Attributes
    ----------
    images_ : ndarray of shape (budget, height, width) or (budget, height, width, C)
        The scenes, in the dtype of the images.
    targets_ : list of dict
        For each scene {"boxes": (m, 4), "labels": (m,)}.
    masks_ : ndarray of int of shape (budget, height, width)
        The object, as a number from 1 in the order of `targets_`, that each pixel
        belongs to; 0 is the background. Defined only if `fit` received `instances`.
    n_objects_ : int
        The number of objects in the images of `fit`.
    n_placed_ : int
        The number of objects in the scenes.

    See Also
    --------
    TileSelection : Keep real tiles instead of composed scenes.
    CenterPointDetector : A network that can be trained on scenes.

    Notes
    -----
    The backgrounds are real pixels: parts of the images without objects where there
    are such images, and otherwise of all images, in which the objects are covered by
    pixels from elsewhere in the same image.

    References
    ----------
    .. [1] S. A. A. Al Khatib et al., "OD3: Optimization-free Dataset Distillation for
       Object Detection", ICLR 2026 (arXiv:2506.01942).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_distill import SceneComposer
    >>> images = np.zeros((6, 32, 32))
    >>> images[:, 4:12, 4:12] = 1
    >>> targets = [{"boxes": [[4, 4, 12, 12]], "labels": ["square"]}] * 6
    >>> composer = SceneComposer(budget=2, random_state=0).fit(images, targets)
    >>> composer.images_.shape, composer.n_placed_
    ((2, 32, 32), 6)
    """

    _parameter_constraints: dict[str, Any] = {
        "budget": [Interval(Integral, 1, None, closed="left")],
        "canvas": [None, tuple, list],
        "max_overlap": [Interval(Real, 0, 1, closed="both")],
        "tries": [Interval(Integral, 1, None, closed="left")],
        "context": [Interval(Integral, 0, None, closed="left")],
        "observer": [None, HasMethods(["predict"])],
        "observer_threshold": [Interval(Real, 0, 1, closed="both")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        budget: int = 10,
        *,
        canvas: tuple[int, int] | None = None,
        max_overlap: float = 0.1,
        tries: int = 40,
        context: int = 4,
        observer: Any = None,
        observer_threshold: float = 0.2,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.budget = budget
        self.canvas = canvas
        self.max_overlap = max_overlap
        self.tries = tries
        self.context = context
        self.observer = observer
        self.observer_threshold = observer_threshold
        self.random_state = random_state

    # The observer validates its own parameters.
    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, images: Any, targets: Any, instances: Any = None) -> Self:
        """Compose scenes from the objects in images.

        Parameters
        ----------
        images : array-like of shape (n, H, W) or (n, H, W, C), or list of images
        targets : list of dict
            For each image {"boxes": (m, 4), "labels": (m,)}.
        instances : array-like of int of shape (n, H, W), or list, default=None
            The number of the object that each pixel belongs to, 1 + its position in
            `targets`; 0 is the background. If given, only the pixels of an object and
            its context are copied, and scenes have masks.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError, TypeError
            If images and targets do not match, if there are no objects, or if none of
            them can be placed.
        """
        checked = check_images(images)
        dtypes = sorted({str(image.dtype) for image in checked.arrays})
        if len(dtypes) > 1:
            raise ValueError(
                f"Images of a scene must have one dtype; got {dtypes}. Convert all "
                "images to one dtype and scale."
            )
        boxes = check_targets(targets, checked.sizes)
        check_one_type([target["labels"] for target in boxes])
        masks = None if instances is None else check_masks(instances, checked.sizes)
        rng = check_random_state(self.random_state)
        crops = self._crops(checked.arrays, boxes, masks)
        if not crops:
            raise ValueError(
                "The targets contain no boxes. Pass at least one image with an object."
            )
        self.n_objects_ = len(crops)
        height, width = self._canvas(checked.sizes)
        canvases = [
            background_of(checked.arrays, boxes, (height, width), rng)
            for _ in range(self.budget)
        ]
        scenes = [Scene(canvas) for canvas in canvases]
        waiting = [crops[i] for i in rng.permutation(len(crops))]
        for number, scene in enumerate(scenes):
            # Each scene takes an equal part of the objects that are left.
            size = -(-len(waiting) // (len(scenes) - number))
            part, waiting = waiting[:size], waiting[size:]
            waiting += self._fill(scene, part, rng)
        # Scenes with free places take objects that found none before.
        for scene in scenes:
            waiting = self._fill(scene, waiting, rng)
        if not any(scene.crops for scene in scenes):
            raise ValueError(
                f"None of the {len(crops)} objects was placed into a scene of {height} "
                f"x {width} pixels. Enlarge canvas, raise max_overlap, or lower "
                "observer_threshold."
            )
        self._store(scenes, checked.arrays[0].shape[2] == 1, masks is not None)
        return self

    def fit_distill(
        self, images: Any, targets: Any, instances: Any = None
    ) -> tuple[np.ndarray, list[Target]]:
        """Fit and return the scenes and their targets.

        Parameters
        ----------
        images : array-like of shape (n, H, W) or (n, H, W, C), or list of images
        targets : list of dict
        instances : array-like of int of shape (n, H, W), or list, default=None
            As in `fit`.

        Returns
        -------
        images : ndarray of shape (budget, height, width) or (budget, height, width, C)
        targets : list of dict
        """
        self.fit(images, targets, instances)
        return self.images_, self.targets_

    def _canvas(self, sizes: list[tuple[int, int]]) -> tuple[int, int]:
        """Return the height and width of a scene."""
        if self.canvas is None:
            return max(h for h, _ in sizes), max(w for _, w in sizes)
        are_ints = all(isinstance(side, Integral) for side in self.canvas)
        if len(self.canvas) != 2 or not are_ints or min(self.canvas) < 1:
            raise ValueError(
                "canvas must be (height, width), two positive integers; got "
                f"{self.canvas!r}."
            )
        return int(self.canvas[0]), int(self.canvas[1])

    def _crops(
        self,
        images: list[np.ndarray],
        targets: list[Target],
        masks: list[np.ndarray] | None,
    ) -> list[Crop]:
        """Return all objects with their context."""
        sizes = [np.sqrt((b[2] - b[0]) * (b[3] - b[1])) for t in targets
                 for b in t["boxes"]]  # fmt: skip
        low, high = (min(sizes), max(sizes)) if sizes else (0.0, 1.0)
        crops = []
        for i, (image, target) in enumerate(zip(images, targets, strict=True)):
            labels = target["labels"].tolist()
            for k, (box, label) in enumerate(zip(target["boxes"], labels, strict=True)):
                size = np.sqrt((box[2] - box[0]) * (box[3] - box[1]))
                share = 1 - (size - low) / (high - low or 1.0)
                margin = round(self.context * share)
                mask = None if masks is None else masks[i] == k + 1
                if mask is not None and not mask.any():
                    raise ValueError(
                        f"Image {i} has {len(labels)} boxes, but no pixel of its mask "
                        f"in instances has the number {k + 1}. Number the objects from "
                        "1 in the order of their boxes."
                    )
                crops.append(crop_of(image, box, label, margin, mask))
        return crops

    def _fill(
        self, scene: Scene, crops: list[Crop], rng: np.random.RandomState
    ) -> list[Crop]:
        """Place objects into a scene, and return those that found no place."""
        left = [
            crop
            for crop in crops
            if not scene.place(crop, self.max_overlap, self.tries, rng)
        ]
        if self.observer is None:
            return left
        image = scene.image[:, :, 0] if scene.image.shape[2] == 1 else scene.image
        [found] = self.observer.predict([image])
        seen = found["boxes"][found["scores"] >= self.observer_threshold]
        return left + scene.remove_unseen(seen)

    def _store(self, scenes: list[Scene], is_gray: bool, has_masks: bool) -> None:
        """Set the fitted attributes."""
        images = np.stack([scene.image for scene in scenes])
        self.images_ = images[..., 0] if is_gray else images
        self.targets_ = [scene.target() for scene in scenes]
        self.n_placed_ = sum(len(scene.crops) for scene in scenes)
        self.__dict__.pop("masks_", None)
        if has_masks:
            self.masks_ = np.stack([scene.mask() for scene in scenes])
