# SPDX-License-Identifier: BSD-3-Clause
"""
Masks and boxes from a few pixels
=================================

Forty labeled pixels segment coins on another part of a photograph, and eighty pixels
detect them.
"""

# %%
# The image is a photograph of coins. Its masks are made by a threshold, because the
# example needs labels: the coins are brighter than the background around them.

import matplotlib.pyplot as plt
import numpy as np
from scipy.ndimage import binary_fill_holes, label
from skimage.data import coins
from skimage.filters import sobel
from skimage.morphology import remove_small_objects
from skimage.segmentation import watershed

image = coins()
markers = np.zeros(image.shape, dtype=int)
markers[image < 30], markers[image > 150] = 1, 2
filled = binary_fill_holes(watershed(sobel(image), markers) == 2)
instances, _ = label(remove_small_objects(filled, max_size=200))
upper, lower = (slice(0, 150), slice(150, None))
masks = (instances > 0).astype(int)

# %%
# Train on the upper part with the pixels of twenty k-means clusters of each class, and
# compare the masks of the lower part.

from sklearn.ensemble import ExtraTreesClassifier

from sklearn_distill import (
    DetectionDisplay,
    DistilledDetector,
    DistilledPixelsDisplay,
    DistilledSegmenter,
    KMeansSelection,
    SegmentationDisplay,
)

segmenter = DistilledSegmenter(
    KMeansSelection(budget=20, numeric="standard", random_state=0),
    ExtraTreesClassifier(random_state=0),
    max_pixels=20_000,
    random_state=0,
).fit([image[upper]], [masks[upper]])
SegmentationDisplay.from_estimator(segmenter, [image[lower]], [masks[lower]])
plt.show()

# %%
# These are the distilled pixels, and the mean intersection over union (mIoU) of the
# lower part:

DistilledPixelsDisplay.from_estimator(segmenter, [image[upper]])
plt.show()
round(segmenter.score([image[lower]], [masks[lower]]), 3)

# %%
# A detector needs boxes instead of masks.

from sklearn_distill import PixelFeatures
from sklearn_distill.dense import boxes_from_masks

detector = DistilledDetector(
    KMeansSelection(budget=40, numeric="standard", random_state=0),
    ExtraTreesClassifier(random_state=0),
    features=PixelFeatures(sigma_max=16),
    max_pixels=20_000,
    random_state=0,
).fit([image[upper]], boxes_from_masks([instances[upper]]))
truth = boxes_from_masks([instances[lower]])
DetectionDisplay.from_estimator(detector, [image[lower]], truth)
plt.show()

# %%
# The average precision at an intersection over union of 0.5:

round(detector.score([image[lower]], truth), 3)
