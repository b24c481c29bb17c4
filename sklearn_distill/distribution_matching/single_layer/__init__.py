"""Match the distribution of the outputs of one layer."""

# SPDX-License-Identifier: BSD-3-Clause
