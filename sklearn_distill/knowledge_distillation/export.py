"""A fitted student as an ONNX file that a small device can run."""

# SPDX-License-Identifier: BSD-3-Clause

import contextlib
import copy
import functools
import io
import logging
import os
import warnings
from typing import Any

import numpy as np
from sklearn.base import is_regressor
from sklearn.compose import ColumnTransformer

from .._utils._sklearn_private import trees_of_boosting
from .._utils.atomic_file import write_atomically
from .._utils.optional import import_onnx
from .onnx_graph import add_label, check_names, join_columns, joined, name_ends
from .students import class_probabilities
from .wrapping import innermost, split_pipeline

OPSET = 18
# Files hold float32 numbers; sums over trees are added up in another order.
TOLERANCE = 1e-4
# Rows on which the two most probable classes are this close may go either way.
TIE = 1e-5
MAX_REASON = 300
HINT = (
    "Files compute in float32: trees need no scaling before them, and all other "
    "students do need it where columns are large."
)
# The kinds of dtypes that are given to a file as float32.
NUMERIC = "biuf"


def export_student(
    student: Any, path: str | os.PathLike[str], X: Any, *, classes: np.ndarray | None
) -> None:
    """Write a fitted student to `path`, once it answers as the student does.

    The file takes one input "X" of float32 rows; or one a column of a DataFrame, called
    just as the column is, spaces and all, of shape (n, 1). It gives "label" and
    "probabilities", with a column for each class; of a student without probabilities
    "scores", the decision function (of two classes, beside its negative); for
    quantities "prediction".

    Parameters
    ----------
    student : estimator
    path : str or path-like
    X : array or DataFrame
        Rows to compare answers on.
    classes : ndarray or None
        None for quantities.

    Raises
    ------
    ImportError
        Without the extra ``onnx``.
    ValueError
        If the student cannot be converted, or the file's answers are others.
    """
    content = to_onnx(student, X, classes)
    check_answers(content, student, X, classes)
    write_atomically(path, lambda file: file.write(content))


def to_onnx(student: Any, X: Any, classes: np.ndarray | None) -> bytes:
    """Return the content of a fitted student's ONNX file."""
    onnx, _ = import_onnx()
    before, net = _split(student)
    if net is None and classes is not None and is_regressor(student):
        raise ValueError(
            f"{type(student).__name__} is a regressor of probabilities; ONNX files are "
            "written of classifiers and of regressors of quantities."
        )
    inputs, outputs = _input_names(X), _output_names(student, classes)
    check_names(inputs, outputs)
    joins = _joins_columns(student if net is None else before, X)
    rows = _side_by_side(X) if joins else X
    try:
        # Converters warn of their own code and of their dependencies'.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if net is None:
                model = _convert(student, rows, classes)
            else:
                model = _convert_net(net, _example(before, X), classes)
                if before is not None:
                    model = joined(onnx, _convert(before, rows, None), model)
                if classes is not None:
                    add_label(onnx, model.graph, classes)
        if joins:
            join_columns(onnx, model.graph, len(inputs))
        name_ends(model.graph, inputs, outputs)
        onnx.checker.check_model(model)
    except Exception as error:
        # Their errors derive from no common one, and may quote a whole tree.
        reason = f"{type(error).__name__}: {str(error)[:MAX_REASON]}"
        raise ValueError(
            f"{type(student).__name__} cannot be converted to ONNX. {reason}"
        ) from error
    return model.SerializeToString()


def open_session(content: bytes) -> Any:
    """Return an ONNX file's content ready to be run, on one core."""
    _, onnxruntime = import_onnx()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(
        content, options, providers=["CPUExecutionProvider"]
    )


def run_onnx(content: bytes, X: Any) -> dict[str, np.ndarray]:
    """Return what an ONNX file answers for these rows, by the names of its outputs.

    Raises
    ------
    ValueError
        If onnxruntime cannot run the file, or not on such rows.
    """
    rows = inputs_of(X)
    try:
        session = open_session(content)
        names = [output.name for output in session.get_outputs()]
        return dict(zip(names, session.run(names, rows), strict=True))
    except Exception as error:
        reason = f"{type(error).__name__}: {str(error)[:MAX_REASON]}"
        raise ValueError(f"onnxruntime cannot run the ONNX file. {reason}") from error


