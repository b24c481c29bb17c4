"""The check suite: estimators of the package pass, and broken ones do not."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.exceptions import EstimatorCheckFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_checks

from sklearn_distill import (
    CenterPointDetector,
    DistilledDetector,
    DistilledSegmenter,
    HerdingSelection,
    KMeansSelection,
    RandomSelection,
    SceneComposer,
    TileSelection,
    UNetSegmenter,
)
from sklearn_distill.dense import PixelFeatures, check_dense_estimator
from sklearn_distill.dense.checks import CHECKS, Scenes

FEATURES = PixelFeatures(sigma_min=1, sigma_max=4)
CHECKS_WITHOUT_TABLES = [
    estimator_checks.check_estimator_cloneable,
    estimator_checks.check_estimator_tags_renamed,
    estimator_checks.check_valid_tag_types,
    estimator_checks.check_estimator_repr,
    estimator_checks.check_no_attributes_set_in_init,
    estimator_checks.check_do_not_raise_errors_in_init_or_set_params,
    estimator_checks.check_mixin_order,
    estimator_checks.check_parameters_default_constructible,
    estimator_checks.check_get_params_invariance,
    estimator_checks.check_set_params,
    estimator_checks.check_estimators_unfitted,
]
TREES = ExtraTreesClassifier(10, random_state=0)
ESTIMATORS = [
    DistilledSegmenter(KMeansSelection(10, random_state=0), TREES, features=FEATURES),
    DistilledSegmenter(
        HerdingSelection(30), KNeighborsClassifier(3), features=FEATURES
    ),
    DistilledSegmenter(
        RandomSelection(30, random_state=0),
        make_pipeline(StandardScaler(), LogisticRegression()),
        features=FEATURES,
        weights="mass",
        max_pixels=1_000,
    ),
    DistilledDetector(KMeansSelection(30, random_state=0), TREES, features=FEATURES),
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
@pytest.mark.filterwarnings("ignore")
def test_estimators_pass_the_checks(estimator, check):
    scenes = Scenes(isinstance(estimator, DistilledDetector))
    check(clone(estimator), scenes)


class ForgetsSizes(DistilledSegmenter):
    """A segmenter whose masks have a fixed size."""

    def predict(self, images):
        return np.zeros((len(images), 5, 5), dtype=int)


def test_broken_estimator_fails_the_checks():
    broken = ForgetsSizes(RandomSelection(5), GaussianNB(), features=FEATURES)
    results = check_dense_estimator(broken, on_fail=None)
    failed = {r["check_name"] for r in results if r["status"] == "failed"}
    assert "check_predictions_have_the_form_of_the_input" in failed
    assert "check_lists_of_different_sizes" in failed
    with pytest.raises(AssertionError):
        check_dense_estimator(broken)
    with pytest.warns(EstimatorCheckFailedWarning):
        check_dense_estimator(broken, on_fail="warn")
    with pytest.raises(ValueError, match="on_fail must be"):
        check_dense_estimator(broken, on_fail="ignore")


@pytest.mark.parametrize("check", CHECKS_WITHOUT_TABLES, ids=lambda c: c.__name__)
@pytest.mark.parametrize(
    "estimator",
    [
        ESTIMATORS[0],
        ESTIMATORS[3],
        PixelFeatures(),
        SceneComposer(),
        TileSelection(),
        UNetSegmenter(),
        CenterPointDetector(),
    ],
    ids=lambda e: type(e).__name__,
)
def test_estimators_pass_the_checks_of_scikit_learn_that_fit_no_table(estimator, check):
    """All other checks of `check_estimator` fit tables of shape (n, n_features)."""
    check(type(estimator).__name__, clone(estimator))
