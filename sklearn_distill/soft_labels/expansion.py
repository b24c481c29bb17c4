"""Soft labels as weighted hard rows, for estimators that take hard labels."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

# A class with less than this share of the likeliest one's probability says nothing, but
# would multiply the rows that an estimator is trained on.
LEAST_SHARE = 0.01


def weighted_hard_rows(
    soft_labels: np.ndarray, sample_weight: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Turn soft labels into hard ones that any estimator with weights can train on.

    A row of probabilities p becomes one row for each likely class c, with a weight in
    proportion to :math:`p_c`: the weighted log loss of those is, up to a factor, the
    cross-entropy with p. The factor gives the weights the mean that they would have
    without soft labels. It matters to estimators whose penalty is set against the sum
    of losses: copies of a row with different labels work against each other, and with
    weights that add up to 1 a support vector machine hardly fits them at all.

    Parameters
    ----------
    soft_labels : ndarray of shape (m, n_classes)
    sample_weight : ndarray of shape (m,), default=None

    Returns
    -------
    rows : ndarray of int of shape (k,)
        Which row each weighted row repeats.
    codes : ndarray of int of shape (k,)
        Its class, as a column of `soft_labels`. Classes with less than `LEAST_SHARE` of
        the likeliest one's probability are left out.
    weights : ndarray of float of shape (k,)
        Their mean is that of `sample_weight`, or 1.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_distill.soft_labels.expansion import weighted_hard_rows
    >>> rows, codes, weights = weighted_hard_rows(np.array([[0.75, 0.25], [0.0, 1.0]]))
    >>> rows, codes, weights
    (array([0, 0, 1]), array([0, 1, 1]), array([1.125, 0.375, 1.5  ]))
    """
    likely = soft_labels >= LEAST_SHARE * soft_labels.max(axis=1, keepdims=True)
    likely &= soft_labels > 0
    kept = np.where(likely, soft_labels, 0.0)
    kept /= kept.sum(axis=1, keepdims=True)
    rows, codes = np.nonzero(likely)
    weights = kept[rows, codes] * (len(rows) / len(soft_labels))
    if sample_weight is not None:
        weights = weights * sample_weight[rows]
    return rows, codes, weights
