"""Analysis of a data set before it is distilled."""

# SPDX-License-Identifier: BSD-3-Clause
