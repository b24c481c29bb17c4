"""Distilled sets as files: .npz, .parquet and .csv, written whole or not at all."""

# SPDX-License-Identifier: BSD-3-Clause

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .distilled_set import DistilledSet

FORMAT = "sklearn-distill-set"
FORMAT_VERSION = 1
WEIGHT_COLUMN = "sample_weight"
SOFT_PREFIX = "soft_label:"


def write_atomically(
    path: str | os.PathLike[str], write: Callable[[Any], None]
) -> None:
    """Call `write` with a binary file that takes the place of `path` once complete."""
    path = Path(path)
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
        return
    frame = set_to_frame(distilled)
    if suffix == ".csv":
        if distilled.y is None:
            raise ValueError(
                "A CSV file cannot say that there are no labels: use .npz."
            )
        text = frame.to_csv(index=False)
        write_atomically(path, lambda file: file.write(text.encode("utf-8")))
        return
    pa, pq = _pyarrow()
    table = pa.Table.from_pandas(frame, preserve_index=False)
    header = json.dumps(_header(distilled))
    table = table.replace_schema_metadata(
        {**(table.schema.metadata or {}), FORMAT.encode(): header.encode()}
    )
    write_atomically(path, lambda file: pq.write_table(table, file))


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
    pd = _pandas()
    if len(distilled.X.shape) != 2:
        raise ValueError(
            f"Images of shape {distilled.X.shape[1:]} are no table: save them as .npz."
        )
    if hasattr(distilled.X, "iloc"):
        frame = distilled.X.copy()
        frame.attrs = {}
    else:
        names = [f"x{j}" for j in range(distilled.X.shape[1])]
        frame = pd.DataFrame(distilled.X, columns=names)
    added: dict[str, Any] = {}
    if distilled.y is not None:
        added[distilled.target_name or "target"] = distilled.y
    if distilled.sample_weight is not None:
        added[WEIGHT_COLUMN] = distilled.sample_weight
    if distilled.soft_labels is not None:
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


def _to_arrays(distilled: DistilledSet) -> dict[str, np.ndarray]:
    """Return the arrays of an .npz file; none holds Python objects."""
    header = _header(distilled)
    arrays = {}
    for name in ("y", "soft_labels", "sample_weight"):
        value = getattr(distilled, name)
        if value is not None:
            arrays[name] = _without_objects(name, value, header)
    if hasattr(distilled.X, "iloc"):
        frame = distilled.X
        header["columns"] = [
            _column_header(name, dtype)
            for name, dtype in zip(frame.columns, frame.dtypes, strict=True)
        ]
        for j in range(frame.shape[1]):
            column = frame.iloc[:, j]
            if column.dtype == "category":
                values = column.cat.codes.to_numpy()
            elif column.dtype.kind in "biuf":
                plain = getattr(column.dtype, "numpy_dtype", column.dtype)
                values = column.to_numpy(dtype=plain)
            else:
                values = column.to_numpy(dtype=object)
            arrays[f"X_{j}"] = _without_objects(f"X_{j}", values, header)
    else:
        arrays["X"] = _without_objects("X", distilled.X, header)
    arrays["header"] = np.array(json.dumps(header))
    return arrays


def _column_header(name: Any, dtype: Any) -> dict[str, Any]:
    if not isinstance(name, str | int):
        raise ValueError(f"column names must be strings or integers, not {name!r}")
    described = {"name": name, "dtype": str(dtype)}
    if dtype == "category":
        categories = dtype.categories
        described |= {
            "categories": categories.tolist(),
            "categories_dtype": str(categories.dtype),
            "ordered": bool(dtype.ordered),
        }
    return described


def _without_objects(
    name: str, values: np.ndarray, header: dict[str, Any]
) -> np.ndarray:
    """Return values as they are, or, if they are objects, as JSON text."""
    if values.dtype.kind != "O":
        return values
    header.setdefault("json", []).append(name)
    plain = [v.item() if isinstance(v, np.generic) else v for v in values.ravel()]
    return np.array([json.dumps(v) for v in plain]).reshape(values.shape)


