"""Displays: the data they hold are right, and drawing follows scikit-learn's form."""

# SPDX-License-Identifier: BSD-3-Clause

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_digits, load_iris
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import StandardScaler

from sklearn_distill import (
    CriticalDifferenceDisplay,
    DistilledClassifier,
    DistilledImagesDisplay,
    DistilledRowsDisplay,
    DistilledSet,
    HerdingSelection,
    KernelInducingPoints,
    LossHistoryDisplay,
    MarginalsDisplay,
    RandomSelection,
    RecoveryCurveDisplay,
    SoftLabelsDisplay,
    compare_distillers,
    make_distill_pipeline,
)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


@pytest.fixture(scope="module")
def herding(iris):
    return HerdingSelection(
        budget=4, soft_labels=GaussianNB(), random_state=0
    ).fit(*iris)  # fmt: skip


@pytest.fixture(scope="module")
def digits():
    return HerdingSelection(budget=3, image_shape=(1, 8, 8)).fit(
        *load_digits(return_X_y=True)
    )


@pytest.fixture(scope="module")
def compared(iris):
    return compare_distillers(
        *iris, ["random", "herding", "k-means"], budgets=[1, 4], cv=3,
        learners=["naive Bayes"],
    )  # fmt: skip


def drawn(display, ax):
    """Draw once on axes of our own and once on others, and the display says where."""
    assert display.plot(ax=ax) is display
    assert display.ax_ is ax
    assert display.figure_ is ax.figure
    own = display.plot()
    assert own.ax_ is not ax
    own.figure_.canvas.draw()
    return own.ax_


def test_every_display_draws_where_it_is_told_and_on_its_own(
    iris, herding, digits, compared
):
    points = KernelInducingPoints(budget=2, max_iter=30, random_state=0).fit(*iris)
    for make in (
        lambda: DistilledImagesDisplay.from_estimator(digits),
        lambda: DistilledRowsDisplay.from_estimator(herding, *iris),
        lambda: SoftLabelsDisplay.from_estimator(herding),
        lambda: RecoveryCurveDisplay.from_comparison(compared),
        lambda: CriticalDifferenceDisplay.from_comparison(compared, 4),
        lambda: LossHistoryDisplay.from_estimator(points),
        lambda: MarginalsDisplay.from_estimator(herding, iris[0], columns=[1]),
    ):
        display = make()
        drawn(display, plt.figure().subplots())
        plt.close("all")


def test_images_are_in_the_row_of_their_class(digits):
    display = DistilledImagesDisplay.from_estimator(digits, max_images=2)
    assert display.images.shape == (20, 1, 8, 8)
    grid = display.ax_.images[0].get_array()
    third = digits.distilled_.X[digits.distilled_.y == 3].reshape(-1, 8, 8)[1]
    place = np.asarray(grid)[3 * 9 : 3 * 9 + 8, 9:17]
    assert place == pytest.approx(third / display.images.max())
    assert [t.get_text() for t in display.ax_.get_yticklabels()][3] == "3"


def test_colour_images_and_images_without_labels():
    X = np.random.RandomState(0).rand(5, 3, 4, 6)
    display = DistilledImagesDisplay.from_set(DistilledSet(X))
    assert display.labels is None
    assert display.ax_.images[0].get_array().shape == (5, 35, 4)
    with pytest.raises(ValueError, match="are no images"):
        DistilledImagesDisplay.from_set(DistilledSet(X[:, :2]))


def test_rows_are_on_the_real_rows_principal_components(iris, herding):
    X, y = iris
    display = DistilledRowsDisplay.from_estimator(herding, X, y)
    Z = StandardScaler().fit(X).transform(X)
    pca = PCA(2, random_state=0).fit(Z)
    made = pca.transform(StandardScaler().fit(X).transform(herding.distilled_.X))
    assert display.distilled == pytest.approx(made)
    assert display.explained == pytest.approx(pca.explained_variance_ratio_)
    assert len(display.real) == len(X)
    assert [t.get_text() for t in display.ax_.get_legend().get_texts()] == list("012")


