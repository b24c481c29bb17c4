"""Forgetting: rank rows by how often a network forgets them during training."""

# SPDX-License-Identifier: BSD-3-Clause

from functools import partial
from numbers import Integral
from typing import Any

import numpy as np

from .._utils._sklearn_private import HasMethods, Interval, StrOptions
from .._utils.device import resolve_device
from ..base.distiller import BaseDistiller
from ..base.problem import Kept, Problem
from ..base.starting_rows import lowest_scores


class ForgettingCounter:
    """Count the forgetting events of each row.

    A row is forgotten when it is misclassified after an epoch, but was classified
    correctly after the previous epoch.

    Parameters
    ----------
    n_rows : int
    """

    def __init__(self, n_rows: int):
        self.n_forgotten = np.zeros(n_rows, dtype=np.int64)
        self.was_learned = np.zeros(n_rows, dtype=bool)
        self.was_correct = np.zeros(n_rows, dtype=bool)

    def update(self, is_correct: np.ndarray) -> None:
        """Record which rows are classified correctly after the current epoch."""
        self.n_forgotten += self.was_correct & ~is_correct
        self.was_learned |= is_correct
        self.was_correct = is_correct

    def scores(self) -> np.ndarray:
        """Return the counts; rows that were never learned have the highest count."""
        never_learned = self.n_forgotten.max() + 1
        return np.where(self.was_learned, self.n_forgotten, never_learned)


def record_epoch(
    net: Any, *, counter: ForgettingCounter, Z: np.ndarray, y: np.ndarray
) -> None:
    """Classify all rows by a net in training and update the counter."""
    from ..base.proxy import all_outputs

    counter.update(all_outputs(net, Z).argmax(dim=1).numpy() == y)


