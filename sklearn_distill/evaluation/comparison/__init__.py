"""Comparison of several distillers by the scores of learners in cross-validation."""

# SPDX-License-Identifier: BSD-3-Clause
