"""What a student is worth: size, speed and scores, beside what it is to be held to."""

# SPDX-License-Identifier: BSD-3-Clause

import pickle
import time
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.metrics import log_loss, r2_score, root_mean_squared_error
from sklearn.utils.validation import check_is_fitted

from .._utils._sklearn_private import trees_of_boosting
from .._utils.containers import take_rows
from .._utils.optional import import_onnx, import_pandas
from .fitting import _KnowledgeDistillation

SMOOTHED = "student, label smoothing"


def student_report(
    model: Any,
    X: Any,
    y: Any,
    X_test: Any,
    y_test: Any,
    *,
    sample_weight: Any = None,
    onnx: bool = False,
    n_repeats: int = 30,
) -> Any:
    """Hold a fitted student against its teacher and against itself without one.

    Parameters
    ----------
    model : KnowledgeDistillationClassifier or KnowledgeDistillationRegressor
        Fitted.
    X, y : array-like
        The labelled rows that it was fitted on: the student is trained on them again,
        alone, and for classes with label smoothing alone.
    X_test, y_test : array-like
        Rows that nobody was trained on.
    sample_weight : array-like, default=None
        That of `fit`.
    onnx : bool, default=False
        Whether to measure ONNX files too; needs the extra ``onnx``. Who cannot be
        converted has no figures there.
    n_repeats : int, default=30
        How often one row is asked for, to take the median time.

    Returns
    -------
    DataFrame
        A row each for "teacher", "student, distilled", "student, alone" and "student,
        label smoothing". Columns: "bytes" of the pickle, "parameters" (numbers of a
        linear model or a net, nodes of trees), "us_per_row" of one row asked for by
        itself, "onnx_bytes", "onnx_us_per_row"; "accuracy", "log_loss" and "agreement"
        with the teacher on the test rows, or "r2", "rmse" and "agreement" (R^2 of the
        answers as predictions of the teacher's).

    Raises
    ------
    NotFittedError
        If the model is not fitted yet.
    TypeError
        If it is none of the two.
    ValueError
        If it was fitted on a teacher's answers, without a teacher to ask.

    See Also
    --------
    KnowledgeDistillationClassifier : What makes the students.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_distill import KnowledgeDistillationClassifier, student_report
    >>> X, y = load_iris(return_X_y=True)
    >>> model = KnowledgeDistillationClassifier(
    ...     RandomForestClassifier(10, random_state=0),
    ...     DecisionTreeClassifier(max_depth=2, random_state=0),
    ...     check_teacher=False,
    ... ).fit(X[::2], y[::2])
    >>> report = student_report(model, X[::2], y[::2], X[1::2], y[1::2], n_repeats=3)
    >>> list(report.index[:2])
    ['teacher', 'student, distilled']
    """
    pd = import_pandas()
    _check_model(model)
    candidates = _candidates(model, X, y, sample_weight)
    X_test = model._rows(X_test)
    teacher_says = _answers(model, candidates["teacher"], X_test)
    rows = {}
    for name, estimator in candidates.items():
        says = teacher_says if name == "teacher" else _answers(model, estimator, X_test)
        rows[name] = {
            "bytes": len(pickle.dumps(estimator)),
            "parameters": count_parameters(estimator),
            "us_per_row": _microseconds(
                lambda row, e=estimator: _answers(model, e, row), X_test, n_repeats
            ),
            **(_onnx_figures(model, estimator, X_test, n_repeats) if onnx else {}),
            **_scores(model, says, teacher_says, y_test),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def _check_model(model: Any) -> None:
    if not isinstance(model, _KnowledgeDistillation):
        inside = " Of a Pipeline, its last step." if hasattr(model, "steps") else ""
        raise TypeError(
            "student_report takes a fitted KnowledgeDistillationClassifier or "
            f"KnowledgeDistillationRegressor, which has teacher and student; this is a "
            f"{type(model).__name__}.{inside}"
        )
    check_is_fitted(model)


class _Answers:
    """A teacher's opinion, as one estimator for a list of them."""

    def __init__(self, teachers: list[Any], weights: Any, classes: Any):
        self.teachers, self.weights, self.classes = teachers, weights, classes

    def opinion(self, X: Any) -> np.ndarray:
        from .teachers import Committee

        committee = Committee(self.teachers, self.weights, self.classes, 0)
        committee.teachers_ = self.teachers
        if self.classes is not None:
            committee.classes_ = np.arange(len(self.classes))
        return committee.opinion(X)


def _candidates(model: Any, X: Any, y: Any, sample_weight: Any) -> dict[str, Any]:
    if model.teacher_ is None:
        raise ValueError("This student had no teacher that could be asked again.")
    teachers = model.teacher_ if isinstance(model.teacher_, list) else [model.teacher_]
    classes = getattr(model, "classes_", None)
    plain = {
        "teacher_weights": None,
        "transfer": None,
        "alpha": 0.0,
        "check_teacher": False,
        "hints": None,
        "init": None,
        "n_generations": 1,
    }
    weights = {} if sample_weight is None else {"sample_weight": sample_weight}
    untaught = clone(model).set_params(**plain)
    if classes is None:
        from sklearn.dummy import DummyRegressor

        untaught.set_params(teacher=DummyRegressor(), loss="blended")
    else:
        untaught.set_params(loss="label_smoothing", temperature=1.0)
    found = {
        "teacher": _Answers(teachers, model._weights(), classes),
        "student, distilled": model.student_,
        "student, alone": untaught.fit(X, y, **weights).student_,
    }
    if classes is not None:
        smoothed = clone(untaught).set_params(alpha="auto")
        found[SMOOTHED] = smoothed.fit(X, y, **weights).student_
    return found


def _answers(model: Any, estimator: Any, X: Any) -> np.ndarray:
    """Return probabilities (one-hot if there are none), or quantities."""
    if isinstance(estimator, _Answers):
        return estimator.opinion(X)
    classes = getattr(model, "classes_", None)
    if classes is None:
        return np.asarray(estimator.predict(X), dtype=np.float64).reshape(len(X))
    from .students import says

    return says(estimator, X, classes)


def _scores(
    model: Any, says: np.ndarray, teacher_says: np.ndarray, y_test: Any
) -> dict[str, float]:
    y_test = np.asarray(y_test)
    classes = getattr(model, "classes_", None)
    if classes is None:
        return {
            "r2": r2_score(y_test, says),
            "rmse": root_mean_squared_error(y_test, says),
            "agreement": r2_score(teacher_says, says),
        }
    guessed = says.argmax(axis=1)
    return {
        "accuracy": float((classes[guessed] == y_test).mean()),
        "log_loss": float(log_loss(y_test, says, labels=classes)),
        "agreement": float((guessed == teacher_says.argmax(axis=1)).mean()),
    }


def _onnx_figures(
    model: Any, estimator: Any, X: Any, n_repeats: int
) -> dict[str, float]:
    import_onnx()
    from .export import inputs_of, open_session, run_onnx, to_onnx

    nothing = {"onnx_bytes": float("nan"), "onnx_us_per_row": float("nan")}
    if isinstance(estimator, _Answers):
        if len(estimator.teachers) > 1:
            return nothing
        estimator = estimator.teachers[0]
    try:
        content = to_onnx(estimator, X, getattr(model, "classes_", None))
        run_onnx(content, take_rows(X, np.array([0])))
    except ValueError:
        return nothing
    session = open_session(content)
    return {
        "onnx_bytes": len(content),
        "onnx_us_per_row": _microseconds(
            lambda row: session.run(None, row), X, n_repeats, prepare=inputs_of
        ),
    }


def _microseconds(
    ask: Any, X: Any, n_repeats: int, prepare: Any = lambda row: row
) -> float:
    """Return the median time of a single row."""
    seconds = []
    for i in range(n_repeats + 1):
        row = prepare(take_rows(X, np.array([i % len(X)])))
        started = time.perf_counter()
        ask(row)
        seconds.append(time.perf_counter() - started)
    # The first call loads what the others find there.
    return 1e6 * float(np.median(seconds[1:]))


def count_parameters(estimator: Any) -> int | float:
    """Return how many numbers a model holds; of trees, how many nodes.

    NaN for models that are neither linear nor nets nor made of trees.
    """
    if isinstance(estimator, _Answers):
        return sum(count_parameters(t) for t in estimator.teachers)
    if hasattr(estimator, "steps"):
        return count_parameters(estimator.steps[-1][1])
    if (
        hasattr(estimator, "estimator")
        and type(estimator).__name__ == "FrozenEstimator"
    ):
        return count_parameters(estimator.estimator)
    net = getattr(estimator, "net_", estimator)
    if hasattr(net, "module_"):
        return sum(p.numel() for p in net.module_.parameters())
    if hasattr(estimator, "tree_"):
        return int(estimator.tree_.node_count)
    if trees := trees_of_boosting(estimator):
        return sum(len(nodes) for nodes in trees)
    if hasattr(estimator, "estimators_"):
        return sum(count_parameters(e) for e in np.ravel(estimator.estimators_))
    if hasattr(estimator, "coefs_"):
        return sum(a.size for a in [*estimator.coefs_, *estimator.intercepts_])
    if hasattr(estimator, "coef_"):
        return int(np.size(estimator.coef_) + np.size(estimator.intercept_))
    return float("nan")
