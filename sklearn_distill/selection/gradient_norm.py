"""Gradient norms: rows by how far they would move a network."""

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

CHUNK = 512


def error_norms(outputs: "Tensor", y: np.ndarray) -> np.ndarray:
    r"""EL2N: the length of the error, :math:`\| p(x) - e_y \|_2`.

    Parameters
    ----------
    outputs : Tensor of shape (n, n_classes)
        Before the softmax.
    y : int64 ndarray of shape (n,)

    Returns
    -------
    ndarray of shape (n,)
    """
    import torch

    proba = outputs.softmax(dim=1)
    wanted = torch.nn.functional.one_hot(torch.as_tensor(y), outputs.shape[1])
    return (proba - wanted).norm(dim=1).numpy()


def gradient_norms(net: Any, Z: np.ndarray, y: np.ndarray, device: str) -> np.ndarray:
    r"""GraNd: the length of the loss's gradient, :math:`\| \nabla_\theta \ell \|_2`.

    All rows of a chunk at once, with `torch.func`; memory is that of 512 gradients.

    Parameters
    ----------
    net : skorch.NeuralNetClassifier
        Fitted.
    Z : float32 ndarray of shape (n, ...)
    y : int64 ndarray of shape (n,)
    device : str

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
        said = functional_call(module, parameters, (row[None],))
        return torch.nn.functional.cross_entropy(as_logits(net, said), label[None])

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
    r"""Keep the rows that move, or hardly move, a network early in training.

    Two scores [1]_, averaged over networks from different starts after a few epochs:
    ``"el2n"`` is the length of the error :math:`\| p(x) - e_y \|_2`, ``"grand"`` that
    of the loss's gradient :math:`\| \nabla_\theta \ell(x, y) \|_2`.

    Parameters
    ----------
    budget : int, float or dict, default=10
        Rows per class (an int), the share of the rows to
        keep, or ``{class: rows}``. No class gets more rows than it has.
    criterion : {"el2n", "grand"}, default="el2n"
        The error's length or the gradient's.
    proxy : skorch.NeuralNetClassifier, default=None
        An unfitted net that takes encoded rows, (n, d) or images, to one output a
        class. None is a fully connected one of two layers of 128.
    n_networks : int, default=5
        Networks to average over.
    max_epochs : int, default=5
        Epochs of each before the score is taken.
    prefer : {"easy", "hard"}, default="easy"
        Which rows to keep: those with the smallest or the largest score. The paper
        keeps the hard ones, of data sets that stay large; at a few rows a class the
        easy ones serve better.
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
    ForgettingSelection : By how often a network unlearns a row.

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
