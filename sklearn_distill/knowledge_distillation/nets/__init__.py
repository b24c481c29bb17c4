"""Networks as teachers and students.

Importing this package does not import torch.
"""

# SPDX-License-Identifier: BSD-3-Clause
