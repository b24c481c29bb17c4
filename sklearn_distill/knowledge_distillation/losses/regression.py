r"""Losses of student nets for regression.

The losses are plain functions of tensors of shape (n,), which contain one value for
each row and target. All targets are in units of the
standard deviation of y. A loss is called as

    loss(student, teacher, y, alpha=a, sample_weight=w)

where `alpha`, of shape (n,), is the share of the teacher in each row. For added rows,
which have no label, `alpha` is 1 and y is the prediction of the teacher. A loss returns
a dict of named terms, whose sum is the loss.
"""

# SPDX-License-Identifier: BSD-3-Clause

from torch import Tensor

from .classification import Terms, weighted_mean


def blended(
    student: Tensor,
    teacher: Tensor,
    y: Tensor,
    *,
    alpha: Tensor,
    sample_weight: Tensor | None = None,
) -> Terms:
    r"""Return the squared errors against the teacher and against y, weighted by alpha.

    .. math:: \alpha (s - t)^2 + (1 - \alpha) (s - y)^2

    Up to a constant, the sum is the squared error against the blended target
    alpha t + (1 - alpha) y, on which any regressor can be trained.
    """
    return {
        "teacher": weighted_mean(alpha * (student - teacher).square(), sample_weight),
        "labels": weighted_mean((1 - alpha) * (student - y).square(), sample_weight),
    }


def bounded(
    student: Tensor,
    teacher: Tensor,
    y: Tensor,
    *,
    alpha: Tensor,
    sample_weight: Tensor | None = None,
    margin: float = 0.0,
) -> Terms:
    r"""Return the squared error against y, partly only where the teacher is better.

    .. math:: (1 - \alpha) (s - y)^2 + \alpha (s - y)^2 \,
              [ (s - y)^2 + m > (t - y)^2 ]

    The teacher is an upper bound on the error instead of a target: the second term is 0
    in rows where the student is closer to y than the teacher is. The paper uses the
    smooth L1 loss in the first term.

    References
    ----------
    G. Chen et al., "Learning efficient object detection models with knowledge
    distillation", NeurIPS 2017.
    """
    error = (student - y).square()
    is_worse = (error + margin > (teacher - y).square()).to(error.dtype)
    return {
        "labels": weighted_mean((1 - alpha) * error, sample_weight),
        "bounded": weighted_mean(alpha * is_worse * error, sample_weight),
    }


REGRESSION_LOSSES = {"blended": blended, "bounded": bounded}
