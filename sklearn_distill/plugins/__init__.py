"""Discovery of the installed distillation methods through entry points."""

# SPDX-License-Identifier: BSD-3-Clause

from .diagnosis import Diagnosis, diagnose_distillers
from .registry import PluginError, PluginInfo, get_distiller, list_distillers

__all__ = [
    "Diagnosis",
    "PluginError",
    "PluginInfo",
    "diagnose_distillers",
    "get_distiller",
    "list_distillers",
]
