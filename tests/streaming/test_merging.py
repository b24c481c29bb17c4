"""merge_distilled: the union of sets, and its distillation."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sklearn_distill import (
    DistilledSet,
    HerdingSelection,
    KCenterSelection,
    PartitionDistiller,
    StreamingDistiller,
    merge_distilled,
)


@pytest.fixture
def sets():
    rng = np.random.RandomState(0)
    made = []
    for n, shift in ((300, 0.0), (900, 3.0)):
        X = rng.randn(n, 3) + shift
        y = np.arange(n) % 3 == 0
        made.append(HerdingSelection(8).fit_distill(X, y))
    return made


def test_union_has_the_weights_and_the_class_mass_of_all_sets(sets):
    union = merge_distilled(sets)
    assert len(union) == 32
    np.testing.assert_allclose(union.class_mass, [800, 400])
    np.testing.assert_allclose(union.sample_weight[:16].sum(), 300)
    np.testing.assert_allclose(union.mass_weights(), union.sample_weight)
    assert union.info["n_rows_before"] == 1_200


def test_distilled_union_keeps_the_shares_of_the_data_sets(sets):
    small = merge_distilled(sets, HerdingSelection(8))
    assert len(small) == 16
    share = (small.X[:, 0] > 1.5).mean()
    assert share == pytest.approx(0.75, abs=0.13)
    np.testing.assert_allclose(small.class_mass, [800, 400])


def test_sets_may_lack_classes():
    one = DistilledSet(
        [[0.0], [1.0]], ["a", "b"], classes=["a", "b"], class_mass=[5, 6]
    )
    other = DistilledSet([[2.0]], ["c"], classes=["c"], class_mass=[7])
    union = merge_distilled([one, other])
    assert union.classes.tolist() == ["a", "b", "c"]
    assert union.class_mass.tolist() == [5, 6, 7]


def test_tables_with_other_categories_stay_tables():
    pd = pytest.importorskip("pandas")
    sets = [
        DistilledSet(
            pd.DataFrame({"c": pd.Categorical([value])}), [1.5], class_mass=[4],
            target_name="price",
        )
        for value in ("x", "y")
    ]  # fmt: skip
    union = merge_distilled(sets)
    assert union.X["c"].tolist() == ["x", "y"]
    assert union.X["c"].dtype == "category"
    assert union.target_name == "price"


def test_invalid_sets_raise_errors(sets):
    narrow = DistilledSet([[0.0]], [True], classes=[False, True], class_mass=[1, 1])
    soft = DistilledSet(
        np.ones((1, 3)), [True], classes=[False, True], soft_labels=[[0.5, 0.5]],
        class_mass=[1, 1],
    )  # fmt: skip
    unknown = DistilledSet(np.ones((1, 3)), [True], classes=[False, True])
    for others, match in (
        ([narrow], "different columns"),
        ([soft], "soft labels"),
        ([unknown], "class mass of this distilled set is unknown"),
    ):
        with pytest.raises(ValueError, match=match):
            merge_distilled(sets + others)
    with pytest.raises(ValueError, match="sets is empty"):
        merge_distilled([])
    with pytest.raises(TypeError, match="got a list"):
        merge_distilled([[1]])
    with pytest.raises(ValueError, match="KCenterSelection does not treat"):
        merge_distilled(sets, KCenterSelection(2))


def test_distillers_of_parts_distill_the_union(sets):
    for distiller in (
        StreamingDistiller(HerdingSelection(4, random_state=0), chunk_size=10),
        PartitionDistiller(HerdingSelection(4, random_state=0), n_partitions=3),
    ):
        small = merge_distilled(sets, distiller)
        assert len(small) == 8
        np.testing.assert_allclose(small.class_mass, [800, 400])
    with pytest.raises(ValueError, match="does not treat a row of weight 2 as two"):
        merge_distilled(sets, StreamingDistiller(KCenterSelection(4)))
