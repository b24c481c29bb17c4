"""Class probabilities from a teacher, and how estimators are trained on them."""

# SPDX-License-Identifier: BSD-3-Clause
