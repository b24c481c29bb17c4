"""Correction of class probabilities from one class balance to another."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

# Corrections of the balance at most; a few are enough unless most probabilities are 0.
MAX_CORRECTIONS = 100


def correct_prior(
    proba: np.ndarray, prior_from: np.ndarray, prior_to: np.ndarray
) -> np.ndarray:
    r"""Move probabilities from one class balance to another.

    By Bayes' rule, with equal class-conditional densities on both sides,

    .. math:: p'(c \mid x) \propto p(c \mid x) \, \pi'_c / \pi_c .

    Parameters
    ----------
    proba : ndarray of shape (m, n_classes)
    prior_from, prior_to : ndarray of shape (n_classes,)
        Class shares where the teacher was trained, and where its opinion is used.

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
    r"""Make a teacher's opinion into the soft labels of a set.

    The teacher's classes are to be as frequent in the set as its labels: Bayes' rule
    (`correct_prior`) is applied to the teacher's prior, and then to the balance that
    came out, until it is the one asked for. Once is not enough, since distilled rows
    are no random draws from their class. Then the mean is taken with the row's own
    label,

    .. math:: q_i = \tfrac12 p_i + \tfrac12 e_{y_i},

    which is evidence that a teacher who did not see the row lacks. The likeliest class
    is therefore the row's own.

    Parameters
    ----------
    proba : ndarray of shape (m, n_classes)
        Rows sum to 1.
    codes : int ndarray of shape (m,)
        The hard labels, as columns of `proba`.
    prior_from : ndarray of shape (n_classes,)
        Class shares where the teacher was trained; positive.

    Returns
    -------
    ndarray of shape (m, n_classes)
        Rows sum to 1.
    """
    own = np.eye(proba.shape[1])[codes]
    prior_to = own.mean(axis=0)
    # A teacher that rules out all classes of the set leaves the row its own label.
    lost = (proba * prior_to).sum(axis=1) == 0
    moved = np.where(lost[:, None], own, proba)
    moved = correct_prior(moved, np.where(prior_from > 0, prior_from, 1.0), prior_to)
    for _ in range(MAX_CORRECTIONS):
        found = moved.mean(axis=0)
        if np.allclose(found, prior_to, rtol=1e-3, atol=1e-6):
            break
        # What nobody believes in cannot be made more likely.
        moved = correct_prior(moved, np.where(found > 0, found, 1.0), prior_to)
    return (moved + own) / 2
