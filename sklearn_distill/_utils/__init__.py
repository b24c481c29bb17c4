"""Helpers without knowledge of distillation: containers, files, optional imports."""

# SPDX-License-Identifier: BSD-3-Clause
