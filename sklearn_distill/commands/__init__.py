"""The commands of `sklearn-distill`, one file each."""

# SPDX-License-Identifier: BSD-3-Clause
