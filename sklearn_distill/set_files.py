"""Distilled sets as files: .npz, .parquet and .csv, written whole or not at all."""

# SPDX-License-Identifier: BSD-3-Clause

import csv
import json
import os
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .distilled_set import DistilledSet
from .encoding import values_of
from .optional import import_pandas, import_pyarrow

FORMAT = "sklearn-distill-set"
FORMAT_VERSION = 1
WEIGHT_COLUMN = "sample_weight"
SOFT_PREFIX = "soft_label:"
CHECKSUM_KEY = f"{FORMAT}-crc32".encode()


def write_atomically(
    path: str | os.PathLike[str], write: Callable[[Any], None]
) -> None:
    """Call `write` with a binary file that takes the place of `path` once complete."""
    # A link stays, and what it points to is replaced.
    path = Path(path).resolve()
    if not path.parent.is_dir():
        raise FileNotFoundError(f"There is no directory {os.fspath(path.parent)!r}.")
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files that nobody else can read; a saved set is an ordinary one.
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def save_set(distilled: DistilledSet, path: str | os.PathLike[str]) -> None:
    """Write a set in the format that the path's ending names."""
    suffix = _suffix(path)
    if suffix == ".npz":
        arrays = _to_arrays(distilled)
        write_atomically(path, lambda file: np.savez_compressed(file, **arrays))
    elif suffix == ".csv":
        text = _to_csv(distilled).encode("utf-8")
        write_atomically(path, lambda file: file.write(text))
    else:
        _, pq = import_pyarrow()
        table = _to_table(distilled)
        write_atomically(
            path, lambda file: pq.write_table(table, file, write_page_checksum=True)
        )


def load_set(path: str | os.PathLike[str]) -> DistilledSet:
    """Read a set in the format that the path's ending names."""
    suffix = _suffix(path)
    if not Path(path).is_file():
        raise FileNotFoundError(f"There is no file {os.fspath(path)!r}.")
    read = {".npz": _read_npz, ".parquet": _read_parquet, ".csv": _read_csv}[suffix]
    try:
        return read(path)
    except ImportError:
        raise
    except Exception as error:
        # Whatever the readers stumble over in a damaged file, the user is told which
        # file it is and what it should have been.
        raise ValueError(
            f"{os.fspath(path)!r} is damaged, or is no distilled set: {error}"
        ) from error


def set_to_frame(distilled: DistilledSet) -> Any:
    """Return rows, labels, weights and soft labels side by side in a DataFrame."""
    pd = import_pandas()
    if len(distilled.X.shape) != 2:
        raise ValueError(
            f"Images of shape {distilled.X.shape[1:]} are no table: save them as .npz."
        )
    if hasattr(distilled.X, "iloc"):
        # A fresh index, or pandas would join rows and labels by the old one.
        frame = distilled.X.reset_index(drop=True)
        frame.attrs = {}
    else:
        names = [f"x{j}" for j in range(distilled.X.shape[1])]
        frame = pd.DataFrame(distilled.X, columns=names)
    added: dict[str, Any] = {}
    if distilled.y is not None:
        added[distilled.target_name or "target"] = distilled.y
    if distilled.sample_weight is not None:
        added[WEIGHT_COLUMN] = distilled.sample_weight
    if distilled.soft_labels is not None and distilled.classes is not None:
        for label, column in zip(
            distilled.classes, distilled.soft_labels.T, strict=True
        ):
            added[f"{SOFT_PREFIX}{label}"] = column
    if taken := [name for name in added if name in frame.columns]:
        raise ValueError(
            f"X has columns named {taken}, which the table needs for labels and "
            "weights. Rename them, or set target_name."
        )
    return pd.concat([frame, pd.DataFrame(added)], axis=1)


def _header(distilled: DistilledSet) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "target_name": distilled.target_name,
        "has_y": distilled.y is not None,
        "y_dtype": None if distilled.y is None else str(distilled.y.dtype),
        "classes": None if distilled.classes is None else distilled.classes.tolist(),
        "classes_dtype": None
        if distilled.classes is None
        else str(distilled.classes.dtype),
        "info": distilled.info,
    }


def _check_header(header: Any) -> dict[str, Any]:
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ValueError("it does not say that it is a distilled set")
    if header["version"] > FORMAT_VERSION:
        raise ValueError(
            f"it has format version {header['version']}, and this version of "
            f"sklearn-distill reads up to {FORMAT_VERSION}; upgrade sklearn-distill"
        )
    return header


def _classes(header: dict[str, Any]) -> np.ndarray | None:
    if header["classes"] is None:
        return None
    return np.array(header["classes"], dtype=header["classes_dtype"])


