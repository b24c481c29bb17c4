"""Parts that the commands of `sklearn-distill` share: options, messages, loading.

Only the standard library is imported at the top, so that ``--help`` responds fast.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import codecs
import contextlib
import difflib
import os
import shutil
import sys
import threading
import warnings
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from ..plugins.registry import get_distiller

PROG = "sklearn-distill"
# Maximum number of names that an error message lists.
MAX_NAMES = 40
# Seconds after which a message says which method is being imported.
SLOW_IMPORT_SECONDS = 20.0


class InputError(ValueError):
    """The arguments or the input file are invalid; the message says why."""


class Parser(argparse.ArgumentParser):
    """A parser that raises InputError and does not accept abbreviated options."""

    def __init__(self, **kwargs: Any):
        super().__init__(
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            **kwargs,
        )

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message.rstrip('.')}. See: {self.prog} --help")


def add_input_argument(parser: argparse.ArgumentParser) -> None:
    """Add the positional argument INPUT."""
    parser.add_argument(
        "input",
        metavar="INPUT",
        type=Path,
        help="a .csv, .csv.gz or .parquet table, or an .npz file with the arrays X "
        "and y (or X_train and y_train)",
    )


def add_target_option(parser: Any) -> None:
    """Add the option --target to a parser or to a group of options."""
    parser.add_argument(
        "--target",
        metavar="COLUMN",
        help="the column of a table, or the array of an .npz file, that holds the "
        "labels or the continuous target",
    )


def add_densify_option(parser: Any, text: str) -> None:
    """Add the option --densify with a help text to a parser."""
    parser.add_argument("--densify", type=_densify, metavar="N", help=text)


def _densify(text: str) -> int | str:
    """Convert the value of --densify: "auto" or a number of rows."""
    if text == "auto":
        return text
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(
            f"{text!r} must be auto or a number of rows, such as 5000."
        )
    return int(text)


def add_csv_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how a .csv file is written."""
    add = parser.add_argument_group("format of a .csv input").add_argument
    add(
        "--sep",
        type=_separator,
        metavar="CHAR",
        help="the character between the cells, such as ';' or '\\t' for a tab; "
        "default: ','",
    )
    add(
        "--decimal",
        choices=[".", ","],
        help="the decimal mark of numbers; default: '.'",
    )
    add(
        "--encoding",
        type=_encoding,
        metavar="NAME",
        help="the encoding of the text, such as latin-1, cp1252 or utf-16; default: "
        "utf-8",
    )
    add(
        "--na-values",
        type=_words,
        metavar="WORDS",
        help="words that stand for missing values besides empty cells, separated by "
        "commas, such as NA,?",
    )


def _separator(text: str) -> str:
    """Convert the value of --sep to a single character."""
    text = {"\\t": "\t", "tab": "\t"}.get(text, text)
    if len(text) != 1:
        raise argparse.ArgumentTypeError(
            f"{text!r} must be a single character, such as ';' or '\\t' for a tab."
        )
    return text


def _encoding(text: str) -> str:
    """Check the value of --encoding."""
    try:
        return codecs.lookup(text).name
    except LookupError:
        raise argparse.ArgumentTypeError(
            f"{text!r} must be an encoding that Python knows, such as latin-1 or "
            "cp1252."
        ) from None


def _words(text: str) -> list[str]:
    """Convert the value of --na-values to a list of words."""
    return text.split(",")


def add_task_option(parser: argparse.ArgumentParser, default: str | None) -> None:
    """Add the option --task."""
    parser.add_argument(
        "--task",
        choices=["auto", "classification", "regression"],
        default=default,
        help="whether the target holds classes or continuous values; default: auto, "
        "which decides by the values",
    )


def add_print_options(parser: argparse.ArgumentParser, *, text: str, json: str) -> None:
    """Add the options that choose what is printed: `text` by default, or `json`."""
    add = parser.add_argument
    add("--json", action="store_true", help=f"print {json} instead of the {text}")
    add("--quiet", action="store_true", help=f"print neither {text} nor progress bar")
    add(
        "--progress",
        action="store_true",
        help="show a progress bar even if stderr is not a terminal",
    )


def number(text: str) -> int | float:
    """Convert the text of an option to an int if possible, and otherwise to a float."""
    with contextlib.suppress(ValueError):
        return int(text)
    return float(text)


def names(text: str) -> list[str]:
    """Convert the value of --methods or --learners."""
    names = [name.strip() for name in text.split(",")]
    if "" in names:
        raise argparse.ArgumentTypeError(
            f"{text!r} must be a list of names separated by commas, such as a,b,c."
        )
    return names


def load_method(name: str) -> type[Any]:
    """Return the class of a method, with the output of its import sent to stderr."""
    timer = threading.Timer(
        SLOW_IMPORT_SECONDS,
        print,
        [f"Still importing the method {name!r}. Press Ctrl-C to stop."],
        {"file": sys.stderr},
    )
    timer.daemon = True
    timer.start()
    try:
        with contextlib.redirect_stdout(sys.stderr):
            return get_distiller(name)
    finally:
        timer.cancel()


def wants_progress_bar(args: argparse.Namespace) -> bool:
    """Return whether the options and the kind of stderr call for a progress bar."""
    return args.progress or (sys.stderr.isatty() and not args.quiet)


@contextlib.contextmanager
def one_line_warnings() -> Iterator[None]:
    """Print each different warning once, on one line of stderr.

    Warnings for developers are ignored.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        for category in (
            DeprecationWarning,
            PendingDeprecationWarning,
            FutureWarning,
            ImportWarning,
            ResourceWarning,
        ):
            warnings.simplefilter("ignore", category)
        warnings.showwarning = partial(_print_warning, printed=set())
        yield


def _print_warning(message: Warning | str, *_: Any, printed: set[str]) -> None:
    """Print a warning unless its text is among those that were printed."""
    text = one_line(message)
    if text not in printed:
        printed.add(text)
        print(f"warning: {text}", file=sys.stderr)


def one_line(text: Any) -> str:
    """Return a text on one line, with single spaces between its words."""
    return " ".join(str(text).split())


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return a sentence that names the known name closest to `name`, or nothing."""
    spelled = {str(other).lower(): other for other in known}
    close = difflib.get_close_matches(name.lower(), spelled, n=1)
    return f" Did you mean {spelled[close[0]]!r}?" if close else ""


def joined(names: Iterable[Any]) -> str:
    """Return names separated by commas, shortened after `MAX_NAMES` names."""
    texts = [str(name) for name in names]
    n_more = len(texts) - MAX_NAMES
    more = f" and {n_more} more" if n_more > 0 else ""
    return ", ".join(texts[:MAX_NAMES]) + more


def terminal_width() -> int | None:
    """Return the columns of the terminal; None if stdout is not a terminal.

    The environment variable COLUMNS takes precedence, as in other programs.
    """
    if not sys.stdout.isatty() and "COLUMNS" not in os.environ:
        return None
    return shutil.get_terminal_size().columns
