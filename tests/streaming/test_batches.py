"""fit_batches: iterables, Parquet files, folders and pyarrow data sets."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sklearn_distill import HerdingSelection, StreamingDistiller


def stream():
    return StreamingDistiller(HerdingSelection(3), chunk_size=400, random_state=0)


def expected(frame):
    whole = stream()
    return whole.fit_batches([(frame.drop(columns="label"), frame["label"])]).distilled_


def assert_same(made, other):
    np.testing.assert_array_equal(np.asarray(made.X), np.asarray(other.X))
    np.testing.assert_array_equal(made.y, other.y)


def test_parquet_file_gives_the_set_of_its_rows(frame, parquet):
    made = stream().fit_batches(parquet, target="label")
    assert_same(made.distilled_, expected(frame))
    assert made.n_samples_seen_ == 3_000
    assert made.feature_names_in_.tolist() == ["a", "b", "color"]
    assert made.distilled_.target_name == "label"
    rows = frame.drop(columns="label").iloc[made.sample_indices_]
    np.testing.assert_array_equal(made.distilled_.X, rows)


def test_folders_globs_and_data_sets_give_the_set_of_their_rows(frame, tmp_path):
    dataset = pytest.importorskip("pyarrow.dataset")
    for number in range(3):
        part = frame.iloc[number * 1000 : (number + 1) * 1000]
        part.to_parquet(tmp_path / f"part-{number}.parquet")
    whole = expected(frame)
    for source in (
        tmp_path,
        str(tmp_path / "part-*.parquet"),
        dataset.dataset(str(tmp_path), format="parquet"),
    ):
        assert_same(stream().fit_batches(source, target="label").distilled_, whole)


def test_columns_of_folder_names_are_read(frame, tmp_path):
    pytest.importorskip("pyarrow")
    for year in (2023, 2024):
        folder = tmp_path / f"year={year}"
        folder.mkdir()
        frame.iloc[year - 2023 :: 2].to_parquet(folder / "rows.parquet", index=False)
    made = stream().fit_batches(tmp_path, target="label")
    assert made.feature_names_in_.tolist() == ["a", "b", "color", "year"]
    assert set(made.distilled_.X["year"]) <= {2023, 2024}


def test_iterables_of_frames_tuples_and_record_batches(frame):
    pa = pytest.importorskip("pyarrow")
    cuts = [frame.iloc[start : start + 700] for start in range(0, 3_000, 700)]
    whole = expected(frame)
    assert_same(stream().fit_batches(iter(cuts), target="label").distilled_, whole)
    pairs = [(cut.drop(columns="label"), cut["label"]) for cut in cuts]
    assert_same(stream().fit_batches(pairs).distilled_, whole)
    batches = pa.Table.from_pandas(frame, preserve_index=False).to_batches(600)
    assert_same(stream().fit_batches(batches, target="label").distilled_, whole)


def test_broken_row_group_is_named_by_file_and_number(parquet):
    import pyarrow.parquet as pq

    column = pq.read_metadata(parquet).row_group(3).column(0)
    content = bytearray(parquet.read_bytes())
    start = column.dictionary_page_offset or column.data_page_offset
    content[start : start + column.total_compressed_size] = b"\xff" * (
        column.total_compressed_size
    )
    parquet.write_bytes(bytes(content))
    with pytest.raises(ValueError, match=r"big\.parquet, row group 3 cannot be read"):
        stream().fit_batches(parquet, target="label")


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda p: (p.parent / "none.parquet", "label"), FileNotFoundError, "no file"),
        (lambda p: (p, "price"), ValueError, "no column 'price'"),
        (lambda p: (np.ones((4, 2)), None), TypeError, "to fit"),
        (lambda p: ([np.ones((4, 2))], "label"), TypeError, "names a column"),
        (lambda p: ([], None), ValueError, "no rows to distill"),
    ],
)
def test_invalid_sources_raise_errors(parquet, make, error, match):
    source, target = make(parquet)
    with pytest.raises(error, match=match):
        stream().fit_batches(source, target=target)


def test_files_that_are_not_parquet_or_lack_a_column_are_named(parquet, frame):
    other = parquet.parent / "more.parquet"
    other.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match=r"more\.parquet cannot be read as Parquet"):
        stream().fit_batches(parquet.parent, target="label")
    frame.drop(columns="b").to_parquet(other)
    with pytest.raises(ValueError, match=r"more\.parquet has no column 'b'"):
        stream().fit_batches(parquet.parent, target="label")
