"""How many rows each class gets."""

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


def total_asked(budget, available):
    if isinstance(budget, int):
        return budget * len(available)
    return round(budget * available.sum())


def test_an_int_is_rows_per_class_and_small_classes_give_all_they_have():
    rows = rows_per_group(10, np.array([900, 90, 5]))
    np.testing.assert_array_equal(rows, [10, 10, 5])


def test_what_a_small_class_cannot_take_is_not_handed_to_the_others():
    assert rows_per_group(10, np.array([900, 5]), allocation="equal").sum() == 15


def test_a_float_is_a_share_of_all_rows_and_keeps_class_shares():
    rows = rows_per_group(0.1, np.array([900, 90, 10]))
    np.testing.assert_array_equal(rows, [90, 9, 1])


def test_an_equal_share_hands_on_what_small_classes_cannot_take():
    rows = rows_per_group(0.1, np.array([900, 90, 10]), allocation="equal")
    np.testing.assert_array_equal(rows, [45, 45, 10])


def test_sqrt_lies_between_equal_and_proportional():
    available = np.array([9000, 1000])
    share = {
        how: rows_per_group(50, available, allocation=how)[0] / 100
        for how in ("equal", "sqrt", "proportional")
    }
    assert share == {"equal": 0.5, "sqrt": 0.75, "proportional": 0.9}


def test_allocation_looks_at_weights_where_there_are_some():
    rows = rows_per_group(
        10, np.array([50, 50]), allocation="proportional", weights=np.array([4.0, 1.0])
    )
    np.testing.assert_array_equal(rows, [16, 4])


def test_a_share_below_one_row_a_class_is_raised_to_one_each():
    rows = rows_per_group(1e-9, np.array([500, 30, 1]))
    np.testing.assert_array_equal(rows, [1, 1, 1])


def test_without_classes_an_int_is_the_rows_in_all():
    np.testing.assert_array_equal(rows_per_group(7, np.array([100])), [7])


@given(sizes, budgets, allocations)
def test_every_class_keeps_a_row_and_none_gets_more_than_it_has(
    available, budget, allocation
):
    rows = rows_per_group(budget, available, allocation=allocation)
    assert rows.dtype.kind == "i"
    assert (rows >= 1).all()
    assert (rows <= available).all()


@given(sizes, budgets, allocations)
def test_rows_sum_to_the_total_as_far_as_there_are_rows(available, budget, allocation):
    rows = rows_per_group(budget, available, allocation=allocation)
    if isinstance(budget, int) and allocation in ("auto", "equal"):
        total = np.minimum(budget, available).sum()
    else:
        total = np.clip(total_asked(budget, available), len(available), available.sum())
    assert rows.sum() == total


@given(sizes, budgets, allocations)
def test_a_larger_class_never_gets_fewer_rows(available, budget, allocation):
    rows = rows_per_group(budget, available, allocation=allocation)
    larger = available[:, None] > available
    assert (rows[:, None] >= rows)[larger].all()


@given(sizes, st.integers(1, 300), allocations)
def test_a_larger_budget_never_leaves_fewer_rows(available, budget, allocation):
    fewer, more = (
        rows_per_group(b, available, allocation=allocation).sum()
        for b in (budget, budget + 1)
    )
    assert fewer <= more


@given(sizes, budgets, allocations)
def test_the_same_input_gives_the_same_rows(available, budget, allocation):
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
def test_weights_of_any_size_keep_the_promise(available, budget, allocation, weights):
    rows = rows_per_group(
        budget,
        available,
        allocation=allocation,
        weights=np.array(weights[: len(available)]),
    )
    assert (rows >= 1).all()
    assert (rows <= available).all()
    expected = np.clip(total_asked(budget, available), len(available), available.sum())
    assert rows.sum() == expected


@given(sizes, st.randoms(use_true_random=False))
def test_the_order_of_unequal_classes_does_not_matter(available, random):
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
def test_numpy_floats_and_fractions_are_shares(budget):
    np.testing.assert_array_equal(rows_per_group(budget, np.array([8, 4])), [4, 2])


@pytest.mark.parametrize("allocation", ALLOCATIONS)
def test_a_budget_beyond_any_integer_is_all_rows(allocation):
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
def test_a_dict_gives_rows_by_label_whatever_the_labels_are(budget, classes):
    rows = rows_per_group(budget, np.array([10, 10]), classes=classes)
    np.testing.assert_array_equal(rows, [3, 2])


def test_a_dict_gives_no_class_more_than_it_has():
    rows = rows_per_group({0: 10**30, 1: 5}, np.array([7, 9]), classes=[0, 1])
    np.testing.assert_array_equal(rows, [7, 5])


@pytest.mark.parametrize(
    ("budget", "says"),
    [
        ({"a": 1, "b": 1, "d": 1}, r"does not have: \['d'\]"),
        ({"a": 1}, r"leaves out classes of y: \['b'\].*each its number"),
        ({"a": 1, "b": 0}, r"'b': 0.*at least 1"),
        ({"a": 1, "b": -1}, r"'b': -1.*at least 1"),
        ({"a": 1, "b": True}, r"'b': True.*at least 1"),
        ({"a": 1, "b": np.True_}, r"'b': .*True.*at least 1"),
        ({"a": 1, "b": 0.5}, r"'b': 0.5.*at least 1"),
        ({"a": 1, "b": "2"}, r"'b': '2'.*at least 1"),
        ({}, "leaves out"),
    ],
)
def test_a_dict_that_does_not_fit_the_classes_is_refused(budget, says):
    with pytest.raises(ValueError, match=says):
        rows_per_group(budget, np.array([5, 5]), classes=np.array(["a", "b"]))


def test_a_dict_without_classes_is_refused():
    with pytest.raises(ValueError, match=r"no classes here. Give an int"):
        rows_per_group({0: 3}, np.array([5]))


@pytest.mark.parametrize(
    ("budget", "says"),
    [
        (0, "keeps no rows. Give at least 1"),
        (-3, "keeps no rows. Give at least 1"),
        (0.0, "for a number of rows per class give an int"),
        (1.0, "for a number of rows per class give an int"),
        (10.0, "for a number of rows per class give an int"),
        (-0.5, "for a number of rows per class give an int"),
        (float("nan"), "for a number of rows per class give an int"),
        (float("inf"), "for a number of rows per class give an int"),
        (True, r"Give rows per class \(an int\)"),
        (np.True_, r"Give rows per class \(an int\)"),
        ("10", r"Give rows per class \(an int\)"),
        (None, r"Give rows per class \(an int\)"),
        ([3, 2], r"Give rows per class \(an int\)"),
        (1j, r"Give rows per class \(an int\)"),
    ],
)
def test_what_is_no_budget_is_refused_and_the_message_says_what_is(budget, says):
    with pytest.raises(ValueError, match=says):
        rows_per_group(budget, np.array([5, 5]))


def test_an_unknown_allocation_is_refused_by_name():
    with pytest.raises(ValueError, match=r"'even' is none of .*'sqrt'"):
        rows_per_group(3, np.array([5, 5]), allocation="even")
