"""Single-layer distribution matching: match the outputs of one layer."""

# SPDX-License-Identifier: BSD-3-Clause
