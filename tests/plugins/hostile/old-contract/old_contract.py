"""A method that was written for an old version of the plugin API."""

from sklearn_distill import RandomSelection


class OldContract(RandomSelection):
    """Select random rows."""

    plugin_api = 0
