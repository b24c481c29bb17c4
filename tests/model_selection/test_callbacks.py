"""Callbacks of scikit-learn see both stages of a search."""

# SPDX-License-Identifier: BSD-3-Clause

from collections import Counter

import pytest
from sklearn.callback import ProgressBar
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from sklearn_distill import DistilledSearchCV, RandomSelection


class Recorder:
    """Record the tasks that begin, with the names of the tasks around them."""

    max_propagation_depth = None

    def __init__(self):
        self.paths = []

    def setup(self, estimator, context):
        self.paths.append("setup")

    def on_fit_task_begin(self, estimator, context):
        names = [context.task_name]
        while context.parent is not None:
            context = context.parent
            names.append(context.source_task_name or context.task_name)
        self.paths.append("/".join(reversed(names)))

    def on_fit_task_end(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        self.paths.append("teardown")


def test_every_stage_is_a_task(rows):
    grid = GridSearchCV(LogisticRegression(), {"C": [0.1, 1]}, cv=3)
    search = DistilledSearchCV(grid, RandomSelection(budget=4), top_k=1)
    recorder = Recorder()
    search.set_callbacks(recorder).fit(*rows)
    paths = recorder.paths
    assert (paths[0], paths[-1]) == ("setup", "teardown")
    tasks = Counter(path for path in paths if not path.endswith("lbfgs-iter"))
    # Three folds are distilled, two candidates are evaluated on distilled rows of three
    # folds, and one candidate on all rows of three folds.
    assert tasks["fit/distill/fit"] == 3
    assert tasks["fit/search/search/fit"] == 6
    assert tasks["fit/confirm/search/fit"] == 3
    assert any("refit-with-best-params" in path for path in paths)


@pytest.mark.parametrize("confirm", [True, False])
def test_progress_bars(rows, confirm, capsys):
    pytest.importorskip("rich")
    grid = GridSearchCV(LogisticRegression(), {"C": [0.1, 1]}, cv=3)
    search = DistilledSearchCV(
        grid, RandomSelection(budget=4), top_k=1, confirm=confirm
    )
    search.set_callbacks(ProgressBar(max_propagation_depth=2)).fit(*rows)
    assert search.score(*rows) > 0.5
    assert not hasattr(search.search, "_skl_callbacks")
    assert not hasattr(search.distiller, "_skl_callbacks")
