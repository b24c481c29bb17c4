"""Compare a student with its teacher and with students that had no teacher."""

# SPDX-License-Identifier: BSD-3-Clause

import pickle
import time
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.dummy import DummyRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import log_loss, r2_score, root_mean_squared_error
from sklearn.utils.validation import check_is_fitted

from .._utils._sklearn_private import trees_of_boosting
from .._utils.containers import take_rows
from .._utils.optional import import_onnx, import_pandas
from .checks import teacher_weights
from .fitting import _KnowledgeDistillation
from .students import class_targets
from .teachers import Committee, as_targets, fitted_committee


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
    """Compare a student with its teacher, and with the same student without a teacher.

    Parameters
    ----------
    model : KnowledgeDistillationClassifier or KnowledgeDistillationRegressor
        A fitted estimator.
    X, y : array-like
        The labeled rows that the estimator was fitted on. The student is trained on
        these rows again: alone, and for classification also with label smoothing.
    X_test, y_test : array-like
        Rows that were not used for training.
    sample_weight : array-like, default=None
        The sample weights that were passed to `fit`.
    onnx : bool, default=False
        Whether to measure ONNX files too, which requires the optional dependencies
        ``onnx``. The columns hold NaN for models that cannot be converted.
    n_repeats : int, default=30
        The number of predictions of one row, of which the median time is reported.

    Returns
    -------
    DataFrame
        The rows are "teacher", "student, distilled", "student, alone" and, for
        classification, "student, label smoothing". The columns are "bytes" of the
        pickle, "parameters" (the numbers of a linear model or a net, the nodes of
        trees), "us_per_row" (microseconds for predicting a single row), "onnx_bytes"
        and "onnx_us_per_row"; for classification "accuracy", "log_loss" and "agreement"
        (the accuracy with respect to the predictions of the teacher); for regression
        "r2", "rmse" and "agreement" (R^2 with respect to the predictions of the
        teacher).

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    TypeError
        If the model is not one of the two estimators.
    ValueError
        If the model does not hold a fitted teacher, because the predictions of the
        teacher were passed to `fit`.

    See Also
    --------
    KnowledgeDistillationClassifier : Trains a teacher and a student.

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
    X_test = model._check_rows(X_test)
    by_teacher = _predict(model, candidates["teacher"], X_test)
    rows = {}
    for name, estimator in candidates.items():
        predictions = by_teacher
        if name != "teacher":
            predictions = _predict(model, estimator, X_test)
        rows[name] = {
            "bytes": _pickled_size(estimator),
            "parameters": count_parameters(estimator),
            "us_per_row": _microseconds(
                lambda row, e=estimator: _predict(model, e, row), X_test, n_repeats
            ),
            **(_onnx_columns(model, estimator, X_test, n_repeats) if onnx else {}),
            **_scores(model, predictions, by_teacher, y_test),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def _check_model(model: Any) -> None:
    """Raise TypeError for other estimators, and NotFittedError before `fit`."""
    if not isinstance(model, _KnowledgeDistillation):
        hint = " Pass the last step of the Pipeline." if hasattr(model, "steps") else ""
        raise TypeError(
            "model must be a fitted KnowledgeDistillationClassifier or "
            "KnowledgeDistillationRegressor; got an instance of "
            f"{type(model).__name__}.{hint}"
        )
    check_is_fitted(model)


def _candidates(model: Any, X: Any, y: Any, sample_weight: Any) -> dict[str, Any]:
    """Return the fitted estimators to compare, by the name of their row."""
    if model.teacher_ is None:
        raise ValueError(
            "The model does not hold a fitted teacher to compare with, because the "
            "predictions of the teacher were passed to fit. Pass the teacher to the "
            "estimator, inside a FrozenEstimator if the teacher is fitted already."
        )
    several = isinstance(model.teacher_, list)
    weights = teacher_weights(model.get_params(deep=False), model._teachers())
    classes = getattr(model, "classes_", None)
    teacher = fitted_committee(
        model.teacher_ if several else [model.teacher_], weights, classes
    )
    alone = clone(model).set_params(
        teacher_weights=None,
        transfer=None,
        alpha=0.0,
        check_teacher=False,
        hints=None,
        init=None,
        n_generations=1,
    )
    if classes is None:
        alone.set_params(teacher=DummyRegressor(), loss="blended")
    else:
        alone.set_params(loss="label_smoothing", temperature=1.0)
    fit_params = {} if sample_weight is None else {"sample_weight": sample_weight}
    candidates = {
        "teacher": teacher,
        "student, distilled": model.student_,
        "student, alone": alone.fit(X, y, **fit_params).student_,
    }
    if classes is not None:
        smoothed = clone(alone).set_params(alpha="auto").fit(X, y, **fit_params)
        candidates["student, label smoothing"] = smoothed.student_
    return candidates


def _predict(model: Any, estimator: Any, X: Any) -> np.ndarray:
    """Return probabilities, one-hot predictions without them, or continuous ones."""
    if isinstance(estimator, Committee):
        return estimator.predict_targets(X)
    classes = getattr(model, "classes_", None)
    if classes is None:
        return as_targets(estimator.predict(X))
    return class_targets(estimator, X, classes)


def _scores(
    model: Any, predictions: np.ndarray, by_teacher: np.ndarray, y_test: Any
) -> dict[str, float]:
    y_test = np.asarray(y_test)
    classes = getattr(model, "classes_", None)
    if classes is None:
        return {
            "r2": r2_score(y_test, predictions),
            "rmse": root_mean_squared_error(y_test, predictions),
            "agreement": r2_score(by_teacher, predictions),
        }
    codes = predictions.argmax(axis=1)
    return {
        "accuracy": float((classes[codes] == y_test).mean()),
        "log_loss": float(log_loss(y_test, predictions, labels=classes)),
        "agreement": float((codes == by_teacher.argmax(axis=1)).mean()),
    }


def _pickled_size(estimator: Any) -> int:
    fitted = estimator.teachers_ if isinstance(estimator, Committee) else estimator
    return len(pickle.dumps(fitted))


def _onnx_columns(
    model: Any, estimator: Any, X: Any, n_repeats: int
) -> dict[str, float]:
    """Return the size and the time of an ONNX file; NaN if there cannot be one."""
    import_onnx()
    from .export.conversion import to_onnx
    from .export.verification import file_inputs, open_session, run_onnx

    missing = {"onnx_bytes": float("nan"), "onnx_us_per_row": float("nan")}
    if isinstance(estimator, Committee):
        if len(estimator.teachers_) > 1:
            return missing
        estimator = estimator.teachers_[0]
    try:
        content = to_onnx(estimator, X, getattr(model, "classes_", None))
        run_onnx(content, take_rows(X, np.array([0])))
    except ValueError:
        return missing
    session = open_session(content)
    return {
        "onnx_bytes": len(content),
        "onnx_us_per_row": _microseconds(
            lambda row: session.run(None, row), X, n_repeats, prepare=file_inputs
        ),
    }


def _microseconds(
    predict: Any, X: Any, n_repeats: int, prepare: Any = lambda row: row
) -> float:
    """Return the median time for predicting a single row."""
    seconds = []
    for i in range(n_repeats + 1):
        row = prepare(take_rows(X, np.array([i % len(X)])))
        started = time.perf_counter()
        predict(row)
        seconds.append(time.perf_counter() - started)
    # The first call is slower, because it fills caches.
    return 1e6 * float(np.median(seconds[1:]))


def count_parameters(estimator: Any) -> int | float:
    """Return how many numbers a model holds, or how many nodes its trees have.

    The result is NaN for models that are not linear models, nets or trees.
    """
    if isinstance(estimator, Committee):
        return sum(count_parameters(teacher) for teacher in estimator.teachers_)
    if hasattr(estimator, "steps"):
        return count_parameters(estimator.steps[-1][1])
    if isinstance(estimator, FrozenEstimator):
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
