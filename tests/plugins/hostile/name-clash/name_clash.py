"""Takes the name of a built-in method."""

from sklearn_distill import RandomSelection


class HerdingSelection(RandomSelection):
    """Random rows that call themselves herded."""

    plugin_api = 1
