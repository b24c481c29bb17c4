"""Merge ONNX graphs, add outputs to them, and rename their inputs and outputs."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np


def check_names(inputs: list[str], outputs: list[str]) -> None:
    """Raise ValueError for names of columns that ONNX inputs cannot have."""
    reserved = ["", *outputs]
    invalid = [n for i, n in enumerate(inputs) if n in reserved or n in inputs[:i]]
    if invalid:
        raise ValueError(
            f"Columns named {', '.join(map(repr, invalid))} cannot be inputs of an "
            "ONNX file. Names must be unique, must not be empty and must differ from "
            f"the outputs, {' and '.join(outputs)}. Rename the columns before fitting."
        )


def merge(onnx: Any, before: Any, net: Any) -> Any:
    """Return one model of the steps before a net, followed by the net."""
    before.graph.name = "before"
    before = onnx.compose.add_prefix(before, "before_")
    net = onnx.compose.add_prefix(net, "net_", rename_outputs=False)
    out, into = before.graph.output[0].name, net.graph.input[0].name
    before.ir_version = net.ir_version = max(before.ir_version, net.ir_version)
    return onnx.compose.merge_models(before, net, io_map=[(out, into)])


def add_label(onnx: Any, graph: Any, classes: np.ndarray) -> None:
    """Add an output "label", the likeliest class."""
    helper, kinds = onnx.helper, onnx.TensorProto
    if classes.dtype.kind in "iub":
        kind, values = kinds.INT64, classes.astype(np.int64).tolist()
    elif classes.dtype.kind == "f":
        kind, values = kinds.FLOAT, classes.tolist()
    else:
        kind, values = kinds.STRING, [str(c).encode() for c in classes]
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


def concatenate_columns(onnx: Any, graph: Any, n_columns: int) -> None:
    """Replace the only input by one input for each column, and concatenate these."""
    helper, rows = onnx.helper, graph.input[0]
    names = [f"{rows.name} column {j}" for j in range(n_columns)]
    graph.node.insert(0, helper.make_node("Concat", names, [rows.name], axis=1))
    kind = rows.type.tensor_type.elem_type
    del graph.input[:]
    graph.input.extend(
        helper.make_tensor_value_info(name, kind, [None, 1]) for name in names
    )


def rename_ends(graph: Any, inputs: list[str], outputs: list[str]) -> None:
    """Rename the inputs and outputs, and all inner values with conflicting names."""
    ends = [end.name for end in (*graph.input, *graph.output)]
    used = {*inputs, *outputs}
    used.update(name for node in graph.node for name in (*node.input, *node.output))
    new = {}
    for name in (*inputs, *outputs):
        other = name
        while other in used:
            other += "_"
        used.add(other)
        new[name] = other
    _rename(graph, new | dict(zip(ends, [*inputs, *outputs], strict=True)))
    for output in graph.output:
        # Some converters of binary classifiers declare one column instead of two.
        for size in output.type.tensor_type.shape.dim[1:]:
            size.Clear()


def _rename(graph: Any, new: dict[str, str]) -> None:
    """Rename values in all nodes of a graph, and in the graphs that nodes contain."""
    for node in graph.node:
        for places in (node.input, node.output):
            places[:] = [new.get(name, name) for name in places]
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                _rename(inner, new)
    for values in (graph.input, graph.output, graph.initializer, graph.value_info):
        for value in values:
            value.name = new.get(value.name, value.name)
