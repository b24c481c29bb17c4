"""A plugin like any other, to be found among the hostile ones."""

from sklearn_distill import RandomSelection


class WellBehaved(RandomSelection):
    """Random rows, under another name."""

    plugin_api = 1
