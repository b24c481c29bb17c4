"""Reports on one distilled set: measurements, tables, figures and an HTML page."""

# SPDX-License-Identifier: BSD-3-Clause
