"""Distillers in a plain Pipeline of scikit-learn."""

import pickle

import numpy as np
import pytest
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils.validation import check_is_fitted, validate_data

from sklearn_distill import (
    DistilledArray,
    HerdingSelection,
    KernelInducingPoints,
    KMeansSelection,
    RandomSelection,
    distilled_labels,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class Student(ClassifierMixin, BaseEstimator):
    """A last step that is fitted on the labels that the distilled rows carry.

    Its parameter y contains the labels of the rows before distillation.
    """

    def __init__(self, n_neighbors=1):
        self.n_neighbors = n_neighbors

    def fit(self, X, y=None):
        labels = distilled_labels(X)
        if labels is None:
            raise ValueError("X carries no labels.")
        self.soft_labels_ = labels.soft_labels
        self.rows_ = type(X).__name__
        X = validate_data(self, X)
        self.n_rows_ = len(X)
        self.classes_ = labels.classes
        self.model_ = KNeighborsClassifier(self.n_neighbors).fit(X, labels.y)
        return self

    def predict(self, X):
        check_is_fitted(self)
        return self.model_.predict(validate_data(self, X, reset=False))


def plain_pipeline(distiller, **params):
    return make_pipeline(
        StandardScaler(), SelectKBest(k=5), distiller, Student(), **params
    )


def test_distiller_as_last_step_returns_rows_of_the_transformed_data(breast_cancer):
    X, y = breast_cancer
    steps = StandardScaler(), SelectKBest(k=5), RandomSelection(4, random_state=0)
    rows = make_pipeline(*steps).fit_transform(X, y)
    assert isinstance(rows, DistilledArray)
    assert rows.shape == (8, 5)
    selected = make_pipeline(*steps[:2]).fit_transform(X, y)
    expected = RandomSelection(4, random_state=0).fit(selected, y).distilled_
    np.testing.assert_array_equal(rows, expected.X)
    np.testing.assert_array_equal(distilled_labels(rows).y, expected.y)


@pytest.mark.parametrize(
    "distiller",
    [
        RandomSelection(8, random_state=0),
        HerdingSelection(8),
        KMeansSelection(8, random_state=0),
        KernelInducingPoints(8, max_iter=5, random_state=0),
    ],
    ids=lambda d: type(d).__name__,
)
def test_cross_validation_of_a_pipeline_whose_last_step_reads_labels(
    breast_cancer, distiller
):
    X, y = breast_cancer
    scores = cross_val_score(plain_pipeline(distiller), X, y, error_score="raise")
    assert scores.mean() > 0.8


def test_last_step_is_fitted_on_distilled_rows_and_predicts_all_rows(breast_cancer):
    X, y = breast_cancer
    model = plain_pipeline(HerdingSelection(6)).fit(X, y)
    assert model[-1].n_rows_ == 12
    assert model[-1].rows_ == "DistilledArray"
    assert model.predict(X).shape == (569,)


def test_memory_keeps_the_labels_of_arrays(breast_cancer, tmp_path, counting):
    """The second and third fit read the distilled rows and labels from disk."""
    X, y = breast_cancer
    predictions = []
    for k in (1, 3, 1):
        model = plain_pipeline(counting(8, random_state=0), memory=str(tmp_path))
        model.set_params(student__n_neighbors=k).fit(X, y)
        predictions.append(model.predict(X))
        assert model[-1].rows_ == "DistilledArray"
    assert counting.n_fits == 1
    np.testing.assert_array_equal(predictions[0], predictions[2])
    without = plain_pipeline(RandomSelection(8, random_state=0)).fit(X, y)
    np.testing.assert_array_equal(without.predict(X), predictions[0])


def test_memory_keeps_the_labels_of_frames(iris_frame, tmp_path):
    X, y = iris_frame
    for _ in ("miss", "hit"):
        model = make_pipeline(
            make_column_transformer(
                (StandardScaler(), [0, 1, 2, 3]), verbose_feature_names_out=False
            ),
            HerdingSelection(5),
            Student(),
            memory=str(tmp_path),
        ).set_output(transform="pandas")
        model.fit(X, y)
        assert model[-1].rows_ == "DataFrame"
        assert model[-1].n_rows_ == 15
        assert model.score(X, y) > 0.85


def test_pickled_pipeline_gives_the_same_predictions(breast_cancer):
    X, y = breast_cancer
    model = plain_pipeline(HerdingSelection(6)).fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


def test_set_output_pandas_passes_labels_in_a_frame(iris_frame):
    X, y = iris_frame
    model = make_pipeline(HerdingSelection(5), Student())
    model.set_output(transform="pandas").fit(X.iloc[:, :4], y)
    assert model[-1].rows_ == "DataFrame"
    assert list(model[-1].feature_names_in_) == list(X.columns[:4])
    assert model.score(X.iloc[:, :4], y) > 0.85


def test_soft_labels_reach_the_last_step(breast_cancer):
    X, y = breast_cancer
    model = plain_pipeline(HerdingSelection(6, soft_labels=GaussianNB())).fit(X, y)
    assert model[-1].soft_labels_.shape == (12, 2)
    assert plain_pipeline(HerdingSelection(6)).fit(X, y)[-1].soft_labels_ is None


def test_estimator_that_does_not_read_labels_raises_an_error(breast_cancer):
    X, y = breast_cancer
    for estimator in (LogisticRegression(), RandomForestClassifier(3), SVC()):
        model = make_pipeline(StandardScaler(), RandomSelection(5), estimator)
        message = f"RandomSelection cannot be followed by {type(estimator).__name__}"
        with pytest.raises(ValueError, match=message):
            model.fit(X, y)
    # If the budget covers all rows, the rows keep their order, so that y is valid.
    with pytest.warns(UserWarning, match="budget=400 covers all 569 rows"):
        model = make_pipeline(
            StandardScaler(), RandomSelection(400), LogisticRegression()
        ).fit(X, y)
    expected = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    np.testing.assert_allclose(model[-1].coef_, expected[-1].coef_)


def test_transformer_after_the_distiller_raises_an_error(breast_cancer):
    """The output of the transformer would carry no labels."""
    X, y = breast_cancer
    model = make_pipeline(RandomSelection(5), StandardScaler(), Student())
    with pytest.raises(ValueError, match="cannot be followed by StandardScaler"):
        model.fit(X, y)


def test_metadata_routing_passes_weights_to_the_distiller(iris, three_rows_per_class):
    X, y = iris
    weights = three_rows_per_class(y)
    with sklearn.config_context(enable_metadata_routing=True):
        rows = make_pipeline(
            StandardScaler().set_fit_request(sample_weight=False),
            RandomSelection(2).set_fit_request(sample_weight=True),
        ).fit_transform(X, y, sample_weight=weights)
    scaled = StandardScaler().fit_transform(X)
    assert len(rows) == 6
    assert {tuple(r) for r in np.asarray(rows)} <= {
        tuple(r) for r in scaled[weights > 0]
    }
