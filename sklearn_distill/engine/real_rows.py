"""The real rows on the device, and class-balanced batches of them."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from .network_training import Loss, task_loss

# A batch never has more rows than the data, except that batches of up to this many rows
# are drawn from any number of rows.
SMALL = 1_024


def fits_on_device(Z: np.ndarray, device: str) -> bool:
    """Return whether the rows take less than half of the free memory of a GPU."""
    if not device.startswith("cuda"):
        return True
    return Z.nbytes < torch.cuda.mem_get_info(torch.device(device))[0] / 2


class RealRows:
    """Real rows and their targets, stored on the device if they fit there.

    Rows that would take more than half of the device's free memory are stored on the
    CPU, and each batch is copied to the device.

    Parameters
    ----------
    Z : float32 ndarray of shape (n, ...)
        Encoded rows.
    targets : float32 ndarray of shape (n, n_targets)
        Centered one-hot vectors for classes, or numbers.
    groups : int ndarray of shape (n,)
        The class of each row; zeros if there are no classes.
    sample_weight : ndarray of shape (n,)
        Positive weights.
    device : str
        The device of the batches.
    task_loss : callable
        The loss of a network that is trained on these rows; see `loss_for`.
    """

    def __init__(
        self,
        Z: np.ndarray,
        targets: np.ndarray,
        groups: np.ndarray,
        sample_weight: np.ndarray,
        device: str,
        task_loss: Loss = task_loss,
    ):
        self.device = device
        self.task_loss = task_loss
        home = device if fits_on_device(Z, device) else "cpu"
        self.Z = torch.as_tensor(Z, device=home)
        self.targets = torch.as_tensor(targets, device=home)
        # Sort the rows by class so that a cumulative sum of the weights can be searched
        # per class: a uniform number in the interval of a class finds one of its rows,
        # in proportion to the weights, in O(log n).
        order = np.argsort(groups, kind="stable")
        # Leave out the classes that have no rows here.
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

        The rows of a class are drawn in proportion to their weights. Classes without
        rows are left out.

        Parameters
        ----------
        batch_size : int
            The number of rows; at most the number of real rows or `SMALL`, whichever is
            larger.
        generator : torch.Generator
            The generator that draws the rows, on the CPU.

        Returns
        -------
        rows : Tensor of shape (n_drawn, ...)
        targets : Tensor of shape (n_drawn, n_targets)
        """
        return self.take(self.draw_positions(batch_size, 1, generator)[0])

    def draw_positions(
        self, batch_size: int, n_batches: int, generator: torch.Generator
    ) -> Tensor:
        """Return the positions of the rows of several batches.

        The positions are the same as those of as many calls with ``n_batches=1``.

        Returns
        -------
        Tensor of shape (n_batches, n_drawn)
        """
        n_groups = len(self.widths)
        batch_size = min(batch_size, max(len(self), SMALL))
        per_group = max(1, batch_size // n_groups)
        # Draw on the CPU, so that a seed means the same rows on every device. A draw of
        # all numbers at once would depend on the number of batches.
        uniform = torch.empty(n_batches, n_groups, per_group)
        for numbers in uniform:
            torch.rand(n_groups, per_group, generator=generator, out=numbers)
        uniform = uniform.to(self.widths)
        at = self.starts[:, None] + uniform * self.widths[:, None]
        places = torch.searchsorted(self.summed, at.reshape(-1), right=True)
        places = places.view(n_batches, n_groups, per_group)
        places = torch.clamp(places, self.first[:, None], self.last[:, None])
        return self.order[places.flatten(1)]

    def take(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """Return the rows at some positions, and their targets, on the device."""
        rows, targets = self.Z[positions], self.targets[positions]
        return rows.to(self.device), targets.to(self.device)


class Batches:
    """An iterable of batches of real rows, `n_batches` per pass.

    Parameters
    ----------
    real : RealRows
        The rows to draw from.
    batch_size : int
        The number of rows in a batch.
    n_batches : int
        The number of batches in one pass.
    seed : int
        The seed of the generator that draws the rows.
    n_total : int, default=None
        The total number of batches in all passes; None sets no limit.
    fixed : bool, default=False
        Whether every pass yields the same batches, as a validation loss requires.
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
        n_batches = int(min(self.n_batches, max(self.n_left, 0)))
        # Draw the positions of all batches of the pass at once, which is faster. Their
        # rows might not fit in memory.
        for positions in self.real.draw_positions(
            self.batch_size, n_batches, self.generator
        ):
            if self.n_left <= 0:
                return
            self.n_left -= 1
            yield self.real.take(positions)

    def end(self) -> None:
        """Yield no more batches, in this pass and in all further passes."""
        self.n_left = 0
