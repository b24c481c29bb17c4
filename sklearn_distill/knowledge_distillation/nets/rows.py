"""Rows and targets as nets take them: float32 arrays, and batches of tensors."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...engine.layer_outputs import LayerOutputs
from ..targets import Targets

# The number of rows that pass through a network at once where no gradient is needed.
CHUNK = 8_192
# The probabilities of a teacher are clipped at this value before the logarithm, because
# forests and nearest neighbors often predict exactly 0.
MIN_PROBABILITY = 1e-6


def as_float32(X: Any) -> np.ndarray:
    """Return rows as a contiguous float32 array.

    Raises
    ------
    ValueError
        If the rows are not numeric.
    """
    if hasattr(X, "toarray"):
        X = X.toarray()
    try:
        return np.ascontiguousarray(np.asarray(X), dtype=np.float32)
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"A net requires numeric rows: {error}. Encode the categories in a "
            "Pipeline before the net."
        ) from error


def chunks(Z: np.ndarray) -> list[np.ndarray]:
    """Split rows into parts of at most `CHUNK` rows."""
    return np.split(Z, range(CHUNK, len(Z), CHUNK))


class TensorRows(torch.utils.data.Dataset):
    """Rows and their targets as tensors, indexed by a whole batch at once.

    Parameters
    ----------
    X : ndarray of n rows
    columns : dict of str to ndarray of n rows
    """

    def __init__(self, X: np.ndarray, columns: dict[str, np.ndarray]):
        self.X = torch.as_tensor(X)
        self.columns = {name: torch.as_tensor(v) for name, v in columns.items()}

    def __len__(self) -> int:
        return len(self.X)

    def __getitem__(self, index: int) -> Any:
        return self.__getitems__(index)

    def __getitems__(self, indices: Any) -> Any:
        return self.X[indices], {k: v[indices] for k, v in self.columns.items()}


def keep_batch(batch: Any) -> Any:
    """Return a batch unchanged, because `TensorRows` collates it already."""
    return batch


def target_columns(targets: Targets, hints: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Return targets, weights and hints as named float32 columns of `TensorRows`."""
    teacher = targets.predictions
    if targets.classes is not None:
        teacher = np.log(np.clip(teacher, MIN_PROBABILITY, None))
    columns = {
        "labels": targets.labels,
        "teacher": teacher,
        "weights": targets.weights / targets.weights.mean(),
        "teacher_only": targets.teacher_only,
    } | {f"hint{i}": features for i, features in enumerate(hints)}
    return {name: values.astype(np.float32) for name, values in columns.items()}


def hidden_features(net: Any, layers: list[str], Z: np.ndarray) -> list[np.ndarray]:
    """Return the flattened outputs of named layers of a net for all rows."""
    device, module = net.device, net.module_
    outputs_of = LayerOutputs(module, torch.as_tensor(Z[:2], device=device), layers)
    module.eval()
    parts: list[list[np.ndarray]] = []
    with torch.no_grad():
        for chunk in chunks(Z):
            outputs = outputs_of([module], torch.as_tensor(chunk, device=device))
            parts.append([layer[0].flatten(1).cpu().numpy() for layer in outputs])
    return [np.concatenate(layer) for layer in zip(*parts, strict=True)]


def first_output(outputs: Any) -> Tensor:
    """Return the first output of a module, which holds logits or predictions."""
    return outputs[0] if isinstance(outputs, tuple | list) else outputs
