r"""What a student net is told to make small where y holds quantities.

Plain functions on tensors of shape (n,), all in units of the deviation of y. A loss is
called

    loss(student, teacher, y, alpha=a, sample_weight=w)

where `alpha`, (n,), is how much the teacher counts in each row (1 on added rows, whose
y nobody knows and is set to the teacher's). It returns a dict of named terms, whose sum
is the loss.
"""

# SPDX-License-Identifier: BSD-3-Clause

from torch import Tensor

from .losses import Terms, weighted_mean


def blended(
    student: Tensor,
    teacher: Tensor,
    y: Tensor,
    *,
    alpha: Tensor,
    sample_weight: Tensor | None = None,
) -> Terms:
    r"""Return squared errors against the teacher and against y, in shares.

    .. math:: \alpha (s - t)^2 + (1 - \alpha) (s - y)^2

    Up to a constant it is the squared error against the blended target
    alpha t + (1 - alpha) y, which any regressor can be trained on.
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
    r"""Return squared errors against y, of which a share ends where the teacher is.

    .. math:: (1 - \alpha) (s - y)^2 + \alpha (s - y)^2 \,
              [ (s - y)^2 + m > (t - y)^2 ]

    The teacher is no target but a bound: a student that is nearer to y than its teacher
    is left alone by the second term. On added rows y is the teacher's answer itself.
    The paper has the smooth L1 loss in the first term.

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
