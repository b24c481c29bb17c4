"""Rows from which ridge regression predicts the real rows."""

# SPDX-License-Identifier: BSD-3-Clause
