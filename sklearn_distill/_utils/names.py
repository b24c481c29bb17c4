"""The names of methods in entry points."""

# SPDX-License-Identifier: BSD-3-Clause

import re


def kebab_case(class_name: str) -> str:
    """Return the name of a method's class as that of an entry point.

    ``KMeansSelection`` becomes ``k-means``.
    """
    name = class_name.removesuffix("Selection")
    parts = re.findall(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+", name)
    return "-".join(part.lower() for part in parts)
