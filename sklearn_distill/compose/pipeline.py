"""A flat list of steps with a distiller, as plain scikit-learn objects."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

from sklearn.base import is_classifier, is_regressor
from sklearn.pipeline import make_pipeline

from ..base.distiller import BaseDistiller
from .estimators import DistilledClassifier, DistilledRegressor


def make_distill_pipeline(
    *steps: Any,
    memory: Any = None,
    transform_input: list[str] | None = None,
    verbose: bool = False,
) -> Any:
    """Fold a flat list of steps with a distiller into plain scikit-learn objects.

    ``make_distill_pipeline(a, distiller, b, model)`` is ``make_pipeline(a,
    DistilledClassifier(distiller, make_pipeline(b, model)))``, with DistilledRegressor
    for a regressor: `a` sees all rows, `b` and `model` the distilled ones.

    Parameters
    ----------
    *steps : estimators
        Exactly one of them is a distiller. After it, the last is a classifier or a
        regressor; if nothing stands after it, this is `make_pipeline`.
    memory : str or joblib.Memory, default=None
        Where fitted transformers and distillers are remembered.
    transform_input : list of str, default=None
        As for `make_pipeline`, for the steps before the distiller.
    verbose : bool, default=False
        As for `make_pipeline`.

    Returns
    -------
    Pipeline, DistilledClassifier or DistilledRegressor
        The latter two where nothing stands before the distiller.

    Raises
    ------
    TypeError
        If there is no distiller, or more than one, or if the last step is neither a
        classifier nor a regressor.

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
    if len(places) != 1:
        raise TypeError(
            f"make_distill_pipeline takes exactly one distiller, not {len(places)}. "
            "For none of them use sklearn.pipeline.make_pipeline."
        )
    before, distiller, after = (
        steps[: places[0]],
        steps[places[0]],
        steps[places[0] + 1 :],
    )
    outer = {"memory": memory, "transform_input": transform_input, "verbose": verbose}
    if not after:
        return make_pipeline(*steps, **outer)
    if not (is_classifier(after[-1]) or is_regressor(after[-1])):
        raise TypeError(
            f"The last step, {after[-1]!r}, is neither a classifier nor a regressor. "
            "Fit it on distiller.fit_distill(X, y) instead."
        )
    wrap = DistilledRegressor if is_regressor(after[-1]) else DistilledClassifier
    model = after[0] if len(after) == 1 else make_pipeline(*after, verbose=verbose)
    wrapped = wrap(distiller, model, memory=memory)
    if not before:
        if transform_input is not None:
            raise ValueError(
                f"transform_input={transform_input!r} is for steps before the "
                "distiller, and there are none. Leave it out."
            )
        return wrapped
    return make_pipeline(*before, wrapped, **outer)
