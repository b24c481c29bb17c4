"""The identities that the losses hold, without any training."""

# SPDX-License-Identifier: BSD-3-Clause

from functools import partial

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from sklearn_distill.knowledge_distillation.losses import (
    LOSSES,
    centred,
    cross_entropy,
    dist,
    dkd,
    hint,
    kl,
    label_smoothing,
    logit_mse,
    rkd,
    standardised_kl,
)
from sklearn_distill.knowledge_distillation.regression_losses import blended, bounded

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
def test_a_student_that_is_its_teacher_has_nothing_to_learn(loss):
    """Loss and gradient are 0 at z = v."""
    v = logits()
    assert abs(total(loss(v, v.clone(), codes()))) < 1e-12
    assert gradient(loss, v, v.clone(), codes()).abs().max() < 1e-9


@ALL
def test_any_other_student_has(loss):
    terms = loss(logits(seed=1), logits(), codes())
    assert total(terms) > 1e-3
    assert all(term >= 0 for term in terms.values())


@ALL
def test_a_shift_of_all_logits_of_a_row_changes_nothing(loss):
    z, v, shift = logits(seed=1), logits(), logits(n_classes=1, seed=2)
    expected = total(loss(z, v, codes())).item()
    assert total(loss(z + shift, v, codes())).item() == pytest.approx(
        expected, abs=1e-9
    )
    assert total(loss(z, v + 7.0, codes())).item() == pytest.approx(expected, abs=1e-9)


@ALL
def test_a_row_of_weight_2_is_two_rows_and_one_of_weight_0_is_none(loss):
    z, v, y = logits(seed=1), logits(), codes()
    weights = torch.tensor([2.0, 0.0] + 10 * [1.0], dtype=torch.float64)
    rows = [0, 0, *range(2, 12)]
    repeated = loss(z[rows], v[rows], y[rows])
    weighted = loss(z, v, y, sample_weight=weights)
    if loss is rkd:
        # A row and its copy are at distance 0: pairs that weights do not make.
        weights[0] = 1.0
        repeated = loss(z[rows[1:]], v[rows[1:]], y[rows[1:]])
        weighted = loss(z, v, y, sample_weight=weights)
    for name, term in weighted.items():
        assert term == pytest.approx(repeated[name].item(), abs=1e-9), name


@ALL
def test_gradients_are_finite_where_outputs_are_extreme_or_all_equal(loss):
    for z in (logits(scale=200.0), torch.zeros(12, 5, dtype=torch.float64)):
        assert gradient(loss, z, logits(seed=2), codes()).isfinite().all()
        if loss is not rkd:
            assert gradient(loss, logits(seed=2), z, codes()).isfinite().all()


def test_kl_tends_to_the_regression_of_centred_logits_as_the_temperature_grows():
    """n dL/dz -> (z - v) / n_classes, both centred; relative difference by T."""
    z, v = logits(seed=1), logits()
    limit = (centred(z) - centred(v)) / (5 * 12)
    away = [
        (gradient(kl, z, v, temperature=t) - limit).norm() / limit.norm()
        for t in (1.0, 4.0, 20.0, 100.0, 1000.0)
    ]
    assert away == sorted(away, reverse=True)
    assert away[-1] < 0.01


def test_without_the_square_of_the_temperature_gradients_would_vanish():
    z, v = logits(seed=1), logits()
    norms = [gradient(kl, z, v, temperature=t).norm() for t in (1.0, 20.0)]
    assert norms[1] > 0.3 * norms[0]
    assert norms[1] / 20**2 < 0.01 * norms[0]


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_at_temperature_1_the_mix_is_the_cross_entropy_with_mixed_labels(alpha):
    """The bridge to students that are no nets: same gradient, any alpha."""
    z, v, y = logits(seed=1), logits(), codes()
    one_hot = F.one_hot(y, 5).double()

    def mix(z):
        hard = (1 - alpha) * cross_entropy(z, one_hot)
        return {"mix": alpha * kl(z, v)["kl"] + hard}

    def mixed(z):
        labels = alpha * v.softmax(dim=1) + (1 - alpha) * one_hot
        return {"mixed": cross_entropy(z, labels)}

    assert (gradient(mix, z) - gradient(mixed, z)).abs().max() < 1e-15


def test_dkd_with_the_teachers_own_weights_is_kl():
    """KL = target part + (1 - p_y(v)) times the part of the others, row by row."""
    z, v, y = logits(seed=1), logits(), codes()
    for i in range(12):
        row = z[i : i + 1], v[i : i + 1], y[i : i + 1]
        others = 1 - row[1].softmax(dim=1)[0, y[i]].item()
        parts = total(dkd(*row, target_weight=1.0, other_weight=others))
        assert parts == pytest.approx(kl(*row)["kl"].item(), rel=1e-9)