def inputs_of(X: Any) -> dict[str, np.ndarray]:
    """Return rows as the file takes them."""
    if not hasattr(X, "iloc"):
        return {"X": np.asarray(X, dtype=np.float32)}
    return {
        str(name): column.to_numpy(
            dtype=np.float32 if column.dtype.kind in NUMERIC else object
        ).reshape(-1, 1)
        for name, column in X.items()
    }


def check_answers(
    content: bytes, student: Any, X: Any, classes: np.ndarray | None
) -> None:
    """Raise ValueError unless the file answers as the student does.

    Both see the rows as float32, which is all that the file can take.
    """
    X = as_seen_by_file(X)
    answers = run_onnx(content, X)
    if classes is None:
        says = np.asarray(student.predict(X), dtype=np.float64).ravel()
        away = _distance(answers["prediction"].ravel(), says)
        if not away <= TOLERANCE:
            raise ValueError(
                f"The ONNX file's answers are off by up to {away:.3g} of the largest; "
                f"nothing was written. {HINT}"
            )
        return
    kind = _output_names(student, classes)[1]
    proba = scores = None
    if hasattr(student, "predict_proba"):
        proba = class_probabilities(student, X, classes)
    if hasattr(student, "decision_function"):
        scores = np.asarray(student.decision_function(X), dtype=np.float64)
        scores = np.column_stack([-scores, scores]) if scores.ndim == 1 else scores
    ours = scores if proba is None else proba
    away = 0.0 if ours is None else _distance(answers[kind], ours)
    differ = answers["label"] != student.predict(X)
    # Probabilities of scores far from 0 are alike where the scores are not.
    decides = proba if scores is None else scores
    if decides is not None:
        top = np.sort(decides, axis=1)
        differ &= top[:, -1] - top[:, -2] > TIE * max(1.0, np.abs(decides).max())
    if differ.any() or not away <= TOLERANCE:
        raise ValueError(
            f"The ONNX file gives another class for {differ.sum()} of {len(X)} rows, "
            f"and {kind} that are off by up to {away:.3g}; nothing was written. {HINT}"
        )


def _distance(theirs: np.ndarray, ours: np.ndarray) -> float:
    """Return the largest difference, by the largest number if that is above 1."""
    if theirs.shape != ours.shape:
        return float("inf")
    return float(np.abs(theirs - ours).max() / max(1.0, np.abs(ours).max()))


def as_seen_by_file(X: Any) -> Any:
    """Return rows with their numbers rounded to float32."""
    if not hasattr(X, "iloc"):
        return np.asarray(X, dtype=np.float32).astype(np.float64)
    return X.astype(
        {name: np.float32 for name, d in X.dtypes.items() if d.kind in NUMERIC}
    )


def _input_names(X: Any) -> list[str]:
    if hasattr(X, "iloc"):
        return [str(name) for name in X.columns]
    if X.dtype.kind not in NUMERIC:
        raise ValueError(
            "An array of categories cannot be given to an ONNX file, whose arrays hold "
            "numbers. Fit on a DataFrame, and pass one: each column is its own input."
        )
    return ["X"]


def _output_names(student: Any, classes: np.ndarray | None) -> list[str]:
    if classes is None:
        return ["prediction"]
    has_proba = hasattr(student, "predict_proba")
    return ["label", "probabilities" if has_proba else "scores"]


def _joins_columns(first: Any, X: Any) -> bool:
    """Tell whether a DataFrame's columns are to be joined to rows for what is first.

    Only a ColumnTransformer takes columns one by one; others want them side by side.
    """
    if not hasattr(X, "iloc") or len({d.kind in NUMERIC for d in X.dtypes}) > 1:
        return False
    parts = [] if first is None else [first, *first.get_params().values()]
    return not any(isinstance(part, ColumnTransformer) for part in parts)


