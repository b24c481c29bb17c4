"""Prints at import, to both streams."""

import sys

from sklearn_distill import RandomSelection

print("Thank you for choosing chatty-import!")
print("There is a newer version of chatty-import.", file=sys.stderr)


class ChattyImport(RandomSelection):
    """Random rows, announced."""

    plugin_api = 1
