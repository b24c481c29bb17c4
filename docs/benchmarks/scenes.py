"""A small detector trained on composed scenes, on random scenes and on all scenes.

    python docs/benchmarks/scenes.py --data DIR --output scenes.jsonl

DIR holds mnist.npz. The data set is composed from real parts: scenes of 96 x 96 pixels
with one to five digits of the train split of MNIST on textures of scikit-image; test
scenes have digits of the test split. From 300 scenes, "random" keeps 10 or 50,
"composed" makes as many new ones with `SceneComposer`, "tiles" keeps as many with
`TileSelection` (the tiles are whole scenes), and "as-many-objects" keeps as many random
scenes as have the objects of the composed ones. `CenterPointDetector` takes the same
number of steps on each. Each cell is one line of JSON, and is not measured again.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
import skimage.data
from skimage.transform import resize

from sklearn_distill import CenterPointDetector, SceneComposer, TileSelection
from sklearn_distill.dense import mean_average_precision

SIZE = 96


def make_scenes(digits, labels, n, seed):
    """Return images, targets and instance masks of n scenes."""
    rng = np.random.RandomState(seed)
    textures = [getattr(skimage.data, t)() for t in ("brick", "grass", "gravel")]
    images = np.empty((n, SIZE, SIZE), dtype=np.uint8)
    instances = np.zeros((n, SIZE, SIZE), dtype=np.int32)
    targets = []
    for image, instance in zip(images, instances, strict=True):
        texture = textures[rng.randint(3)]
        y, x = rng.randint(np.array(texture.shape) - SIZE)
        image[:] = 40 + 0.35 * texture[y : y + SIZE, x : x + SIZE]
        boxes, found = [], []
        for _ in range(rng.randint(1, 6)):
            k = rng.randint(len(digits))
            side = rng.randint(20, 40)
            digit = resize(digits[k].astype(float), (side, side))
            rows, columns = np.nonzero(digit > 60)
            top, left = rng.randint(SIZE - side, size=2)
            box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
            box = np.array(box) + [left, top, left, top]
            place = slice(top, top + side), slice(left, left + side)
            if instance[box[1] : box[3], box[0] : box[2]].any():
                continue
            image[place] = np.maximum(image[place], digit)
            boxes.append(box)
            found.append(int(labels[k]))
            instance[place][digit > 60] = len(boxes)
        targets.append({"boxes": np.array(boxes, float), "labels": np.array(found)})
    return images, targets, instances


def training_scenes(method, budget, seed, scenes):
    """Return the images and the targets that a detector is trained on."""
    images, targets, instances = scenes
    if method == "all":
        return images, targets
    if method == "random":
        chosen = np.random.RandomState(seed).permutation(len(images))[:budget]
        return images[chosen], [targets[i] for i in chosen]
    if method == "tiles":
        selection = TileSelection(budget, tile_size=SIZE, min_per_class=2)
        return selection.fit_distill(images, targets)
    composer = SceneComposer(budget, context=2, random_state=seed)
    composed = composer.fit_distill(images, targets, instances)
    if method == "composed":
        return composed
    order = np.random.RandomState(seed).permutation(len(images))
    counts = np.cumsum([len(targets[i]["labels"]) for i in order])
    chosen = order[: np.searchsorted(counts, composer.n_placed_) + 1]
    return images[chosen], [targets[i] for i in chosen]


def measure(data, method, budget, seed, steps):
    """Return the average precision on test scenes."""
    file = np.load(data / "mnist.npz")
    scenes = make_scenes(file["X_train"], file["y_train"], 300, seed=1)
    test_images, test_targets, _ = make_scenes(
        file["X_test"], file["y_test"], 100, seed=2
    )
    images, targets = training_scenes(method, budget, seed, scenes)
    detector = CenterPointDetector(
        max_iter=steps, patch_size=64, mirror=False, random_state=seed
    ).fit(images, targets)
    found = detector.predict(test_images)
    return {
        "AP50": mean_average_precision(test_targets, found, iou_thresholds=(0.5,)),
        "objects": sum(len(t["labels"]) for t in targets),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("SKLEARN_DISTILL_DATA"))
    parser.add_argument("--output", default="scenes.jsonl")
    parser.add_argument("--methods", default="random,composed,tiles,as-many-objects")
    parser.add_argument("--budgets", default="10,50")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--steps", type=int, default=600)
    args = parser.parse_args()
    output = Path(args.output)
    known = output.read_text().splitlines() if output.exists() else []
    done = [json.loads(line) for line in known]
    for seed in map(int, args.seeds.split(",")):
        for budget in map(int, args.budgets.split(",")):
            for method in args.methods.split(","):
                cell = {"method": method, "budget": budget, "seed": seed}
                cell["steps"] = args.steps
                if any(cell.items() <= line.items() for line in done):
                    continue
                started = time.perf_counter()
                line = cell | measure(Path(args.data), **cell)
                line["seconds"] = time.perf_counter() - started
                with output.open("a") as file:
                    file.write(json.dumps(line) + "\n")
                print(line, flush=True)
    table = pd.read_json(output, lines=True)
    keys = ["steps", "budget", "method"]
    print(table.groupby(keys)["AP50"].agg(["mean", "std", "count"]).round(3))


if __name__ == "__main__":
    main()
