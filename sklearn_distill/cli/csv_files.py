"""Read .csv files: separators, decimal marks, encodings, codes and flags."""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import gzip
import re
import warnings
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from .._utils.optional import import_pandas
from ._common import InputError, joined, one_line

# Characters that separate the cells of CSV files, with their names in messages.
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
# Number of lines in which the separator is looked for.
N_LINES = 10
# A column with more than this many different numbers and a few words is most likely
# numeric, with words such as "NA" for missing values. A column with fewer numbers may
# well be categorical, such as 2, 3, 4, "5 or more".
MAX_NUMERIC_CATEGORIES = 10
DATE = r"\d{4}-\d\d-\d\d(?!\d)"
DECIMAL_COMMA = r"[+-]?\d+,\d+"
# Texts that stand for numbers or dates: a pattern, what they have, and the cure.
TEXT_FORMS = (
    (
        DECIMAL_COMMA,
        "numbers have a decimal comma",
        "If the column is numeric, pass --decimal=','",
    ),
    (
        r"[$€£¥] ?[+-]?\d[\d.,]*|[+-]?\d[\d.,]* ?[%$€£¥]",
        "numbers have a sign of a unit",
        "If the column is numeric, remove the sign",
    ),
    (
        r"\d{1,2}[./]\d{1,2}[./]\d{4}( .*)?",
        "dates do not have the form 2024-01-31",
        "If the column contains dates, write them in this form",
    ),
)


class CsvFormat(NamedTuple):
    """The options that describe a .csv file; None stands for the default."""

    sep: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    na_values: list[str] | None = None


class CsvTable(NamedTuple):
    """The table of a .csv file, and how the file writes some of its values.

    Attributes
    ----------
    frame : DataFrame
    spellings : dict of {str: dict}
        For each column of booleans or integers: the text of each value that the file
        writes differently than Python, such as ``{"flag": {True: "yes"}}``.
    """

    frame: Any
    spellings: dict[str, dict[Any, str]]


def csv_format(args: argparse.Namespace) -> CsvFormat:
    """Return the format that the options of a command describe."""
    found = CsvFormat(args.sep, args.decimal, args.encoding, args.na_values)
    if (found.decimal or ".") == (found.sep or ","):
        raise InputError(
            f"the decimal mark and the separator of the cells are both "
            f"{found.decimal or '.'!r}. Set another separator with --sep=';'"
        )
    return found


def read_csv_table(path: Path, format: CsvFormat) -> CsvTable:
    """Read a CSV file in which only empty cells and `na_values` are missing values.

    Raises
    ------
    InputError
        If the file has another format than `format`, columns without a name, or rows
        that are longer than the header.
    """
    pd = import_pandas()
    options: dict[str, Any] = {
        "sep": format.sep or ",",
        "encoding": format.encoding or "utf-8",
        "keep_default_na": False,
    }
    try:
        _check_separator(path, **options)
        header = pd.read_csv(path, header=None, nrows=1, dtype=str, **options)
        _check_names(path, header.iloc[0].tolist())
        return _read_cells(pd, path, format, options)
    except UnicodeError as error:
        raise InputError(_encoding_message(path, options["encoding"], error)) from None


def _check_separator(path: Path, *, sep: str, encoding: str, **_: Any) -> None:
    """Raise InputError if the lines contain another separator instead of `sep`."""
    open_text: Any = gzip.open if path.name.lower().endswith(".gz") else open
    with open_text(path, "rt", encoding=encoding, newline=None) as file:
        lines = [line for line in islice(file, N_LINES) if line.strip()]
    if not lines or sep in lines[0]:
        return
    for other, name in SEPARATORS.items():
        n_cells = {line.count(other) for line in lines}
        if other == sep or len(n_cells) != 1 or n_cells == {0}:
            continue
        shown = "\\t" if other == "\t" else other
        cells = [cell.strip() for line in lines[1:] for cell in line.split(other)]
        has_decimal_comma = any(re.fullmatch(DECIMAL_COMMA, cell) for cell in cells)
        decimal = " --decimal=','" if has_decimal_comma and other != "," else ""
        raise InputError(
            f"{path}: the cells seem to be separated by {name}. Pass "
            f"--sep='{shown}'{decimal}"
        )


def _encoding_message(path: Path, encoding: str, error: UnicodeError) -> str:
    """Return the message for a file that is not in the given encoding."""
    with path.open("rb") as file:
        is_utf_16 = file.read(2) in (b"\xff\xfe", b"\xfe\xff")
    hint = "utf-16" if is_utf_16 else "latin-1"
    return (
        f"{path} cannot be read: the text is not encoded in {encoding} ({error}). Pass "
        f"the encoding of the file, for example --encoding={hint}"
    )


