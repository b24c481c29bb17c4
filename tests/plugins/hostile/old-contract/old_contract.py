"""Was written for a plugin contract of long ago."""

from sklearn_distill import RandomSelection


class OldContract(RandomSelection):
    """Random rows under contract 0."""

    plugin_api = 0
