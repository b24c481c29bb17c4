"""Measures of one distilled set: utility, fidelity, validity and DD-Ranking."""

# SPDX-License-Identifier: BSD-3-Clause
