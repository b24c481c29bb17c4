"""A student net that starts from its teacher's parameters."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import torch
from torch import Tensor, nn

WEIGHTED = (nn.Linear, nn.Conv1d, nn.Conv2d)
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm)


@torch.no_grad()
def start_from(student: nn.Module, teacher: nn.Module) -> list[str]:
    r"""Copy a teacher's parameters into a student, as far as shapes allow.

    Modules of the same shapes are copied whole. Else their weighted layers (linear,
    convolutions) are paired in order. Where the student's is narrower, it gets the
    teacher's units of most importance,

    .. math:: s_j = \lVert W^{in}_{j \cdot} \rVert \, \lVert W^{out}_{\cdot j} \rVert ,

    and the next layer the weights from just these units; where it is wider, the
    teacher's units and, for the rest, its own start. The first pair that does not fit
    ends the copying. Normalisations follow the layer before them.

    Parameters
    ----------
    student, teacher : nn.Module
        The student is changed in place.

    Returns
    -------
    list of str
        The student's layers that hold teacher's parameters now.

    Raises
    ------
    ValueError
        If nothing could be copied.
    """
    theirs, ours = teacher.state_dict(), student.state_dict()
    if [(k, v.shape) for k, v in theirs.items()] == [
        (k, v.shape) for k, v in ours.items()
    ]:
        student.load_state_dict(theirs)
        return list(ours)
    copied = _copy_in_order(_layers(student), _layers(teacher))
    if not copied:
        raise ValueError(
            'init="teacher": no layer of the student could take parameters of the '
            "teacher. Their first weighted layers (linear or convolution) must be of "
            "one kind and see the same inputs. Leave init at None."
        )
    return copied


def _layers(module: nn.Module) -> list[tuple[str, Any]]:
    return [
        (name, part)
        for name, part in module.named_modules()
        if isinstance(part, WEIGHTED + NORMS)
    ]


def _copy_in_order(
    ours: list[tuple[str, Any]], theirs: list[tuple[str, Any]]
) -> list[str]:
    copied: list[str] = []
    # The teacher's units that the layer before now has, and how many there were.
    kept, n_before = None, 0
    last_ours, last_theirs = _last_weighted(ours), _last_weighted(theirs)
    for i, ((name, our), (_, their)) in enumerate(zip(ours, theirs, strict=False)):
        if type(our) is not type(their) or (i == last_ours) != (i == last_theirs):
            break
        if isinstance(our, NORMS):
            if kept is None or not _copy_norm(our, their, kept):
                break
            copied.append(name)
            continue
        columns = _columns(our, their, kept, n_before)
        if columns is None:
            break
        n_ours, n_before = our.weight.shape[0], their.weight.shape[0]
        if i == last_ours:
            if n_ours != n_before:
                break
            kept = torch.arange(n_ours)
        else:
            following = next(p for _, p in theirs[i + 1 :] if isinstance(p, WEIGHTED))
            kept = _most_important(their, following, min(n_ours, n_before))
        our.weight[: len(kept), : len(columns)] = their.weight[kept][:, columns]
        if our.bias is not None and their.bias is not None:
            our.bias[: len(kept)] = their.bias[kept]
        copied.append(name)
    return copied


def _last_weighted(layers: list[tuple[str, Any]]) -> int:
    places = [i for i, (_, part) in enumerate(layers) if isinstance(part, WEIGHTED)]
    return places[-1] if places else -1


def _columns(our: Any, their: Any, kept: Tensor | None, n_before: int) -> Tensor | None:
    """Return the teacher's inputs that the student's layer has, or None if none fit."""
    n_ours, n_theirs = our.weight.shape[1], their.weight.shape[1]
    if our.weight.shape[2:] != their.weight.shape[2:]:
        return None
    if kept is None:
        return torch.arange(n_theirs) if n_ours == n_theirs else None
    # A linear layer after convolutions sees each channel as a block of inputs.
    block = n_theirs // n_before
    if n_theirs % n_before or n_ours % block or n_ours < len(kept) * block:
        return None
    return (kept[:, None] * block + torch.arange(block, device=kept.device)).ravel()


def _most_important(layer: Any, following: Any, n_units: int) -> Tensor:
    """Return the units of a layer with the largest weights in and out, in order."""
    n_all = layer.weight.shape[0]
    weights_in = layer.weight.flatten(1).norm(dim=1)
    if following.weight.shape[1] % n_all:
        return torch.arange(n_units)
    weights_out = following.weight.transpose(0, 1).reshape(n_all, -1).norm(dim=1)
    return (weights_in * weights_out).argsort(descending=True)[:n_units].sort()[0]


def _copy_norm(our: Any, their: Any, kept: Tensor) -> bool:
    ours, theirs = our.state_dict(), their.state_dict()
    fits = all(
        name in ours
        and (
            len(ours[name]) >= len(kept) if v.ndim == 1 else ours[name].shape == v.shape
        )
        for name, v in theirs.items()
    )
    if fits:
        for name, value in theirs.items():
            if value.ndim == 1:
                ours[name][: len(kept)] = value[kept]
            else:
                ours[name].copy_(value)
    return fits
