"""Soft labels as weighted hard rows, for estimators that require hard labels."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

# Classes whose probability is below this share of that of the likeliest class are left
# out: they carry almost no information, but multiply the number of rows.
MIN_SHARE = 0.01


def prune_soft_labels(soft_labels: np.ndarray) -> np.ndarray:
    """Set the probabilities of unlikely classes to 0, and rescale the others.

    A class is unlikely if its probability is below `MIN_SHARE` times the probability of
    the likeliest class of the row.

    Parameters
    ----------
    soft_labels : ndarray of shape (m, n_classes)

    Returns
    -------
    ndarray of shape (m, n_classes)
        Rows sum to 1.
    """
    likely = soft_labels >= MIN_SHARE * soft_labels.max(axis=1, keepdims=True)
    kept = np.where(likely, soft_labels, 0.0)
    return kept / kept.sum(axis=1, keepdims=True)


def weighted_hard_rows(
    soft_labels: np.ndarray,
    sample_weight: np.ndarray | None = None,
    *,
    keep_mean: bool = True,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Turn soft labels into weighted hard labels.

    A row with probabilities p becomes one row for each likely class c, with a weight in
    proportion to :math:`p_c`. The weighted log loss of these rows is, up to a factor,
    the cross-entropy with p.

    By default, the factor keeps the mean of the weights. It matters for estimators
    whose penalty is relative to the sum of the losses: copies of a row with different
    labels partly cancel, so that a support vector machine would underfit weights that
    sum to 1 for each row.

    Parameters
    ----------
    soft_labels : ndarray of shape (m, n_classes)
    sample_weight : ndarray of shape (m,), default=None
    keep_mean : bool, default=True
        Whether the mean of the weights of the new rows is that of `sample_weight`, or
        1. If False, the weights of the copies of a row sum to the weight of the row.

    Returns
    -------
    rows : ndarray of int of shape (k,)
        The row of `soft_labels` that each new row repeats.
    codes : ndarray of int of shape (k,)
        The class of each new row, as a column of `soft_labels`. The classes that
        `prune_soft_labels` removes are left out.
    weights : ndarray of float of shape (k,)

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_distill.soft_labels.expansion import weighted_hard_rows
    >>> rows, codes, weights = weighted_hard_rows(np.array([[0.75, 0.25], [0.0, 1.0]]))
    >>> rows, codes, weights
    (array([0, 0, 1]), array([0, 1, 1]), array([1.125, 0.375, 1.5  ]))
    """
    pruned = prune_soft_labels(soft_labels)
    rows, codes = np.nonzero(pruned)
    weights = pruned[rows, codes]
    if keep_mean:
        weights = weights * (len(rows) / len(soft_labels))
    if sample_weight is not None:
        weights = weights * sample_weight[rows]
    return rows, codes, weights
