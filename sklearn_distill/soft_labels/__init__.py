"""Soft labels: how teachers predict them, and how estimators are trained on them."""

# SPDX-License-Identifier: BSD-3-Clause
