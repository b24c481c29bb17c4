"""Rank network architectures on distilled rows: correlation, regret and time.

    python docs/benchmarks/architectures.py --data DIR --set magic --output FILE
    python docs/benchmarks/architectures.py --data DIR --set mnist --output FILE

`--set` names a table (multilayer perceptrons: depth, width, activation, normalization)
or "mnist" (convolutional networks: depth, width, activation, normalization, pooling).
Every architecture is trained by skorch in these ways:

- "all": on all training rows for `--epochs` epochs, the reference;
- "all, other seed" (with `--repeat`): the same with other initial weights and batches.
  Its correlation with the reference shows how well the reference reproduces itself;
- "fewer epochs": on all training rows for a twentieth of the updates;
- "METHOD": on `--budget` rows per class that a method distills (or draws at random),
  for a twentieth of the updates. Distribution matching learns for a minute.

The table gives, against the reference: Spearman's correlation of the accuracies on test
rows with a bootstrap interval; the regret, in points, of the best architecture by the
small training and of the best of its first five; and the time of all small trainings,
with distilling and confirming five, as a share of the time of all full trainings.
Processor time is measured. Each result is appended to the output as a JSON line, and a
run continues from the file. `--summary` prints the table of an output file.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import json
import os
import time
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from scipy.stats import spearmanr
from sklearn.model_selection import ParameterGrid, train_test_split
from sklearn.preprocessing import LabelEncoder, StandardScaler
from skorch import NeuralNetClassifier

from sklearn_distill import (
    DistributionMatching,
    HerdingSelection,
    KMeansSelection,
    RandomSelection,
)

ACTIVATIONS = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh}
METHODS = {
    "random": RandomSelection,
    "herding": HerdingSelection,
    "k-means": KMeansSelection,
    "distribution matching": partial(DistributionMatching, max_time=60),
}
# Small trainings make a twentieth of the updates of the full ones.
FEWER = 20
BATCH_SIZE = 64
REPEAT = "all, other seed"


class Perceptron(torch.nn.Module):
    """A multilayer perceptron."""

    def __init__(self, n_in, n_out, depth, width, activation, norm):
        super().__init__()
        layers, size = [], n_in
        for _ in range(depth):
            layers.append(torch.nn.Linear(size, width))
            if norm:
                layers.append(torch.nn.LayerNorm(width))
            layers.append(ACTIVATIONS[activation]())
            size = width
        self.layers = torch.nn.Sequential(*layers, torch.nn.Linear(size, n_out))

    def forward(self, X):
        return self.layers(X)


class ConvNet(torch.nn.Module):
    """A convolutional network for images of 28 x 28 pixels."""

    def __init__(self, n_out, depth, width, activation, norm, pooling):
        super().__init__()
        pool = {"average": torch.nn.AvgPool2d, "max": torch.nn.MaxPool2d}[pooling]
        layers, channels = [], 1
        for _ in range(depth):
            layers.append(torch.nn.Conv2d(channels, width, 3, padding=1))
            if norm:
                layers.append(torch.nn.GroupNorm(4, width))
            layers += [ACTIVATIONS[activation](), pool(2)]
            channels = width
        side = 28 // 2**depth
        layers += [torch.nn.Flatten(), torch.nn.Linear(width * side**2, n_out)]
        self.layers = torch.nn.Sequential(*layers)

    def forward(self, X):
        return self.layers(X)


def grid_of(name):
    """Return the architectures: 24 perceptrons or 24 convolutional networks."""
    space = {"activation": list(ACTIVATIONS), "norm": [False, True]}
    if name == "mnist":
        space |= {"depth": [1, 2, 3], "width": [8], "pooling": ["average", "max"]}
    else:
        space |= {"depth": [1, 2, 4], "width": [4, 64]}
    return list(ParameterGrid(space))


def load(folder, name, seed, max_train):
    """Return training and test rows, as float32, and labels as codes."""
    if name == "mnist":
        with np.load(Path(folder, "mnist.npz")) as file:
            names = {key.lower(): key for key in file.files}
            X = file[names.get("x_train", names.get("x"))]
            y = file[names.get("y_train", names.get("y"))].astype(np.int64)
        X = (X.reshape(-1, 1, 28, 28) / np.float32(255)).astype(np.float32)
    else:
        table = pd.read_csv(Path(folder, f"{name}.csv.gz")).dropna()
        X = pd.get_dummies(table.drop(columns="target")).to_numpy(np.float32)
        y = LabelEncoder().fit_transform(table["target"]).astype(np.int64)
    X, X_test, y, y_test = train_test_split(
        X, y, test_size=0.3, random_state=seed, stratify=y
    )
    if X.ndim == 2:
        scaler = StandardScaler().fit(X)
        X, X_test = scaler.transform(X), scaler.transform(X_test)
    return X[:max_train], X_test[:5_000], y[:max_train], y_test[:5_000]


def trained(architecture, X, y, epochs, seed):
    """Return a network of an architecture, trained on (X, y)."""
    torch.manual_seed(seed)
    n_out = int(y.max()) + 1
    module = ConvNet if X.ndim == 4 else Perceptron
    sizes = {"n_out": n_out} if X.ndim == 4 else {"n_out": n_out, "n_in": X.shape[1]}
    net = NeuralNetClassifier(
        module,
        **{f"module__{k}": v for k, v in (architecture | sizes).items()},
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=2e-3,
        batch_size=BATCH_SIZE,
        max_epochs=max(1, round(epochs)),
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    )
    return net.fit(X, y)


def run(args):
    """Train every architecture in every way that the output file does not contain."""
    torch.set_num_threads(1)
    grid = grid_of(args.set)
    done = {(r["set"], r["seed"], r["way"], r["index"]) for r in records(args.output)}
    for seed in range(args.seeds):
        X, X_test, y, y_test = load(args.data, args.set, seed, args.max_train)
        updates = args.epochs * len(X) / BATCH_SIZE / FEWER
        repeats = [REPEAT] if args.repeat else []
        for way in ["all", *repeats, "fewer epochs", *args.methods]:
            if all((args.set, seed, way, i) in done for i in range(len(grid))):
                continue
            rows, labels, epochs = X, y, args.epochs
            seconds = 0.0
            if way == "fewer epochs":
                epochs = args.epochs / FEWER
            elif way in METHODS:
                started = time.process_time()
                distiller = METHODS[way](args.budget, random_state=seed)
                rows, labels = distiller.fit_distill(X, y)
                seconds = time.process_time() - started
                rows = rows.astype(np.float32)
                epochs = updates * BATCH_SIZE / len(rows)
            for i, architecture in enumerate(grid):
                if (args.set, seed, way, i) in done:
                    continue
                started = time.process_time()
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    net_seed = seed + 1_000 if way == REPEAT else seed
                    net = trained(architecture, rows, labels, epochs, net_seed)
                record = {
                    "set": args.set,
                    "seed": seed,
                    "way": way,
                    "index": i,
                    "architecture": architecture,
                    "rows": len(rows),
                    "seconds": time.process_time() - started,
                    "distilling": seconds,
                    "accuracy": float(net.score(X_test, y_test)),
                }
                with open(args.output, "a") as file:
                    file.write(json.dumps(record) + "\n")


def records(path):
    """Return the results in a file."""
    if not Path(path).is_file():
        return []
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def summary(path):
    """Return the table: one row for each way of training."""
    table = pd.DataFrame(records(path))
    rows = []
    for (name, seed), of_set in table.groupby(["set", "seed"]):
        accuracy = of_set.pivot(index="index", columns="way", values="accuracy")
        full = of_set[of_set["way"] == "all"].set_index("index")["seconds"]
        for way in accuracy.columns.drop("all"):
            both = accuracy[["all", way]].dropna()
            of_way = of_set[of_set["way"] == way]
            truth, small = both["all"].to_numpy(), both[way].to_numpy()
            order = np.argsort(-small, kind="stable")
            confirming = full.loc[both.index[order[:5]]].sum()
            seconds = of_way["seconds"].sum() + of_way["distilling"].iloc[0]
            low, high = interval(small, truth)
            rows.append(
                {
                    "set": name,
                    "way": way,
                    "seed": seed,
                    "rows": of_way["rows"].iloc[0],
                    "n": len(both),
                    "rho": spearmanr(small, truth).statistic,
                    "low": low,
                    "high": high,
                    "regret": 100 * (truth.max() - truth[order[0]]),
                    "regret of 5": 100 * (truth.max() - truth[order[:5]].max()),
                    "time": seconds / full.loc[both.index].sum(),
                    "with 5": (seconds + confirming) / full.loc[both.index].sum(),
                }
            )
    frame = pd.DataFrame(rows).groupby(["set", "way"], sort=False).mean()
    return frame.drop(columns="seed").round(3)


def interval(small, truth):
    """Return the bootstrap interval (95 %) of Spearman's correlation."""
    rng = np.random.RandomState(0)
    draws = rng.randint(0, len(small), (1000, len(small)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        values = [spearmanr(small[d], truth[d]).statistic for d in draws]
    return np.nanpercentile(values, [2.5, 97.5])


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    folder = os.environ.get("SKLEARN_DISTILL_DATA")
    parser.add_argument("--data", default=folder, help="the folder of the data")
    parser.add_argument("--set", default="magic")
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--budget", type=int, default=100)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--max-train", type=int, default=50_000)
    parser.add_argument("--repeat", action="store_true", help="train on all rows twice")
    parser.add_argument("--output", default="architectures.jsonl")
    parser.add_argument("--summary", action="store_true", help="print the table only")
    args = parser.parse_args()
    args.methods = args.methods.split(",")
    if not args.summary:
        if args.data is None:
            parser.error("pass --data, the folder of the data")
        run(args)
    print(summary(args.output).to_string())


if __name__ == "__main__":
    main()
