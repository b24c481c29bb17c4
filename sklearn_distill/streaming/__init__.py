"""Distillation of streams, files larger than memory and partitioned data."""

# SPDX-License-Identifier: BSD-3-Clause

from .merging import merge_distilled
from .partition_distiller import PartitionDistiller
from .streaming_distiller import StreamingDistiller

__all__ = ["PartitionDistiller", "StreamingDistiller", "merge_distilled"]
