"""Which of the installed methods can be used, and what is wrong with the others.

Each is loaded in another process: one that hangs, prints or ends its interpreter does
so there.
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

from .registry import GROUP, PluginError, PluginInfo, list_distillers


class Diagnosis(NamedTuple):
    """What loading a method showed.

    Attributes
    ----------
    info : PluginInfo
        The method, as `list_distillers` gives it.
    status : {"ok", "clash", "broken"}
        "clash": it loads, but other distributions have a method of this name.
    problem : str or None
        What is wrong, and for a clash which name to use instead.
    """

    info: PluginInfo
    status: str
    problem: str | None


def diagnose_distillers(*, time_limit: float = 60.0) -> list[Diagnosis]:
    """Load every installed method in another process, and say which can be used.

    Parameters
    ----------
    time_limit : float, default=60.0
        Seconds that a method may take to import, once scikit-learn is.

    Returns
    -------
    list of Diagnosis
        In the order of `list_distillers`.

    See Also
    --------
    sklearn_distill.list_distillers : The same list at once, without a look inside.

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
        # A process that hangs or dies is followed by one for the methods after it.
        problems += _load_elsewhere(infos[len(problems) :], time_limit)
    names = [info.name for info in infos]
    return [
        _judge(info, problem, names.count(info.name) > 1)
        for info, problem in zip(infos, problems, strict=True)
    ]


def unreadable_distributions() -> list[str]:
    """Return a line for each distribution whose entry points cannot be read."""
    complaints = []
    for distribution in distributions():
        try:
            distribution.entry_points.select(group=GROUP)
        except Exception as error:
            complaints.append(
                f"the entry points of {_name_of(distribution)} cannot be read: "
                f"{type(error).__name__}: {error}"
            )
    return complaints


def _name_of(distribution: Any) -> str:
    try:
        return distribution.metadata["Name"] or "a distribution without a name"
    except Exception:
        return "a distribution without metadata"


def _judge(info: PluginInfo, problem: str | None, is_shared: bool) -> Diagnosis:
    if problem is not None:
        return Diagnosis(info, "broken", problem)
    if is_shared:
        return Diagnosis(
            info,
            "clash",
            f"{info.name!r} stands for methods of several distributions. Say "
            f"{_key(info)!r} for this one.",
        )
    return Diagnosis(info, "ok", None)


def _key(info: PluginInfo) -> str:
    return f"{info.distribution}:{info.name}"


def _load_elsewhere(infos: list[PluginInfo], time_limit: float) -> list[str | None]:
    """Return what is wrong with each method, up to the first that ended the process."""
    worker = subprocess.Popen(
        [sys.executable, "-m", "sklearn_distill.plugins.worker", *map(_key, infos)],
        # No questions can be asked at import, and what is importable here is there.
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p or "." for p in sys.path)},
        text=True,
    )
    lines: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_pump, args=(worker.stdout, lines), daemon=True).start()
    problems: list[str | None] = []
    try:
        if not lines.get():
            raise PluginError(
                "No method can be loaded in another process: there the package itself "
                "cannot be imported. See: python -m sklearn_distill.base"
            )
        for _ in infos:
            try:
                line = lines.get(timeout=time_limit)
            except queue.Empty:
                problems.append(f"its import had not ended after {time_limit:g} s")
                break
            if not line:
                code = worker.wait()
                problems.append(f"its import ended the interpreter (exit code {code})")
                break
            problems.append(json.loads(line))
    finally:
        worker.kill()
        worker.wait()
    return problems


def _pump(stream: IO[str], lines: "queue.Queue[str]") -> None:
    """Hand on line by line, and an empty one at the end."""
    with stream:
        for line in stream:
            lines.put(line)
    lines.put("")
