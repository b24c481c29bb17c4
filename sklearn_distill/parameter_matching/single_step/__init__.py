"""Single-step parameter matching: match the gradients of one training step."""

# SPDX-License-Identifier: BSD-3-Clause
