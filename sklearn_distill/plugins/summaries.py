"""The first docstring line of an installed method, read without importing the method.

A class is located by its name in the source files: a package that imports the class
from one of its modules is followed to this module.
"""

# SPDX-License-Identifier: BSD-3-Clause

import ast
import sys
from functools import cache
from importlib.machinery import ModuleSpec
from pathlib import Path

# Maximum number of modules that are followed to the definition of a class.
MAX_IMPORTS = 5


def summary_of(value: str) -> str:
    """Return the first docstring line of a class, or "" if the class is not found.

    Parameters
    ----------
    value : str
        The location of the class, in the form ``package.module:Class``.

    Returns
    -------
    str

    Examples
    --------
    >>> from sklearn_distill.plugins.summaries import summary_of
    >>> summary_of("sklearn_distill.selection:RandomSelection")
    'Keep random rows of each class.'
    """
    module, _, name = value.partition(":")
    try:
        for _ in range(MAX_IMPORTS):
            package, body = _module_body(module)
            found = _definition_or_source(body, name, package)
            if isinstance(found, ast.ClassDef):
                lines = (ast.get_docstring(found) or "").splitlines()
                return lines[0].strip() if lines else ""
            if found is None:
                break
            module, name = found
    except Exception:
        # The files of a third party may be missing, damaged or not written in Python.
        pass
    return ""


def _definition_or_source(
    body: list[ast.stmt], name: str, package: str
) -> ast.ClassDef | tuple[str, str] | None:
    """Return a class of a module, or the module and name from which it is imported."""
    for statement in body:
        if isinstance(statement, ast.ClassDef) and statement.name == name:
            return statement
        if isinstance(statement, ast.ImportFrom):
            for alias in statement.names:
                if (alias.asname or alias.name) == name:
                    return _absolute(statement, package), alias.name
    return None


def _absolute(statement: ast.ImportFrom, package: str) -> str:
    """Return the full name of the module from which a statement imports."""
    if not statement.level:
        return str(statement.module)
    parents = package.split(".")[: len(package.split(".")) - statement.level + 1]
    return ".".join([*parents, *([statement.module] if statement.module else [])])


@cache
def _module_body(module: str) -> tuple[str, list[ast.stmt]]:
    """Return the package of a module and the statements of its source file."""
    spec = _find_spec(module)
    if spec is None or not str(spec.origin).endswith(".py"):
        return module, []
    is_package = spec.submodule_search_locations is not None
    package = module if is_package else module.rpartition(".")[0]
    return package, ast.parse(Path(str(spec.origin)).read_bytes()).body


def _find_spec(module: str) -> ModuleSpec | None:
    """Return the spec of a module without importing its parent packages."""
    spec, path = None, None
    parts = module.split(".")
    for depth in range(1, len(parts) + 1):
        name = ".".join(parts[:depth])
        found = (finder.find_spec(name, path) for finder in sys.meta_path)
        spec = next((one for one in found if one is not None), None)
        if spec is None:
            return None
        path = spec.submodule_search_locations
    return spec
