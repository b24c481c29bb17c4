"""Gradient norms: rank rows by their effect on a network (EL2N, GraNd)."""

# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from .._utils._sklearn_private import HasMethods, Interval, StrOptions
from .._utils.device import resolve_device
from ..base.distiller import BaseDistiller
from ..base.problem import Kept, Problem
from ..base.starting_rows import lowest_scores

if TYPE_CHECKING:
    from torch import Tensor

# Number of rows whose gradients are in memory at the same time.
CHUNK = 512


def error_norms(outputs: "Tensor", y: np.ndarray) -> np.ndarray:
    r"""Return the EL2N score of each row, :math:`\| p(x) - e_y \|_2`.

    Parameters
    ----------
    outputs : Tensor of shape (n, n_classes)
        Logits.
    y : int64 ndarray of shape (n,)
        Class codes.

    Returns
    -------
    ndarray of shape (n,)
    """
    import torch

    proba = outputs.softmax(dim=1)
    one_hot = torch.nn.functional.one_hot(torch.as_tensor(y), outputs.shape[1])
    return (proba - one_hot).norm(dim=1).numpy()


def gradient_norms(net: Any, Z: np.ndarray, y: np.ndarray, device: str) -> np.ndarray:
    r"""Return the GraNd score of each row, :math:`\| \nabla_\theta \ell(x, y) \|_2`.

    The gradients of `CHUNK` rows are computed at once by `torch.func.vmap`.

    Parameters
    ----------
    net : skorch.NeuralNetClassifier
        Fitted net.
    Z : float32 ndarray of shape (n, ...)
        Encoded rows.
    y : int64 ndarray of shape (n,)
        Class codes.
    device : str
        Device of the net.

    Returns
    -------
    ndarray of shape (n,)
    """
    import torch
    from torch.func import functional_call, grad, vmap

    from ..base.proxy import as_logits

    module = net.module_.eval()
    parameters = {name: p.detach() for name, p in module.named_parameters()}

    def loss(parameters: Any, row: "Tensor", label: "Tensor") -> "Tensor":
        outputs = functional_call(module, parameters, (row[None],))
        return torch.nn.functional.cross_entropy(as_logits(net, outputs), label[None])

    def norm(row: "Tensor", label: "Tensor") -> "Tensor":
        gradients = grad(loss)(parameters, row, label)
        return sum(g.square().sum() for g in gradients.values()).sqrt()

    norms = [
        vmap(norm)(
            torch.as_tensor(Z[i : i + CHUNK], device=device),
            torch.as_tensor(y[i : i + CHUNK], device=device),
        ).cpu()
        for i in range(0, len(Z), CHUNK)
    ]
    return torch.cat(norms).numpy()


class GradientNormSelection(BaseDistiller):
    r"""Keep the rows that change a network least or most early in training.

    The rows are ranked by one of two scores [1]_, averaged over networks with different
    initial weights that are trained for a few epochs. EL2N is the norm of the error,
    :math:`\| p(x) - e_y \|_2`, and GraNd is the norm of the gradient of the loss,
    :math:`\| \nabla_\theta \ell(x, y) \|_2`.

    Parameters
    ----------
    budget : int, float or dict, default=10
        Size of the distilled set: rows per class (images per class, IPC) as an int,
        which is the total number of rows if y does not hold classes; a fraction of the
        rows as a float in (0, 1); or a dict ``{class: rows}``. No class gets more rows
        than it has.
    criterion : {"el2n", "grand"}, default="el2n"
        Whether the score is the norm of the error or of the gradient.
    proxy : skorch.NeuralNetClassifier or None, default=None
        Unfitted net that maps encoded rows, (n, d) or images, to one output per class.
        None is a perceptron with two hidden layers of 128 units, trained on batches of
        128 rows, or of a 128th of the rows if this is more.
    n_networks : int, default=5
        Number of networks that are trained.
    max_epochs : int, default=5
        Number of epochs for which each network is trained.
    prefer : {"easy", "hard"}, default="easy"
        Whether to keep the rows with the smallest ("easy") or the largest ("hard")
        scores. The paper keeps the hard rows of data sets that stay large; with few
        rows per class, models learn more from easy rows.
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
    ForgettingSelection : Scores rows by how often a network forgets them.

    References
    ----------
    .. [1] M. Paul, S. Ganguli, G. Dziugaite, "Deep learning on a data diet: finding
       important examples early in training", NeurIPS 2021.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_distill import GradientNormSelection
    >>> X, y = load_iris(return_X_y=True)
    >>> selection = GradientNormSelection(budget=5, n_networks=1, random_state=0)
    >>> selection.fit(X, y).distilled_
    <DistilledSet: 15 rows x 4 columns, 3 classes>
    """

    plugin_api = 1

    _parameter_constraints: dict[str, Any] = {
        **BaseDistiller._parameter_constraints,
        "criterion": [StrOptions({"el2n", "grand"})],
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
        criterion: str = "el2n",
        proxy: Any = None,
        n_networks: int = 5,
        max_epochs: int = 5,
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
        self.criterion = criterion
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
        from ..base.proxy import all_outputs, as_logits, train_proxy

        problem.require_classes(type(self).__name__)
        device = resolve_device(self.device)
        total = np.zeros(len(problem.Z))
        for seed in problem.random_state.randint(2**31 - 1, size=self.n_networks):
            net = train_proxy(
                self.proxy,
                problem.Z,
                problem.y,
                sample_weight=problem.sample_weight,
                max_epochs=self.max_epochs,
                device=device,
                seed=int(seed),
            )
            if self.criterion == "el2n":
                total += error_norms(
                    as_logits(net, all_outputs(net, problem.Z)), problem.y
                )
            else:
                total += gradient_norms(net, problem.Z, problem.y, device)
        return lowest_scores(problem, total if self.prefer == "easy" else -total)
