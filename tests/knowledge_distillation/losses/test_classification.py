"""Identities of the losses for classification."""

# SPDX-License-Identifier: BSD-3-Clause

from functools import partial

import pytest
import torch
from torch.nn import functional as F

from sklearn_distill.knowledge_distillation.losses.classification import (
    LOSSES,
    center,
    cross_entropy,
    dist,
    dkd,
    hint,
    kl,
    logit_mse,
    rkd,
    standardized_kl,
)

ALL = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)


def logits(n=12, n_classes=5, seed=0, scale=2.0):
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randn(n, n_classes, generator=generator, dtype=torch.float64)
    return scale * drawn


def codes(n=12, n_classes=5, seed=3):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(n_classes, (n,), generator=generator)


def total(terms):
    return sum(terms.values())


def gradient(loss, z, *args, **params):
    z = z.clone().requires_grad_()
    total(loss(z, *args, **params)).backward()
    return z.grad


@ALL
def test_loss_and_gradient_are_0_for_equal_logits(loss):
    v = logits()
    assert abs(total(loss(v, v.clone(), codes()))) < 1e-12
    assert gradient(loss, v, v.clone(), codes()).abs().max() < 1e-9


@ALL
def test_loss_is_positive_for_different_logits(loss):
    terms = loss(logits(seed=1), logits(), codes())
    assert total(terms) > 1e-3
    assert all(term >= 0 for term in terms.values())


@ALL
def test_loss_is_invariant_to_a_shift_of_all_logits_of_a_row(loss):
    z, v, shift = logits(seed=1), logits(), logits(n_classes=1, seed=2)
    expected = total(loss(z, v, codes())).item()
    assert total(loss(z + shift, v, codes())).item() == pytest.approx(
        expected, abs=1e-9
    )
    assert total(loss(z, v + 7.0, codes())).item() == pytest.approx(expected, abs=1e-9)


@ALL
def test_weights_equal_repeated_rows(loss):
    z, v, y = logits(seed=1), logits(), codes()
    weights = torch.tensor([2.0, 0.0] + 10 * [1.0], dtype=torch.float64)
    rows = [0, 0, *range(2, 12)]
    repeated = loss(z[rows], v[rows], y[rows])
    weighted = loss(z, v, y, sample_weight=weights)
    if loss is rkd:
        # A repeated row forms a pair with its copy, at distance 0; a weight does not.
        weights[0] = 1.0
        repeated = loss(z[rows[1:]], v[rows[1:]], y[rows[1:]])
        weighted = loss(z, v, y, sample_weight=weights)
    for name, term in weighted.items():
        assert term == pytest.approx(repeated[name].item(), abs=1e-9), name


@ALL
def test_gradients_are_finite_for_extreme_and_for_equal_logits(loss):
    for z in (logits(scale=200.0), torch.zeros(12, 5, dtype=torch.float64)):
        assert gradient(loss, z, logits(seed=2), codes()).isfinite().all()
        if loss is not rkd:
            assert gradient(loss, logits(seed=2), z, codes()).isfinite().all()


def test_gradient_of_kl_tends_to_centered_difference_as_temperature_grows():
    """The limit of n dL/dz is (z - v) / n_classes, both centered."""
    z, v = logits(seed=1), logits()
    limit = (center(z) - center(v)) / (5 * 12)
    away = [
        (gradient(kl, z, v, temperature=t) - limit).norm() / limit.norm()
        for t in (1.0, 4.0, 20.0, 100.0, 1000.0)
    ]
    assert away == sorted(away, reverse=True)
    assert away[-1] < 0.01


