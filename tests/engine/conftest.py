"""Networks for the tests of the engine."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest
from torch import nn


class HeadFirst(nn.Module):
    """A network that registers its layers in another order than it calls them."""

    def __init__(self, n_inputs=5, n_outputs=2):
        super().__init__()
        self.head = nn.Linear(6, n_outputs)
        self.normalize = nn.BatchNorm1d(6)
        self.body = nn.Linear(n_inputs, 6)
        self.unused = nn.Linear(3, 3)

    def forward(self, x):
        return self.head(self.normalize(self.body(x)))


@pytest.fixture
def HeadFirstNet():
    """A class of networks with a BatchNorm layer and with a layer that is unused."""
    return HeadFirst
