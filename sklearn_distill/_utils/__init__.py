"""Helpers that do not depend on the rest of the package."""

# SPDX-License-Identifier: BSD-3-Clause
