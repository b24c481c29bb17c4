"""The distilled rows while they are being learned."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Mapping

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

# The smallest probability that a learned label may give a class.
SMALLEST = 1e-6


class SyntheticRows(nn.Module):
    """Learnable rows, within the range of the real ones, and learnable labels.

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
        Whether the targets are parameters too. After each step they are made valid:
        one-hots less their mean become class probabilities again, a single column of
        numbers goes back into `target_range`.
    learn_rows : bool
        Whether the rows move.
    factor : int
        Images only: what is learned is `factor` times smaller in height and width, and
        brought to full size by bilinear interpolation.
    target_range : tuple of two floats
        Of the real rows' numbers, for regression.
    averaging : float
        What the user gets is an exponential moving average of the rows over the steps,
        with this decay; 0 is the rows themselves.
    """

    def __init__(
        self,
        rows: np.ndarray,
        targets: np.ndarray,
        lower: np.ndarray,
        upper: np.ndarray,
        snap: Callable[[np.ndarray], np.ndarray],
        learn_targets: bool = False,
        learn_rows: bool = True,
        factor: int = 1,
        averaging: float = 0.0,
        target_range: tuple[float, float] = (-np.inf, np.inf),
    ):
        super().__init__()
        self.full_size = rows.shape[2:] if factor > 1 else None
        small, low, high = torch.tensor(rows), torch.tensor(lower), torch.tensor(upper)
        if self.full_size is not None:
            size = [side // factor for side in self.full_size]
            small = F.adaptive_avg_pool2d(small, size)
            low = -F.adaptive_max_pool2d(-low[None], size)[0]
            high = F.adaptive_max_pool2d(high[None], size)[0]
        self.rows = nn.Parameter(small, requires_grad=learn_rows)
        self.targets = nn.Parameter(torch.tensor(targets), requires_grad=learn_targets)
        self.register_buffer("lower", low)
        self.register_buffer("upper", high)
        self.snap = snap
        self.target_range = target_range
        self.averaging = averaging
        if averaging:
            self.register_buffer("averaged", small.clone())

    def forward(self, _real: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return (rows, targets); skorch hands in the real batch, which is not used."""
        if self.training:
            return self._formed(self.rows), self.targets
        snapped = self.snap(self.rows_of(self.state_dict()))
        return torch.from_numpy(snapped).to(self.rows), self.targets

    def rows_of(self, state: Mapping[str, Tensor]) -> np.ndarray:
        """Return the encoded rows, of full size, that a state of this module means."""
        kept = state["averaged" if self.averaging else "rows"]
        return self._formed(kept.detach()).cpu().numpy()

    def _formed(self, rows: Tensor) -> Tensor:
        if self.full_size is None:
            return rows
        return F.interpolate(rows, size=self.full_size, mode="bilinear")

    @torch.no_grad()
    def clamp_(self) -> None:
        """Move rows and labels back to where real ones can be; ends a step."""
        self.rows.clamp_(self.lower, self.upper)
        if self.targets.requires_grad:
            self._clamp_targets()
        if self.averaging:
            self.averaged.lerp_(self.rows, 1.0 - self.averaging)

    def _clamp_targets(self) -> None:
        n_targets = self.targets.shape[1]
        if n_targets == 1:
            self.targets.clamp_(*self.target_range)
            return
        likely = (self.targets + 1.0 / n_targets).clamp_min(SMALLEST)
        self.targets.copy_(likely / likely.sum(1, keepdim=True) - 1.0 / n_targets)
