"""The base class of objectives that match rows through networks."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

from torch import nn

from .augmentation import Augmentation, SiameseAugmentation, unchanged


class NetworkObjective(nn.Module):
    """Base class of objectives that evaluate rows through networks of a source.

    Checkpoints contain the state of the source. The weights of the networks are not
    parameters of the objective, because a source is not a module.

    Parameters
    ----------
    networks : RandomNetworks, NetworkQueue or TrainedNetworks
        The source of the networks.
    augmentation : SiameseAugmentation
        The augmentation of both batches in a step.
    """

    def __init__(self, networks: Any, augmentation: SiameseAugmentation):
        super().__init__()
        self.source = networks
        self.augmentation = augmentation

    def _networks_and_augmentation(
        self, real: Any
    ) -> tuple[list[nn.Module], Augmentation]:
        """Return the networks and the augmentation of this call.

        Both are drawn for a step. The validation loss is computed with fixed networks
        and without augmentation, so that its values can be compared.
        """
        if self.training:
            return self.source.draw(real), self.augmentation.draw()
        return self.source.fixed, unchanged

    def get_extra_state(self) -> dict[str, Any]:
        return self.source.state_dict()

    def set_extra_state(self, state: dict[str, Any]) -> None:
        self.source.load_state_dict(state)
