"""The distilled rows while they are being learned."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn


class SyntheticRows(nn.Module):
    """Learnable rows, within the range of the real ones.

    In training mode calling it gives the rows themselves. In evaluation mode it gives
    the rows that the user would get: decoded to valid values and encoded again.

    Parameters
    ----------
    rows : float32 ndarray of shape (m, ...)
        Where the rows start.
    targets : float32 ndarray of shape (m, n_targets)
        What the rows are labelled with, as a method's objective wants it.
    lower, upper : float32 ndarray of shape (...)
        The range of each encoded column.
    snap : callable
        Takes encoded rows to the nearest ones that the columns can hold.
    learn_targets : bool
        Whether the targets are parameters too.
    """

    def __init__(
        self,
        rows: np.ndarray,
        targets: np.ndarray,
        lower: np.ndarray,
        upper: np.ndarray,
        snap: Callable[[np.ndarray], np.ndarray],
        learn_targets: bool = False,
    ):
        super().__init__()
        self.rows = nn.Parameter(torch.tensor(rows))
        self.targets = nn.Parameter(torch.tensor(targets), requires_grad=learn_targets)
        self.register_buffer("lower", torch.tensor(lower))
        self.register_buffer("upper", torch.tensor(upper))
        self.snap = snap

    def forward(self, _real: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return (rows, targets); skorch hands in the real batch, which is not used."""
        if self.training:
            return self.rows, self.targets
        snapped = self.snap(self.rows.detach().cpu().numpy())
        return torch.from_numpy(snapped).to(self.rows), self.targets

    @torch.no_grad()
    def clamp_(self) -> None:
        """Move the rows back into the range of the real ones."""
        self.rows.clamp_(self.lower, self.upper)
