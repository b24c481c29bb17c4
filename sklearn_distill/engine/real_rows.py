"""The real rows on the device, and class-balanced batches of them."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

# As large a batch as is drawn from however few rows.
SMALL = 1_024


def fits(Z: np.ndarray, device: str) -> bool:
    """Tell whether rows may lie on a device without crowding out the work."""
    if not device.startswith("cuda"):
        return True
    return Z.nbytes < torch.cuda.mem_get_info(torch.device(device))[0] / 2


class RealRows:
    """Real rows and their targets, put on the device once if they fit there.

    Where they would take more than half of its free memory they stay on the CPU, and
    batches travel.

    Parameters
    ----------
    Z : float32 ndarray of shape (n, ...)
    targets : float32 ndarray of shape (n, n_targets)
    groups : int ndarray of shape (n,)
        The class of each row; zeros if there are no classes.
    sample_weight : ndarray of shape (n,)
    device : str
    """

    def __init__(
        self,
        Z: np.ndarray,
        targets: np.ndarray,
        groups: np.ndarray,
        sample_weight: np.ndarray,
        device: str,
    ):
        self.device = device
        home = device if fits(Z, device) else "cpu"
        self.Z = torch.as_tensor(Z, device=home)
        self.targets = torch.as_tensor(targets, device=home)
        # Rows sorted by class, and the weights summed up along them: a uniform number
        # in a class's stretch of the sum finds a row in log n, by its weight.
        order = np.argsort(groups, kind="stable")
        # Of a small class no rows may be among these at all: only classes that are
        # there take part.
        counts = np.bincount(groups)
        ends = np.cumsum(counts[counts > 0])
        self.order = torch.as_tensor(order, device=home)
        summed = np.cumsum(sample_weight[order])
        self.summed = torch.as_tensor(summed, device=home)
        tops = summed[ends - 1]
        self.starts = torch.as_tensor(np.r_[0.0, tops[:-1]], device=home)
        self.widths = torch.as_tensor(np.diff(np.r_[0.0, tops]), device=home)
        self.first = torch.as_tensor(np.r_[0, ends[:-1]], device=home)
        self.last = torch.as_tensor(ends - 1, device=home)

    def __len__(self) -> int:
        return len(self.Z)

    def draw(
        self, batch_size: int, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Return a batch with equally many rows of each class, with replacement.

        Within a class a row's chance is in proportion to its weight. Classes without
        rows are left out. A batch is no larger than all rows together, or `SMALL`.
        """
        n_groups = len(self.widths)
        batch_size = min(batch_size, max(len(self), SMALL))
        per_group = max(1, batch_size // n_groups)
        # Drawn on the CPU, so that a seed means the same rows on every device.
        uniform = torch.rand(n_groups, per_group, generator=generator).to(self.widths)
        at = self.starts[:, None] + uniform * self.widths[:, None]
        places = torch.searchsorted(self.summed, at.reshape(-1), right=True)
        places = places.view(n_groups, -1)
        places = torch.clamp(places, self.first[:, None], self.last[:, None])
        rows = self.order[places.view(-1)]
        return self.Z[rows].to(self.device), self.targets[rows].to(self.device)


class Batches:
    """Batches of real rows, handed out `n_batches` at a time.

    Parameters
    ----------
    real : RealRows
    batch_size : int
    n_batches : int
        How many batches one pass gives.
    seed : int
        Starts the generator that draws them.
    n_total : int, default=None
        How many batches there are in all; None is no end.
    fixed : bool
        Whether every pass gives the same batches, as held-back rows need.
    """

    def __init__(
        self,
        real: RealRows,
        batch_size: int,
        n_batches: int,
        seed: int,
        n_total: int | None = None,
        fixed: bool = False,
    ):
        self.real = real
        self.batch_size = batch_size
        self.n_batches = n_batches
        self.seed = seed
        self.n_left = np.inf if n_total is None else n_total
        self.fixed = fixed
        self.generator = torch.Generator().manual_seed(seed)

    def __len__(self) -> int:
        return self.n_batches

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        if self.fixed:
            self.generator.manual_seed(self.seed)
        for _ in range(self.n_batches):
            if self.n_left <= 0:
                return
            self.n_left -= 1
            yield self.real.draw(self.batch_size, self.generator)

    def end(self) -> None:
        """Hand out no more batches."""
        self.n_left = 0
