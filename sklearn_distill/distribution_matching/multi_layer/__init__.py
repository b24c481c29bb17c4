"""Match the distributions of the outputs of several layers."""

# SPDX-License-Identifier: BSD-3-Clause
