"""Run ONNX files, and compare their predictions with those of the student."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from ..._utils.optional import import_onnx
from ..students import class_probabilities
from .conversion import MAX_REASON, NUMERIC, output_names

# ONNX files compute in float32 and sum the trees of an ensemble in another order.
TOLERANCE = 1e-4
# If the two likeliest classes of a row are this close, either of them is accepted.
TIE = 1e-5
HINT = (
    "ONNX files compute in float32. If columns hold large numbers, students that are "
    "not trees require scaled columns, as from a StandardScaler."
)


def open_session(content: bytes) -> Any:
    """Return an onnxruntime session for the content of a file, using one core."""
    _, onnxruntime = import_onnx()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(
        content, options, providers=["CPUExecutionProvider"]
    )


def run_onnx(content: bytes, X: Any) -> dict[str, np.ndarray]:
    """Return the outputs of an ONNX file for some rows, by name.

    Raises
    ------
    ValueError
        If onnxruntime cannot run the file on these rows.
    """
    rows = file_inputs(X)
    try:
        session = open_session(content)
        names = [output.name for output in session.get_outputs()]
        return dict(zip(names, session.run(names, rows), strict=True))
    except Exception as error:
        reason = f"{type(error).__name__}: {str(error)[:MAX_REASON]}"
        raise ValueError(f"onnxruntime cannot run the ONNX file. {reason}") from error


def file_inputs(X: Any) -> dict[str, np.ndarray]:
    """Return rows as the named inputs of an ONNX file."""
    if not hasattr(X, "iloc"):
        return {"X": np.asarray(X, dtype=np.float32)}
    return {
        str(name): column.to_numpy(
            dtype=np.float32 if column.dtype.kind in NUMERIC else object
        ).reshape(-1, 1)
        for name, column in X.items()
    }


def rounded_to_float32(X: Any) -> Any:
    """Return rows whose numbers are rounded to float32, the precision of ONNX files."""
    if not hasattr(X, "iloc"):
        return np.asarray(X, dtype=np.float32).astype(np.float64)
    return X.astype(
        {name: np.float32 for name, d in X.dtypes.items() if d.kind in NUMERIC}
    )


def check_predictions(
    content: bytes, student: Any, X: Any, classes: np.ndarray | None
) -> None:
    """Raise ValueError unless an ONNX file predicts the same as the student.

    The student predicts for rows that are rounded to float32, as the file does.
    """
    X = rounded_to_float32(X)
    outputs = run_onnx(content, X)
    if classes is None:
        predictions = np.asarray(student.predict(X), dtype=np.float64).ravel()
        difference = _difference(outputs["prediction"].ravel(), predictions)
        if not difference <= TOLERANCE:
            raise ValueError(
                f"The predictions of the ONNX file differ by up to {difference:.3g} of "
                f"the largest prediction; no file was written. {HINT}"
            )
        return
    kind = output_names(student, classes)[1]
    proba = scores = None
    if hasattr(student, "predict_proba"):
        proba = class_probabilities(student, X, classes)
    if hasattr(student, "decision_function"):
        scores = np.asarray(student.decision_function(X), dtype=np.float64)
        scores = np.column_stack([-scores, scores]) if scores.ndim == 1 else scores
    expected = scores if proba is None else proba
    difference = 0.0 if expected is None else _difference(outputs[kind], expected)
    differ = outputs["label"] != student.predict(X)
    # Probabilities saturate far from the decision boundary, but scores do not.
    deciding = proba if scores is None else scores
    if deciding is not None:
        top = np.sort(deciding, axis=1)
        differ &= top[:, -1] - top[:, -2] > TIE * max(1.0, np.abs(deciding).max())
    if differ.any() or not difference <= TOLERANCE:
        raise ValueError(
            f"The ONNX file predicts another class for {differ.sum()} of {len(X)} "
            f"rows, and its {kind} differ by up to {difference:.3g}; no file was "
            f"written. {HINT}"
        )


def _difference(found: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest difference, relative to the largest number if above 1."""
    if found.shape != expected.shape:
        return float("inf")
    return float(np.abs(found - expected).max() / max(1.0, np.abs(expected).max()))
