r"""Losses of student nets for classification.

The losses are plain functions of tensors. A loss is called as

    loss(student, teacher, y, sample_weight=w, temperature=T)

with the logits of student and teacher of shape (n, n_classes), class codes `y` of shape
(n,) and weights of shape (n,) or None. It returns a dict of named terms, whose sum is
the loss. A row of weight 2 is equivalent to two rows. Any callable with this signature
can be used as a loss.

For added rows, which have no label, `y` is the likeliest class of the teacher.
"""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

Terms = dict[str, Tensor]
Loss = Callable[..., Terms]
EPS = 1e-12


def weighted_mean(rows: Tensor, weights: Tensor | None) -> Tensor:
    """Return the weighted mean over the rows; None gives all rows the same weight."""
    if weights is None:
        return rows.mean()
    return (weights * rows).sum() / weights.sum()


def center(logits: Tensor) -> Tensor:
    """Subtract from logits their mean over the classes, which the softmax ignores."""
    return logits - logits.mean(dim=1, keepdim=True)


def cross_entropy(
    student: Tensor, labels: Tensor, *, sample_weight: Tensor | None = None
) -> Tensor:
    """Return the cross-entropy with soft labels of shape (n, n_classes)."""
    rows = -(labels * F.log_softmax(student, dim=1)).sum(dim=1)
    return weighted_mean(rows, sample_weight)


def kl(
    student: Tensor,
    teacher: Tensor,
    y: Tensor | None = None,
    *,
    sample_weight: Tensor | None = None,
    temperature: float = 1.0,
) -> Terms:
    r"""Return the Kullback-Leibler divergence of softened outputs (KD).

    .. math:: T^2 \, \mathrm{KL}(p_T(v) \,\|\, p_T(z)), \quad
              p_T(\cdot) = \mathrm{softmax}(\cdot / T)

    The outputs of student and teacher are softened. Without the factor, the gradients
    would vanish as T grows. With it, the gradient with respect to z tends to
    (z - v) / n_classes, with both centered.

    References
    ----------
    G. Hinton, O. Vinyals, J. Dean, "Distilling the knowledge in a neural network",
    2015.
    """
    rows = _kl_rows(student / temperature, teacher / temperature)
    return {"kl": temperature**2 * weighted_mean(rows, sample_weight)}


def logit_mse(
    student: Tensor,
    teacher: Tensor,
    y: Tensor | None = None,
    *,
    sample_weight: Tensor | None = None,
    temperature: float = 1.0,
) -> Terms:
    r"""Return the mean squared difference of centered logits.

    .. math:: \frac{1}{K} \lVert (z - \bar z) - (v - \bar v) \rVert^2

    The paper does not center the logits. A shift of all logits of a row does not change
    the probabilities, so that the student need not reproduce it. `temperature` is
    ignored.

    References
    ----------
    J. Ba, R. Caruana, "Do deep nets really need to be deep?", NeurIPS 2014.
    """
    rows = (center(student) - center(teacher)).square().mean(dim=1)
    return {"logit_mse": weighted_mean(rows, sample_weight)}


def dkd(
    student: Tensor,
    teacher: Tensor,
    y: Tensor | None = None,
    *,
    sample_weight: Tensor | None = None,
    temperature: float = 1.0,
    target_weight: float = 1.0,
    other_weight: float = 2.0,
) -> Terms:
    r"""Return the loss of decoupled knowledge distillation (DKD).

    .. math:: T^2 \bigl( \alpha \, \mathrm{KL}(b_v \| b_z)
              + \beta \, \mathrm{KL}(\hat p_v \| \hat p_z) \bigr)

    with b = (p_y, 1 - p_y) and p-hat the softmax over the classes other than y. The
    weight alpha is `target_weight`, and beta is `other_weight`. With the weights 1 and
    1 - p_y(v), the sum is equal to `kl`. For two classes the second term is always 0,
    so that the estimators reject this loss. In the paper, beta is between 2 and 8.

    References
    ----------
    B. Zhao et al., "Decoupled knowledge distillation", CVPR 2022.
    """
    if y is None:
        raise ValueError("dkd requires y, the class code of each row; got None.")
    is_target = F.one_hot(y, student.shape[1]).bool()
    z, v = student / temperature, teacher / temperature
    of_target = _kl_rows(
        _target_against_rest(z, is_target), _target_against_rest(v, is_target)
    )
    of_others = _kl_rows(_others(z, is_target), _others(v, is_target))
    scale = temperature**2
    return {
        "target": scale * target_weight * weighted_mean(of_target, sample_weight),
        "others": scale * other_weight * weighted_mean(of_others, sample_weight),
    }


def dist(
    student: Tensor,
    teacher: Tensor,
    y: Tensor | None = None,
    *,
    sample_weight: Tensor | None = None,
    temperature: float = 1.0,
) -> Terms:
    r"""Return 1 minus the correlations of outputs, over classes and over rows (DIST).

    .. math:: T^2 \bigl( 1 - \mathrm{mean}_i \, \rho(p_i(z), p_i(v)) \bigr)
              + T^2 \bigl( 1 - \mathrm{mean}_k \, \rho(p_{\cdot k}(z),
              p_{\cdot k}(v)) \bigr)

    with Pearson's correlation. The loss is meant for teachers that are much better than
    the student. For two classes the first correlation is always 1 or -1, and its term
    is left out. The second term requires batches of at least 32 rows.

    References
    ----------
    T. Huang et al., "Knowledge distillation from a stronger teacher", NeurIPS 2022.
    """
    p = F.softmax(student / temperature, dim=1)
    q = F.softmax(teacher / temperature, dim=1)
    scale = temperature**2
    terms = {}
    if student.shape[1] > 2:
        between = 1 - _correlation(p, q, torch.ones_like(p[:1]))
        terms["between_classes"] = scale * weighted_mean(between, sample_weight)
    weights = torch.ones_like(p[:, 0]) if sample_weight is None else sample_weight
    within = 1 - _correlation(p.T, q.T, weights[None])
    terms["within_classes"] = scale * within.mean()
    return terms


