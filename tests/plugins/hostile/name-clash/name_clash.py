"""A method with the name of a built-in method."""

from sklearn_distill import RandomSelection


class HerdingSelection(RandomSelection):
    """Select random rows."""

    plugin_api = 1
