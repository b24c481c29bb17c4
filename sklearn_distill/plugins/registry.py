"""Registry of the installed methods, based on entry points.

The methods of sklearn-distill and those of third parties are declared in the same
entry-point group. `list_distillers` reads the metadata of the installed distributions
and imports nothing. `get_distiller` imports a single method, so that a plugin that
cannot be imported does not affect the others.
"""

# SPDX-License-Identifier: BSD-3-Clause

import difflib
import inspect
import re
from importlib.metadata import EntryPoint, distributions, entry_points
from typing import Any, NamedTuple

GROUP = "sklearn_distill.distillers"


class PluginError(ImportError):
    """An installed method cannot be used."""


class PluginInfo(NamedTuple):
    """The metadata of an installed method.

    Attributes
    ----------
    name : str
        The name of the method, which `get_distiller` accepts.
    distribution : str
        The name of the distribution that provides the method.
    version : str
        The version of the distribution.
    value : str
        The location of the class, in the form ``package.module:Class``.
    """

    name: str
    distribution: str
    version: str
    value: str


def list_distillers() -> list[PluginInfo]:
    """Return the metadata of all installed methods, sorted by name.

    No method is imported, so that the list may contain methods that cannot be used;
    `diagnose_distillers` finds them. A name that two distributions use is listed twice.

    Returns
    -------
    list of PluginInfo

    See Also
    --------
    sklearn_distill.plugins.diagnose_distillers : Load every method.

    Examples
    --------
    >>> from sklearn_distill import list_distillers
    >>> names = {d.name for d in list_distillers()}
    >>> {"herding", "kernel-inducing-points"} <= names
    True
    """
    return sorted({_info(point) for point in _entry_points()})


def get_distiller(name: str) -> type[Any]:
    """Return the class of an installed method; no other method is imported.

    Parameters
    ----------
    name : str
        A name from `list_distillers`, or ``"distribution:name"`` if two distributions
        have a method of the same name.

    Returns
    -------
    type
        A subclass of `BaseDistiller`.

    Raises
    ------
    ValueError
        If no installed method has this name, or more than one.
    PluginError
        If the method cannot be imported, is not a concrete subclass of `BaseDistiller`,
        or was written for another version of the plugin API.

    Examples
    --------
    >>> from sklearn_distill import get_distiller
    >>> get_distiller("herding")(budget=5)
    HerdingSelection(budget=5)
    """
    distribution, _, method_name = name.rpartition(":")
    found = {_info(point): point for point in _entry_points()}
    matches = [
        info
        for info in sorted(found)
        if info.name == method_name
        and (
            not distribution
            or _normalized(info.distribution) == _normalized(distribution)
        )
    ]
    if not matches:
        known = sorted({info.name for info in found})
        close = difflib.get_close_matches(method_name, known, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise ValueError(
            f"No installed method is named {name!r}.{hint} The installed methods are: "
            f"{', '.join(known) or 'none'}."
        )
    if len(matches) > 1:
        qualified_names = " or ".join(map(qualified_name, matches))
        raise ValueError(
            f"{len(matches)} installed distributions have a method named "
            f"{method_name!r}. Select one of them: {qualified_names}."
        )
    return _load(matches[0], found[matches[0]])


def qualified_name(info: PluginInfo) -> str:
    """Return the name of a method with its distribution, which is always unique."""
    return f"{info.distribution}:{info.name}"


def _load(info: PluginInfo, point: EntryPoint) -> type[Any]:
    """Import the class of a method and check that it can be used."""
    method = (
        f"method {info.name!r} of {info.distribution} {info.version} ({info.value})"
    )
    try:
        cls = point.load()
    except (Exception, SystemExit) as error:
        raise PluginError(
            f"The {method} cannot be imported: {type(error).__name__}: {error}"
        ) from error
    except BaseException as interruption:
        # The user most likely pressed Ctrl-C because this import hangs.
        interruption.add_note(f"while importing the {method}")
        raise
    _check_class(cls, method, info.distribution)
    return cls


def _check_class(cls: Any, method: str, distribution: str) -> None:
    """Raise PluginError unless an imported object is a method that can be used."""
    from ..base.distiller import PLUGIN_API, BaseDistiller

    if not (inspect.isclass(cls) and issubclass(cls, BaseDistiller)):
        raise PluginError(
            f"The {method} cannot be used: it must be a subclass of BaseDistiller."
        )
    if inspect.isabstract(cls):
        missing = ", ".join(sorted(cls.__abstractmethods__))
        raise PluginError(
            f"The {method} does not implement the abstract methods of BaseDistiller: "
            f"{missing}."
        )
    # A class must not inherit the version of its base class, which may be newer than
    # the version that the class was written for.
    written_for = vars(cls).get("plugin_api")
    if written_for is None:
        raise PluginError(
            f"The {method} does not state the version of the plugin API that it was "
            "written for. Add this line to the body of the class: "
            f"plugin_api = {PLUGIN_API}"
        )
    if written_for != PLUGIN_API:
        is_newer = isinstance(written_for, int) and written_for > PLUGIN_API
        outdated = "sklearn-distill" if is_newer else distribution
        raise PluginError(
            f"The {method} was written for version {written_for} of the plugin API, "
            f"but the installed sklearn-distill supports version {PLUGIN_API}. Upgrade "
            f"{outdated}."
        )


def _entry_points() -> list[EntryPoint]:
    """Return the entry points of the group, without those that cannot be read."""
    try:
        return list(entry_points(group=GROUP))
    except Exception:
        # The metadata of at least one distribution are damaged. Read the others one by
        # one. If a distribution is found twice on the path, the first one is used, as
        # by importlib.metadata.entry_points.
        found: list[EntryPoint] = []
        seen: set[str] = set()
        for distribution in distributions():
            try:
                points = distribution.entry_points.select(group=GROUP)
                name = _normalized(distribution.metadata["Name"] or "")
            except Exception:
                continue
            if not name or name not in seen:
                found.extend(points)
            seen.add(name)
        return found


def _info(point: EntryPoint) -> PluginInfo:
    """Return the metadata of an entry point; a missing name is shown as "unknown"."""
    dist: Any = point.dist
    try:
        distribution, version = dist.name, dist.version
    except Exception:
        # A distribution that was only partly uninstalled may lack its metadata.
        distribution = version = None
    return PluginInfo(
        point.name, distribution or "unknown", version or "0", point.value
    )


def _normalized(distribution: str) -> str:
    """Return a distribution's name in the form in which installers compare names."""
    return re.sub(r"[-_.]+", "-", distribution).lower()
