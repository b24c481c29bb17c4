"""Maps from tables and images to the numeric space of the learned rows, and back."""

# SPDX-License-Identifier: BSD-3-Clause
