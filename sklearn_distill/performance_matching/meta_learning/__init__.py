"""Rows on which networks are trained, with gradients through the training."""

# SPDX-License-Identifier: BSD-3-Clause
