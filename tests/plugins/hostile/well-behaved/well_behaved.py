"""A valid plugin that is installed beside the hostile plugins."""

from sklearn_distill import RandomSelection


class WellBehaved(RandomSelection):
    """Select random rows."""

    plugin_api = 1
