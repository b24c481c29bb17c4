"""make_distill_pipeline: a flat list of steps as plain scikit-learn objects."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

from sklearn.base import is_classifier, is_regressor
from sklearn.pipeline import Pipeline, make_pipeline

from ..base.distiller import BaseDistiller
from .estimators import DistilledClassifier, DistilledRegressor


def make_distill_pipeline(
    *steps: Any,
    prior: str | None = None,
    calibration: str | None = "auto",
    densify: Any = None,
    memory: Any = None,
    transform_input: list[str] | None = None,
    verbose: bool = False,
) -> Any:
    """Build a pipeline from a flat list of steps that contains a distiller.

    ``make_distill_pipeline(a, distiller, b, model)`` returns ``make_pipeline(a,
    DistilledClassifier(distiller, make_pipeline(b, model)))``, or the same with a
    DistilledRegressor if `model` is a regressor: `a` is fitted on all rows, and `b` and
    `model` are fitted on the distilled rows.

    Parameters
    ----------
    *steps : estimators
        Exactly one step must be a distiller. The last step after the distiller must be
        a classifier or a regressor. If the distiller is the last step, the result is
        that of `make_pipeline`.
    prior : {"data", "set"}, default=None
        The class shares that predictions assume, as for DistilledClassifier; None is
        its default, "data". For classifiers only.
    calibration : {"auto", "sigmoid", "temperature"} or None, default="auto"
        How predicted probabilities are calibrated; see `DistilledClassifier`. For
        classifiers only.
    densify : {"auto"}, int or None, default=None
        Whether `b` and `model` are fitted on rows that are grown from the distilled
        rows; see `DistilledClassifier`.
    memory : str or joblib.Memory, default=None
        The cache of fitted transformers and distillers.
    transform_input : list of str, default=None
        As in `make_pipeline`, for the steps before the distiller.
    verbose : bool, default=False
        As in `make_pipeline`.

    Returns
    -------
    Pipeline, DistilledClassifier or DistilledRegressor
        A Pipeline if there are steps before the distiller, or if the distiller is the
        last step.

    Raises
    ------
    TypeError
        If the number of distillers is not one, if a distiller is inside a step before,
        or if the last step is neither a classifier nor a regressor.
    ValueError
        If `transform_input` is given, but there are no steps before the distiller; if
        `prior`, or a method of `calibration`, is given, but the last step is not a
        classifier; or if `densify` is given, but there is no estimator after the
        distiller.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_distill import HerdingSelection, make_distill_pipeline
    >>> model = make_distill_pipeline(
    ...     HerdingSelection(budget=5), StandardScaler(), LogisticRegression()
    ... )
    >>> type(model).__name__
    'DistilledClassifier'
    """
    places = [i for i, step in enumerate(steps) if isinstance(step, BaseDistiller)]
    for step in steps[: places[0]] if places else steps:
        _check_not_nested(step)
    if len(places) != 1:
        raise TypeError(
            "make_distill_pipeline requires exactly one distiller among its steps; got "
            f"{len(places)}. Use sklearn.pipeline.make_pipeline for steps without a "
            "distiller."
        )
    place = places[0]
    before, distiller, after = steps[:place], steps[place], steps[place + 1 :]
    # The parameters that apply to classifiers only and differ from their defaults.
    of_classifiers = {} if prior is None else {"prior": prior}
    if calibration not in ("auto", None):
        of_classifiers["calibration"] = calibration
    outer = {"memory": memory, "transform_input": transform_input, "verbose": verbose}
    if not after:
        for name, value in of_classifiers.items():
            raise ValueError(
                f"{name}={value!r} requires a classifier after the distiller, but the "
                f"distiller is the last step. Leave out {name}."
            )
        if densify is not None:
            raise ValueError(
                f"densify={densify!r} requires an estimator after the distiller. Set "
                "densify of the distiller instead."
            )
        return make_pipeline(*steps, **outer)
    if not (is_classifier(after[-1]) or is_regressor(after[-1])):
        raise TypeError(
            f"The last step must be a classifier or a regressor; got {after[-1]!r}. "
            "Fit other estimators on distiller.fit_distill(X, y)."
        )
    is_regression = is_regressor(after[-1])
    for name, value in of_classifiers.items() if is_regression else ():
        raise ValueError(
            f"{name}={value!r} applies to classes, but the last step "
            f"{type(after[-1]).__name__} is a regressor. Leave out {name}."
        )
    model = after[0] if len(after) == 1 else make_pipeline(*after, verbose=verbose)
    common = {"densify": densify, "memory": memory}
    wrapped: Any = DistilledRegressor(distiller, model, **common)
    if not is_regression:
        common |= {"prior": "data", "calibration": calibration} | of_classifiers
        wrapped = DistilledClassifier(distiller, model, **common)
    if before:
        return make_pipeline(*before, wrapped, **outer)
    if transform_input is not None:
        raise ValueError(
            f"transform_input={transform_input!r} applies to steps before the "
            "distiller, but there are none. Leave out transform_input."
        )
    return wrapped


def _check_not_nested(step: Any) -> None:
    """Raise TypeError if a step contains a distiller as one of its own parts."""
    distiller = _distiller_inside(step)
    if distiller is None:
        return
    name, container = type(distiller).__name__, type(step).__name__
    advice = (
        "Pass the steps of the Pipeline one by one"
        if isinstance(step, Pipeline)
        else f"Pass {name} as the step after the {container}"
    )
    raise TypeError(
        f"{name} is inside a nested {container}, but make_distill_pipeline requires "
        f"the distiller as a step of its own. {advice}: make_distill_pipeline(..., "
        f"{name}(...), ..., estimator)."
    )


def _distiller_inside(step: Any) -> Any:
    """Return the first distiller among the parts of a step, or None."""
    for name in ("steps", "transformers", "transformer_list"):
        for _, part, *_ in getattr(step, name, None) or []:
            if isinstance(part, BaseDistiller):
                return part
            inside = _distiller_inside(part)
            if inside is not None:
                return inside
    return None
