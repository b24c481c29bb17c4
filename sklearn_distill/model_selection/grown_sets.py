"""Grow distilled sets for the search if this improves the candidates."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from joblib import Memory

from ..base.growing import seed_of
from .auto_budget import MAX_ROWS, probe_candidates
from .candidates import deciding_scores
from .confirmation import confirming_search
from .folds import SearchData
from .small_search import search_on_sets


def better_sets(
    owner: Any,
    distiller: Any,
    data: SearchData,
    sets: Sequence[Any],
    *,
    prior: bool | str,
    refit: Any,
    settings: dict[str, Any],
) -> tuple[list[Any], dict[str, float]]:
    """Return the sets, or the same sets grown, by the best of a few candidates.

    Parameters
    ----------
    owner : DistilledSearchCV
    distiller : distiller
        With ``densify="auto"``, and a seed for growing.
    data : SearchData
        Candidates are evaluated in the first fold.
    sets : sequence of DistilledSet
        One for each fold.
    prior : bool or "auto"
        Whether to restore the class shares of the data by weights.
    refit : bool, str or callable
        The deciding metric; see `deciding_scores`.
    settings : dict
        Parameters of the estimator during the search.

    Returns
    -------
    sets : list of DistilledSet
    scores : dict of {str: float}
        The best scores with the distilled "rows" and with the "grown" rows. Empty if
        there is no choice.
    """
    n_rows = min(MAX_ROWS, *(len(training) for training, _ in data.splits))
    if not all(s.growth is not None and len(s) < n_rows for s in sets):
        return list(sets), {}
    seed = seed_of(distiller)
    grown = [
        s.densify(n_rows, soft_labels=s.classes is not None, random_state=seed)
        for s in sets
    ]
    fold = replace(data, splits=data.splits[:1])
    # The splits are replaced by those of the stacked rows.
    probing = confirming_search(
        owner.search, probe_candidates(owner.search), fold.splits, refit=False
    )
    scores = {}
    for name, first in (("rows", sets[0]), ("grown", grown[0])):
        fitted, _ = search_on_sets(
            probing,
            fold,
            [first],
            prior=prior,
            settings=settings,
            memory=Memory(None, verbose=0),
        )
        values = deciding_scores(fitted.cv_results_, refit)
        finite = values[np.isfinite(values)]
        scores[name] = float(finite.max()) if len(finite) else -np.inf
    return (grown if scores["grown"] > scores["rows"] else list(sets)), scores
