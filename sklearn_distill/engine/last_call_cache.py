"""A cache of the last call of a function of tensors."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor


class LastCallCache:
    """Call a function of tensors again only if the values of its arguments changed.

    The validation loss of several methods requires networks that are trained on the
    synthetic rows. The synthetic rows are the same for all batches of a validation
    pass, so that this cache trains the networks once per pass instead of once per
    batch.

    Parameters
    ----------
    function : callable
        The function to cache; its arguments are tensors.
    """

    def __init__(self, function: Callable[..., Any]):
        self.function = function
        self.last_arguments: Sequence[Tensor] = ()
        self.last_result: Any = None

    def __call__(self, *arguments: Tensor) -> Any:
        if not self._are_last(arguments):
            self.last_arguments = [tensor.detach().clone() for tensor in arguments]
            self.last_result = self.function(*arguments)
        return self.last_result

    def _are_last(self, arguments: Sequence[Tensor]) -> bool:
        """Return whether the arguments have the values of the last call."""
        return len(arguments) == len(self.last_arguments) and all(
            map(torch.equal, self.last_arguments, arguments)
        )