def standardized_kl(
    student: Tensor,
    teacher: Tensor,
    y: Tensor | None = None,
    *,
    sample_weight: Tensor | None = None,
    temperature: float = 2.0,
) -> Terms:
    r"""Return `kl` of logits that are standardized row by row.

    .. math:: z' = (z - \bar z) / \mathrm{std}(z)

    The student need not match the scale of the teacher's logits, only their order and
    relative distances. For two classes all standardized logits are equal up to their
    sign, so that the estimators reject this loss. The paper uses temperature 2 and
    weight 9.

    References
    ----------
    S. Sun et al., "Logit standardization in knowledge distillation", CVPR 2024.
    """
    terms = kl(
        _standardized(student),
        _standardized(teacher),
        sample_weight=sample_weight,
        temperature=temperature,
    )
    return {"standardized_kl": terms["kl"]}


def rkd(
    student: Tensor,
    teacher: Tensor,
    y: Tensor | None = None,
    *,
    sample_weight: Tensor | None = None,
    temperature: float = 1.0,
    distance_weight: float = 1.0,
    angle_weight: float = 2.0,
) -> Terms:
    r"""Return the relational loss of distances and angles within a batch (RKD).

    Distances are divided by their mean. Angles are the cosines, at each row, between
    the directions to every two other rows. Both are compared by the smooth L1 loss. The
    loss can be computed for two embeddings of any widths; logits are centered first.
    `temperature` is ignored.

    The cost grows with the third power of the batch size. The default weights are for
    mean losses; implementations that sum the losses have other weights.

    References
    ----------
    W. Park et al., "Relational knowledge distillation", CVPR 2019.
    """
    weights = torch.ones_like(student[:, 0]) if sample_weight is None else sample_weight
    present = weights > 0
    student, teacher, weights = student[present], teacher[present], weights[present]
    if student.shape == teacher.shape:
        student, teacher = center(student), center(teacher)
    pairs = weights[:, None] * weights[None]
    distances = F.smooth_l1_loss(
        _distances(student, pairs), _distances(teacher, pairs), reduction="none"
    )
    angles = F.smooth_l1_loss(_angles(student), _angles(teacher), reduction="none")
    triples = pairs[None] * weights[:, None, None]
    return {
        "distances": distance_weight * weighted_mean(distances.ravel(), pairs.ravel()),
        "angles": angle_weight * weighted_mean(angles.ravel(), triples.ravel()),
    }


def hint(
    student: Tensor, teacher: Tensor, *, sample_weight: Tensor | None = None
) -> Tensor:
    """Return the mean squared difference between two layers of equal width (FitNets).

    References
    ----------
    A. Romero et al., "FitNets: hints for thin deep nets", ICLR 2015.
    """
    rows = (student - teacher).flatten(1).square().mean(dim=1)
    return weighted_mean(rows, sample_weight)


LOSSES: dict[str, Loss] = {
    "kl": kl,
    "logit_mse": logit_mse,
    "dkd": dkd,
    "dist": dist,
    "standardized_kl": standardized_kl,
    "rkd": rkd,
}


def _kl_rows(z: Tensor, v: Tensor) -> Tensor:
    """Return the divergence of each row of softmax(z) from softmax(v)."""
    log_p, log_q = F.log_softmax(z, dim=1), F.log_softmax(v, dim=1)
    return F.kl_div(log_p, log_q, reduction="none", log_target=True).sum(dim=1)


def _others(logits: Tensor, is_target: Tensor) -> Tensor:
    """Return the logits of the classes other than the target, (n, n_classes - 1)."""
    return logits[~is_target].reshape(len(logits), -1)


def _target_against_rest(logits: Tensor, is_target: Tensor) -> Tensor:
    """Return the logit of the target class, and that of all other classes together."""
    rest = torch.logsumexp(_others(logits, is_target), dim=1)
    return torch.stack([logits[is_target], rest], dim=1)


def _correlation(a: Tensor, b: Tensor, weights: Tensor) -> Tensor:
    """Return Pearson's correlation of each row of a with the same row of b."""
    weights = weights / weights.sum(dim=1, keepdim=True)
    a = a - (weights * a).sum(dim=1, keepdim=True)
    b = b - (weights * b).sum(dim=1, keepdim=True)
    covariance = (weights * a * b).sum(dim=1)
    # The gradient of the square root is infinite at 0.
    variances = (weights * a * a).sum(dim=1) * (weights * b * b).sum(dim=1)
    return covariance / (variances + EPS**2).sqrt()


def _standardized(logits: Tensor) -> Tensor:
    centered = center(logits)
    deviation = centered.square().mean(dim=1, keepdim=True).clamp_min(EPS).sqrt()
    return centered / (1e-7 + deviation)


def _distances(rows: Tensor, pairs: Tensor) -> Tensor:
    """Return the distances of all pairs of rows, divided by their weighted mean."""
    squares = (rows[:, None] - rows[None]).square().sum(dim=2)
    distances = squares.clamp_min(EPS).sqrt()
    apart = pairs * (squares > 0)
    return distances * apart.sum() / (apart * distances).sum().clamp_min(EPS)


def _angles(rows: Tensor) -> Tensor:
    """Return the cosines at each row between the directions to every two rows."""
    directions = F.normalize(rows[None] - rows[:, None], dim=2, eps=1e-6)
    return directions @ directions.transpose(1, 2)
