"""Methods arrive as plugins: entry points of one group, ours among them.

Listing reads the metadata of installed distributions and imports nothing. Getting a
method imports that one alone, so that a broken plugin breaks nobody else.
"""

# SPDX-License-Identifier: BSD-3-Clause

import difflib
import inspect
import re
from importlib.metadata import EntryPoint, distributions, entry_points
from typing import Any, NamedTuple

GROUP = "sklearn_distill.distillers"


class PluginError(ImportError):
    """A method is there by name, but cannot be used."""


class PluginInfo(NamedTuple):
    """What the metadata say of a method.

    Attributes
    ----------
    name : str
        The method's name, for `get_distiller`.
    distribution : str
        The installed distribution that it comes from.
    version : str
        That distribution's version.
    value : str
        Where the class is: ``package.module:Class``.
    """

    name: str
    distribution: str
    version: str
    value: str


def list_distillers() -> list[PluginInfo]:
    """Return all methods that are installed, sorted by name.

    Nothing is imported: a method in the list may still turn out to be broken, which
    `diagnose_distillers` finds out. A name that two distributions give stands in the
    list twice.

    Returns
    -------
    list of PluginInfo

    See Also
    --------
    sklearn_distill.plugins.diagnosis.diagnose_distillers : Which of them work.

    Examples
    --------
    >>> from sklearn_distill import list_distillers
    >>> names = {d.name for d in list_distillers()}
    >>> {"herding", "kernel-inducing-points"} <= names
    True
    """
    return sorted({_info(point) for point in _entry_points()})


def get_distiller(name: str) -> type[Any]:
    """Return the class of a method; no other is imported.

    Parameters
    ----------
    name : str
        A name from `list_distillers`, or ``"distribution:name"`` where two
        distributions give the same name.

    Returns
    -------
    type
        A subclass of `BaseDistiller`.

    Raises
    ------
    ValueError
        If there is no such method, or more than one.
    PluginError
        If it cannot be imported, is no distiller, or was written for another version
        of the plugin contract.

    Examples
    --------
    >>> from sklearn_distill import get_distiller
    >>> get_distiller("herding")(budget=5)
    HerdingSelection(budget=5)
    """
    distribution, _, bare = name.rpartition(":")
    found = {_info(point): point for point in _entry_points()}
    matches = [
        info
        for info in sorted(found)
        if info.name == bare
        and (not distribution or _same(info.distribution, distribution))
    ]
    if not matches:
        known = sorted({info.name for info in found})
        close = difflib.get_close_matches(bare, known, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise ValueError(
            f"There is no method {name!r} installed.{hint} There are: "
            f"{', '.join(known) or 'none'}."
        )
    if len(matches) > 1:
        keys = " or ".join(f"{info.distribution}:{info.name}" for info in matches)
        raise ValueError(
            f"{len(matches)} installed distributions have a method {bare!r}. Say which "
            f"one you mean: {keys}."
        )
    return _load(matches[0], found[matches[0]])


def _load(info: PluginInfo, point: EntryPoint) -> type[Any]:
    origin = (
        f"method {info.name!r} of {info.distribution} {info.version} ({info.value})"
    )
    try:
        cls = point.load()
    except (Exception, SystemExit) as error:
        raise PluginError(
            f"{origin} cannot be imported: {type(error).__name__}: {error}"
        ) from error
    except BaseException as interruption:
        # Ctrl-C, most likely because the import hangs: say whose.
        interruption.add_note(f"while importing {origin}")
        raise
    from ..base.distiller import PLUGIN_API, BaseDistiller

    if not (inspect.isclass(cls) and issubclass(cls, BaseDistiller)):
        raise PluginError(f"{origin} is no subclass of BaseDistiller.")
    if inspect.isabstract(cls):
        missing = ", ".join(sorted(cls.__abstractmethods__))
        raise PluginError(f"{origin} does not define {missing}.")
    written_for = vars(cls).get("plugin_api")
    if written_for is None:
        raise PluginError(
            f"{origin} does not say which plugin contract it was written for. Its "
            f"class needs the line: plugin_api = {PLUGIN_API}"
        )
    if written_for != PLUGIN_API:
        is_newer = isinstance(written_for, int) and written_for > PLUGIN_API
        newer = "sklearn-distill" if is_newer else info.distribution
        raise PluginError(
            f"{origin} was written for plugin contract {written_for}, and this version "
            f"of sklearn-distill has {PLUGIN_API}. Upgrade {newer}."
        )
    return cls


def _entry_points() -> list[EntryPoint]:
    """Return the entry points of the group, as many as can be read."""
    try:
        return list(entry_points(group=GROUP))
    except Exception:
        # One distribution with damaged metadata is enough. The others, one by one; as
        # for Python itself, the first of a name on the path hides those after it.
        found: list[EntryPoint] = []
        seen: set[str] = set()
        for distribution in distributions():
            try:
                points = distribution.entry_points.select(group=GROUP)
                name = _normalised(distribution.metadata["Name"] or "")
            except Exception:
                continue
            if not name or name not in seen:
                found.extend(points)
            seen.add(name)
        return found


def _info(point: EntryPoint) -> PluginInfo:
    dist: Any = point.dist
    try:
        distribution, version = dist.name, dist.version
    except Exception:
        # What a half-removed installation leaves behind must not break the list.
        distribution = version = None
    return PluginInfo(
        point.name, distribution or "unknown", version or "0", point.value
    )


def _same(one: str, other: str) -> bool:
    return _normalised(one) == _normalised(other)


def _normalised(distribution: str) -> str:
    """Return a name as installers compare it: case and -_. do not count."""
    return re.sub(r"[-_.]+", "-", distribution).lower()
