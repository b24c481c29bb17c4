"""Displays: plots of distilled sets, comparisons and loss histories.

Displays follow the conventions of scikit-learn. `__init__` takes the data of the plot,
class methods such as `from_estimator` compute the data, and `plot` draws them.
"""

# SPDX-License-Identifier: BSD-3-Clause
