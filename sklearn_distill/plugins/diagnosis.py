"""Check which of the installed methods can be used, and report why the others cannot.

Every method is imported in a subprocess, because an import may hang, print or end the
interpreter.
"""

# SPDX-License-Identifier: BSD-3-Clause

import json
import os
import queue
import subprocess
import sys
import threading
from importlib.metadata import distributions
from typing import IO, Any, NamedTuple

from .registry import (
    GROUP,
    PluginError,
    PluginInfo,
    list_distillers,
    qualified_name,
)


class Diagnosis(NamedTuple):
    """The result of loading an installed method.

    Attributes
    ----------
    info : PluginInfo
        The method, as returned by `list_distillers`.
    status : {"ok", "clash", "broken"}
        "ok": the method can be used. "clash": the method can be loaded, but another
        distribution has a method of the same name. "broken": the method cannot be used.
    problem : str or None
        What is wrong with the method and, for a clash, which name to use instead. None
        if the status is "ok".
    """

    info: PluginInfo
    status: str
    problem: str | None


def diagnose_distillers(*, time_limit: float = 60.0) -> list[Diagnosis]:
    """Load every installed method in a subprocess and report which can be used.

    Parameters
    ----------
    time_limit : float, default=60.0
        Maximum number of seconds that the import of a method may take. The time for
        importing scikit-learn is not counted.

    Returns
    -------
    list of Diagnosis
        In the order of `list_distillers`.

    See Also
    --------
    sklearn_distill.list_distillers : List the methods without importing them.

    Examples
    --------
    >>> from sklearn_distill.plugins.diagnosis import diagnose_distillers
    >>> found = {d.info.name: d.status for d in diagnose_distillers()}
    >>> found["random"]
    'ok'
    """
    infos = list_distillers()
    problems: list[str | None] = []
    while len(problems) < len(infos):
        # If a method hangs or ends the subprocess, start another subprocess for the
        # methods that follow in the list.
        problems += _load_in_subprocess(infos[len(problems) :], time_limit)
    names = [info.name for info in infos]
    return [
        _diagnosis(info, problem, names.count(info.name) > 1)
        for info, problem in zip(infos, problems, strict=True)
    ]


def unreadable_distributions() -> list[str]:
    """Return a message for each distribution whose entry points cannot be read."""
    messages = []
    for distribution in distributions():
        try:
            distribution.entry_points.select(group=GROUP)
        except Exception as error:
            messages.append(
                f"The entry points of {_name_of(distribution)} cannot be read: "
                f"{type(error).__name__}: {error}"
            )
    return messages


def _name_of(distribution: Any) -> str:
    """Return the name of a distribution whose metadata may be damaged."""
    try:
        return distribution.metadata["Name"] or "a distribution without a name"
    except Exception:
        return "a distribution without metadata"


def _diagnosis(
    info: PluginInfo, problem: str | None, name_is_shared: bool
) -> Diagnosis:
    """Combine the problem of loading a method with the check for a name clash."""
    if problem is not None:
        return Diagnosis(info, "broken", problem)
    if name_is_shared:
        return Diagnosis(
            info,
            "clash",
            f"Several distributions have a method named {info.name!r}. Use "
            f"{qualified_name(info)!r} to select this one.",
        )
    return Diagnosis(info, "ok", None)


def _load_in_subprocess(infos: list[PluginInfo], time_limit: float) -> list[str | None]:
    """Return the problem of each method, or None for a method that can be loaded.

    The list ends with the first method that exceeds the time limit or that ends the
    subprocess.
    """
    worker = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "sklearn_distill.plugins.worker",
            *map(qualified_name, infos),
        ],
        # A module that reads from standard input at import must not wait for the user.
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        # The subprocess must find the same modules as this process.
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p or "." for p in sys.path)},
        text=True,
    )
    lines: queue.Queue[str] = queue.Queue()
    threading.Thread(
        target=_put_lines, args=(worker.stdout, lines), daemon=True
    ).start()
    problems: list[str | None] = []
    try:
        if not lines.get():
            raise PluginError(
                "No method can be loaded in a subprocess, because sklearn_distill "
                "itself cannot be imported there. To see the error, run: "
                "python -c 'import sklearn_distill.base'"
            )
        for _ in infos:
            try:
                line = lines.get(timeout=time_limit)
            except queue.Empty:
                problems.append(f"The import did not finish within {time_limit:g} s.")
                break
            if not line:
                code = worker.wait()
                problems.append(f"The import ended the interpreter (exit code {code}).")
                break
            problems.append(json.loads(line))
    finally:
        worker.kill()
        worker.wait()
    return problems


def _put_lines(stream: IO[str], lines: "queue.Queue[str]") -> None:
    """Put the lines of a stream into a queue, followed by an empty string."""
    with stream:
        for line in stream:
            lines.put(line)
    lines.put("")
