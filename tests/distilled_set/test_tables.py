"""Distilled sets in .parquet and .csv files."""

import numpy as np
import pandas as pd
import pytest

from sklearn_distill import DistilledSet
from sklearn_distill.distilled_set.tables import columns_of_codes


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_array_is_loaded_as_a_frame_from_a_table_file(
    make_set, save_and_load, suffix, tmp_path
):
    X = np.array([[0.1, 1 / 3], [1e300, -0.0], [1, 2], [3, 4]])
    loaded = save_and_load(make_set(X), tmp_path, suffix)
    assert list(loaded.X.columns) == ["x0", "x1"]
    np.testing.assert_array_equal(loaded.X, X)


def test_columns_of_X_may_be_named_like_label_columns_except_in_csv(
    make_set, save_and_load, assert_same_set, tmp_path
):
    names = ["sample_weight", "soft_label:no", "target"]
    X = pd.DataFrame(np.arange(12).reshape(4, 3), columns=names)
    made = make_set(X, sample_weight=None, soft_labels=None)
    for suffix in (".npz", ".parquet"):
        assert_same_set(made, save_and_load(made, tmp_path, suffix))
    with pytest.raises(
        ValueError, match=r"\['sample_weight', 'soft_label:no'\].*Rename"
    ):
        made.save(tmp_path / "set.csv")


def test_csv_keeps_codes_and_rejects_numeric_strings_as_labels(tmp_path):
    rows = pd.DataFrame({"zip": ["01234", "00012"] * 4, "size": np.arange(8.0)})
    codes, digits = np.array(["01", "02"] * 4), np.array(["1", "2"] * 4)
    path = tmp_path / "set.csv"
    made = DistilledSet(rows, codes, classes=np.unique(codes))
    made.save(path)
    loaded = DistilledSet.load(path)
    assert list(loaded.y) == list(codes)
    assert list(loaded.X["zip"]) == list(rows["zip"])
    before = path.read_bytes()
    with pytest.raises(
        ValueError, match="strings such as '1', which would be read as numbers"
    ):
        DistilledSet(rows, digits, classes=np.unique(digits)).save(path)
    assert path.read_bytes() == before


def test_columns_of_codes_finds_digits_after_a_leading_zero():
    cells = pd.DataFrame(
        {"zip": ["12345", "00012"], "share": ["0.5", "0"], "n": ["1", "2"]}
    )
    assert columns_of_codes(cells) == ["zip"]
