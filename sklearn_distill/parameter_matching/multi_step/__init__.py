"""Multi-step parameter matching: match the weights after many training steps."""

# SPDX-License-Identifier: BSD-3-Clause
