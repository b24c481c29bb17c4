"""Initialization of a student network from the parameters of its teacher."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import torch
from torch import Tensor, nn

WEIGHTED = (nn.Linear, nn.Conv1d, nn.Conv2d)
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm)


@torch.no_grad()
def copy_parameters(student: nn.Module, teacher: nn.Module) -> list[str]:
    r"""Copy the parameters of a teacher into a student, as far as the shapes allow.

    If all parameters have the same shapes, they are all copied. Otherwise, the weighted
    layers (linear layers and convolutions) are paired in order. A narrower layer of the
    student gets the most important units of the teacher, with the importance

    .. math:: s_j = \lVert W^{in}_{j \cdot} \rVert \, \lVert W^{out}_{\cdot j} \rVert ,

    and the next layer gets the weights from these units. A wider layer gets all units
    of the teacher, and its remaining units keep their initial parameters. Copying ends
    at the first pair of layers that do not fit. Normalization layers get the units of
    the preceding layer.

    Parameters
    ----------
    student, teacher : nn.Module
        The student is changed in place.

    Returns
    -------
    list of str
        The layers of the student that got parameters of the teacher; all entries of the
        state dict if everything was copied.

    Raises
    ------
    ValueError
        If no layer could be copied.
    """
    source, target = teacher.state_dict(), student.state_dict()
    if [(k, v.shape) for k, v in source.items()] == [
        (k, v.shape) for k, v in target.items()
    ]:
        student.load_state_dict(source)
        return list(target)
    copied = _copy_in_order(_layers(student), _layers(teacher))
    if not copied:
        raise ValueError(
            'init="teacher" could not copy any layer of the teacher to the student. '
            "Their first weighted layers (linear layers or convolutions) must be of "
            "the same type and take the same inputs. Set init=None."
        )
    return copied


def _layers(module: nn.Module) -> list[tuple[str, Any]]:
    return [
        (name, part)
        for name, part in module.named_modules()
        if isinstance(part, WEIGHTED + NORMS)
    ]


def _copy_in_order(
    targets: list[tuple[str, Any]], sources: list[tuple[str, Any]]
) -> list[str]:
    """Copy layer after layer until a pair does not fit; return the copied layers."""
    copied: list[str] = []
    # The units of the teacher that the preceding layer got, and how many it had.
    kept, n_before = None, 0
    last_target, last_source = _last_weighted(targets), _last_weighted(sources)
    for i, ((name, target), (_, source)) in enumerate(
        zip(targets, sources, strict=False)
    ):
        is_last = i == last_target
        if type(target) is not type(source) or is_last != (i == last_source):
            break
        if isinstance(target, NORMS):
            if kept is None or not _copy_norm(target, source, kept):
                break
            copied.append(name)
            continue
        columns = _columns(target, source, kept, n_before)
        if columns is None:
            break
        n_units, n_before = target.weight.shape[0], source.weight.shape[0]
        if is_last:
            if n_units != n_before:
                break
            kept = torch.arange(n_units)
        else:
            following = next(p for _, p in sources[i + 1 :] if isinstance(p, WEIGHTED))
            kept = _most_important(source, following, min(n_units, n_before))
        target.weight[: len(kept), : len(columns)] = source.weight[kept][:, columns]
        if target.bias is not None and source.bias is not None:
            target.bias[: len(kept)] = source.bias[kept]
        copied.append(name)
    return copied


def _last_weighted(layers: list[tuple[str, Any]]) -> int:
    places = [i for i, (_, part) in enumerate(layers) if isinstance(part, WEIGHTED)]
    return places[-1] if places else -1


def _columns(
    target: Any, source: Any, kept: Tensor | None, n_before: int
) -> Tensor | None:
    """Return the inputs of the source to copy, or None if the shapes differ."""
    n_target, n_source = target.weight.shape[1], source.weight.shape[1]
    if target.weight.shape[2:] != source.weight.shape[2:]:
        return None
    if kept is None:
        return torch.arange(n_source) if n_target == n_source else None
    # A linear layer after convolutions takes each channel as a block of inputs.
    block = n_source // n_before
    if n_source % n_before or n_target % block or n_target < len(kept) * block:
        return None
    return (kept[:, None] * block + torch.arange(block, device=kept.device)).ravel()


def _most_important(layer: Any, following: Any, n_units: int) -> Tensor:
    """Return the units with the largest input and output weights, in their order."""
    n_all = layer.weight.shape[0]
    weights_in = layer.weight.flatten(1).norm(dim=1)
    if following.weight.shape[1] % n_all:
        return torch.arange(n_units)
    weights_out = following.weight.transpose(0, 1).reshape(n_all, -1).norm(dim=1)
    return (weights_in * weights_out).argsort(descending=True)[:n_units].sort()[0]


def _copy_norm(target: Any, source: Any, kept: Tensor) -> bool:
    """Copy a normalization layer if its shapes fit; return whether they do."""
    into, values = target.state_dict(), source.state_dict()
    fits = all(
        name in into
        and (
            len(into[name]) >= len(kept) if v.ndim == 1 else into[name].shape == v.shape
        )
        for name, v in values.items()
    )
    if fits:
        for name, value in values.items():
            if value.ndim == 1:
                into[name][: len(kept)] = value[kept]
            else:
                into[name].copy_(value)
    return fits