def _to_arrays(distilled: DistilledSet) -> dict[str, Any]:
    """Return the arrays of an .npz file; none holds Python objects."""
    header = _header(distilled)
    arrays: dict[str, Any] = {}
    for name in ("y", "soft_labels", "sample_weight"):
        value = getattr(distilled, name)
        if value is not None:
            arrays[name] = _without_objects(name, value, header)
    if hasattr(distilled.X, "iloc"):
        frame = distilled.X
        header["columns"] = _column_headers(frame)
        for j in range(frame.shape[1]):
            column = frame.iloc[:, j]
            is_category = column.dtype == "category"
            values = column.cat.codes.to_numpy() if is_category else values_of(column)
            arrays[f"X_{j}"] = _without_objects(f"X_{j}", values, header)
    else:
        arrays["X"] = _without_objects("X", distilled.X, header)
    header["arrays"] = sorted(arrays)
    arrays["header"] = np.array(_to_json(header))
    return arrays


def _to_json(value: Any) -> str:
    def plain(part: Any) -> Any:
        if isinstance(part, np.generic | np.ndarray):
            return part.tolist()
        raise ValueError(
            f"{part!r} is of type {type(part).__name__}, which a file without pickled "
            "objects cannot hold. Convert it to a string or a number."
        )

    return json.dumps(value, default=plain)


def _column_headers(frame: Any) -> list[dict[str, Any]]:
    return [
        _column_header(name, dtype)
        for name, dtype in zip(frame.columns, frame.dtypes, strict=True)
    ]


def _column_header(name: Any, dtype: Any) -> dict[str, Any]:
    if not isinstance(name, str | int):
        raise ValueError(f"column names must be strings or integers, not {name!r}")
    described: dict[str, Any] = {"name": name, "dtype": str(dtype)}
    if dtype == "category":
        categories = dtype.categories
        described |= {
            "categories": categories.tolist(),
            "categories_dtype": str(categories.dtype),
            "ordered": bool(dtype.ordered),
        }
    elif not isinstance(dtype, import_pandas().StringDtype) and not _is_named(dtype):
        raise ValueError(
            f"column {name!r} has dtype {dtype}, which cannot be read back from its "
            "name. Convert it with astype."
        )
    return described


def _is_named(dtype: Any) -> bool:
    try:
        return _dtype_of({"dtype": str(dtype)}) == dtype
    except TypeError:
        return False


def _dtype_of(described: dict[str, Any]) -> Any:
    """Return the dtype that a column header describes."""
    pd = import_pandas()
    if described["dtype"] == "category":
        categories = pd.Index(
            described["categories"], dtype=described["categories_dtype"]
        )
        return pd.CategoricalDtype(categories, ordered=described["ordered"])
    if described["dtype"] == "string[pyarrow]":
        # pandas reads its own strings by this name, which it never gives them.
        return pd.ArrowDtype(import_pyarrow()[0].string())
    return pd.api.types.pandas_dtype(described["dtype"])


def _without_objects(
    name: str, values: np.ndarray, header: dict[str, Any]
) -> np.ndarray:
    """Return values as they are, or, if they are objects, as JSON text."""
    if values.dtype.kind != "O":
        return values
    header.setdefault("json", []).append(name)
    return np.array([_to_json(v) for v in values.ravel()]).reshape(values.shape)


def _read_npz(path: Any) -> DistilledSet:
    # Opened here: NumPy leaves a damaged file open.
    with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
        if "header" not in file:
            raise ValueError("it does not say that it is a distilled set")
        header = _check_header(json.loads(str(file["header"])))
        if sorted(file.files) != sorted([*header["arrays"], "header"]):
            raise ValueError("its arrays are not those that its header names")

        def read(name: str) -> np.ndarray | None:
            if name not in file:
                return None
            values = file[name]
            if name not in header.get("json", []):
                return values
            out = np.empty(values.shape, dtype=object)
            out.ravel()[:] = [json.loads(v) for v in values.ravel().tolist()]
            return out

        if "columns" in header:
            columns = [
                _read_column(described, read(f"X_{j}"))
                for j, described in enumerate(header["columns"])
            ]
            X = _side_by_side(columns, header)
        else:
            X = read("X")
        return DistilledSet(
            X,
            read("y"),
            soft_labels=read("soft_labels"),
            sample_weight=read("sample_weight"),
            classes=_classes(header),
            target_name=header["target_name"],
            info=header["info"],
        )


def _read_column(described: dict[str, Any], values: np.ndarray | None) -> Any:
    pd, dtype = import_pandas(), _dtype_of(described)
    if values is None:
        raise ValueError(f"the values of column {described['name']!r} are not there")
    if described["dtype"] == "category":
        return pd.Series(pd.Categorical.from_codes(values, dtype=dtype))
    return pd.Series(values, dtype=dtype)


def _side_by_side(columns: list[Any], header: dict[str, Any]) -> Any:
    if len({len(column) for column in columns}) != 1:
        raise ValueError("its columns are not of one length")
    frame = import_pandas().concat(columns, axis=1)
    frame.columns = [described["name"] for described in header["columns"]]
    return frame


def _to_table(distilled: DistilledSet) -> Any:
    """Return the pyarrow table of a .parquet file."""
    pa, _ = import_pyarrow()
    frame = set_to_frame(distilled)
    header = _header(distilled)
    header["columns"] = _column_headers(frame.iloc[:, : distilled.X.shape[1]])
    header["names"] = [str(name) for name in frame.columns]
    header["has_sample_weight"] = distilled.sample_weight is not None
    frame.columns = header["names"]
    try:
        table = pa.Table.from_pandas(frame, preserve_index=False)
    except pa.ArrowException as error:
        raise ValueError(
            f"A Parquet file cannot hold this set, but .npz may: {error}"
        ) from error
    text = _to_json(header).encode()
    return table.replace_schema_metadata(
        {
            **(table.schema.metadata or {}),
            FORMAT.encode(): text,
            CHECKSUM_KEY: str(zlib.crc32(text)).encode(),
        }
    )


