"""The recommendations of the command `report`: what to do with its results."""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import shlex
from typing import Any

from ..evaluation.report.overview import Overview
from ..evaluation.report.overview_page import Step, close_methods
from ..plugins.registry import get_distiller
from .csv_files import CsvFormat

# Shares of the score of all rows: below the first, a larger budget is recommended;
# above the second, a smaller one.
LOW_RECOVERY = 0.95
HIGH_RECOVERY = 0.99
# A learner that keeps less than this share, relative to the mean of all learners,
# is named.
MIN_RELATIVE_RECOVERY = 0.95
# A method that is as good is recommended if it is faster by this factor, and by this
# number of seconds.
MIN_SPEEDUP = 2.0
MIN_SECONDS_SAVED = 0.5
# Number of characters after which a command is continued on the next line.
LINE_WIDTH = 30


def next_steps(
    overview: Overview, args: argparse.Namespace, csv: CsvFormat
) -> list[Step]:
    """Return what the reader of a report can do next, most useful first.

    Parameters
    ----------
    overview : Overview
    args : Namespace
        The arguments of the command.
    csv : CsvFormat
        The format of a .csv input.

    Returns
    -------
    list of Step
    """
    steps = [_write_step(overview, args), _train_step(overview, args, csv)]
    steps += [
        step
        for step in (
            _budget_step(overview, args),
            _simpler_method_step(overview),
            _weak_learners_step(overview, args),
            _class_shares_step(overview),
        )
        if step is not None
    ]
    return [*steps, _privacy_step(overview)]


def _write_step(overview: Overview, args: argparse.Namespace) -> Step:
    """Return the step that writes the distilled set of the whole file."""
    rows = overview.report.sets[0].X
    image_option = []
    if len(rows.shape) == 4:
        shape = ",".join(map(str, rows.shape[1:]))
        image_option = ["--set", f"image_shape={shape}"]
    is_table = args.input.suffix.lower() != ".npz"
    command = _command(
        "distill", args, "--method", overview.method, "--budget", overview.budget,
        "--random-state", args.random_state, *image_option,
        "-o", "small.parquet" if is_table else "small.npz",
    )  # fmt: skip
    return Step(
        "Write the distilled set",
        "This command distills all rows of the file, including the test rows of this "
        "report. DistilledSet.load reads the result.",
        command,
    )


def _train_step(overview: Overview, args: argparse.Namespace, csv: CsvFormat) -> Step:
    """Return the step that trains an estimator on distilled rows in Python."""
    kind = "Regressor" if overview.analysis.task == "regression" else "Classifier"
    cls = get_distiller(overview.method)
    seed = ""
    if "random_state" in cls().get_params(deep=False):
        seed = f", random_state={args.random_state}"
    estimator = f"HistGradientBoosting{kind}(min_samples_leaf=1)"
    lines = [
        f"from sklearn.ensemble import HistGradientBoosting{kind}",
        f"from sklearn_distill import Distilled{kind}, get_distiller",
        "",
        _reading_code(args, csv),
    ]
    if overview.analysis.kinds["categories"]:
        lines[1:1] = [
            "from sklearn.compose import make_column_selector, make_column_transformer",
            "from sklearn.pipeline import make_pipeline",
            "from sklearn.preprocessing import OneHotEncoder",
        ]
        lines += [
            "encoder = make_column_transformer(",
            '    (OneHotEncoder(handle_unknown="ignore", sparse_output=False),',
            '     make_column_selector(dtype_exclude="number")),',
            '    remainder="passthrough",',
            ")",
        ]
        estimator = f"make_pipeline(encoder, {estimator})"
    lines += [
        f'method = get_distiller("{overview.method}")',
        f"distiller = method(budget={overview.budget}{seed})",
        f"model = Distilled{kind}(distiller, {estimator})",
        "model.fit(X, y)",
    ]
    return Step(
        "Train an estimator on distilled rows",
        f"Distilled{kind} distills in fit and predicts for real rows. It works in "
        "pipelines and grid searches. Any estimator of scikit-learn can take the place "
        "of gradient boosting.",
        "\n".join(lines),
    )


def _reading_code(args: argparse.Namespace, csv: CsvFormat) -> str:
    """Return the Python code that reads the file into X and y."""
    path, name = str(args.input), args.input.name.lower()
    if name.endswith(".npz"):
        import numpy as np

        with np.load(path) as file:
            rows = "X" if "X" in file.files else "X_train"
            has_images = file[rows].ndim > 2
        target = args.target or rows.replace("X", "y")
        return (
            "import numpy as np\n\n"
            f"with np.load({path!r}) as file:\n"
            f"    X, y = file[{rows!r}], file[{target!r}]"
            + "\nX = X.reshape(len(X), -1)"
            * has_images
        )
    call = f"pd.read_parquet({path!r})"
    if not name.endswith(".parquet"):
        given = {"sep": csv.sep, "decimal": csv.decimal, "encoding": csv.encoding}
        options = [f"{key}={value!r}" for key, value in given.items() if value]
        missing = ["", *(csv.na_values or [])]
        options += ["keep_default_na=False", f"na_values={missing!r}"]
        call = f"pd.read_csv({', '.join([repr(path), *options])})"
    return f"import pandas as pd\n\nX = {call}\ny = X.pop({args.target!r})"