def _side_by_side(X: Any) -> np.ndarray:
    """Return a DataFrame's columns as one array."""
    rows = X.to_numpy()
    if rows.dtype.kind == "O" and all(dtype.kind in NUMERIC for dtype in X.dtypes):
        # Numbers of several kinds, or nullable ones: objects would pass for text.
        return X.to_numpy(dtype=np.float32)
    return rows


def _split(student: Any) -> tuple[Any, Any]:
    """Return (steps before, net) of a student with a net; (None, None) of others."""
    before, last = split_pipeline(student)
    return (before, last) if hasattr(last, "net_") else (None, None)


def _example(before: Any, X: Any) -> np.ndarray:
    from .net_rows import as_float32

    return as_float32(X[:2] if before is None else before.transform(X[:2]))


def _convert(estimator: Any, X: Any, classes: np.ndarray | None) -> Any:
    """Convert an estimator of scikit-learn's, or the steps before a net."""
    from skl2onnx import to_onnx as convert
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    if hasattr(X, "iloc"):
        columns = [(str(name), dtype, 1) for name, dtype in X.dtypes.items()]
    else:
        columns = [("X", X.dtype, X.shape[1])]
    types = [
        (
            name,
            (FloatTensorType if d.kind in NUMERIC else StringTensorType)([None, width]),
        )
        for name, d, width in columns
    ]
    estimator = _for_float32(estimator)
    as_told = functools.partial(
        convert,
        estimator,
        initial_types=types,
        target_opset={"": OPSET, "ai.onnx.ml": 3},
    )
    if classes is None:
        return as_told()
    plain, raw = {"zipmap": False}, {"raw_scores": True}
    tries = [plain]
    if not hasattr(estimator, "predict_proba"):
        tries = [plain | raw, raw, plain]
    for options in tries[:-1]:
        # Nothing public tells which options a converter knows.
        with contextlib.suppress(NameError):
            return as_told(options={id(innermost(estimator)): options})
    return as_told(options={id(innermost(estimator)): tries[-1]})


def _for_float32(estimator: Any) -> Any:
    """Round the thresholds of histogram boosting down to float32.

    A float32 is at most a threshold just if it is at most that; rounded to the nearest,
    as the converter does, rows next to a threshold would go the other way.
    """
    if not trees_of_boosting(innermost(estimator)):
        return estimator
    rounded = copy.deepcopy(estimator)
    for nodes in trees_of_boosting(innermost(rounded)):
        exact = nodes["num_threshold"]
        near = exact.astype(np.float32)
        above = near.astype(np.float64) > exact
        near[above] = np.nextafter(near[above], np.float32(-np.inf))
        nodes["num_threshold"] = near
    return rounded


def _convert_net(net: Any, example: np.ndarray, classes: np.ndarray | None) -> Any:
    module = net.net_.module_.eval().to("cpu")
    try:
        return _to_onnx(module, net, example, classes)
    finally:
        module.to(net.net_.device)


def _to_onnx(
    module: Any, net: Any, example: np.ndarray, classes: np.ndarray | None
) -> Any:
    import torch
    from torch import nn

    if classes is not None and not net.gives_probabilities:
        module = nn.Sequential(module, nn.Softmax(dim=1))
    elif classes is None:
        scale = nn.Linear(1, 1)
        nn.init.constant_(scale.weight, net.y_scale_)
        nn.init.constant_(scale.bias, net.y_mean_)
        module = nn.Sequential(module, nn.Flatten(), scale)
    module.eval()
    rows = torch.export.Dim("rows")
    with _quiet():
        program = torch.onnx.export(
            module,
            (torch.as_tensor(example),),
            dynamo=True,
            opset_version=OPSET,
            input_names=["X"],
            output_names=["prediction" if classes is None else "probabilities"],
            dynamic_shapes=({0: rows},),
            external_data=False,
            verbose=False,
        )
    return program.model_proto


@contextlib.contextmanager
def _quiet() -> Any:
    """Keep the exporter's progress from the terminal."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logger.setLevel(level)
