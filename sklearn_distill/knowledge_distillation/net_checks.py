"""Nets that cannot be trained here, told before anything is."""

# SPDX-License-Identifier: BSD-3-Clause

import inspect
from typing import Any

from torch import nn

# What a net may say that it is trained by: what `loss` puts in its place has the same
# outputs in mind.
CRITERIA = {
    "classification": (nn.CrossEntropyLoss, nn.NLLLoss),
    "regression": (nn.MSELoss,),
}


def check_net(net: Any, task: str) -> None:
    """Raise TypeError or ValueError for a net that cannot be trained here."""
    if isinstance(net, nn.Module):
        raise TypeError(
            f"A module instance ({type(net).__name__}) would carry what it has learned "
            "from one fit to the next. Pass its class, or a skorch net of its class."
        )
    if inspect.isclass(net):
        if not issubclass(net, nn.Module):
            raise TypeError(f"{net.__name__} is a class. Pass an instance of it.")
        return
    if isinstance(net.module, nn.Module):
        raise TypeError(
            "The net's module is an instance, which would carry what it has learned "
            "from one fit to the next. Pass the module's class, and its parameters as "
            "module__<name>."
        )
    allowed = CRITERIA[task]
    criterion = net.criterion
    kind = criterion if inspect.isclass(criterion) else type(criterion)
    own = [name for name in net.get_params() if name.startswith("criterion__")]
    if kind not in allowed or own:
        names = " or ".join(c.__name__ for c in allowed)
        raise ValueError(
            f"The net's criterion is {kind.__name__}{own or ''}, but the parameter "
            f"loss decides what it is trained by. Give it a plain {names}"
            + (
                ", the latter if its module ends in a softmax."
                if task == "classification"
                else "."
            )
        )


def check_layers(module: nn.Module, names: Any) -> None:
    """Raise ValueError for names of layers that a module does not have."""
    known = [name for name, _ in module.named_modules() if name]
    for name in names:
        if name not in known:
            raise ValueError(
                f"hints name a layer {name!r}, but {type(module).__name__} has "
                f"{', '.join(known)}."
            )
