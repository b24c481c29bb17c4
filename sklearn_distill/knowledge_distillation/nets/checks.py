"""Checks of nets, made before anything is trained."""

# SPDX-License-Identifier: BSD-3-Clause

import inspect
from typing import Any

from torch import nn

# The parameter `loss` replaces the criterion of a net. These criteria expect the same
# outputs of the module as the losses do.
CRITERIA = {
    "classification": (nn.CrossEntropyLoss, nn.NLLLoss),
    "regression": (nn.MSELoss,),
}


def check_net(net: Any, task: str) -> None:
    """Raise TypeError or ValueError for a net that cannot be trained.

    Parameters
    ----------
    net : skorch net or module class
    task : {"classification", "regression"}
    """
    if isinstance(net, nn.Module):
        raise TypeError(
            f"Got a module instance ({type(net).__name__}), whose trained parameters "
            "would be kept from one fit to the next. Pass the module's class, or a "
            "skorch net of the class."
        )
    if inspect.isclass(net):
        if not issubclass(net, nn.Module):
            raise TypeError(
                f"{net.__name__} is a class, but not a torch module. Pass an instance "
                "of the class."
            )
        return
    if isinstance(net.module, nn.Module):
        raise TypeError(
            "The module of the net is an instance, whose trained parameters would be "
            "kept from one fit to the next. Pass the module's class, and its "
            "parameters as module__<name>."
        )
    _check_criterion(net, task)


def _check_criterion(net: Any, task: str) -> None:
    allowed, criterion = CRITERIA[task], net.criterion
    kind = criterion if inspect.isclass(criterion) else type(criterion)
    params = [name for name in net.get_params() if name.startswith("criterion__")]
    if kind in allowed and not params:
        return
    names = " or ".join(c.__name__ for c in allowed)
    softmax = " (NLLLoss if the module ends in a softmax)"
    with_params = f" with {', '.join(params)}" if params else ""
    raise ValueError(
        f"The criterion of the net is {kind.__name__}{with_params}, but the net is "
        f"trained by the parameter loss of this estimator. Set the criterion to {names}"
        f"{softmax if task == 'classification' else ''}, without parameters."
    )


def check_layers(module: nn.Module, names: Any) -> None:
    """Raise ValueError for names of layers that a module does not have."""
    known = [name for name, _ in module.named_modules() if name]
    for name in names:
        if name not in known:
            raise ValueError(
                f"hints contains the layer {name!r}, but the layers of "
                f"{type(module).__name__} are {', '.join(known)}."
            )
