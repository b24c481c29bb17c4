"""The distilled rows while they are learned."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Mapping

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .resampling import enlarged

# The smallest probability that a learned label may give to a class.
SMALLEST = 1e-6


class SyntheticRows(nn.Module):
    """Learnable rows, within the range of the real rows, and learnable targets.

    In training mode, the module returns the rows themselves. In evaluation mode, it
    returns the rows that the user would get: decoded to valid values and encoded again.

    Parameters
    ----------
    rows : float32 ndarray of shape (m, ...)
        The initial rows.
    targets : float32 ndarray of shape (m, n_targets)
        The initial targets: centered one-hot vectors for classes, or numbers.
    lower, upper : float32 ndarray of shape (...)
        The range of each encoded column.
    snap : callable
        Moves encoded rows to the nearest rows whose values are valid in the columns.
    learn_targets : bool, default=False
        Whether the targets are learned. After each step they are made valid again:
        centered one-hot vectors become centered probabilities, and numbers are clamped
        to `target_range`, if that is given.
    learn_rows : bool, default=True
        Whether the rows are learned.
    factor : int, default=1
        The factor of multi-formation, for images only: the learned images are `factor`
        times smaller in height and width, and are enlarged to full size by bilinear
        interpolation.
    averaging : float, default=0.0
        The decay of the exponential moving average of the rows over the steps. The
        average is what the user gets; 0 means the rows themselves.
    target_range : tuple of two arrays of shape (n_targets,), default=None
        The lowest and the highest of the real rows' continuous targets; None if the
        targets are centered one-hot vectors.
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
        target_range: tuple[np.ndarray, np.ndarray] | None = None,
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
        self.has_range = target_range is not None
        if target_range is not None:
            # The range follows from the data, so that checkpoints need not contain it.
            ends = torch.as_tensor(np.array(target_range, dtype=np.float32))
            self.register_buffer("target_range", ends, persistent=False)
        self.averaging = averaging
        if averaging:
            self.register_buffer("averaged", small.clone())

    def forward(self, _real: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return (rows, targets); the real batch that skorch passes is ignored."""
        if self.training:
            return self._enlarged(self.rows), self.targets
        snapped = self.snap(self.rows_of(self.state_dict()))
        return torch.from_numpy(snapped).to(self.rows), self.targets

    def rows_of(self, state: Mapping[str, Tensor]) -> np.ndarray:
        """Return the encoded rows, at full size, of a state of this module."""
        kept = state["averaged" if self.averaging else "rows"]
        return self._enlarged(kept.detach()).cpu().numpy()

    def _enlarged(self, rows: Tensor) -> Tensor:
        """Return the rows at full size."""
        if self.full_size is None:
            return rows
        return enlarged(rows, self.full_size)

    @torch.no_grad()
    def clamp_(self) -> None:
        """Clamp rows and targets to valid values, and update the moving average."""
        self.rows.clamp_(self.lower, self.upper)
        if self.targets.requires_grad:
            self._clamp_targets()
        if self.averaging:
            self.averaged.lerp_(self.rows, 1.0 - self.averaging)

    def _clamp_targets(self) -> None:
        """Clamp the targets to probabilities or to the range of the real targets."""
        if self.has_range:
            self.targets.clamp_(*self.target_range)
            return
        n_targets = self.targets.shape[1]
        positive = (self.targets + 1.0 / n_targets).clamp_min(SMALLEST)
        self.targets.copy_(positive / positive.sum(1, keepdim=True) - 1.0 / n_targets)
