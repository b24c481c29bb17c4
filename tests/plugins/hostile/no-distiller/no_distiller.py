"""Its entry point is a class, but no distiller."""


class NoDistiller:
    """Has what a distiller has by name, but not its base class."""

    plugin_api = 1

    def fit(self, X, y):
        return self
