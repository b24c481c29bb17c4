"""The examples of the gallery run without a warning, and each shows a figure."""

# SPDX-License-Identifier: BSD-3-Clause

import runpy
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[2] / "docs" / "examples").glob("plot_*.py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs_and_shows_a_figure(example, tmp_path, monkeypatch):
    import matplotlib
    import matplotlib.pyplot as plt

    monkeypatch.chdir(tmp_path)
    shown = []
    with matplotlib.rc_context({"backend": "Agg"}):
        plt.switch_backend("Agg")
        monkeypatch.setattr(plt, "show", lambda: shown.extend(plt.get_fignums()))
        try:
            runpy.run_path(str(example))
        finally:
            plt.close("all")
    assert shown


def test_all_examples_are_found():
    assert len(EXAMPLES) >= 6
