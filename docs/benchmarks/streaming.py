"""Measure the distillation of streams, files and partitions. Results are JSON lines.

    python docs/benchmarks/streaming.py memory [--rows 2000000] [--folder FOLDER]
    python docs/benchmarks/streaming.py parts [--data flights made] [--seeds 0 1 2]
    python docs/benchmarks/streaming.py dask
    python docs/benchmarks/streaming.py replay
    python docs/benchmarks/streaming.py exact

`memory` writes made rows of 20 columns as Parquet (in row groups of 100,000 rows) and
measures, each in a process of its own, reading alone and reading with distillation:
rows a second and the peak resident memory; files of more than a million rows are
distilled with samples of the chunks only. `parts` compares the scores of 1, 8 and 64
parts, shuffled and sorted, with those of one machine. `dask` distills on a LocalCluster
with two workers. `replay` trains on a memory of a stream of classes. `exact` compares
distribution matching from the sums of parts with that from all rows. Lines that the
results file has already are not measured again. SKLEARN_DISTILL_DATA is the folder of
flights.csv.gz.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import json
import os
import pickle
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

BUDGET = 20
# The ways of reading a file that are compared; None is reading alone.
SAMPLED = {
    "read": None,
    "herding, 5,000 of 100,000": {"chunk_size": 100_000, "subsample": 5_000},
    "herding, 2,000 of 100,000": {"chunk_size": 100_000, "subsample": 2_000},
    "herding, 2,000 of 500,000": {"chunk_size": 500_000, "subsample": 2_000},
}
SETTINGS = SAMPLED | {"herding, all rows": {}}
MOST_WITHOUT_SAMPLE = 1_000_000


def made_rows(n_rows, seed):
    """Return rows of 20 columns in two classes of three clusters each."""
    rng = np.random.default_rng(seed)
    centers = np.random.default_rng(0).normal(0, 1.2, (6, 20))
    cluster = rng.integers(0, 6, n_rows)
    X = centers[cluster] + rng.standard_normal((n_rows, 20))
    return X, cluster % 2


def flights():
    """Return the flights table and whether a flight is late by over 15 minutes."""
    import pandas as pd

    folder = os.environ["SKLEARN_DISTILL_DATA"]
    frame = pd.read_csv(Path(folder, "flights.csv.gz"))
    return frame


class Results:
    """A file of JSON lines, each with the settings and the results of one run."""

    def __init__(self, path):
        self.path = Path(path)
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        self.done = [json.loads(line) for line in lines]

    def run(self, measure, **settings):
        """Measure and write a line, unless there is one with these settings."""
        for line in self.done:
            if all(line.get(key) == value for key, value in settings.items()):
                print(json.dumps(line))
                return
        line = settings | measure()
        with self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")
        print(json.dumps(line), flush=True)


def table(name, n_made=327_346):
    """Return the training and test rows of a data set: X, y, X_test, y_test."""
    import pandas as pd

    if name == "made":
        X, y = made_rows(n_made, 1)
        frame = pd.DataFrame(X, columns=[f"x{j}" for j in range(20)])
    else:
        frame = flights().drop(columns=["tailnum", "time_hour", "flight"])
        y = frame.pop("target").to_numpy(dtype=str)
    order = np.random.RandomState(0).permutation(len(frame))
    test, train = order[:20_000], order[20_000:]
    return (
        frame.iloc[train].reset_index(drop=True),
        y[train],
        frame.iloc[test].reset_index(drop=True),
        y[test],
    )


def balanced_accuracy(encoder, distilled, X_test, y_test):
    """Return the mean balanced accuracy of three learners in the encoded space."""
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.neighbors import KNeighborsClassifier

    Z, Z_test = encoder.encode(distilled.X), encoder.encode(X_test)
    learners = [
        LogisticRegression(max_iter=1_000),
        KNeighborsClassifier(3),
        ExtraTreesClassifier(200, random_state=0),
    ]
    scores = [
        balanced_accuracy_score(y_test, learner.fit(Z, distilled.y).predict(Z_test))
        for learner in learners
    ]
    return round(float(np.mean(scores)), 4)


def mmd(encoder, X, y, distilled, rng):
    """Return the mean MMD of the classes, on at most 3,000 rows of each."""
    from sklearn.metrics.pairwise import euclidean_distances

    values = []
    for label in distilled.classes:
        rows = np.flatnonzero(y == label)
        rows = rng.choice(rows, min(3_000, len(rows)), replace=False)
        P, Q = encoder.encode(X.iloc[rows]), encoder.encode(distilled.X)
        Q = Q[distilled.y == label]
        D = euclidean_distances(P, P, squared=True)
        width = np.median(D[D > 0])
        K = [np.exp(-euclidean_distances(a, b, squared=True) / width).mean()
             for a, b in ((P, P), (P, Q), (Q, Q))]  # fmt: skip
        values.append(np.sqrt(max(0.0, K[0] - 2 * K[1] + K[2])))
    return round(float(np.mean(values)), 4)


def parts(results, names, seeds):
    """Compare 1, 8 and 64 parts with one machine and with random rows."""
    from sklearn_distill import HerdingSelection, RandomSelection, StreamingDistiller

    for name in names:
        X, y, X_test, y_test = table(name)
        by_feature = np.argsort(X.iloc[:, 0].to_numpy(), kind="stable")
        by_class = np.argsort(y, kind="stable")
        orders = {"shuffled": slice(None), "sorted": by_feature, "classes": by_class}
        one = HerdingSelection(BUDGET, random_state=0).fit(X, y)

        def measure(distiller, order, one=one, y=y, X=X, X_test=X_test, y_test=y_test):
            started = time.perf_counter()
            made = distiller.fit(X.iloc[order], y[order]).distilled_
            seconds = time.perf_counter() - started
            return {
                "score": balanced_accuracy(one.encoder_, made, X_test, y_test),
                "mmd": mmd(one.encoder_, X, y, made, np.random.RandomState(0)),
                "seconds": round(seconds, 1),
            }

        for seed in seeds:
            settings = {"part": "parts", "data": name, "rows": len(X), "seed": seed}
            for label, cls in (("one", HerdingSelection), ("random", RandomSelection)):
                distiller = cls(BUDGET, random_state=seed)
                results.run(
                    lambda d=distiller: measure(d, slice(None)),
                    **settings, method=label, order="shuffled", parts=1,
                )  # fmt: skip
            for order, rows in orders.items():
                for subsample in (5_000, 2_000, 1_000):
                    distiller = StreamingDistiller(
                        HerdingSelection(BUDGET),
                        chunk_size=100_000,
                        subsample=subsample,
                        random_state=seed,
                    )
                    results.run(
                        lambda d=distiller, r=rows: measure(d, r),
                        **settings, method=f"sample of {subsample}", order=order,
                    )  # fmt: skip
                for n_parts in (8, 64):
                    distiller = StreamingDistiller(
                        HerdingSelection(BUDGET),
                        chunk_size=-(-len(X) // n_parts),
                        random_state=seed,
                    )
                    results.run(
                        lambda d=distiller, r=rows: measure(d, r),
                        **settings, method="stream", order=order, parts=n_parts,
                    )  # fmt: skip


def write_parquet(folder, n_rows):
    """Write made rows as a Parquet file, and return its path."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = Path(folder, f"made-{n_rows}.parquet")
    if path.exists():
        return path
    writer = None
    for number, start in enumerate(range(0, n_rows, 100_000)):
        X, y = made_rows(min(100_000, n_rows - start), number)
        columns = {f"x{j}": X[:, j].astype(np.float32) for j in range(20)}
        columns["target"] = y
        made = pa.table(columns)
        writer = writer or pq.ParquetWriter(path, made.schema)
        writer.write_table(made)
    writer.close()
    return path


