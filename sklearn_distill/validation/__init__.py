"""Checks of rows, sample weights and targets before a fit."""

# SPDX-License-Identifier: BSD-3-Clause
