"""Distill scikit-learn's digits to ten rows per class and score the distilled sets.

    python docs/demo.py [--budget 10] [--seeds 3] [--output demo-output]

Seven learners are trained on the full data and on small sets of equal size, and tested
on unseen rows. The script prints the table of scores and saves a picture of the
distilled digits.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

import sklearn_distill as sd
from sklearn_distill.evaluation import preprocessor, utility


def distillers(budget, seed):
    """Return the distillers to compare; the keys are the names of the columns."""
    common = {"budget": budget, "random_state": seed}
    return {
        "random": sd.RandomSelection(**common),
        "k-means": sd.KMeansSelection(**common),
        "herding": sd.HerdingSelection(**common),
        "distilled": sd.KernelInducingPoints(**common),
    }


def save_picture(real, learned, path):
    """Save a picture of random and of distilled digits, one column per class."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    per_class = 5
    figure = plt.figure(figsize=(6.4, 7.6), layout="constrained")
    blocks = [
        ("Random rows, five of each class", real),
        ("Distilled rows, five of each class", learned),
    ]
    for part, (title, rows) in zip(figure.subfigures(2, 1), blocks, strict=True):
        part.suptitle(title)
        axes = part.subplots(per_class, 10)
        for code in range(10):
            for ax, image in zip(axes[:, code], rows.X[rows.y == code], strict=False):
                ax.imshow(image.reshape(8, 8), cmap="gray_r", vmin=0, vmax=16)
        for ax in axes.ravel():
            ax.set_axis_off()
    figure.savefig(path, dpi=150)
    plt.close(figure)


def print_table(scores, seconds, sets, n_test, n_seeds):
    """Print the mean score of each learner on each set, and the seconds per method."""
    print(
        f"\nBalanced accuracy on {n_test} unseen digits, %, mean of {n_seeds} "
        f"splits\n\n{'':18}" + "".join(f"{name:>12}" for name in scores)
    )
    print(f"{'rows':18}" + "".join(f"{len(rows):12}" for rows in sets.values()))
    for learner in scores["full"][0]:
        means = [np.mean([s[learner] for s in runs]) for runs in scores.values()]
        print(f"{learner:18}" + "".join(f"{100 * mean:12.1f}" for mean in means))
    if n_seeds > 1:
        spread = [np.std([s["mean"] for s in runs], ddof=1) for runs in scores.values()]
        print(f"{'± over splits':18}" + "".join(f"{100 * s:12.1f}" for s in spread))
    print(
        f"{'seconds to make':18}{'':12}"
        + "".join(f"{np.mean(runs):12.1f}" for runs in seconds.values())
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--budget", type=int, default=10, help="rows per class")
    parser.add_argument("--seeds", type=int, default=3, help="train/test splits")
    parser.add_argument("--output", type=Path, default=Path("demo-output"))
    args = parser.parse_args()
    started = time.perf_counter()
    X, y = load_digits(return_X_y=True)
    scores, seconds = {}, {}
    for seed in range(args.seeds):
        X_train, X_test, y_train, y_test = train_test_split(
            X, y, test_size=0.3, stratify=y, random_state=seed
        )
        sets = {"full": sd.DistilledSet(X_train, y_train, classes=np.unique(y))}
        for name, distiller in distillers(args.budget, seed).items():
            began = time.perf_counter()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                sets[name] = distiller.fit_distill(X_train, y_train)
            seconds.setdefault(name, []).append(time.perf_counter() - began)
        prepare = preprocessor(X_train)
        for name, rows in sets.items():
            by_learner = utility(
                rows, X_test, y_test, prepare=prepare, random_state=seed
            )
            scores.setdefault(name, []).append(by_learner)
        print(f"split {seed + 1} of {args.seeds}: {sets['distilled']}", flush=True)

    print_table(scores, seconds, sets, len(X_test), args.seeds)

    args.output.mkdir(parents=True, exist_ok=True)
    picture, saved = args.output / "distilled-digits.png", args.output / "digits.npz"
    save_picture(sets["random"], sets["distilled"], picture)
    sets["distilled"].save(saved)
    print(f"\nPicture of the distilled digits: {picture.resolve()}")
    print(f"Distilled set, readable by DistilledSet.load: {saved.resolve()}")
    print(f"{time.perf_counter() - started:.0f} seconds in total")


if __name__ == "__main__":
    main()