def test_rows_of_quantities_without_labels_and_of_one_column():
    X, y = load_diabetes(return_X_y=True)
    fitted = HerdingSelection(budget=9).fit(X, y + 0.5)
    assert (
        len(DistilledRowsDisplay.from_estimator(fitted, X, y + 0.5).figure_.axes) == 2
    )
    bare = HerdingSelection(budget=9).fit(X)
    assert DistilledRowsDisplay.from_estimator(bare, X).distilled_labels is None
    column = HerdingSelection(budget=9).fit(X[:, :1])
    assert DistilledRowsDisplay.from_estimator(column, X[:, :1]).real.shape[1] == 2


def test_marginals_hold_numbers_and_categories():
    rng = np.random.RandomState(0)
    X = pd.DataFrame({"n": rng.rand(60), "c": rng.choice(list("abc"), 60)})
    fitted = RandomSelection(budget=8, random_state=0).fit(X, rng.randint(0, 2, 60))
    display = MarginalsDisplay.from_estimator(fitted, X)
    assert list(display.columns) == ["n", "c"]
    assert (display.columns["c"][1] == fitted.distilled_.X["c"]).all()
    bars = [bar.get_height() for bar in display.axes_[1].patches]
    assert bars == [np.mean(X["c"] == value) for value in "abc"]
    with pytest.raises(ValueError, match="ax holds one column"):
        display.plot(ax=display.ax_)


def test_columns_that_are_not_there_are_named():
    X, y = load_iris(return_X_y=True, as_frame=True)
    fitted = RandomSelection(budget=8, random_state=0).fit(X, y)
    match = r"no columns \['zz'\]. There are: 'sepal length \(cm\)', 'sepal width"
    with pytest.raises(ValueError, match=match):
        MarginalsDisplay.from_estimator(fitted, X, columns=["petal width (cm)", "zz"])
    wide = DistilledSet(np.eye(30))
    for place in (30, "zz"):
        with pytest.raises(ValueError, match=r"There are: 0, 1, .*, 19 and 10 more"):
            MarginalsDisplay.from_set(wide, np.eye(30), columns=[place])
    last = MarginalsDisplay.from_set(wide, np.eye(30), columns=[29, -1]).columns
    assert (last["29"][0] == last["-1"][0]).all()


def test_soft_labels_are_sorted_by_class(herding, iris):
    display = SoftLabelsDisplay.from_estimator(herding)
    order = np.argsort(herding.distilled_.y, kind="stable")
    assert (display.soft_labels == herding.distilled_.soft_labels[order]).all()
    with pytest.raises(ValueError, match="no soft labels"):
        SoftLabelsDisplay.from_estimator(HerdingSelection(budget=2).fit(*iris))


def test_recovery_curves_hold_the_comparisons_means(compared):
    display = RecoveryCurveDisplay.from_comparison(compared)
    curve = display.curves["herding"]
    assert curve[:, 0].tolist() == [3, 12]
    assert curve[1, 1] == pytest.approx(compared.summary(4).loc["herding", "mean"])
    assert display.full == pytest.approx(compared.full_data().mean())
    assert set(display.lines_) == {"random", "herding", "k-means"}
    single = RecoveryCurveDisplay.from_comparison(compared, learner="naive Bayes")
    assert single.curves["random"] == pytest.approx(display.curves["random"])


def test_bars_join_ranks_that_do_not_differ():
    display = CriticalDifferenceDisplay(
        list("abcd"), np.array([1.0, 1.8, 3.2, 4.0]), critical_difference=1.5
    ).plot()
    assert display.cliques_ == [(1.0, 1.8), (1.8, 3.2), (3.2, 4.0)]
    apart = CriticalDifferenceDisplay(["a", "b"], np.array([1.0, 2.0]), 0.5).plot()
    assert apart.cliques_ == []
    names = [t.get_text().strip() for t in display.ax_.texts]
    assert {"a (1.0)", "d (4.0)"} <= set(names)


def test_history_is_the_methods_own(iris):
    points = KernelInducingPoints(budget=2, max_iter=30, random_state=0).fit(*iris)
    display = LossHistoryDisplay.from_estimator(points)
    assert display.valid_loss.tolist() == list(points.history_[:, "valid_loss"])
    assert display.steps[-1] == points.n_iter_
    with pytest.raises(ValueError, match="kept no history of losses"):
        LossHistoryDisplay.from_estimator(HerdingSelection(budget=2).fit(*iris))


