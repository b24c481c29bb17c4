"""Kernel ridge regression: learn rows that predict the real rows in closed form."""

# SPDX-License-Identifier: BSD-3-Clause