def memory(results, folder, most_rows):
    """Measure speed and memory of reading, and of reading with distillation."""
    for n_rows in sorted({most_rows // 10, most_rows}):
        path = write_parquet(folder, n_rows)
        for method in SETTINGS if n_rows <= MOST_WITHOUT_SAMPLE else SAMPLED:
            command = [sys.executable, __file__, "process", "--method", method]
            command += ["--folder", str(path)]

            def measure(command=command, n_rows=n_rows):
                out = subprocess.run(
                    command, check=True, capture_output=True, text=True
                )
                line = json.loads(out.stdout.splitlines()[-1])
                line["rows_per_cpu_second"] = round(n_rows / line["cpu_seconds"])
                return line

            results.run(measure, part="memory", rows=n_rows, method=method)


def process(method, path):
    """Read or distill a file in this process, and print a JSON line."""
    from sklearn_distill import HerdingSelection, StreamingDistiller
    from sklearn_distill.streaming.parquet import ParquetBatches

    source = ParquetBatches(path, "target")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    started, cpu_started = time.perf_counter(), time.process_time()
    state = 0
    if method == "read":
        for _ in source.batches():
            pass
    else:
        distiller = HerdingSelection(10)
        stream = StreamingDistiller(distiller, random_state=0, **SETTINGS[method])
        state = stream.fit_batches(source).nbytes_
    seconds = time.perf_counter() - started
    cpu_seconds = time.process_time() - cpu_started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line = {"seconds": round(seconds, 2), "cpu_seconds": round(cpu_seconds, 2)}
    line |= {"peak_mb": round(peak), "state_bytes": state}
    print(json.dumps(line | {"start_mb": round(before)}))


def dask_part(results):
    """Distill on a LocalCluster of two workers, and compare with joblib."""
    import dask.dataframe as dd
    from distributed import Client, LocalCluster
    from sklearn.base import clone

    from sklearn_distill import HerdingSelection, StreamingDistiller
    from sklearn_distill.streaming import dask_parts

    X, y, _, _ = table("flights")
    n_parts = 8
    size = len(X) // n_parts
    X, y = X.iloc[: size * n_parts], y[: size * n_parts]
    X = X.assign(target=y)
    stream = StreamingDistiller(
        HerdingSelection(BUDGET), chunk_size=size, random_state=0
    )

    def measure():
        plain = clone(stream).set_params(n_jobs=2)
        started = time.perf_counter()
        local = plain.fit(X.drop(columns="target"), X["target"]).distilled_
        seconds_joblib = time.perf_counter() - started
        with (
            LocalCluster(
                n_workers=2, threads_per_worker=1, dashboard_address=None
            ) as cluster,
            Client(cluster),
        ):
            frame = dd.from_pandas(X, npartitions=n_parts)
            started = time.perf_counter()
            made = stream.fit(frame.drop(columns="target"), frame["target"]).distilled_
            seconds = time.perf_counter() - started
        reader = dask_parts.PartReader(HerdingSelection(BUDGET))
        facts = dask_parts.describe(
            reader, X.iloc[:size, :-1], X["target"][:size], None
        )
        moved = n_parts * len(pickle.dumps(facts))
        moved += sum(len(pickle.dumps(part)) for part in stream._stream.all_parts)
        return {
            "bytes_held": int(X.memory_usage(deep=True).sum()),
            "bytes_returned": moved,
            "same": bool((made.X == local.X).all(axis=None)),
            "seconds": round(seconds, 1),
            "seconds_joblib": round(seconds_joblib, 1),
        }

    results.run(measure, part="dask", rows=len(X), partitions=n_parts)


def replay(results):
    """Train on a memory of a stream in which the classes follow each other."""
    from sklearn.datasets import load_digits
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import train_test_split
    from sklearn.neighbors import KNeighborsClassifier

    from sklearn_distill import HerdingSelection, StreamingDistiller

    X, y = load_digits(return_X_y=True)
    for budget in (1, 2, 5, 10):
        for seed in range(3):

            def measure(budget=budget, seed=seed):
                X_train, X_test, y_train, y_test = train_test_split(
                    X, y, random_state=seed, stratify=y
                )
                order = np.argsort(y_train, kind="stable")
                X_train, y_train = X_train[order], y_train[order]
                stream = StreamingDistiller(
                    HerdingSelection(budget, task="classification"), chunk_size=100,
                    random_state=seed,
                )  # fmt: skip
                rng = np.random.default_rng(seed)
                reservoir = []
                for start in range(0, len(X_train), 50):
                    batch = slice(start, start + 50)
                    stream.partial_fit(X_train[batch], y_train[batch])
                    for i in range(*batch.indices(len(X_train))):
                        place = int(rng.integers(0, i + 1))
                        if len(reservoir) < 10 * budget:
                            reservoir.append(i)
                        elif place < 10 * budget:
                            reservoir[place] = i
                made = stream.distilled_
                line = {"rows_memory": len(made)}
                for name, learner in (
                    ("1-NN", KNeighborsClassifier(1)),
                    ("logistic", LogisticRegression(max_iter=5_000)),
                ):
                    learner.fit(made.X / 16, made.y)
                    line[f"{name} distilled"] = learner.score(X_test / 16, y_test)
                    learner.fit(X_train[reservoir] / 16, y_train[reservoir])
                    line[f"{name} reservoir"] = learner.score(X_test / 16, y_test)
                return {k: round(v, 4) for k, v in line.items()}

            results.run(measure, part="replay", budget=budget, seed=seed)


def exact(results):
    """Compare distribution matching from sums of parts with that from all rows."""
    from sklearn_distill import DistributionMatching

    X, y, X_test, y_test = table("flights")
    X, y = X.iloc[:40_000], y[:40_000]
    matching = DistributionMatching(
        BUDGET, discrepancy="mean", n_networks=5, max_iter=200, random_state=0
    )

    def measure():
        fitted, moved = {}, 0
        cuts = np.array_split(np.arange(len(X)), 8)
        known = [matching.describe(X.iloc[c], y[c]) for c in cuts]
        total = sum(known[1:], known[0])
        for n_parts, parts_of in ((1, [np.arange(len(X))]), (8, cuts)):
            sums = [matching.accumulate(X.iloc[c], y[c], total) for c in parts_of]
            moved = sum(len(pickle.dumps(s)) for s in known + sums)
            made = matching.fit_statistics(sum(sums[1:], sums[0]))
            fitted[n_parts] = made.distilled_, made.encoder_
        (one, encoder), (many, _) = fitted[1], fitted[8]
        Z_one, Z_many = encoder.encode(one.X), encoder.encode(many.X)
        return {
            "largest_difference": float(np.abs(Z_one - Z_many).max()),
            "score": balanced_accuracy(encoder, many, X_test, y_test),
            "bytes_held": int(X.memory_usage(deep=True).sum()),
            "bytes_returned": moved,
        }

    results.run(measure, part="exact", rows=len(X), partitions=8)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    choices = ["memory", "parts", "dask", "replay", "exact", "process"]
    parser.add_argument("part", choices=choices)
    parser.add_argument("--rows", type=int, default=2_000_000, help="of the made file")
    parser.add_argument("--data", nargs="+", default=["flights", "made"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--folder", default=tempfile.gettempdir())
    parser.add_argument("--method")
    parser.add_argument("--results", default="streaming.jsonl")
    args = parser.parse_args()
    warnings.simplefilter("ignore", FutureWarning)
    if args.part == "process":
        process(args.method, args.folder)
        return
    results = Results(args.results)
    if args.part == "memory":
        memory(results, args.folder, args.rows)
    elif args.part == "parts":
        parts(results, args.data, args.seeds)
    else:
        {"dask": dask_part, "replay": replay, "exact": exact}[args.part](results)


if __name__ == "__main__":
    main()
