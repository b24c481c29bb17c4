"""ONNX graphs: put together, and their values named."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np


def check_names(inputs: list[str], outputs: list[str]) -> None:
    """Raise ValueError for names that a graph's inputs cannot have."""
    taken = ["", *outputs]
    bad = [n for i, n in enumerate(inputs) if n in taken or n in inputs[:i]]
    if bad:
        raise ValueError(
            f"Columns called {', '.join(map(repr, bad))} cannot be inputs of an ONNX "
            "file: names are unique there, not empty, and its outputs are called "
            f"{' and '.join(outputs)}. Rename the columns before fitting."
        )


def joined(onnx: Any, before: Any, net: Any) -> Any:
    """Return one model of the steps before a net and the net."""
    before.graph.name = "before"
    before = onnx.compose.add_prefix(before, "before_")
    net = onnx.compose.add_prefix(net, "net_", rename_outputs=False)
    out, into = before.graph.output[0].name, net.graph.input[0].name
    before.ir_version = net.ir_version = max(before.ir_version, net.ir_version)
    return onnx.compose.merge_models(before, net, io_map=[(out, into)])


def add_label(onnx: Any, graph: Any, classes: np.ndarray) -> None:
    """Add an output "label": the class of the largest probability."""
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


def join_columns(onnx: Any, graph: Any, n_columns: int) -> None:
    """Put columns in the place of the one input, and side by side."""
    helper, rows = onnx.helper, graph.input[0]
    names = [f"{rows.name} column {j}" for j in range(n_columns)]
    graph.node.insert(0, helper.make_node("Concat", names, [rows.name], axis=1))
    kind = rows.type.tensor_type.elem_type
    del graph.input[:]
    graph.input.extend(
        helper.make_tensor_value_info(name, kind, [None, 1]) for name in names
    )


def name_ends(graph: Any, inputs: list[str], outputs: list[str]) -> None:
    """Call inputs and outputs so, and what is between them otherwise."""
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
        # Some converters of binary classifiers declare one column where there are two.
        for size in output.type.tensor_type.shape.dim[1:]:
            size.Clear()


def _rename(graph: Any, new: dict[str, str]) -> None:
    """Rename values wherever they stand, in graphs inside of nodes too."""
    for node in graph.node:
        for places in (node.input, node.output):
            places[:] = [new.get(name, name) for name in places]
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                _rename(inner, new)
    for values in (graph.input, graph.output, graph.initializer, graph.value_info):
        for value in values:
            value.name = new.get(value.name, value.name)
