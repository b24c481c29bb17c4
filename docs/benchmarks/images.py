"""Score convolutional networks that are trained on a few distilled images.

    python docs/benchmarks/images.py --data DIR --method distribution-matching \
        --budget 1,10

DIR (or the environment variable SKLEARN_DISTILL_DATA) holds the images as mnist.npz or
fashion-mnist.npz, with arrays X_train, y_train, X_test and y_test; without the file,
they are downloaded from OpenML. Each seed is a new distillation. Each distilled set
trains `--networks` new networks by one recipe: SGD with momentum 0.9, weight decay
5e-4, a step size of 0.01 that is divided by ten after half of `--epochs`, and siamese
augmentation without flips. The same recipe trains on random images, on the real images
nearest to k-means centroids, and on all images (for as many steps). The reported
accuracy on the 10,000 test images is that after the last step; no step is selected on
test images.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import inspect
import json
import os
import platform
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from sklearn.datasets import fetch_openml
from torch.optim.lr_scheduler import MultiStepLR

import sklearn_distill as sd
from sklearn_distill.engine.augmentation import SiameseAugmentation
from sklearn_distill.engine.networks import ConvNet

BASELINES = {
    "random": lambda budget, seed: sd.RandomSelection(budget, random_state=seed),
    "k-means": lambda budget, seed: sd.KMeansSelection(
        budget, representative="nearest", random_state=seed
    ),
}
OPENML = {"mnist": "mnist_784", "fashion-mnist": "Fashion-MNIST"}
BATCH = 256


def load(folder, name):
    """Return training and test images, (n, 1, 28, 28) in [0, 1], and their labels."""
    path = Path(folder or "", f"{name}.npz")
    if path.exists():
        with np.load(path) as file:
            parts = {name: file[name] for name in file.files}
    else:
        X, y = fetch_openml(OPENML[name], version=1, return_X_y=True, as_frame=False)
        n = 60_000
        parts = {"X_train": X[:n], "y_train": y[:n], "X_test": X[n:], "y_test": y[n:]}
    images = [
        parts[f"X_{part}"].reshape(-1, 1, 28, 28).astype(np.float32) / 255.0
        for part in ("train", "test")
    ]
    return (
        images[0],
        parts["y_train"].astype(np.int64),
        images[1],
        parts["y_test"].astype(np.int64),
    )


def probabilities(small, n_classes):
    """Return the labels of a distilled set as probabilities."""
    if small.soft_labels is not None:
        return small.soft_labels.astype(np.float32)
    return np.eye(n_classes, dtype=np.float32)[small.y]


def train(images, labels, args, seed):
    """Train a network by the recipe on images and label probabilities."""
    torch.manual_seed(seed)
    net = ConvNet(images.shape[1:], labels.shape[1], width=args.width).to(args.device)
    optimizer = torch.optim.SGD(
        net.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4
    )
    schedule = MultiStepLR(optimizer, [args.epochs // 2 + 1], gamma=0.1)
    augmentation = SiameseAugmentation("auto", of_images=True)
    images = torch.as_tensor(images, device=args.device)
    labels = torch.as_tensor(labels, device=args.device)
    # Limit the batches per epoch so that training on all images takes as many steps as
    # training on a distilled set that fits one batch.
    per_epoch = min(-(-len(images) // BATCH), args.full_steps // args.epochs + 1)
    for _ in range(args.epochs):
        order = torch.randperm(len(images), device=args.device)
        for rows in order.split(BATCH)[:per_epoch]:
            logits = net(augmentation.draw()(images[rows]))
            loss = F.cross_entropy(logits, labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        schedule.step()
    return net


@torch.no_grad()
def accuracy(net, images, y):
    """Return the share of test images that the network classifies correctly."""
    device = next(net.parameters()).device
    predictions = [
        net(torch.as_tensor(images[i : i + 100], device=device)).argmax(1).cpu()
        for i in range(0, len(images), 100)
    ]
    return float((torch.cat(predictions).numpy() == y).mean())


def distiller(name, budget, seed, args):
    """Return a method with the network, time limit and device of the benchmark."""
    cls = sd.get_distiller(name)
    settings = {
        "budget": budget,
        "random_state": seed,
        "device": args.device,
        # None disables early stopping.
        "n_iter_no_change": None,
        **json.loads(args.params),
    }
    limits = {"max_iter": args.max_iter, "max_time": args.max_time}
    settings |= {name: limit for name, limit in limits.items() if limit is not None}
    accepted = inspect.signature(cls).parameters
    if "network" in accepted:
        from skorch import NeuralNetClassifier

        settings["network"] = NeuralNetClassifier(ConvNet, module__width=args.width)
    return cls(**{k: v for k, v in settings.items() if k in accepted})


def distilled_images(name, budget, seed, args, X, y):
    """Return distilled images and their labels as probabilities."""
    make = BASELINES.get(name)
    method = make(budget, seed) if make else distiller(name, budget, seed, args)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        small = method.fit_distill(X, y)
    if args.save:
        small.save(Path(args.save, f"{name}-{budget}-{seed}.npz"))
    return small.X, probabilities(small, len(np.unique(y)))


def measure(name, budget, seed, args, data):
    """Return sizes, seconds and the mean accuracy of one method, budget and seed.

    A budget of 0 trains a single network on all images.
    """
    X, y, X_test, y_test = data
    mean, scale = X.mean(), X.std()
    X_in, y_in = X[: args.n_train], y[: args.n_train]
    started = time.perf_counter()
    if budget == 0:
        images, labels = X_in, np.eye(len(np.unique(y)), dtype=np.float32)[y_in]
    else:
        images, labels = distilled_images(name, budget, seed, args, X_in, y_in)
    seconds = time.perf_counter() - started
    scores = []
    for k in range(1 if budget == 0 else args.networks):
        net = train((images - mean) / scale, labels, args, 1_000 * seed + k)
        scores.append(accuracy(net, (X_test - mean) / scale, y_test))
    return {
        "images": len(images),
        "seconds": seconds,
        "accuracy": float(np.mean(scores)),
        "networks": len(scores),
    }


def run(args):
    """Return the scores of all cells, including those that the output file contains."""
    data = load(args.data, args.set)
    done = pd.read_csv(args.output) if args.output and args.output.exists() else None
    rows = [] if done is None else done.to_dict("records")
    methods = [name for name in args.method.split(",") if name]
    names = [*([] if args.no_baselines else BASELINES), *methods]
    cells = [(int(b), name) for b in args.budget.split(",") for name in names]
    if not args.no_full:
        cells.append((0, "all images"))
    for seed in range(args.seeds):
        for budget, name in cells:
            key = {"method": name, "budget": budget, "seed": seed, "width": args.width}
            if any(all(row[k] == v for k, v in key.items()) for row in rows):
                continue
            rows.append({**key, **measure(name, budget, seed, args, data)})
            print(json.dumps(rows[-1]), flush=True)
            if args.output:
                partial = args.output.with_suffix(".part")
                pd.DataFrame(rows).to_csv(partial, index=False)
                os.replace(partial, args.output)
    return pd.DataFrame(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("SKLEARN_DISTILL_DATA"))
    parser.add_argument("--set", choices=list(OPENML), default="mnist")
    parser.add_argument("--method", default="distribution-matching")
    parser.add_argument(
        "--params", default="{}", help="parameters of the methods, as JSON"
    )
    parser.add_argument("--budget", default="1,10")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--networks", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=300)
    parser.add_argument("--full-steps", type=int, default=1_200)
    parser.add_argument("--n-train", type=int, default=60_000)
    parser.add_argument("--max-iter", type=int)
    parser.add_argument("--max-time", type=float, help="time limit of a fit in seconds")
    parser.add_argument(
        "--device", default="cuda" if torch.cuda.is_available() else "cpu"
    )
    parser.add_argument(
        "--width", type=int, default=128 if torch.cuda.is_available() else 32
    )
    parser.add_argument("--no-full", action="store_true")
    parser.add_argument("--no-baselines", action="store_true")
    parser.add_argument(
        "--output", type=Path, help="CSV file of all scores, from which a run resumes"
    )
    parser.add_argument("--save", type=Path, help="a directory for the distilled sets")
    args = parser.parse_args()
    results = run(args)
    table = results.groupby(["budget", "method"]).agg(
        accuracy=("accuracy", lambda a: f"{100 * a.mean():.1f}"),
        deviation=("accuracy", lambda a: f"{100 * a.std():.1f}"),
        seconds=("seconds", lambda s: f"{s.mean():.0f}"),
        seeds=("seed", "nunique"),
    )
    print(
        f"\ntorch {torch.__version__}, Python {platform.python_version()}, "
        f"{args.device}, {os.cpu_count()} cores; width {args.width}, {args.epochs} "
        f"epochs\n"
    )
    print(table.reset_index().to_markdown(index=False))


if __name__ == "__main__":
    main()
