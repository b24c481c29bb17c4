"""Multi-layer distribution matching: match the outputs of several layers."""

# SPDX-License-Identifier: BSD-3-Clause
