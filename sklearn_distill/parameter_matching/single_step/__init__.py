"""Match the gradients of single training steps."""

# SPDX-License-Identifier: BSD-3-Clause
