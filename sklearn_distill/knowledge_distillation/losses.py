r"""What a student net is told to make small: losses of logits, of hints, of quantities.

Plain functions on tensors. A loss for classes is called

    loss(student, teacher, y, sample_weight=w, temperature=T)

with logits of shape (n, n_classes) on both sides, class codes `y` of shape (n,), and
weights of shape (n,) or None; it returns a dict of named terms, whose sum is the loss.
A row of weight 2 counts as two rows. Any callable of that form is a loss too.

On added rows, whose class nobody knows, `y` is the teacher's most probable class.
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
    """Return the mean of one number a row."""
    if weights is None:
        return rows.mean()
    return (weights * rows).sum() / weights.sum()


def centred(logits: Tensor) -> Tensor:
    """Return logits less their mean over the classes, which no softmax sees."""
    return logits - logits.mean(dim=1, keepdim=True)


def cross_entropy(
    student: Tensor, labels: Tensor, *, sample_weight: Tensor | None = None
) -> Tensor:
    """Return the cross-entropy with labels that are distributions, (n, n_classes)."""
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
    r"""Return the divergence of softened outputs, the loss of Hinton et al.

    .. math:: T^2 \, \mathrm{KL}(p_T(v) \,\|\, p_T(z)), \quad
              p_T(\cdot) = \mathrm{softmax}(\cdot / T)

    Both sides are softened. The factor keeps gradients at one size: as T grows, that of
    z tends to (z - v) / n_classes, with both centred.

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
    r"""Return the mean squared difference of centred logits.

    .. math:: \frac{1}{K} \lVert (z - \bar z) - (v - \bar v) \rVert^2

    The paper does not centre; a shift of all logits of a row changes no probability,
    and a student should not be made to follow it. `temperature` plays no part.

    References
    ----------
    J. Ba, R. Caruana, "Do deep nets really need to be deep?", NeurIPS 2014.
    """
    rows = (centred(student) - centred(teacher)).square().mean(dim=1)
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
    r"""Return decoupled knowledge distillation: the target class, and all others.

    .. math:: T^2 \bigl( \alpha \, \mathrm{KL}(b_v \| b_z)
              + \beta \, \mathrm{KL}(\hat p_v \| \hat p_z) \bigr)

    with b = (p_y, 1 - p_y) and p-hat the softmax over the classes other than y. With
    weights 1 and 1 - p_y(v) the sum would be `kl` again. For two classes the second
    term is always 0: `check_loss` refuses them. The paper's beta runs from 2 to 8.

    References
    ----------
    B. Zhao et al., "Decoupled knowledge distillation", CVPR 2022.
    """
    if y is None:
        raise ValueError("dkd needs y, the class of each row.")
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
    r"""Return how far outputs are from correlating, over classes and over rows.

    .. math:: T^2 \bigl( 1 - \mathrm{mean}_i \, \rho(p_i(z), p_i(v)) \bigr)
              + T^2 \bigl( 1 - \mathrm{mean}_k \, \rho(p_{\cdot k}(z),
              p_{\cdot k}(v)) \bigr)

    with Pearson's correlation, for teachers that are much stronger than the student.
    For two classes the first correlation is 1 or -1 whatever the outputs: that term is
    left out. The second needs batches of 32 rows or more to mean anything.

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


def standardised_kl(
    student: Tensor,
    teacher: Tensor,
    y: Tensor | None = None,
    *,
    sample_weight: Tensor | None = None,
    temperature: float = 2.0,
) -> Terms:
    r"""Return `kl` of logits that are standardised row by row.

    .. math:: z' = (z - \bar z) / \mathrm{std}(z)

    The student need not match the size of the teacher's logits, only their order and
    spacing. For two classes all standardised logits are the same up to sign, and say
    nothing: `check_loss` refuses them. The paper takes temperature 2 and weight 9.

    References
    ----------
    S. Sun et al., "Logit standardization in knowledge distillation", CVPR 2024.
    """
    terms = kl(
        _standardised(student),
        _standardised(teacher),
        sample_weight=sample_weight,
        temperature=temperature,
    )
    return {"standardised_kl": terms["kl"]}


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
    r"""Return how far distances and angles among the rows of a batch are from equal.

    Distances are divided by their mean; angles are cosines at each row between each two
    others; both are compared by the smooth L1 loss. Any embeddings will do, of any two
    widths; the estimators hand over centred logits. `temperature` plays no part.

    The cost grows with the cube of the batch. Weights 1 and 2 go with means; other
    code sums, and has other weights.

    References
    ----------
    W. Park et al., "Relational knowledge distillation", CVPR 2019.
    """
    weights = torch.ones_like(student[:, 0]) if sample_weight is None else sample_weight
    present = weights > 0
    student, teacher, weights = student[present], teacher[present], weights[present]
    if student.shape == teacher.shape:
        student, teacher = centred(student), centred(teacher)
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
    """Return the mean squared difference between two layers of one width.

    References
    ----------
    A. Romero et al., "FitNets: hints for thin deep nets", ICLR 2015.
    """
    rows = (student - teacher).flatten(1).square().mean(dim=1)
    return weighted_mean(rows, sample_weight)


def label_smoothing(
    student: Tensor,
    y: Tensor,
    *,
    sample_weight: Tensor | None = None,
    smoothing: float = 0.1,
) -> Terms:
    """Return the cross-entropy with smoothed labels: the control without a teacher.

    It is `kl` with a teacher that holds all classes for equally probable, at
    ``alpha=smoothing``, up to a constant.

    References
    ----------
    C. Szegedy et al., "Rethinking the Inception architecture", CVPR 2016.
    """
    n_classes = student.shape[1]
    labels = F.one_hot(y, n_classes).to(student.dtype)
    smooth = (1 - smoothing) * labels + smoothing / n_classes
    terms = cross_entropy(student, smooth, sample_weight=sample_weight)
    return {"label_smoothing": terms}


LOSSES: dict[str, Loss] = {
    "kl": kl,
    "logit_mse": logit_mse,
    "dkd": dkd,
    "dist": dist,
    "standardised_kl": standardised_kl,
    "rkd": rkd,
}


def _kl_rows(z: Tensor, v: Tensor) -> Tensor:
    log_p, log_q = F.log_softmax(z, dim=1), F.log_softmax(v, dim=1)
    return F.kl_div(log_p, log_q, reduction="none", log_target=True).sum(dim=1)


def _others(logits: Tensor, is_target: Tensor) -> Tensor:
    """Return the logits of the classes other than the target, (n, n_classes - 1)."""
    return logits[~is_target].reshape(len(logits), -1)


def _target_against_rest(logits: Tensor, is_target: Tensor) -> Tensor:
    """Return two logits: of the target class, and of all others together."""
    rest = torch.logsumexp(_others(logits, is_target), dim=1)
    return torch.stack([logits[is_target], rest], dim=1)


def _correlation(a: Tensor, b: Tensor, weights: Tensor) -> Tensor:
    """Return Pearson's correlation of each row of a with that of b."""
    weights = weights / weights.sum(dim=1, keepdim=True)
    a = a - (weights * a).sum(dim=1, keepdim=True)
    b = b - (weights * b).sum(dim=1, keepdim=True)
    covariance = (weights * a * b).sum(dim=1)
    # The square root of nought has no gradient.
    variances = (weights * a * a).sum(dim=1) * (weights * b * b).sum(dim=1)
    return covariance / (variances + EPS**2).sqrt()


def _standardised(logits: Tensor) -> Tensor:
    deviation = centred(logits).square().mean(dim=1, keepdim=True).clamp_min(EPS).sqrt()
    return centred(logits) / (1e-7 + deviation)


def _distances(rows: Tensor, pairs: Tensor) -> Tensor:
    squares = (rows[:, None] - rows[None]).square().sum(dim=2)
    distances = squares.clamp_min(EPS).sqrt()
    apart = pairs * (squares > 0)
    return distances * apart.sum() / (apart * distances).sum().clamp_min(EPS)


def _angles(rows: Tensor) -> Tensor:
    directions = F.normalize(rows[None] - rows[:, None], dim=2, eps=1e-6)
    return directions @ directions.transpose(1, 2)
