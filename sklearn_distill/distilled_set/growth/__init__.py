"""The sampler and the decoder of a distilled set, from which labeled rows are grown."""

# SPDX-License-Identifier: BSD-3-Clause

from .compact_encoder import CompactEncoder
from .decoder import Decoder
from .growth import Growth, drawn_centers
from .sampler import Sampler
from .stored import growth_from_json, growth_to_json

__all__ = [
    "CompactEncoder",
    "Decoder",
    "Growth",
    "Sampler",
    "drawn_centers",
    "growth_from_json",
    "growth_to_json",
]