class ForgettingSelection(BaseDistiller):
    """Keep the rows that a network forgets least or most often during training.

    A row is forgotten when the network classifies it correctly after one epoch, but not
    after the next [1]_. A row that is never classified correctly counts as forgotten
    most often. The counts of forgetting events are summed over `n_networks` networks
    with different initial weights.

    Parameters
    ----------
    budget : int, float or dict, default=10
        Size of the distilled set: rows per class (images per class, IPC) as an int,
        which is the total number of rows if y does not hold classes; a fraction of the
        rows as a float in (0, 1); or a dict ``{class: rows}``. No class gets more rows
        than it has.
    proxy : skorch.NeuralNetClassifier or None, default=None
        Unfitted net that maps encoded rows, (n, d) or images, to one output per class.
        None is a perceptron with two hidden layers of 128 units, trained on batches of
        128 rows, or of a 128th of the rows if this is more.
    n_networks : int, default=3
        Number of networks that are trained.
    max_epochs : int, default=20
        Number of epochs for which each network is trained.
    prefer : {"easy", "hard"}, default="easy"
        Whether to keep the rows that are forgotten least often ("easy") or most often
        ("hard"). The paper keeps the hard rows of data sets that stay large; with few
        rows per class, models learn more from easy rows. Ties are broken at random.
    device : str, default="auto"
        PyTorch device, such as "cpu"; "auto" is a GPU if there is one.
    allocation : {"auto", "equal", "proportional", "sqrt"}, default="auto"
        How the budget is divided among the classes: equally, or in proportion to the
        class sizes or to their square roots. "auto" is "equal" for an int and
        "proportional" for a float.
    task : {"auto", "classification", "regression"}, default="auto"
        What y contains. "auto": strings, booleans and a small number of distinct whole
        numbers are classes; numbers with fractions are continuous targets.
    soft_labels : {"teacher"}, estimator or None, default=None
        Teacher whose out-of-fold predictions label the distilled rows: a random forest
        ("teacher") or a clone of this estimator, trained on encoded rows. Predicted
        probabilities become soft labels, corrected to the class balance of the
        distilled set; predicted continuous targets replace y. None uses no teacher.
    evaluator : estimator or None, default=None
        Estimator that `score` trains on the distilled set. None is a 1-nearest-neighbor
        model in the encoded space.
    numeric : {"auto", "standard", "quantile"}, default="auto"
        Encoding of numeric columns: "standard" standardizes a column, "quantile" maps
        it to normal quantiles, and "auto" is "quantile" for heavy-tailed columns and
        "standard" for all others.
    categorical_features : {"auto", "from_dtype"} or array-like, default="from_dtype"
        Columns whose numbers are categories: their names, their positions or a boolean
        mask. Strings and the category dtype are categories in any case ("from_dtype").
        "auto" adds integer columns of few distinct values with gaps between them.
    cover_categories : bool or array-like, default=False
        Columns of categories, as their names or positions, each of whose categories is
        held by at least one distilled row, so that encoders behind the distiller know
        them; True is all columns of categories. Missing values count as a category.
    image_shape : tuple (C, H, W) or None, default=None
        Channels, height and width of the images if the rows of X are flat images.
    random_state : int, RandomState instance or None, default=None
        Pass an int for reproducible results across multiple calls of `fit`.

    Attributes
    ----------
    distilled_ : DistilledSet
        The selected rows with their labels.
    sample_indices_ : ndarray of int of shape (m,)
        The position in the X of `fit` of each distilled row. A position of len(X) or
        more belongs to a row of `X_unlabeled`: subtract len(X) for its position there.
    encoder_ : TableEncoder or ImageEncoder
        Fitted encoder, which maps rows of X to the encoded space and back.
    classes_ : ndarray of shape (n_classes,)
        Class labels. Defined only for classification.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X. Defined only if X has names that are all strings.

    See Also
    --------
    GradientNormSelection : Scores rows by the size of their gradients.

    Notes
    -----
    Differences from the paper: whether a row is classified correctly is evaluated after
    each epoch, not each time that the row is in a batch.

    References
    ----------
    .. [1] M. Toneva et al., "An empirical study of example forgetting during deep
       neural network learning", ICLR 2019.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_distill import ForgettingSelection
    >>> X, y = load_iris(return_X_y=True)
    >>> selection = ForgettingSelection(budget=5, n_networks=1, random_state=0)
    >>> selection.fit(X, y).distilled_
    <DistilledSet: 15 rows x 4 columns, 3 classes>
    """

    plugin_api = 1

    _parameter_constraints: dict[str, Any] = {
        **BaseDistiller._parameter_constraints,
        "proxy": [None, HasMethods(["fit", "initialize_module"])],
        "n_networks": [Interval(Integral, 1, None, closed="left")],
        "max_epochs": [Interval(Integral, 1, None, closed="left")],
        "prefer": [StrOptions({"easy", "hard"})],
        "device": [str],
    }

    def __init__(
        self,
        budget: Any = 10,
        *,
        proxy: Any = None,
        n_networks: int = 3,
        max_epochs: int = 20,
        prefer: str = "easy",
        device: str = "auto",
        allocation: str = "auto",
        task: str = "auto",
        soft_labels: Any = None,
        evaluator: Any = None,
        numeric: str = "auto",
        categorical_features: Any = "from_dtype",
        cover_categories: Any = False,
        image_shape: tuple[int, ...] | None = None,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.budget = budget
        self.proxy = proxy
        self.n_networks = n_networks
        self.max_epochs = max_epochs
        self.prefer = prefer
        self.device = device
        self.allocation = allocation
        self.task = task
        self.soft_labels = soft_labels
        self.evaluator = evaluator
        self.numeric = numeric
        self.categorical_features = categorical_features
        self.cover_categories = cover_categories
        self.image_shape = image_shape
        self.random_state = random_state

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags

    def _distill(self, problem: Problem) -> Kept:
        from ..base.proxy import train_proxy

        problem.require_classes(type(self).__name__)
        device = resolve_device(self.device)
        score = np.zeros(len(problem.Z))
        for seed in problem.random_state.randint(2**31 - 1, size=self.n_networks):
            counter = ForgettingCounter(len(problem.Z))
            train_proxy(
                self.proxy,
                problem.Z,
                problem.y,
                sample_weight=problem.sample_weight,
                max_epochs=self.max_epochs,
                device=device,
                seed=int(seed),
                after_epoch=partial(
                    record_epoch, counter=counter, Z=problem.Z, y=problem.y
                ),
            )
            score += counter.scores()
        return lowest_scores(problem, score if self.prefer == "easy" else -score)