def test_unfitted_distillers_are_refused(iris):
    for draw in (
        lambda d: DistilledImagesDisplay.from_estimator(d),
        lambda d: DistilledRowsDisplay.from_estimator(d, *iris),
        lambda d: MarginalsDisplay.from_estimator(d, iris[0]),
        lambda d: SoftLabelsDisplay.from_estimator(d),
        lambda d: LossHistoryDisplay.from_estimator(d),
    ):
        with pytest.raises(NotFittedError):
            draw(HerdingSelection())


def test_a_wrapper_stands_for_the_distiller_in_it(iris, digits):
    X, y = iris
    points = KernelInducingPoints(2, max_iter=30, learn_labels=True, random_state=0)
    model = DistilledClassifier(points, GaussianNB()).fit(X, y)
    inner = model.distiller_
    history = LossHistoryDisplay.from_estimator(model)
    assert history.steps[-1] == inner.n_iter_
    soft = SoftLabelsDisplay.from_estimator(model).soft_labels
    assert (np.sort(soft, 0) == np.sort(inner.distilled_.soft_labels, 0)).all()
    rows = DistilledRowsDisplay.from_estimator(model, X, y).distilled
    assert (rows == DistilledRowsDisplay.from_estimator(inner, X, y).distilled).all()
    columns = MarginalsDisplay.from_estimator(model, X).columns
    assert (columns["1"][1] == inner.distilled_.X[:, 1]).all()
    seen = DistilledClassifier(clone(digits), GaussianNB())
    seen.fit(*load_digits(return_X_y=True))
    display = DistilledImagesDisplay.from_estimator(seen)
    assert (
        display.images == DistilledImagesDisplay.from_estimator(digits).images
    ).all()


def test_what_is_no_fitted_distiller_says_what_is_wanted(iris, herding):
    X, y = iris
    with pytest.raises(NotFittedError, match="This DistilledClassifier"):
        SoftLabelsDisplay.from_estimator(DistilledClassifier(herding, GaussianNB()))
    with pytest.raises(TypeError, match=r"GaussianNB\(\) is no distiller"):
        LossHistoryDisplay.from_estimator(GaussianNB().fit(X, y))
    scaled = make_distill_pipeline(StandardScaler(), clone(herding), GaussianNB())
    scaled.fit(X, y)
    with pytest.raises(TypeError, match=r"pipeline\[-1\].distiller_, and real rows"):
        DistilledRowsDisplay.from_estimator(scaled, X, y)
    rows = scaled[:-1].transform(X)
    DistilledRowsDisplay.from_estimator(scaled[-1], rows, y)


def test_whole_numbers_as_quantities_are_drawn_with_all_distilled_rows():
    X, y = load_diabetes(return_X_y=True)
    y = y.astype(int)
    made = DistilledSet(X[:7], y[:7] + 0.5)
    display = DistilledRowsDisplay.from_set(made, X, y)
    assert len(display.ax_.collections[1].get_offsets()) == 7
    assert display.ax_.get_legend() is None
    # Without a set, the dtype decides.
    by_dtype = DistilledRowsDisplay(
        display.real, display.distilled, y.astype(float), made.y, display.explained
    ).plot()
    assert len(by_dtype.ax_.collections[1].get_offsets()) == 7


def test_names_are_no_formulas(tmp_path):
    """Dollars in labels, columns and methods are drawn as they are."""
    columns = ["$a_", "b$", "c$$"]
    X = pd.DataFrame(np.random.RandomState(0).randn(40, 3), columns=columns)
    y = np.array(["$10%-$20", "b_$^"])[np.arange(40) % 2]
    distiller = HerdingSelection(3, soft_labels="teacher").fit(X, y)
    displays = [
        DistilledRowsDisplay.from_estimator(distiller, X, y),
        MarginalsDisplay.from_estimator(distiller, X),
        SoftLabelsDisplay.from_estimator(distiller),
    ]
    for display in displays:
        display.figure_.savefig(tmp_path / "drawn.svg")