def _budget_step(overview: Overview, args: argparse.Namespace) -> Step | None:
    """Return the step that compares larger or smaller budgets, if one seems useful."""
    recovery = float(overview.report.to_frame().loc["distilled", "recovery"])
    if recovery < LOW_RECOVERY:
        size, factors = "larger", (2.0, 5.0)
        reason = "The comparison says how much more larger sets keep."
    elif recovery >= HIGH_RECOVERY:
        size, factors = "smaller", (0.5, 0.2)
        reason = "A smaller set may be enough."
    else:
        return None
    budget = overview.budget
    budgets = [round(min(0.5, budget * factor), 6) for factor in factors]
    if isinstance(budget, int):
        budgets = [max(1, round(budget * factor)) for factor in factors]
    budgets = [other for other in dict.fromkeys(budgets) if other != budget]
    if not budgets:
        return None
    methods = ",".join(dict.fromkeys(["random", overview.method]))
    return Step(
        f"Compare {size} budgets",
        f"The distilled set keeps {100 * recovery:.1f} % of the score of all rows. "
        f"{reason}",
        _command(
            "compare", args, "--methods", methods, "--budget",
            ",".join(map(str, budgets)), "-o", "scores.csv",
        ),
    )  # fmt: skip


def _simpler_method_step(overview: Overview) -> Step | None:
    """Return the step that points at methods which are as good, if there are any."""
    rivals = close_methods(overview)
    if not rivals:
        return None
    summary = overview.comparison.summary(overview.budget)
    fastest = str(summary.loc[rivals, "seconds"].idxmin())
    own, other = summary["seconds"][[overview.method, fastest]]
    if own < MIN_SPEEDUP * other or own - other < MIN_SECONDS_SAVED:
        return None
    return Step(
        f"Consider {fastest}",
        f"The mean score of {fastest} is within one standard deviation of the best "
        f"one, and it took {other:.2f} s where {overview.method} took {own:.2f} s. "
        "Prefer it if time or simplicity counts.",
    )


def _weak_learners_step(overview: Overview, args: argparse.Namespace) -> Step | None:
    """Return the step that names the learners that lose most on distilled rows."""
    table = overview.report.to_frame()
    learners = overview.report.scores["learner"].drop_duplicates().tolist()
    full = table.loc["full data", learners].clip(lower=1e-9)
    kept = table.loc["distilled", learners].clip(lower=0.0) / full
    weak = kept[kept < MIN_RELATIVE_RECOVERY * kept.mean()].sort_values()
    if weak.empty:
        return None
    named = ", ".join(f"{name} ({100 * share:.0f} %)" for name, share in weak.items())
    known = get_distiller(overview.method)().get_params(deep=False)
    text = f"These learners keep the smallest share of their scores: {named}."
    if "densify" not in known:
        return Step("Learners that lose most", f"{text} They need more distilled rows.")
    return Step(
        "Grow the set for the learners that lose most",
        f"{text} Trees and boosting often need more rows than a distilled set has. "
        "densify trains each learner on the better of the distilled rows and of rows "
        "that are grown from them.",
        _command(
            "compare", args, "--methods", overview.method, "--budget", overview.budget,
            "--densify", "auto", "-o", "grown-scores.csv",
        ),
    )  # fmt: skip


def _class_shares_step(overview: Overview) -> Step | None:
    """Return the step on probabilities if the classes are not balanced."""
    imbalance = overview.analysis.imbalance
    if imbalance is None or imbalance < 2:
        return None
    return Step(
        "Decide which class shares the predictions assume",
        f"The largest class has {imbalance:.1f} times as many rows as the smallest, "
        "but a distilled set has equally many rows of each class by default. "
        'DistilledClassifier corrects its probabilities to the shares of the data; '
        'pass prior="set" if balanced accuracy is the aim, as in this report.',
    )  # fmt: skip


def _privacy_step(overview: Overview) -> Step:
    """Return the step on what may be shared."""
    copies = float(overview.report.fidelity.loc["copies", "distilled"])
    return Step(
        "Do not treat the distilled rows as anonymous",
        f"{100 * copies:.0f} % of the distilled rows equal a training row. Selected "
        "rows are real rows, and learned rows start from real rows. Share a distilled "
        "set only with readers who may see the data.",
    )


def _command(name: str, args: argparse.Namespace, *options: Any) -> str:
    """Return a call of the command with the options on the input of this call."""
    parts = ["sklearn-distill", name, str(args.input)]
    if args.target is not None:
        parts += ["--target", args.target]
    if args.task != "auto":
        parts += ["--task", args.task]
    for option in ("sep", "decimal", "encoding"):
        if (value := getattr(args, option)) is not None:
            parts += [f"--{option}", "\\t" if value == "\t" else value]
    if args.na_values:
        parts += ["--na-values", ",".join(args.na_values)]
    lines = [""]
    for part in [*parts, *options]:
        word = shlex.quote(str(part))
        # An option starts a new line if the line would not fit on a small screen.
        if word.startswith("-") and len(lines[-1]) > LINE_WIDTH:
            lines.append("   ")
        lines[-1] += f" {word}" if lines[-1] else word
    return " \\\n".join(lines)
