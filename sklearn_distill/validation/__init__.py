"""Checks of rows, weights and targets before a fit."""

# SPDX-License-Identifier: BSD-3-Clause
