"""Wasserstein barycenters: rows that each represent an equal share of their class."""

# SPDX-License-Identifier: BSD-3-Clause

from .barycenter import WassersteinBarycenter, transport_step

__all__ = ["WassersteinBarycenter", "transport_step"]
