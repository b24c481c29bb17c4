"""Write a fitted student to an ONNX file."""

# SPDX-License-Identifier: BSD-3-Clause

import os
from typing import Any

import numpy as np

from ..._utils.atomic_file import write_atomically
from .conversion import to_onnx
from .verification import check_predictions


def export_student(
    student: Any, path: str | os.PathLike[str], X: Any, *, classes: np.ndarray | None
) -> None:
    """Write a fitted student to an ONNX file with the same predictions.

    The file has one input "X" of float32 rows. If X is a DataFrame, the file has one
    input of shape (n, 1) for each column, with exactly the name of the column. Its
    outputs are "label" and "probabilities", with a column for each class. Students
    without probabilities have the output "scores", the decision function, instead; for
    two classes, its first column is the negative decision function. For regression the
    output is "prediction".

    Parameters
    ----------
    student : estimator
    path : str or path-like
        The file is written completely or not at all.
    X : array or DataFrame
        Rows for which the predictions are compared.
    classes : ndarray or None
        None for regression.

    Raises
    ------
    ImportError
        If the optional dependencies ``onnx`` are missing.
    ValueError
        If the student cannot be converted, or if the predictions differ.
    """
    content = to_onnx(student, X, classes)
    check_predictions(content, student, X, classes)
    write_atomically(path, lambda file: file.write(content))
