"""A fitted student as an ONNX file that a small device can run."""

# SPDX-License-Identifier: BSD-3-Clause

import contextlib
import copy
import io
import logging
import os
import warnings
from typing import Any

import numpy as np
from sklearn.base import is_regressor
from sklearn.pipeline import Pipeline

from .._sklearn_private import trees_of_boosting
from ..optional import import_onnx
from ..set_files import write_atomically
from .students import class_probabilities
from .wrapping import innermost

OPSET = 18
# Files hold float32 numbers; sums over trees are added up in another order.
TOLERANCE = 1e-4
# Rows on which the two most probable classes are this close may go either way.
TIE = 1e-5
MAX_REASON = 300


def export_student(
    student: Any, path: str | os.PathLike[str], X: Any, *, classes: np.ndarray | None
) -> None:
    """Write a fitted student to `path`, once it answers as the student does.

    The file takes one input "X" of float32 rows, or one a column of a DataFrame, by its
    name. It gives "label" and "probabilities", with a column for each class ("scores"
    of a student without probabilities); for quantities "prediction".

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
    before, last = _split(student)
    if last is None and classes is not None and is_regressor(student):
        raise ValueError(
            f"{type(student).__name__} is a regressor of probabilities; ONNX files are "
            "written of classifiers and of regressors of quantities."
        )
    try:
        # Converters warn of their own code and of their dependencies'.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if last is None:
                model = _convert(student, X, classes)
            else:
                model = _convert_net(last, _example(before, X), classes)
                if before is not None:
                    model = _joined(onnx, _convert(before, X, None), model)
    except Exception as error:
        # Their errors derive from no common one, and may quote a whole tree.
        reason = f"{type(error).__name__}: {str(error)[:MAX_REASON]}"
        raise ValueError(
            f"{type(student).__name__} cannot be converted to ONNX. {reason}"
        ) from error
    if last is not None and classes is not None:
        model = _with_label(onnx, model, classes)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def run_onnx(content: bytes, X: Any) -> dict[str, np.ndarray]:
    """Return what an ONNX file answers for these rows, by the names of its outputs."""
    _, onnxruntime = import_onnx()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        content, options, providers=["CPUExecutionProvider"]
    )
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs_of(X)), strict=True))


def inputs_of(X: Any) -> dict[str, np.ndarray]:
    """Return rows as the file takes them."""
    if not hasattr(X, "iloc"):
        return {"X": np.asarray(X, dtype=np.float32)}
    return {
        str(name): (
            X[name].to_numpy(dtype=np.float32)
            if X[name].dtype.kind in "biuf"
            else X[name].to_numpy(dtype=object)
        ).reshape(-1, 1)
        for name in X.columns
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
        ours = np.asarray(student.predict(X), dtype=np.float64).ravel()
        away = np.abs(answers["prediction"].ravel() - ours).max()
        if not away <= TOLERANCE * max(1.0, np.abs(ours).max()):
            raise ValueError(
                f"The ONNX file's answers are off by up to {away:.3g}; nothing was "
                "written."
            )
        return
    if not (hasattr(student, "predict_proba") or is_regressor(student)):
        differ = int((answers["label"] != student.predict(X)).sum())
        away = 0.0
    else:
        ours = class_probabilities(student, X, classes)
        away = float(np.abs(answers["probabilities"] - ours).max())
        top = np.sort(ours, axis=1)
        clear = top[:, -1] - top[:, -2] > TIE
        labels = classes[ours.argmax(axis=1)]
        differ = int((answers["label"][clear] != labels[clear]).sum())
    if differ or not away <= TOLERANCE:
        raise ValueError(
            f"The ONNX file gives another class for {differ} of {len(X)} rows, and "
            f"probabilities that are off by up to {away:.3g}; nothing was written."
        )


def as_seen_by_file(X: Any) -> Any:
    """Return rows with their numbers rounded to float32."""
    if not hasattr(X, "iloc"):
        return np.asarray(X, dtype=np.float32).astype(np.float64)
    return X.astype(
        {name: np.float32 for name, d in X.dtypes.items() if d.kind in "biuf"}
    )


def _split(student: Any) -> tuple[Any, Any]:
    """Return (steps before, net) of a student with a net; (None, None) of others."""
    if hasattr(student, "net_"):
        return None, student
    if isinstance(student, Pipeline) and hasattr(student.steps[-1][1], "net_"):
        return student[:-1], student.steps[-1][1]
    return None, None


def _example(before: Any, X: Any) -> np.ndarray:
    from .net_rows import as_float32

    return as_float32(X[:2] if before is None else before.transform(X[:2]))


def _convert(estimator: Any, X: Any, classes: np.ndarray | None) -> Any:
    """Convert an estimator of scikit-learn's, or the steps before a net."""
    from skl2onnx import to_onnx as convert
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    if hasattr(X, "iloc"):
        types = [
            (
                str(name),
                (FloatTensorType if dtype.kind in "biuf" else StringTensorType)(
                    [None, 1]
                ),
            )
            for name, dtype in X.dtypes.items()
        ]
    else:
        types = [("X", FloatTensorType([None, X.shape[1]]))]
    has_proba = classes is not None and hasattr(estimator, "predict_proba")
    model = convert(
        _for_float32(estimator),
        initial_types=types,
        options={"zipmap": False} if has_proba else None,
        target_opset={"": OPSET, "ai.onnx.ml": 3},
    )
    names = ["prediction"]
    if classes is not None:
        names = ["label", "probabilities" if has_proba else "scores"]
    _rename_outputs(model, names)
    return model


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


def _joined(onnx: Any, before: Any, net: Any) -> Any:
    """Return one model of the steps before a net and the net."""
    before.graph.name = "before"
    before = onnx.compose.add_prefix(before, "before_", rename_inputs=False)
    net = onnx.compose.add_prefix(net, "net_", rename_outputs=False)
    out, into = before.graph.output[0].name, net.graph.input[0].name
    before.ir_version = net.ir_version = max(before.ir_version, net.ir_version)
    return onnx.compose.merge_models(before, net, io_map=[(out, into)])


def _with_label(onnx: Any, model: Any, classes: np.ndarray) -> Any:
    """Add an output "label": the class of the largest probability."""
    helper, kinds = onnx.helper, onnx.TensorProto
    if classes.dtype.kind in "iub":
        kind, values = kinds.INT64, classes.astype(np.int64).tolist()
    elif classes.dtype.kind == "f":
        kind, values = kinds.FLOAT, classes.tolist()
    else:
        kind, values = kinds.STRING, [str(c).encode() for c in classes]
    graph = model.graph
    graph.initializer.append(
        helper.make_tensor("classes", kind, [len(classes)], values)
    )
    graph.node.extend(
        [
            helper.make_node("ArgMax", ["probabilities"], ["best"], axis=1, keepdims=0),
            helper.make_node("Gather", ["classes", "best"], ["label"]),
        ]
    )
    graph.output.insert(0, helper.make_tensor_value_info("label", kind, ["rows"]))
    return model


def _rename_outputs(model: Any, names: list[str]) -> None:
    new = {out.name: name for out, name in zip(model.graph.output, names, strict=True)}
    for node in model.graph.node:
        for places in (node.input, node.output):
            for i, name in enumerate(places):
                places[i] = new.get(name, name)
    for out in model.graph.output:
        out.name = new[out.name]
