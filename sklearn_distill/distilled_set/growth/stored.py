"""Sampler and decoder as JSON, for the headers of files."""

# SPDX-License-Identifier: BSD-3-Clause

import base64
from typing import Any

import numpy as np

from .compact_encoder import CompactEncoder, state_from_json
from .decoder import Decoder
from .growth import Growth
from .sampler import Sampler

# The dtypes of arrays that a file may contain.
KINDS = {"f4", "f8", "i8"}


def growth_to_json(growth: Growth) -> dict[str, Any]:
    """Return a sampler and a decoder as dicts, strings and numbers."""
    return {
        "encoder": growth.encoder.state_for_json(),
        "sampler": _packed_arrays(growth.sampler.arrays),
        "decoder": _packed_arrays(growth.decoder.arrays),
    }


def growth_from_json(stored: dict[str, Any], like: Any) -> Growth:
    """Return the sampler and the decoder that `growth_to_json` converted.

    Parameters
    ----------
    stored : dict
    like : ndarray or DataFrame
        The rows of the distilled set.
    """
    state = state_from_json(stored["encoder"])
    return Growth(
        CompactEncoder.from_state(state, like),
        Sampler(**_arrays(stored["sampler"])),
        Decoder(**_arrays(stored["decoder"])),
    )


def _packed_arrays(arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """Return arrays as dtype, shape and base64 text."""
    return {
        name: {
            "dtype": array.dtype.str.lstrip("<"),
            "shape": list(array.shape),
            "base64": base64.b64encode(array.tobytes()).decode("ascii"),
        }
        for name, array in arrays.items()
    }


def _arrays(packed: dict[str, Any]) -> dict[str, np.ndarray]:
    """Return the arrays that `_packed_arrays` converted."""
    arrays = {}
    for name, described in packed.items():
        if described["dtype"] not in KINDS:
            raise ValueError(f"the array {name!r} has an unknown dtype")
        data = base64.b64decode(described["base64"], validate=True)
        values = np.frombuffer(data, dtype=f"<{described['dtype']}")
        arrays[name] = values.reshape(described["shape"]).copy()
        if not np.isfinite(arrays[name]).all():
            raise ValueError(f"the array {name!r} contains values that are not finite")
    return arrays
