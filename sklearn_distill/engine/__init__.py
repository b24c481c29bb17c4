"""The engine: synthetic rows as a torch module, and the skorch loop that trains them.

Tensors only: nothing here knows an estimator, and nothing knows a method.
"""

# SPDX-License-Identifier: BSD-3-Clause
