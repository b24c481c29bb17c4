"""The command `sklearn-distill`: list, distill, compare and check methods.

Only the standard library is imported up here: ``list`` and ``--help`` answer at once.
"""

# SPDX-License-Identifier: BSD-3-Clause

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from .arguments import PROG, command_parser
from .data_files import one_line


class Interrupted(BaseException):
    """Ctrl-C was pressed.

    Not a KeyboardInterrupt: iterative methods take that as the wish to keep the rows
    that they have, and the command would write them over an older file.
    """


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    argv : list of str, default=None
        The arguments; None takes those of the process.

    Returns
    -------
    int
        The exit code: 0, or 1 if a check failed, 2 for wrong use or input, 130 after
        Ctrl-C, 141 if nobody reads the output any more.
    """
    debug = False
    try:
        with _ctrl_c_ends_it_all():
            try:
                args = command_parser().parse_args(argv)
            except SystemExit as after_help:
                return int(after_help.code or 0)
            debug = hasattr(args, "debug")
            code = args.run(args)
            sys.stdout.flush()
            return code
    except (Interrupted, KeyboardInterrupt) as interruption:
        notes = getattr(interruption, "__notes__", [])
        return _complain(" ".join(["interrupted", *notes]), code=130)
    except BrokenPipeError:
        # Else the interpreter flushes once more at its end, and complains.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Exception as error:
        if debug:
            raise
        return _complain(f"error: {_explain(error)}", code=2)


def _complain(message: str, code: int) -> int:
    print(f"{PROG}: {message}", file=sys.stderr)
    return code


def _explain(error: Exception) -> str:
    """Return in one line what went wrong."""
    text = one_line(error)
    refusals = (ValueError, TypeError, ArithmeticError, ImportError)
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, refusals) and text:
        return text
    return f"{type(error).__name__}: {text} (--debug shows where it happened)"


@contextlib.contextmanager
def _ctrl_c_ends_it_all() -> Iterator[None]:
    def interrupt(signum: int, frame: Any) -> NoReturn:
        raise Interrupted

    # Where SIGINT is ignored, as in the background of a script, it stays so.
    is_ours = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )
    if is_ours:
        signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        if is_ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
