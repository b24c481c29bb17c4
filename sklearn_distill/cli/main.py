"""The entry point of `sklearn-distill`: parse the arguments and run a command.

Only the standard library is imported at the top, so that ``list`` and ``--help``
respond fast.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import contextlib
import os
import re
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from .. import __version__
from .._utils.optional import import_shtab
from . import check, compare, distill, list_methods, report, search
from ._common import PROG, InputError, Parser, one_line

EPILOG = """\
examples:
  sklearn-distill list
  sklearn-distill list --check
  sklearn-distill report table.csv --target label -o report.html
  sklearn-distill distill table.csv --target label --method herding -o small.csv
  sklearn-distill distill images.npz --method kernel-inducing-points --budget 20 \\
      --set image_shape=1,28,28 --set max_time=60 -o small.npz
  sklearn-distill compare table.csv --target label --methods random,herding \\
      --budget 5,10,50 -o scores.csv
  sklearn-distill search table.csv --target label --estimator svm \\
      --grid grid.toml --budget 100 -o best.json
  sklearn-distill check herding

exit codes:
  0    success
  1    a check failed
  2    wrong usage, or input that cannot be distilled
  130  interrupted by Ctrl-C; no output is written, except for the scores of a
       comparison, which the same command continues
"""


class Interrupted(BaseException):
    """Ctrl-C was pressed.

    The class does not derive from KeyboardInterrupt, because iterative methods catch
    KeyboardInterrupt and return the rows that they have learned so far. The command
    would then replace an existing output file by an unfinished distilled set.
    """


class PrintCompletion(argparse.Action):
    """Print the completion script of a shell and exit."""

    def __call__(self, parser: Any, namespace: Any, values: Any, *_: Any) -> None:
        shtab = import_shtab()
        commands = next(a for a in parser._actions if isinstance(a.choices, dict))
        for command in commands.choices.values():
            for action in command._actions:
                if action.type is Path:
                    action.complete = shtab.FILE
        print(shtab.complete(parser, shell=values))
        parser.exit()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command-line program.

    Parameters
    ----------
    argv : list of str, default=None
        The arguments. None means the arguments of the process.

    Returns
    -------
    int
        The exit code: 0 for success, 1 if a check failed, 2 for wrong usage or invalid
        input, 130 after Ctrl-C, 141 if the reader of stdout has closed it.
    """
    args = argparse.Namespace()
    try:
        with _interrupt_on_ctrl_c():
            try:
                args = _parser().parse_args(argv)
            except SystemExit as exit_after_help:
                return int(exit_after_help.code or 0)
            code = args.run(args)
            sys.stdout.flush()
            return code
    except (Interrupted, KeyboardInterrupt) as interruption:
        notes = getattr(interruption, "__notes__", [])
        return _fail(" ".join(["interrupted", *notes]), code=130)
    except BrokenPipeError:
        # Replace stdout, because the interpreter flushes it once more at exit and would
        # print another error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Exception as error:
        if hasattr(args, "debug"):
            raise
        return _fail(f"error: {_message(error, args)}", code=2)


def _parser() -> Parser:
    """Return the parser, which stores the function of the command as `run`."""
    # The default is SUPPRESS because --debug is accepted before and after the name of
    # the command, and the default of the subparser would override the first.
    debug = Parser(add_help=False)
    debug.add_argument(
        "--debug",
        action="store_true",
        default=argparse.SUPPRESS,
        help="show the traceback of an error",
    )
    parser = Parser(
        prog=PROG,
        description="Dataset distillation (condensation): replace a training set by a "
        "much smaller one.",
        epilog=EPILOG,
        parents=[debug],
    )
    parser.add_argument("--version", action="version", version=f"{PROG} {__version__}")
    parser.add_argument(
        "--print-completion",
        action=PrintCompletion,
        choices=["bash", "zsh", "tcsh"],
        metavar="SHELL",
        help="print a script that completes commands, options and file names in bash, "
        "zsh or tcsh; requires the package shtab",
    )
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in (list_methods, report, distill, compare, search, check):
        command.add_parser(subparsers, parents=[debug])
    return parser


def _fail(message: str, code: int) -> int:
    """Print a message to stderr and return the exit code."""
    print(f"{PROG}: {message}", file=sys.stderr)
    return code


def _message(error: Exception, args: argparse.Namespace) -> str:
    """Describe an error on one line.

    The messages of common error types are written for users. For any other type the
    description includes the type. `args` has no attributes if the error is in the
    arguments.
    """
    text = one_line(error)
    if _is_single_class_error(error):
        name = getattr(args, "target", None)
        target = "the target" if name is None else f"the target {name!r}"
        unlabeled = ", or pass --no-target if there are no labels"
        return (
            f"{target} has a single class, but classification needs at least 2 "
            "classes. Name another column or array with --target"
            f"{unlabeled if hasattr(args, 'no_target') else ''}."
        )
    if hasattr(args, "task"):
        # The messages of the package name the parameter; the command has an option.
        text = re.sub(r"\btask='(\w+)'", r"--task \1", text)
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, ValueError | TypeError | ArithmeticError | ImportError):
        if text:
            return text
    return f"{type(error).__name__}: {text} (--debug shows the traceback)"


def _is_single_class_error(error: Exception) -> bool:
    """Tell whether the target of the command contains a single class."""
    if isinstance(error, InputError) or not isinstance(error, ValueError):
        # The import below takes longer than the response to wrong usage should.
        return False
    from ..validation.targets import SingleClassError

    return isinstance(error, SingleClassError)


@contextlib.contextmanager
def _interrupt_on_ctrl_c() -> Iterator[None]:
    """Raise Interrupted on SIGINT, unless the process handles SIGINT differently."""

    def interrupt(signum: int, frame: Any) -> NoReturn:
        raise Interrupted

    # A process that a shell script starts in the background ignores SIGINT.
    is_default = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )
    if is_default:
        signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        if is_default:
            signal.signal(signal.SIGINT, signal.default_int_handler)
