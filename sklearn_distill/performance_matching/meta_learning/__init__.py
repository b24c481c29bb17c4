"""Meta-learning: learn rows through the training of networks on them."""

# SPDX-License-Identifier: BSD-3-Clause
