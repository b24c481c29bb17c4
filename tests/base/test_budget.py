"""The number of rows per class."""

# SPDX-License-Identifier: BSD-3-Clause

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_distill.base.budget import ALLOCATIONS, rows_per_group

sizes = st.lists(st.integers(1, 500), min_size=1, max_size=12).map(np.array)
budgets = st.one_of(
    st.integers(1, 600), st.floats(0.0, 1.0, exclude_min=True, exclude_max=True)
)
allocations = st.sampled_from(ALLOCATIONS)


def requested_total(budget, available):
    """Return the total number of rows that a budget requests."""
    if isinstance(budget, int):
        return budget * len(available)
    return round(budget * available.sum())


def test_int_is_the_number_of_rows_per_class_or_all_rows_of_small_classes():
    rows = rows_per_group(10, np.array([900, 90, 5]))
    np.testing.assert_array_equal(rows, [10, 10, 5])


def test_int_does_not_move_rows_from_small_to_large_classes():
    assert rows_per_group(10, np.array([900, 5]), allocation="equal").sum() == 15


def test_float_is_a_fraction_of_all_rows_and_keeps_class_shares():
    rows = rows_per_group(0.1, np.array([900, 90, 10]))
    np.testing.assert_array_equal(rows, [90, 9, 1])


def test_float_with_equal_allocation_moves_rows_from_small_to_large_classes():
    rows = rows_per_group(0.1, np.array([900, 90, 10]), allocation="equal")
    np.testing.assert_array_equal(rows, [45, 45, 10])


def test_sqrt_allocation_is_between_equal_and_proportional():
    available = np.array([9000, 1000])
    share = {
        how: rows_per_group(50, available, allocation=how)[0] / 100
        for how in ("equal", "sqrt", "proportional")
    }
    assert share == {"equal": 0.5, "sqrt": 0.75, "proportional": 0.9}


def test_allocation_is_proportional_to_weights():
    rows = rows_per_group(
        10, np.array([50, 50]), allocation="proportional", weights=np.array([4.0, 1.0])
    )
    np.testing.assert_array_equal(rows, [16, 4])


def test_tiny_float_gives_one_row_per_class():
    rows = rows_per_group(1e-9, np.array([500, 30, 1]))
    np.testing.assert_array_equal(rows, [1, 1, 1])


def test_int_without_classes_is_the_total_number_of_rows():
    np.testing.assert_array_equal(rows_per_group(7, np.array([100])), [7])


@given(sizes, budgets, allocations)
def test_every_class_has_at_least_one_and_at_most_all_of_its_rows(
    available, budget, allocation
):
    rows = rows_per_group(budget, available, allocation=allocation)
    assert rows.dtype.kind == "i"
    assert (rows >= 1).all()
    assert (rows <= available).all()


@given(sizes, budgets, allocations)
def test_rows_sum_to_the_requested_total_clipped_to_the_available_rows(
    available, budget, allocation
):
    rows = rows_per_group(budget, available, allocation=allocation)
    if isinstance(budget, int) and allocation in ("auto", "equal"):
        total = np.minimum(budget, available).sum()
    else:
        total = np.clip(
            requested_total(budget, available), len(available), available.sum()
        )
    assert rows.sum() == total


@given(sizes, budgets, allocations)
def test_larger_classes_do_not_get_fewer_rows(available, budget, allocation):
    rows = rows_per_group(budget, available, allocation=allocation)
    larger = available[:, None] > available
    assert (rows[:, None] >= rows)[larger].all()


@given(sizes, st.integers(1, 300), allocations)
def test_larger_budgets_do_not_give_fewer_rows(available, budget, allocation):
    fewer, more = (
        rows_per_group(b, available, allocation=allocation).sum()
        for b in (budget, budget + 1)
    )
    assert fewer <= more


@given(sizes, budgets, allocations)
def test_result_is_deterministic(available, budget, allocation):
    one, two = (
        rows_per_group(budget, available, allocation=allocation) for _ in range(2)
    )
    np.testing.assert_array_equal(one, two)


@given(
    sizes,
    budgets,
    st.sampled_from(["proportional", "sqrt"]),
    st.lists(st.floats(1e-12, 1e12), min_size=12, max_size=12),
)
def test_weights_of_any_scale_give_the_requested_total(
    available, budget, allocation, weights
):
    rows = rows_per_group(
        budget,
        available,
        allocation=allocation,
        weights=np.array(weights[: len(available)]),
    )
    assert (rows >= 1).all()
    assert (rows <= available).all()
    expected = np.clip(
        requested_total(budget, available), len(available), available.sum()
    )
    assert rows.sum() == expected