def _check_names(path: Path, names: list[str]) -> None:
    """Raise InputError unless each column has a name of its own."""
    if "" in names:
        raise InputError(
            f"{path}: column {names.index('') + 1} has no name. Remove the column if "
            "it is the index of a DataFrame; otherwise give it a name."
        )
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        raise InputError(
            f"{path}: several columns have the same name: {joined(twice)}. Rename them."
        )


def _read_cells(
    pd: Any, path: Path, format: CsvFormat, options: dict[str, Any]
) -> CsvTable:
    """Read the cells as text, and then once more with the dtypes of the columns."""
    from ..distilled_set.tables import columns_of_codes

    try:
        with warnings.catch_warnings():
            # pandas would drop the last cells of rows that are longer than the header.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            texts = pd.read_csv(path, index_col=False, dtype=str, **options)
            frame = pd.read_csv(
                path,
                index_col=False,
                # Words such as "NA" and "None" are categories, not missing values,
                # unless the user says otherwise.
                na_values=["", *(format.na_values or [])],
                decimal=format.decimal or ".",
                dtype=dict.fromkeys(columns_of_codes(texts), str),
                # Read in one chunk, because pandas infers dtypes per chunk.
                low_memory=False,
                **options,
            )
    except pd.errors.ParserWarning:
        raise InputError(
            f"{path}: some rows have more cells than the header. If the cells are not "
            f"separated by {options['sep']!r}, pass their separator with --sep"
        ) from None
    spellings = {
        name: spelling
        for name in frame
        if (spelling := _spelling(pd, frame[name], texts[name]))
    }
    return CsvTable(frame, spellings)


def _spelling(pd: Any, column: Any, texts: Any) -> dict[Any, str]:
    """Return the usual text of each boolean or integer that Python writes otherwise."""
    if pd.api.types.infer_dtype(column, skipna=True) not in ("boolean", "integer"):
        return {}
    is_other = column.notna() & (texts != column.astype(str))
    if not is_other.any():
        return {}
    present = texts[column.notna()].groupby(column[column.notna()])
    return {
        value: own.mode().iloc[0] for value, own in present if (own != str(value)).any()
    }


def read_dates(frame: Any) -> Any:
    """Return a table whose columns of dates have a dtype for dates.

    A column holds dates if all of its texts have the form 2024-01-31, which a time may
    follow. CSV files have no dtype for dates, and dates that are read as text would be
    categories.

    Raises
    ------
    InputError
        If such a column cannot be converted.
    """
    pd = import_pandas()
    dates = {}
    for name in frame.columns:
        column = frame[name].dropna()
        if column.dtype.kind != "O" or not len(column):
            continue
        if column.astype(str).str.match(DATE).all():
            try:
                dates[name] = pd.to_datetime(frame[name], format="ISO8601")
            except (ValueError, TypeError) as error:
                raise InputError(
                    f"column {name!r} holds dates, such as {column.iloc[0]!r}, that "
                    f"cannot be converted: {one_line(error)}. Correct or remove them."
                ) from None
    return frame.assign(**dates) if dates else frame


def warn_about_words_among_numbers(frame: Any) -> None:
    """Warn if words, or the form of the cells, turn numbers into categories."""
    pd = import_pandas()
    for name in frame.columns:
        column = frame[name]
        if column.dtype.kind != "O":
            continue
        present = column.dropna().astype(str)
        forms = [form for form in TEXT_FORMS if present.str.fullmatch(form[0]).all()]
        if len(present) and forms:
            _, found, cure = forms[0]
            warnings.warn(
                f"column {name!r} is treated as categorical, because its {found}, such "
                f"as {present.iloc[0]!r}. {cure}",
                stacklevel=2,
            )
            continue
        numbers = pd.to_numeric(column, errors="coerce")
        words = column[numbers.isna() & column.notna()]
        is_mostly_numbers = 0 < len(words) < len(column) / 2
        if is_mostly_numbers and numbers.nunique() > MAX_NUMERIC_CATEGORIES:
            warnings.warn(
                f"column {name!r} is treated as categorical, because {len(words)} of "
                f"its {len(column)} cells are not numbers, such as {words.iloc[0]!r}. "
                "If the column is numeric, replace these cells, remove their rows, or "
                f"pass --na-values={words.iloc[0]!r} if they stand for missing values.",
                stacklevel=2,
            )