def _read_parquet(path: Any) -> DistilledSet:
    _, pq = import_pyarrow()
    table = pq.read_table(path, page_checksum_verification=True)
    metadata = table.schema.metadata or {}
    text = metadata.get(FORMAT.encode(), b"null")
    header = _check_header(json.loads(text))
    if metadata[CHECKSUM_KEY] != str(zlib.crc32(text)).encode():
        raise ValueError("its header does not fit the checksum")
    if table.column_names != header["names"]:
        raise ValueError("its columns are not those that its header names")
    frame = table.to_pandas()
    # By position, since columns of X may be called as ours are.
    columns = [frame.iloc[:, j] for j in range(frame.shape[1])]
    n_columns = len(header["columns"])
    X = _side_by_side(
        [
            column.astype(_dtype_of(described))
            for column, described in zip(columns, header["columns"], strict=False)
        ],
        header,
    )
    rest = iter(columns[n_columns:])
    y = next(rest).to_numpy().astype(header["y_dtype"]) if header["has_y"] else None
    weights = next(rest).to_numpy() if header["has_sample_weight"] else None
    soft = list(rest)
    return DistilledSet(
        X,
        y,
        soft_labels=np.column_stack(soft) if soft else None,
        sample_weight=weights,
        classes=_classes(header),
        target_name=header["target_name"],
        info=header["info"],
    )


def _to_csv(distilled: DistilledSet) -> str:
    """Return the text of a .csv file, from which `_read_csv` can tell what is what."""
    if distilled.y is None:
        raise ValueError("A CSV file cannot say that there are no labels: use .npz.")
    y, classes = distilled.y, distilled.classes
    if classes is None:
        # Whole numbers would come back as classes.
        y = y.astype(np.float64)
    elif classes.dtype.kind == "f" and (classes == np.rint(classes)).all():
        # And floats as quantities.
        y, classes = y.astype(np.int64), classes.astype(np.int64)
    frame = set_to_frame(
        DistilledSet(
            distilled.X,
            y,
            soft_labels=distilled.soft_labels,
            sample_weight=distilled.sample_weight,
            classes=classes,
            target_name=distilled.target_name,
        )
    )
    names = [str(name) for name in frame.columns]
    columns_of_X = names[: distilled.X.shape[1]]
    if reserved := [
        name
        for name in columns_of_X
        if name == WEIGHT_COLUMN or name.startswith(SOFT_PREFIX)
    ]:
        raise ValueError(
            f"X has columns named {reserved}, which a CSV file has for labels and "
            "weights. Rename them, or use .npz."
        )
    if len(set(names)) < len(names):
        raise ValueError(
            "X has several columns of one name, which a CSV file cannot tell apart. "
            "Rename them, or use .npz."
        )
    if frame.isna().any(axis=None):
        raise ValueError(
            "A CSV file cannot tell missing values from empty text: use .npz."
        )
    text = frame.to_csv(index=False)
    # pandas leaves a lone carriage return unquoted, and then reads it as a new line.
    if "\r" in text:
        text = frame.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC)
    return text


def _read_csv(path: Any) -> DistilledSet:
    # pandas would fill up short lines, and take the start of long ones for an index.
    with open(path, encoding="utf-8", newline="") as file:
        if len({len(line) for line in csv.reader(file) if line}) > 1:
            raise ValueError("its lines do not have as many fields as its header")
    # Each column read as a whole: in parts it might come as several types.
    frame = import_pandas().read_csv(path, keep_default_na=False, low_memory=False)
    soft = [name for name in frame.columns if name.startswith(SOFT_PREFIX)]
    rest = [name for name in frame.columns if name not in (WEIGHT_COLUMN, *soft)]
    # The last column that is not ours is y: set_to_frame writes them in that order.
    *columns, target = rest
    y = frame[target].to_numpy()
    classes = None
    if soft:
        labels = np.array([name.removeprefix(SOFT_PREFIX) for name in soft])
        classes = labels == "True" if y.dtype.kind == "b" else labels.astype(y.dtype)
    elif y.dtype.kind != "f":
        classes = np.unique(y)
    return DistilledSet(
        frame[columns],
        y,
        soft_labels=frame[soft].to_numpy() if soft else None,
        sample_weight=frame[WEIGHT_COLUMN] if WEIGHT_COLUMN in frame else None,
        classes=classes,
        target_name=target,
    )


def _suffix(path: str | os.PathLike[str]) -> str:
    suffix = Path(path).suffix.lower()
    if suffix not in (".npz", ".parquet", ".csv"):
        raise ValueError(
            f"{os.fspath(path)!r}: a distilled set is a .npz, .parquet or .csv file."
        )
    return suffix