@given(sizes, st.randoms(use_true_random=False))
def test_result_does_not_depend_on_the_order_of_classes(available, random):
    available = np.unique(available)
    order = np.array(random.sample(range(len(available)), len(available)))
    rows = rows_per_group(0.3, available, allocation="sqrt")
    shuffled = rows_per_group(0.3, available[order], allocation="sqrt")
    np.testing.assert_array_equal(shuffled, rows[order])


@pytest.mark.parametrize(
    "budget", [np.int8(3), np.int64(3), np.uint16(3)], ids=lambda b: type(b).__name__
)
def test_numpy_integers_are_rows_per_class(budget):
    np.testing.assert_array_equal(rows_per_group(budget, np.array([9, 2])), [3, 2])


@pytest.mark.parametrize(
    "budget",
    [np.float32(0.5), np.float64(0.5), Fraction(1, 2)],
    ids=lambda b: type(b).__name__,
)
def test_numpy_floats_and_fractions_are_fractions_of_rows(budget):
    np.testing.assert_array_equal(rows_per_group(budget, np.array([8, 4])), [4, 2])


@pytest.mark.parametrize("allocation", ALLOCATIONS)
def test_int_beyond_64_bits_gives_all_rows(allocation):
    available = np.array([900, 90, 5])
    rows = rows_per_group(10**30, available, allocation=allocation)
    np.testing.assert_array_equal(rows, available)


@pytest.mark.parametrize(
    ("budget", "classes"),
    [
        ({"a": 3, "b": 2}, np.array(["a", "b"])),
        ({"a": 3, "b": 2}, np.array(["a", "b"], dtype=object)),
        ({np.str_("b"): np.int32(2), np.str_("a"): 3}, np.array(["a", "b"])),
        ({False: 3, True: 2}, np.array([False, True])),
        ({0: 3, 1: 2}, np.array([0, 1], dtype=np.uint8)),
        ({np.int64(0): 3, np.int64(1): 2}, np.array([0, 1])),
        ({0: 3, 1: 2}, np.array([0.0, 1.0])),
    ],
)
def test_dict_gives_rows_per_class_for_labels_of_any_type(budget, classes):
    rows = rows_per_group(budget, np.array([10, 10]), classes=classes)
    np.testing.assert_array_equal(rows, [3, 2])


def test_dict_gives_at_most_all_rows_of_a_class():
    rows = rows_per_group({0: 10**30, 1: 5}, np.array([7, 9]), classes=[0, 1])
    np.testing.assert_array_equal(rows, [7, 5])


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        ({"a": 1, "b": 1, "d": 1}, r"does not contain: \['d'\]"),
        ({"a": 1}, r"lacks classes of y: \['b'\].*at least one row"),
        ({"a": 1, "b": 0}, r"positive int, got {'b': 0"),
        ({"a": 1, "b": -1}, r"positive int, got {'b': -1"),
        ({"a": 1, "b": True}, r"positive int, got {'b': True"),
        ({"a": 1, "b": np.True_}, r"positive int, got {'b': .*True"),
        ({"a": 1, "b": 0.5}, r"positive int, got {'b': 0.5"),
        ({"a": 1, "b": "2"}, r"positive int, got {'b': '2'"),
        ({}, "lacks classes"),
    ],
)
def test_rows_per_group_raises_when_a_dict_does_not_match_the_classes(budget, message):
    with pytest.raises(ValueError, match=message):
        rows_per_group(budget, np.array([5, 5]), classes=np.array(["a", "b"]))


def test_rows_per_group_raises_when_budget_is_a_dict_without_classes():
    with pytest.raises(ValueError, match=r"if there are no classes; got a mapping"):
        rows_per_group({0: 3}, np.array([5]))


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        (0, "must be at least 1 row per class"),
        (-3, "must be at least 1 row per class"),
        (0.0, "For a number of rows per class pass an int"),
        (1.0, "For a number of rows per class pass an int"),
        (10.0, "For a number of rows per class pass an int"),
        (-0.5, "For a number of rows per class pass an int"),
        (float("nan"), "For a number of rows per class pass an int"),
        (float("inf"), "For a number of rows per class pass an int"),
        (True, r"must be a positive int \(rows per class\)"),
        (np.True_, r"must be a positive int \(rows per class\)"),
        ("10", r"must be a positive int \(rows per class\)"),
        (None, r"must be a positive int \(rows per class\)"),
        ([3, 2], r"must be a positive int \(rows per class\)"),
        (1j, r"must be a positive int \(rows per class\)"),
    ],
)
def test_rows_per_group_raises_when_budget_is_invalid(budget, message):
    with pytest.raises(ValueError, match=message):
        rows_per_group(budget, np.array([5, 5]))


def test_rows_per_group_raises_when_allocation_is_unknown():
    with pytest.raises(ValueError, match=r"must be one of .*'sqrt'.*got 'even'"):
        rows_per_group(3, np.array([5, 5]), allocation="even")
