"""Convert fitted students to ONNX models."""

# SPDX-License-Identifier: BSD-3-Clause

import contextlib
import copy
import functools
import io
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.base import is_regressor
from sklearn.compose import ColumnTransformer

from ..._utils._sklearn_private import trees_of_boosting
from ..._utils.optional import import_onnx
from ..nets.wrapping import innermost, split_pipeline
from .graph import add_label, check_names, concatenate_columns, merge, rename_ends

OPSET = 18
# The messages of converters are cut at this length: they may quote a whole tree.
MAX_REASON = 300
# The kinds of dtypes that ONNX files take as float32.
NUMERIC = "biuf"


def to_onnx(student: Any, X: Any, classes: np.ndarray | None) -> bytes:
    """Return the content of the ONNX file of a fitted student.

    Parameters
    ----------
    student : estimator
    X : array or DataFrame
        Rows that define the names and types of the inputs.
    classes : ndarray or None
        None for regression.

    Raises
    ------
    ValueError
        If the student cannot be converted.
    """
    onnx, _ = import_onnx()
    before, net = _split(student)
    if net is None and classes is not None and is_regressor(student):
        raise ValueError(
            f"{type(student).__name__} is a regressor of class probabilities, which "
            "cannot be converted to ONNX. Use a classifier as the student."
        )
    inputs, outputs = _input_names(X), output_names(student, classes)
    check_names(inputs, outputs)
    joins = _joins_columns(student if net is None else before, X)
    rows = _as_array(X) if joins else X
    try:
        # Converters emit warnings about their own code and their dependencies.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if net is None:
                model = _convert(student, rows, classes)
            else:
                model = _convert_net(net, _example(before, X), classes)
                if before is not None:
                    model = merge(onnx, _convert(before, rows, None), model)
                if classes is not None:
                    add_label(onnx, model.graph, classes)
        if joins:
            concatenate_columns(onnx, model.graph, len(inputs))
        rename_ends(model.graph, inputs, outputs)
        onnx.checker.check_model(model)
    except Exception as error:
        # The errors of the converters have no common base class.
        reason = f"{type(error).__name__}: {str(error)[:MAX_REASON]}"
        raise ValueError(
            f"{type(student).__name__} cannot be converted to ONNX. {reason}"
        ) from error
    return model.SerializeToString()


def output_names(student: Any, classes: np.ndarray | None) -> list[str]:
    """Return the names of the outputs of a student's ONNX file."""
    if classes is None:
        return ["prediction"]
    has_proba = hasattr(student, "predict_proba")
    return ["label", "probabilities" if has_proba else "scores"]


def _input_names(X: Any) -> list[str]:
    if hasattr(X, "iloc"):
        return [str(name) for name in X.columns]
    if X.dtype.kind not in NUMERIC:
        raise ValueError(
            "An array of categories cannot be exported to ONNX, whose arrays hold "
            "numbers. Fit on a DataFrame and pass a DataFrame: each column becomes an "
            "input."
        )
    return ["X"]


def _joins_columns(first: Any, X: Any) -> bool:
    """Return whether the columns of a DataFrame are concatenated before the first step.

    A ColumnTransformer takes the columns one by one; all other steps take an array.
    """
    if not hasattr(X, "iloc") or len({d.kind in NUMERIC for d in X.dtypes}) > 1:
        return False
    parts = [] if first is None else [first, *first.get_params().values()]
    return not any(isinstance(part, ColumnTransformer) for part in parts)


def _as_array(X: Any) -> np.ndarray:
    """Return a DataFrame as one array."""
    rows = X.to_numpy()
    if rows.dtype.kind == "O" and all(dtype.kind in NUMERIC for dtype in X.dtypes):
        # Columns of different numeric types, or nullable ones, become objects, which a
        # converter would take for text.
        return X.to_numpy(dtype=np.float32)
    return rows


def _split(student: Any) -> tuple[Any, Any]:
    """Return the steps before a net and the net, or (None, None) without a net."""
    before, last = split_pipeline(student)
    return (before, last) if hasattr(last, "net_") else (None, None)


def _example(before: Any, X: Any) -> np.ndarray:
    """Return two rows as the net takes them."""
    from ..nets.rows import as_float32

    return as_float32(X[:2] if before is None else before.transform(X[:2]))


def _convert(estimator: Any, X: Any, classes: np.ndarray | None) -> Any:
    """Convert a scikit-learn estimator, or the steps before a net."""
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
    estimator = _with_float32_thresholds(estimator)
    convert_with = functools.partial(
        convert,
        estimator,
        initial_types=types,
        target_opset={"": OPSET, "ai.onnx.ml": 3},
    )
    if classes is None:
        return convert_with()
    plain, raw = {"zipmap": False}, {"raw_scores": True}
    candidates = [plain]
    if not hasattr(estimator, "predict_proba"):
        candidates = [plain | raw, raw, plain]
    for options in candidates[:-1]:
        # The options of a converter cannot be listed through the public API of
        # skl2onnx. An unknown option raises NameError.
        with contextlib.suppress(NameError):
            return convert_with(options={id(innermost(estimator)): options})
    return convert_with(options={id(innermost(estimator)): candidates[-1]})


def _with_float32_thresholds(estimator: Any) -> Any:
    """Round the thresholds of histogram boosting down to float32.

    A float32 number is at most a threshold if and only if it is at most the threshold
    rounded down. The converter rounds to the nearest float32, which would send some
    rows to the other side.
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
        return _export_module(module, net, example, classes)
    finally:
        module.to(net.net_.device)


def _export_module(
    module: Any, net: Any, example: np.ndarray, classes: np.ndarray | None
) -> Any:
    """Export a module, followed by a softmax or by the scaling of predictions."""
    import torch
    from torch import nn

    if classes is not None and not net.gives_probabilities:
        module = nn.Sequential(module, nn.Softmax(dim=1))
    elif classes is None:
        factors, means = np.atleast_1d(net.y_scale_), np.atleast_1d(net.y_mean_)
        scale = nn.Linear(len(factors), len(factors))
        with torch.no_grad():
            scale.weight.copy_(torch.as_tensor(np.diag(factors)))
            scale.bias.copy_(torch.as_tensor(means))
        module = nn.Sequential(module, nn.Flatten(), scale)
    module.eval()
    rows = torch.export.Dim("rows")
    with _silenced():
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
def _silenced() -> Iterator[None]:
    """Suppress the progress messages of torch's exporter."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logger.setLevel(level)
