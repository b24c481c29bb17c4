"""Segmentation and detection with distilled pixels, on real images.

    python docs/benchmarks/dense.py --data DIR --output dense.jsonl --sets brain,nuclei

DIR holds brain.npz, nuclei.npz and trees-*.jpg/.npz. Each cell of the tables is one
line of JSON in the output file; cells that the file contains are not measured again, so
that a run can be continued. ``--table`` prints the tables of a file.

- brain: ten slices for training and six test slices from slabs that are at least six
  slices away from them; mean intersection over union (mIoU) of four classes, for three
  classifiers that are fitted on the same distilled pixels. "smoothed" is the mIoU after
  smoothing of the probabilities (``smooth=0.6``).
- nuclei: the left half for training and the right half for testing; average precision
  at an intersection over union of 0.4 and of 0.5.
- trees: the same on an aerial photograph; trees-ab: trained on a photograph of 2,472 x
  2,299 pixels and tested on that of another place.
- photo: seconds and megabytes for the larger photograph (Linux); large: the same for a
  segmentation of 10,000 x 10,000 pixels.

The features, the weights, the smoothing and the allocation were chosen on other slices
and inside the left half. "random" keeps the class shares of the pixels and "stratified"
takes equally many pixels of each class; "k-means-sqrt" divides the same number of
pixels by the square roots of the sizes of the classes; "k-means-grown" fits the
classifier on 3,000 grown pixels (see `DistilledSet.densify`). "all" is a stratified
sample of 30,000 pixels for brain, and all centers and 20,000 pixels of the background
for detection.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import json
import os
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_distill import (
    DistilledDetector,
    DistilledSegmenter,
    HerdingSelection,
    KernelInducingPoints,
    KMeansSelection,
    PixelFeatures,
    RandomSelection,
)
from sklearn_distill.dense import boxes_from_masks, mean_average_precision, mean_iou
from sklearn_distill.dense.pixel_weights import fit_weighted_by_mass

METHODS = "k-means,k-means-sqrt,stratified,random,k-means-grown,all,herding,kip"
LEARNERS = ("trees", "logistic", "boosting")
SMOOTH = 0.6
TRAIN_SLICES = [4, 12, 20, 28, 64, 74, 84, 118, 126, 134]
TEST_SLICES = [42, 47, 52, 97, 102, 107]


def distiller_of(method, budget, seed, counts, max_iter=None):
    """Return the distiller of a method; `counts` maps each class to its pixels."""
    if method == "random":
        n, total = budget * len(counts), sum(counts.values())
        budget = {c: max(1, round(n * count / total)) for c, count in counts.items()}
    if method in ("random", "stratified", "all"):
        return RandomSelection(budget, random_state=seed)
    if method.startswith("k-means"):
        return KMeansSelection(
            budget,
            allocation="sqrt" if method == "k-means-sqrt" else "auto",
            numeric="standard",
            densify=3_000 if method == "k-means-grown" else None,
            random_state=seed,
        )
    if method == "herding":
        return HerdingSelection(budget)
    return KernelInducingPoints(budget, max_time=60, random_state=seed)


def learner_of(name, seed):
    """Return a classifier by its name."""
    if name == "trees":
        return ExtraTreesClassifier(random_state=seed)
    if name == "boosting":
        # The default of 20 pixels per leaf is half of the smallest training set.
        return HistGradientBoostingClassifier(min_samples_leaf=3, random_state=seed)
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000))


CACHE = {}


def cached_features(image):
    """Return the default features of an image, computed once per process."""
    key = hash(image.tobytes())
    if key not in CACHE:
        CACHE[key] = PixelFeatures().fit_transform([image])[0]
    return CACHE[key]


def brain(data, method, budget, seed):
    """Return the test mIoU of one cell for all classifiers."""
    file = np.load(data / "brain.npz")
    images, masks = file["images"], file["masks"]
    counts = dict(enumerate(np.bincount(masks[TRAIN_SLICES].ravel()).tolist()))
    model = DistilledSegmenter(
        distiller_of(method, budget, seed, counts),
        learner_of(LEARNERS[0], seed),
        features=cached_features,
        max_pixels=30_000 if method == "all" else 200_000,
        random_state=seed,
    )
    result = {}
    for learner in LEARNERS:
        if learner == LEARNERS[0] or method == "k-means-grown":
            model.set_params(estimator=learner_of(learner, seed))
            model.fit(images[TRAIN_SLICES], masks[TRAIN_SLICES])
        else:
            # The same as `fit`, without distilling the same pixels again.
            model.estimator_, model.prior_ratio_ = fit_weighted_by_mass(
                learner_of(learner, seed), model.distilled_, model.mass_, model.weights
            )
        proba = model.predict_proba(images[TEST_SLICES])
        for name, sigma in (("mIoU", 0), ("smoothed", SMOOTH)):
            maps = gaussian_filter(proba, (0, sigma, sigma, 0)) if sigma else proba
            classes = model.classes_[maps.argmax(axis=-1)]
            result[f"{learner} {name}"] = mean_iou(masks[TEST_SLICES], classes)
    return result | {"rows": len(model.distilled_), "of": model.n_pixels_}


def halves_of_nuclei(data):
    """Return the images and the targets of the left and of the right half."""
    file = np.load(data / "nuclei.npz")
    image, instances = file["image"], file["instances"]
    return [
        (image[:, part], boxes_from_masks([instances[:, part]])[0])
        for part in (slice(None, 256), slice(256, None))
    ]


def photographs_of_trees(data):
    """Return the images and the targets of two photographs of different places."""
    from PIL import Image

    result = []
    for name in ("trees-a", "trees-b"):
        file = np.load(data / f"{name}.npz")
        target = {"boxes": file["boxes"].astype(float), "labels": file["labels"]}
        result.append((np.asarray(Image.open(data / f"{name}.jpg")), target))
    return result


def halves_of_trees(data):
    """Return the images and the targets of the left and of the right half."""
    from PIL import Image

    image = np.asarray(Image.open(data / "trees-b.jpg"))
    file = np.load(data / "trees-b.npz")
    boxes, labels = file["boxes"].astype(float), file["labels"]
    middle = image.shape[1] // 2
    halves = []
    for start, stop in ((0, middle), (middle, image.shape[1])):
        # A box belongs to the half that contains its center.
        center = boxes[:, [0, 2]].mean(axis=1)
        inside = (center >= start) & (center < stop)
        moved = boxes[inside] - [start, 0, start, 0]
        halves.append(
            (image[:, start:stop], {"boxes": moved, "labels": labels[inside]})
        )
    return halves


def detection(halves, method, budget, seed):
    """Return the average precision of one cell."""
    (train, target), (test, truth) = halves
    labels, n = np.unique(target["labels"], return_counts=True)
    # About 1 % of a crown or a nucleus is the center.
    counts = {"background": train.shape[0] * train.shape[1]}
    areas = np.prod(target["boxes"][:, 2:] - target["boxes"][:, :2], axis=1)
    counts |= {
        str(c): int(0.1 * areas.mean() * k) for c, k in zip(labels, n, strict=True)
    }
    if method == "all":
        budget = dict.fromkeys(counts, 10**6) | {"background": 20_000}
    detector = DistilledDetector(
        distiller_of(method, budget, seed, counts),
        ExtraTreesClassifier(random_state=seed),
        random_state=seed,
    ).fit([train], [target])
    found = detector.predict([test])
    scores = {
        f"AP{100 * t:.0f}": mean_average_precision(
            [truth], found, iou_thresholds=(t,), max_detections=300
        )
        for t in (0.4, 0.5)
    }
    return scores | {"rows": len(detector.distilled_), "of": detector.n_pixels_}


def megabytes(field):
    """Return the current ("VmRSS") or peak ("VmHWM") memory of this process."""
    status = Path("/proc/self/status").read_text()
    return int(status.split(f"{field}:")[1].split()[0]) / 1024


def photo(data, method, budget, seed):
    """Return seconds and megabytes of fit and predict for the large photograph."""
    image, target = photographs_of_trees(data)[0]
    detector = DistilledDetector(
        distiller_of(method, budget, seed, {}),
        ExtraTreesClassifier(random_state=seed),
        random_state=seed,
    )
    return seconds_and_memory(detector, image, target)


def large(data, method, budget, seed):
    """Return seconds and megabytes for a gray image of 10,000 x 10,000 pixels.

    The image repeats the left half of the micrograph, 512 x 256 pixels.
    """
    file = np.load(data / "nuclei.npz")
    tiles = -(-10_000 // 512), -(-10_000 // 256)
    image, mask = (
        np.tile(part[:, :256], tiles)[:10_000, :10_000]
        for part in (file["image"], (file["instances"] > 0).astype(np.uint8))
    )
    segmenter = DistilledSegmenter(
        distiller_of(method, budget, seed, {}),
        learner_of("logistic", seed),
        features=PixelFeatures(sigma_min=1, sigma_max=4),
        random_state=seed,
    )
    return seconds_and_memory(segmenter, image, mask) | {
        "MB of image": image.nbytes / 2**20
    }


def seconds_and_memory(model, image, target):
    """Return seconds and megabytes of fit and predict, beside what is in memory."""
    measured = {}
    for name, step in {
        "fit": lambda: model.fit([image], [target]),
        "predict": lambda: model.predict([image]),
    }.items():
        # Reset the recorded peak.
        Path("/proc/self/clear_refs").write_text("5")
        before, started = megabytes("VmRSS"), time.perf_counter()
        cpu = time.process_time()
        step()
        measured[f"{name} s"] = time.perf_counter() - started
        measured[f"{name} cpu s"] = time.process_time() - cpu
        measured[f"{name} MB"] = megabytes("VmHWM") - before
    return measured


def cells(sets, methods, budgets, seeds):
    """Yield the settings of all cells."""
    for name in sets:
        for method in methods:
            for seed in seeds:
                if name in ("photo", "large") and method != "k-means":
                    continue
                for budget in [30_000] if method == "all" else budgets:
                    cell = {"set": name, "method": method, "budget": budget}
                    cell["seed"] = seed
                    yield cell


def measure(data, cell):
    """Return the results of a cell."""
    settings = {k: v for k, v in cell.items() if k != "set"}
    if cell["set"] == "brain":
        return brain(data, **settings)
    if cell["set"] in ("photo", "large"):
        return {"photo": photo, "large": large}[cell["set"]](data, **settings)
    halves = {
        "nuclei": halves_of_nuclei,
        "trees": halves_of_trees,
        "trees-ab": photographs_of_trees,
    }
    return detection(halves[cell["set"]](data), **settings)


def print_tables(path):
    """Print means and standard deviations over the seeds."""
    table = pd.read_json(path, lines=True)
    keys = ["set", "method", "budget"]
    values = [c for c in table if c not in [*keys, "seed", "rows", "of", "seconds"]]
    for name, part in table.groupby("set"):
        shown = part.groupby(keys, sort=False)[values].agg(["mean", "std", "count"])
        print(f"\n{name}\n{shown.dropna(axis=1, how='all').round(3).to_string()}")


def draw_pictures(data, folder):
    """Write pictures of predictions with 200 distilled pixels per class."""
    import matplotlib.pyplot as plt

    from sklearn_distill import (
        DetectionDisplay,
        DistilledPixelsDisplay,
        SegmentationDisplay,
    )

    file = np.load(data / "brain.npz")
    images, masks = file["images"], file["masks"]
    common = {"random_state": 0}
    distiller = KMeansSelection(200, numeric="standard", random_state=0)
    trees = ExtraTreesClassifier(random_state=0)
    segmenter = DistilledSegmenter(distiller, trees, **common)
    segmenter.fit(images[TRAIN_SLICES], masks[TRAIN_SLICES])
    shown = TEST_SLICES[1:5:3]
    displays = {
        "segmentation-brain": SegmentationDisplay.from_estimator(
            segmenter, images[shown], masks[shown]
        ),
        "segmentation-pixels": DistilledPixelsDisplay.from_estimator(
            segmenter, images[TRAIN_SLICES], max_images=3
        ),
    }
    (train, target), (test, truth) = halves_of_nuclei(data)
    detector = DistilledDetector(distiller, trees, **common).fit([train], [target])
    displays["detection-nuclei"] = DetectionDisplay.from_estimator(
        detector, [test], [truth]
    )
    for name, display in displays.items():
        display.figure_.savefig(folder / f"{name}.png", dpi=80)
        plt.close(display.figure_)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("SKLEARN_DISTILL_DATA"))
    parser.add_argument("--output", default="dense.jsonl")
    parser.add_argument("--sets", default="brain,nuclei,trees,trees-ab,photo,large")
    parser.add_argument("--methods", default=METHODS)
    parser.add_argument("--budgets", default="10,50,200")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--table", action="store_true", help="only print the tables")
    parser.add_argument("--pictures", help="only write pictures to this folder")
    args = parser.parse_args()
    if args.pictures:
        draw_pictures(Path(args.data) / "dense", Path(args.pictures))
        return
    output = Path(args.output)
    if not args.table:
        known = output.read_text().splitlines() if output.exists() else []
        done = [json.loads(line) for line in known]
        budgets, seeds = (
            [int(v) for v in text.split(",")] for text in (args.budgets, args.seeds)
        )
        todo = cells(args.sets.split(","), args.methods.split(","), budgets, seeds)
        for cell in todo:
            if any(cell.items() <= line.items() for line in done):
                continue
            started = time.perf_counter()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                result = measure(Path(args.data) / "dense", cell)
            line = cell | result | {"seconds": time.perf_counter() - started}
            with output.open("a") as file:
                file.write(json.dumps(line) + "\n")
            print(line, flush=True)
    print_tables(output)


if __name__ == "__main__":
    main()
