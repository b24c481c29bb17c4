"""Looks at held-back rows that need a training on the synthetic rows first."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor


class LastCallCache:
    """Remember what a function made of tensors until it is called with others.

    A look goes over several batches of real rows; the training on the synthetic rows,
    which stay the same meanwhile, is one for all.

    Parameters
    ----------
    function : callable
        Takes tensors.
    """

    def __init__(self, function: Callable[..., Any]):
        self.function = function
        self.seen: Sequence[Tensor] = ()

    def __call__(self, *given: Tensor) -> Any:
        same = len(self.seen) == len(given) and all(
            torch.equal(old, new) for old, new in zip(self.seen, given, strict=True)
        )
        if not same:
            self.seen = [tensor.detach().clone() for tensor in given]
            self.answer = self.function(*given)
        return self.answer
