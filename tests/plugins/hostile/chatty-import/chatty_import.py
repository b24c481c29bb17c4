"""A module that prints to stdout and stderr at import."""

import sys

from sklearn_distill import RandomSelection

print("Thank you for choosing chatty-import!")
print("There is a newer version of chatty-import.", file=sys.stderr)


class ChattyImport(RandomSelection):
    """Select random rows."""

    plugin_api = 1
