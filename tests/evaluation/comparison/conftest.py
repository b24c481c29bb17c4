"""Fixtures of the comparison tests."""

import pandas as pd
import pytest


@pytest.fixture(scope="session")
def assert_equal_scores():
    """A function that compares two comparisons in all columns except for times."""

    def compare(first, second):
        times = ["seconds", "fit_seconds"]
        pd.testing.assert_frame_equal(
            first.results.drop(columns=times), second.results.drop(columns=times)
        )

    return compare
