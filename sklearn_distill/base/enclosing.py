"""Recognize compositions of scikit-learn in which a distiller cannot work.

A Pipeline, a ColumnTransformer or a FeatureUnion calls `fit_transform` of its parts
without telling them how it uses the result. The error that follows, if there is one,
names neither the distiller nor the remedy. The call stack shows which object called
`fit_transform`.
"""

# SPDX-License-Identifier: BSD-3-Clause

import inspect
from typing import Any

from sklearn.compose import ColumnTransformer
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import FunctionTransformer

from .absent_categories import warn_of_absent_categories

# Packages whose functions may lie on the call stack between a distiller and the object
# that composes it.
COMPOSING_PACKAGES = {"imblearn", "joblib", "sklearn", "sklearn_distill"}
# Packages whose estimators never read the labels that distilled rows carry.
PACKAGES_WITHOUT_LABELS = {"catboost", "imblearn", "lightgbm", "sklearn", "xgboost"}


def check_enclosing(distiller: Any) -> None:
    """Raise ValueError if the rows that a distiller returns would be misused.

    `fit_transform` calls this function if it returns fewer rows than it received. If
    the next step of a Pipeline reads the labels of the rows, this function warns of
    categories that the step will reject.

    Raises
    ------
    ValueError
        If the caller is a ColumnTransformer or a FeatureUnion, or a Pipeline whose next
        step does not read the labels that distilled rows carry.
    """
    name = type(distiller).__name__
    frame = inspect.currentframe()
    while frame is not None:
        if _package(frame.f_globals.get("__name__", "")) not in COMPOSING_PACKAGES:
            return
        caller = frame.f_locals.get("self")
        if isinstance(caller, ColumnTransformer | FeatureUnion):
            raise _error_in_union(name, type(caller).__name__)
        if isinstance(caller, Pipeline) and "step_idx" in frame.f_locals:
            following = _following(caller, frame.f_locals["step_idx"])
            if following is not None:
                if _ignores_labels(following):
                    raise _error_in_pipeline(name, type(following).__name__)
                warn_of_absent_categories(following, distiller)
                return
        frame = frame.f_back


def _package(module: str) -> str:
    return module.partition(".")[0]


def _following(pipeline: Pipeline, index: int) -> Any:
    """Return the estimator that receives the output of a step, or None."""
    for _, step in pipeline.steps[index + 1 :]:
        if isinstance(step, Pipeline):
            step = _following(step, -1)
        # These steps return their input.
        if step is None or isinstance(step, str | FunctionTransformer):
            continue
        return step
    return None


def _ignores_labels(estimator: Any) -> bool:
    return _package(type(estimator).__module__) in PACKAGES_WITHOUT_LABELS


def _error_in_union(name: str, union: str) -> ValueError:
    return ValueError(
        f"{name} cannot be a part of a {union}, because it returns fewer rows than it "
        "receives, so that its output cannot be joined with the columns of other "
        f"transformers. Distill the output of the {union} instead: "
        f"make_distill_pipeline({union}(...), {name}(...), estimator)."
    )


def _error_in_pipeline(name: str, following: str) -> ValueError:
    return ValueError(
        f"{name} cannot be followed by {following} in a Pipeline, because {following} "
        f"would receive the distilled rows of {name} with the labels of all rows. Use "
        f"make_distill_pipeline({name}(...), {following}(...), ...), which takes the "
        f"steps of a Pipeline, or DistilledClassifier({name}(...), estimator) or "
        f"DistilledRegressor({name}(...), estimator)."
    )