def test_dkd_has_no_second_part_for_two_classes():
    z, v, y = logits(n_classes=2, seed=1), logits(n_classes=2), codes(n_classes=2)
    assert abs(dkd(z, v, y)["others"]) < 1e-12
    with pytest.raises(ValueError, match="needs y"):
        dkd(z, v)


def test_dist_leaves_out_the_correlation_over_two_classes():
    z, v = logits(n_classes=2, seed=1), logits(n_classes=2)
    assert set(dist(z, v)) == {"within_classes"}
    assert set(dist(logits(), logits())) == {"between_classes", "within_classes"}


def test_dist_sees_correlations_alone():
    """An affine change of one class's probabilities over the rows is no change."""
    p = logits().softmax(dim=1)
    q = 0.5 * p + 0.1
    terms = dist(p.log(), q.log())
    assert terms["between_classes"] < 1e-9
    assert terms["within_classes"] < 0.05


def test_standardised_logits_have_no_scale():
    z, v = logits(seed=1), logits()
    expected = total(standardised_kl(z, v)).item()
    assert total(standardised_kl(2.0 * z, v)).item() == pytest.approx(
        expected, rel=1e-6
    )
    plain = total(kl(z, v)).item()
    assert total(kl(2.0 * z, v)).item() != pytest.approx(plain, rel=0.1)


def test_standardised_logits_of_two_classes_say_nothing():
    """All are the same up to sign: no gradient but for which is larger."""
    z, v = logits(n_classes=2, seed=1), logits(n_classes=2)
    assert gradient(standardised_kl, z, v).abs().max() < 1e-6


def test_rkd_knows_neither_scale_nor_rotation_nor_width():
    z = logits()
    rotation = torch.linalg.qr(logits(n=5, seed=4))[0]
    wider = F.pad(3.0 * z @ rotation, (0, 4))
    # Widths differ, so nothing is centred: distances and angles are the same anyway.
    assert total(rkd(wider, z)) < 1e-9
    assert total(rkd(wider + logits(n_classes=9, seed=5), z)) > 1e-3


def test_label_smoothing_is_kl_from_a_teacher_that_knows_nothing():
    z, y = logits(seed=1), codes()
    one_hot = F.one_hot(y, 5).double()

    def with_teacher(z):
        uniform = torch.zeros_like(z)
        hard = 0.9 * cross_entropy(z, one_hot)
        return {"mix": 0.1 * kl(z, uniform)["kl"] + hard}

    found = gradient(label_smoothing, z, y)
    assert (found - gradient(with_teacher, z)).abs().max() < 1e-15
    reference = F.cross_entropy(z, y, label_smoothing=0.1)
    assert label_smoothing(z, y)["label_smoothing"] == pytest.approx(reference.item())


def test_losses_agree_with_torch_where_torch_has_them():
    z, v = logits(seed=1), logits()
    reference = F.kl_div(
        (z / 3).log_softmax(dim=1), (v / 3).softmax(dim=1), reduction="batchmean"
    )
    assert kl(z, v, temperature=3.0)["kl"] == pytest.approx(9 * reference.item())
    reference = F.mse_loss(centred(z), centred(v)).item()
    assert logit_mse(z, v)["logit_mse"] == pytest.approx(reference)
    assert hint(z, v) == pytest.approx(F.mse_loss(z, v).item())


def test_losses_take_parameters_of_their_own_through_partial():
    z, v, y = logits(seed=1), logits(), codes()
    eight = partial(dkd, other_weight=8.0)(z, v, y)["others"]
    assert eight == pytest.approx(4 * dkd(z, v, y)["others"].item())


# Quantities


def quantities(seed):
    drawn = np.random.RandomState(seed).normal(size=9)
    return torch.tensor(drawn)


def test_the_blended_loss_is_the_squared_error_against_the_blended_target():
    """The gradients are the same for every alpha."""
    s, t, y = map(quantities, range(3))
    alpha = torch.linspace(0, 1, 9, dtype=torch.float64)

    def direct(s):
        return {"direct": F.mse_loss(s, alpha * t + (1 - alpha) * y)}

    found = gradient(blended, s, t, y, alpha=alpha)
    assert (found - gradient(direct, s)).abs().max() < 1e-15


def test_the_bounded_loss_leaves_a_student_alone_that_beats_its_teacher():
    y = torch.zeros(4, dtype=torch.float64)
    student = torch.tensor([0.5, 1.5, 0.5, 1.5], dtype=torch.float64)
    teacher = torch.ones(4, dtype=torch.float64)
    only_bound = gradient(bounded, student, teacher, y, alpha=torch.ones(4))
    np.testing.assert_allclose(only_bound, [0, 0.75, 0, 0.75])
    half = gradient(bounded, student, teacher, y, alpha=torch.full((4,), 0.5))
    np.testing.assert_allclose(half, [0.125, 0.75, 0.125, 0.75])
    # On an added row y is the teacher's answer, and the whole error counts.
    added = bounded(student, teacher, teacher, alpha=torch.ones(4))["bounded"]
    assert added == pytest.approx(0.25)
