"""The progress bar of a comparison."""

# SPDX-License-Identifier: BSD-3-Clause

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(
    progress: bool | str, n_runs: int, n_done: int, name: str
) -> Iterator[Callable[[], None]]:
    """Yield a function to call after each run; it advances the bar, if one is shown."""
    show = sys.stderr.isatty() if progress == "auto" else bool(progress)
    if show:
        try:
            from rich.console import Console
            from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn
        except ImportError:
            show = False
            if progress is True:
                warnings.warn(
                    "The progress bar requires rich. Install it with: pip install "
                    "'sklearn-distill[progress]'",
                    stacklevel=4,
                )
    if not show:
        yield lambda: None
        return
    with Progress(
        *Progress.get_default_columns()[:2],
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    ) as bar:
        task = bar.add_task(name, total=n_runs, completed=n_done)
        yield lambda: bar.advance(task)