def test_squared_temperature_keeps_the_scale_of_the_gradients():
    z, v = logits(seed=1), logits()
    norms = [gradient(kl, z, v, temperature=t).norm() for t in (1.0, 20.0)]
    assert norms[1] > 0.3 * norms[0]
    assert norms[1] / 20**2 < 0.01 * norms[0]


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_kl_and_cross_entropy_equal_cross_entropy_with_blended_labels(alpha):
    """At temperature 1 the gradients are equal for every alpha."""
    z, v, y = logits(seed=1), logits(), codes()
    one_hot = F.one_hot(y, 5).double()

    def mix(z):
        hard = (1 - alpha) * cross_entropy(z, one_hot)
        return {"mix": alpha * kl(z, v)["kl"] + hard}

    def mixed(z):
        labels = alpha * v.softmax(dim=1) + (1 - alpha) * one_hot
        return {"mixed": cross_entropy(z, labels)}

    assert (gradient(mix, z) - gradient(mixed, z)).abs().max() < 1e-15


def test_dkd_with_the_weights_of_the_teacher_equals_kl():
    """In each row, KL is the target term plus 1 - p_y(v) times the other term."""
    z, v, y = logits(seed=1), logits(), codes()
    for i in range(12):
        row = z[i : i + 1], v[i : i + 1], y[i : i + 1]
        others = 1 - row[1].softmax(dim=1)[0, y[i]].item()
        parts = total(dkd(*row, target_weight=1.0, other_weight=others))
        assert parts == pytest.approx(kl(*row)["kl"].item(), rel=1e-9)


def test_second_term_of_dkd_is_0_for_two_classes():
    z, v, y = logits(n_classes=2, seed=1), logits(n_classes=2), codes(n_classes=2)
    assert abs(dkd(z, v, y)["others"]) < 1e-12
    with pytest.raises(ValueError, match="requires y, the class code"):
        dkd(z, v)


def test_dist_has_one_term_for_two_classes():
    z, v = logits(n_classes=2, seed=1), logits(n_classes=2)
    assert set(dist(z, v)) == {"within_classes"}
    assert set(dist(logits(), logits())) == {"between_classes", "within_classes"}


def test_dist_is_invariant_to_affine_changes_of_probabilities():
    p = logits().softmax(dim=1)
    q = 0.5 * p + 0.1
    terms = dist(p.log(), q.log())
    assert terms["between_classes"] < 1e-9
    assert terms["within_classes"] < 0.05


def test_standardized_kl_is_invariant_to_the_scale_of_logits():
    z, v = logits(seed=1), logits()
    expected = total(standardized_kl(z, v)).item()
    assert total(standardized_kl(2.0 * z, v)).item() == pytest.approx(
        expected, rel=1e-6
    )
    plain = total(kl(z, v)).item()
    assert total(kl(2.0 * z, v)).item() != pytest.approx(plain, rel=0.1)


def test_standardized_kl_has_no_gradient_for_two_classes():
    z, v = logits(n_classes=2, seed=1), logits(n_classes=2)
    assert gradient(standardized_kl, z, v).abs().max() < 1e-6


def test_rkd_is_invariant_to_scale_rotation_and_width():
    z = logits()
    rotation = torch.linalg.qr(logits(n=5, seed=4))[0]
    wider = F.pad(3.0 * z @ rotation, (0, 4))
    # Embeddings of different widths are not centered, which changes neither term.
    assert total(rkd(wider, z)) < 1e-9
    assert total(rkd(wider + logits(n_classes=9, seed=5), z)) > 1e-3


def test_losses_agree_with_torch():
    z, v = logits(seed=1), logits()
    reference = F.kl_div(
        (z / 3).log_softmax(dim=1), (v / 3).softmax(dim=1), reduction="batchmean"
    )
    assert kl(z, v, temperature=3.0)["kl"] == pytest.approx(9 * reference.item())
    reference = F.mse_loss(center(z), center(v)).item()
    assert logit_mse(z, v)["logit_mse"] == pytest.approx(reference)
    assert hint(z, v) == pytest.approx(F.mse_loss(z, v).item())


def test_partial_sets_parameters_of_a_loss():
    z, v, y = logits(seed=1), logits(), codes()
    eight = partial(dkd, other_weight=8.0)(z, v, y)["others"]
    assert eight == pytest.approx(4 * dkd(z, v, y)["others"].item())