def _read_npz(path: Any) -> DistilledSet:
    with np.load(path, allow_pickle=False) as file:
        if "header" not in file:
            raise ValueError("it does not say that it is a distilled set")
        header = _check_header(json.loads(str(file["header"])))

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
            pd = _pandas()
            series = [
                _read_column(pd, described, read(f"X_{j}"))
                for j, described in enumerate(header["columns"])
            ]
            X = pd.concat(series, axis=1)
            X.columns = [described["name"] for described in header["columns"]]
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


def _read_column(pd: Any, described: dict[str, Any], values: Any) -> Any:
    if described["dtype"] != "category":
        return pd.Series(values, dtype=described["dtype"])
    categories = pd.Index(described["categories"], dtype=described["categories_dtype"])
    dtype = pd.CategoricalDtype(categories, ordered=described["ordered"])
    return pd.Series(pd.Categorical.from_codes(values, dtype=dtype))


def _read_parquet(path: Any) -> DistilledSet:
    _, pq = _pyarrow()
    table = pq.read_table(path)
    stored = (table.schema.metadata or {}).get(FORMAT.encode(), b"null")
    header = _check_header(json.loads(stored))
    return _from_frame(
        table.to_pandas(),
        classes=_classes(header),
        has_y=header["has_y"],
        y_dtype=header["y_dtype"],
        target_name=header["target_name"],
        info=header["info"],
    )


def _read_csv(path: Any) -> DistilledSet:
    pd = _pandas()
    frame = pd.read_csv(path, keep_default_na=False)
    soft = [c for c in frame.columns if str(c).startswith(SOFT_PREFIX)]
    rest = [c for c in frame.columns if c not in soft and c != WEIGHT_COLUMN]
    # The last column that is not ours is y: set_to_frame writes them in that order.
    y = frame[rest[-1]]
    classes = None if y.dtype.kind == "f" else np.unique(y.to_numpy())
    return _from_frame(frame, classes=classes, has_y=True, target_name=rest[-1])


def _from_frame(
    frame: Any,
    *,
    classes: np.ndarray | None,
    has_y: bool,
    y_dtype: str | None = None,
    target_name: str | None = None,
    info: dict[str, Any] | None = None,
) -> DistilledSet:
    frame = frame.copy()
    soft = [c for c in frame.columns if str(c).startswith(SOFT_PREFIX)]
    soft_labels = frame[soft].to_numpy() if soft else None
    weight = frame[WEIGHT_COLUMN].to_numpy() if WEIGHT_COLUMN in frame else None
    frame = frame.drop(
        columns=[*soft, *([WEIGHT_COLUMN] if weight is not None else [])]
    )
    y = frame.pop(target_name or "target").to_numpy() if has_y else None
    if y is not None and y_dtype is not None:
        y = y.astype(y_dtype)
    return DistilledSet(
        frame,
        y,
        soft_labels=soft_labels,
        sample_weight=weight,
        classes=classes,
        target_name=target_name,
        info=info,
    )


def _suffix(path: str | os.PathLike[str]) -> str:
    suffix = Path(path).suffix.lower()
    if suffix not in (".npz", ".parquet", ".csv"):
        raise ValueError(
            f"{os.fspath(path)!r}: a distilled set is a .npz, .parquet or .csv file."
        )
    return suffix


def _pandas() -> Any:
    try:
        import pandas
    except ImportError as error:
        raise ImportError(
            "Tables need pandas: pip install 'sklearn-distill[parquet]'"
        ) from error
    return pandas


def _pyarrow() -> tuple[Any, Any]:
    _pandas()
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise ImportError(
            "Parquet files need pyarrow: pip install 'sklearn-distill[parquet]'"
        ) from error
    return pyarrow, pyarrow.parquet
