"""The engine: synthetic rows as a torch module, and the skorch loop that trains them.

The modules of this package work on tensors. They depend neither on scikit-learn nor on
a particular distillation method.
"""

# SPDX-License-Identifier: BSD-3-Clause
