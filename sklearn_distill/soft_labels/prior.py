"""Correction of class probabilities from one class balance to another."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

# The maximum number of corrections of the class balance. A few are enough, unless most
# probabilities are 0.
MAX_CORRECTIONS = 100


def correct_prior(
    proba: np.ndarray, prior_from: np.ndarray, prior_to: np.ndarray
) -> np.ndarray:
    r"""Correct class probabilities for a change of the class shares.

    By Bayes' rule, if the density of each class stays the same,

    .. math:: p'(c \mid x) \propto p(c \mid x) \, \pi'_c / \pi_c .

    Parameters
    ----------
    proba : ndarray of shape (m, n_classes)
    prior_from, prior_to : ndarray of shape (n_classes,)
        The class shares of the rows that the teacher was trained on, and of the rows
        that the probabilities are used for. They may be counts.

    Returns
    -------
    ndarray of shape (m, n_classes)
        Rows sum to 1.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_distill.soft_labels.prior import correct_prior
    >>> trained_on, used_on = np.array([0.9, 0.1]), np.array([0.5, 0.5])
    >>> correct_prior(np.array([[0.9, 0.1]]), trained_on, used_on)
    array([[0.5, 0.5]])
    """
    moved = proba * (prior_to / prior_from)
    return moved / moved.sum(axis=1, keepdims=True)


def soft_labels_of_set(
    proba: np.ndarray, codes: np.ndarray, prior_from: np.ndarray
) -> np.ndarray:
    r"""Turn predicted probabilities of a teacher into soft labels of a distilled set.

    The mean probability of each class is made equal to the share of the class among the
    hard labels of the distilled set. To this end, Bayes' rule (`correct_prior`) is
    applied to the prior of the teacher, and then to the resulting class shares until
    they agree. One correction is not enough, because distilled rows are not random
    draws from their classes. Then the probabilities are averaged with the label of the
    row,

    .. math:: q_i = \tfrac12 p_i + \tfrac12 e_{y_i},

    because the label is information that a teacher which was not trained on the row
    does not have. The likeliest class of a row is therefore its own label.

    Parameters
    ----------
    proba : ndarray of shape (m, n_classes)
        Rows sum to 1.
    codes : int ndarray of shape (m,)
        The hard labels, as columns of `proba`.
    prior_from : ndarray of shape (n_classes,)
        Positive class shares of the rows that the teacher was trained on.

    Returns
    -------
    ndarray of shape (m, n_classes)
        Rows sum to 1.
    """
    own = np.eye(proba.shape[1])[codes]
    prior_to = own.mean(axis=0)
    # If the teacher excludes all classes of the distilled set, the row keeps its label.
    lost = (proba * prior_to).sum(axis=1) == 0
    moved = np.where(lost[:, None], own, proba)
    moved = correct_prior(moved, np.where(prior_from > 0, prior_from, 1.0), prior_to)
    for _ in range(MAX_CORRECTIONS):
        found = moved.mean(axis=0)
        if np.allclose(found, prior_to, rtol=1e-3, atol=1e-6):
            break
        # A class to which no row gives any probability cannot be made more likely.
        moved = correct_prior(moved, np.where(found > 0, found, 1.0), prior_to)
    return (moved + own) / 2
