"""Forgetting: rows by how often a network in training unlearns them."""

# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral
from typing import Any

import numpy as np

from .._utils._sklearn_private import HasMethods, Interval, StrOptions
from .._utils.device import resolve_device
from ..base.distiller import BaseDistiller
from ..base.problem import Kept, Problem
from ..base.starting_rows import lowest_scores


class ForgettingCounter:
    """Counts, for each row, how often it was right after one epoch and wrong after the
    next.

    Parameters
    ----------
    n_rows : int
    """

    def __init__(self, n_rows: int):
        self.forgotten = np.zeros(n_rows, dtype=np.int64)
        self.learned = np.zeros(n_rows, dtype=bool)
        self.right = np.zeros(n_rows, dtype=bool)

    def look(self, right: np.ndarray) -> None:
        """Take in which rows are classified rightly now."""
        self.forgotten += self.right & ~right
        self.learned |= right
        self.right = right

    def scores(self) -> np.ndarray:
        """Return the counts; a row that was never right counts as most forgotten."""
        return np.where(self.learned, self.forgotten, self.forgotten.max() + 1)


class ForgettingSelection(BaseDistiller):
    """Keep the rows that a network forgets most often, or least often, in training.

    A row is forgotten when it was classified rightly after an epoch and is not after
    the next [1]_. A row that is never learned counts as forgotten most. Counts are
    added up over `n_networks` networks from different starts.

    Parameters
    ----------
    budget : int, float or dict, default=10
        Rows per class (an int), the share of the rows to
        keep, or ``{class: rows}``. No class gets more rows than it has.
    proxy : skorch.NeuralNetClassifier, default=None
        An unfitted net that takes encoded rows, (n, d) or images, to one output a
        class. None is a fully connected one of two layers of 128.
    n_networks : int, default=3
        Networks to train.
    max_epochs : int, default=20
        Epochs of each.
    prefer : {"easy", "hard"}, default="easy"
        Which rows to keep: those forgotten least or most. The paper keeps the hard
        ones, of data sets that stay large; at a few rows a class the easy ones serve
        better. Among equals the choice is drawn.
    device : str, default="auto"
        Where networks are trained; "auto" is a GPU if there is one.
    allocation : {"auto", "equal", "proportional", "sqrt"}, default="auto"
        How the total is shared out among the classes. "auto": equally for an int, in
        proportion to the classes for a float.
    task : {"auto", "classification", "regression"}, default="auto"
        What y holds. "auto": strings, booleans, integers, and whole floats if there
        are few of them, are classes; other floats are quantities.
    soft_labels : {"teacher"} or estimator, default=None
        Who gives the distilled rows class probabilities (regression: their y): nobody,
        a random forest, or this estimator, trained on encoded rows. They are
        out-of-fold and corrected to the distilled set's class balance.
    evaluator : estimator, default=None
        What `score` trains on the distilled set. None: a nearest neighbour in the
        encoded space.
    numeric : {"auto", "standard", "quantile"}, default="auto"
        How columns of numbers are encoded before distances are taken: by mean and
        deviation, or through normal quantiles; "auto" takes the latter where a column
        is heavy-tailed.
    image_shape : tuple (C, H, W), default=None
        For images that come as flat rows.
    random_state : int, RandomState instance or None, default=None
        Pass an int for the same set at every call.

    Attributes
    ----------
    distilled_ : DistilledSet
        The rows kept, with their labels.
    encoder_ : TableEncoder or ImageEncoder
        How rows were turned into numbers.
    classes_ : ndarray of shape (n_classes,)
        The class labels; only after classification.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where X had names.

    See Also
    --------
    GradientNormSelection : By how much a row would move a network.

    Notes
    -----
    What differs from the paper: a row's state is looked at after each epoch, not each
    time that it stands in a batch.

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
        self.image_shape = image_shape
        self.random_state = random_state

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags

    def _distill(self, problem: Problem) -> Kept:
        from ..base.proxy import all_outputs, train_proxy

        problem.require_classes(type(self).__name__)
        device = resolve_device(self.device)
        score = np.zeros(len(problem.Z))
        for seed in problem.random_state.randint(2**31 - 1, size=self.n_networks):
            counter = ForgettingCounter(len(problem.Z))

            def look(net: Any, counter: ForgettingCounter = counter) -> None:
                said = all_outputs(net, problem.Z).argmax(dim=1).numpy()
                counter.look(said == problem.y)

            train_proxy(
                self.proxy,
                problem.Z,
                problem.y,
                sample_weight=problem.sample_weight,
                max_epochs=self.max_epochs,
                device=device,
                seed=int(seed),
                after_epoch=look,
            )
            score += counter.scores()
        return lowest_scores(problem, score if self.prefer == "easy" else -score)
