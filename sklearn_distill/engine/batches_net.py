"""A skorch net whose data are batches of tensors."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

from skorch import NeuralNet

from .real_rows import Batches


class BatchesNet(NeuralNet):
    """A skorch net that is fitted on `Batches`, whose tensors are on the device.

    Parameters
    ----------
    *args, **kwargs
        The parameters of `skorch.NeuralNet`.
    """

    def get_dataset(self, X: Batches, y: Any = None) -> Batches:
        return X

    def get_iterator(self, dataset: Batches, training: bool = False) -> Batches:
        return dataset

    def check_data(self, X: Any, y: Any = None) -> None:
        """Skip skorch's checks, since batches consist of checked rows."""
