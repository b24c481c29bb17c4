"""The tags of a search."""

# SPDX-License-Identifier: BSD-3-Clause

from copy import deepcopy
from typing import Any

from sklearn.utils import get_tags


def tags_of_search(tags: Any, search: Any, distiller: Any) -> Any:
    """Return tags that are those of the estimator of a search, as in GridSearchCV.

    Parameters
    ----------
    tags : Tags
        Changed in place.
    search : search
    distiller : distiller
        Sparse rows and missing values are accepted only if the distiller accepts them
        too.
    """
    estimator = search.get_params(deep=False).get("estimator")
    if not hasattr(estimator, "__sklearn_tags__"):
        return tags
    inner, outer = get_tags(estimator), get_tags(distiller).input_tags
    tags.estimator_type = inner.estimator_type
    tags.classifier_tags = deepcopy(inner.classifier_tags)
    tags.regressor_tags = deepcopy(inner.regressor_tags)
    tags.input_tags.pairwise = inner.input_tags.pairwise
    tags.input_tags.sparse = inner.input_tags.sparse and outer.sparse
    tags.input_tags.allow_nan = inner.input_tags.allow_nan and outer.allow_nan
    return tags
