"""Small networks trained on a few real tiles, composed scenes and learned tiles.

    python docs/benchmarks/tiles.py --data DIR --output tiles.jsonl

DIR holds brain.npz, nuclei.npz and trees-*.jpg/.npz, which are divided into training
and test images as in dense.py: brain is segmented by `UNetSegmenter` (mIoU), and nuclei
and tree crowns (trees-a for training, trees-b for testing) are detected by
`CenterPointDetector` (AP50). All methods take the same number of steps.

- random, herding: tiles of the training images, from `TileSelection`.
- composed: scenes of the size of a tile from `SceneComposer` (detection).
- matched: the tiles of herding, whose pixels are then learned by distribution matching:
  with the masks fixed, the mean features of the pixels of each class in random networks
  come near those of random real tiles (segmentation).
- all: all training images.

Each cell is one line of JSON, and is not measured again.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
from dense import (
    TEST_SLICES,
    TRAIN_SLICES,
    halves_of_nuclei,
    photographs_of_trees,
)

from sklearn_distill import (
    CenterPointDetector,
    SceneComposer,
    TileSelection,
    UNetSegmenter,
)

TILE_SIZES = {"brain": 64, "nuclei": 64, "trees": 200}
NETWORK = {"width": 8, "depth": 2, "patch_size": 64, "lr": 0.01}


def matched(tiles, masks, images, all_masks, seed, steps=100, rate=0.02):
    """Return tiles whose pixels match the classes of real tiles in random networks."""
    import torch

    from sklearn_distill.dense.networks import SmallUNet

    rng, size = np.random.RandomState(seed), tiles.shape[1]
    torch.manual_seed(seed)
    real = torch.from_numpy(images.astype(np.float32) / 255)
    labels = torch.from_numpy(all_masks.astype(np.int64))
    learned = torch.from_numpy(tiles.astype(np.float32) / 255).requires_grad_()
    codes = torch.from_numpy(np.stack(masks).astype(np.int64))
    n_classes = int(labels.max()) + 1
    optimizer = torch.optim.Adam([learned], lr=rate)
    for _ in range(steps):
        network = SmallUNet(1, 32, width=8, depth=2)
        places = [
            (
                i,
                rng.randint(real.shape[1] - size + 1),
                rng.randint(real.shape[2] - size + 1),
            )
            for i in rng.randint(len(real), size=8)
        ]
        batch, batch_codes = (
            torch.stack([t[i, y : y + size, x : x + size] for i, y, x in places])
            for t in (real, labels)
        )
        with torch.no_grad():
            goal = class_means(network(batch[:, None]), batch_codes, n_classes)
        found = class_means(network(learned[:, None]), codes, n_classes)
        loss = ((found - goal) ** 2).nansum(dim=1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            learned.clamp_(0, 1)
    return learned.detach().numpy()


def class_means(features, codes, n_classes):
    """Return the mean features of the pixels of each class, NaN for absent classes."""
    import torch

    one_hot = torch.nn.functional.one_hot(codes, n_classes).float()
    sums = torch.einsum("nfhw,nhwc->cf", features, one_hot)
    return sums / one_hot.sum(dim=(0, 1, 2))[:, None]


def brain(data, method, budget, seed, steps):
    """Return the mIoU of a network that was trained on tiles of slices."""
    file = np.load(data / "brain.npz")
    images, masks = file["images"], file["masks"]
    train, train_masks = images[TRAIN_SLICES], masks[TRAIN_SLICES]
    x, y = train, list(train_masks)
    if method != "all":
        selection = TileSelection(
            budget,
            tile_size=TILE_SIZES["brain"],
            method="random" if method == "random" else "herding",
            random_state=seed,
        )
        x, y = selection.fit_distill(train, train_masks)
    if method == "matched":
        x = matched(x, y, train, train_masks, seed)
    network = UNetSegmenter(max_iter=steps, random_state=seed, **NETWORK).fit(x, y)
    test = images[TEST_SLICES]
    if method == "matched":
        test = test.astype(np.float32) / 255
    return network.score(test, masks[TEST_SLICES])


def detection(name, halves, method, budget, seed, steps):
    """Return the AP50 of a network that was trained on tiles or scenes."""
    (image, target), (test, truth) = halves
    x, y, side = [image], [target], TILE_SIZES[name]
    if method == "composed":
        composer = SceneComposer(budget, canvas=(side, side), random_state=seed)
        x, y = composer.fit_distill(x, y)
    elif method != "all":
        selection = TileSelection(
            budget, tile_size=side, method=method, random_state=seed
        )
        x, y = selection.fit_distill(x, y)
    network = CenterPointDetector(max_iter=steps, random_state=seed, **NETWORK)
    return network.fit(x, y).score([test], [truth])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("SKLEARN_DISTILL_DATA"))
    parser.add_argument("--output", default="tiles.jsonl")
    parser.add_argument("--sets", default="brain,nuclei,trees")
    parser.add_argument("--methods", default="random,herding,composed,matched,all")
    parser.add_argument("--budgets", default="4,16")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--steps", type=int, default=200)
    args = parser.parse_args()
    output = Path(args.output)
    known = output.read_text().splitlines() if output.exists() else []
    done = [json.loads(line) for line in known]
    data = Path(args.data) / "dense"
    todo = [
        {"set": name, "method": method, "budget": budget, "seed": seed}
        for name in args.sets.split(",")
        for budget in map(int, args.budgets.split(","))
        for seed in map(int, args.seeds.split(","))
        for method in args.methods.split(",")
        if method not in ("composed" if name == "brain" else "matched",)
    ]
    for cell in todo:
        if cell["method"] == "all":
            cell["budget"] = 0
        cell["steps"] = args.steps
        if any(cell.items() <= line.items() for line in done):
            continue
        settings = {k: v for k, v in cell.items() if k != "set"}
        started = time.perf_counter()
        if cell["set"] == "brain":
            score = brain(data, **settings)
        else:
            of_set = {"nuclei": halves_of_nuclei, "trees": photographs_of_trees}
            score = detection(cell["set"], of_set[cell["set"]](data), **settings)
        line = cell | {"score": score, "seconds": time.perf_counter() - started}
        done.append(line)
        with output.open("a") as file:
            file.write(json.dumps(line) + "\n")
        print(line, flush=True)
    table = pd.read_json(output, lines=True)
    keys = ["set", "steps", "budget", "method"]
    print(table.groupby(keys)["score"].agg(["mean", "std", "count"]).round(3))


if __name__ == "__main__":
    main()
