"""Generate the API reference from the names that the package exports."""

# SPDX-License-Identifier: BSD-3-Clause

import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import sklearn_distill
from sklearn_distill import get_distiller, list_distillers

# Packages whose exports are public in addition to those of `sklearn_distill` itself.
PACKAGES = ("evaluation", "knowledge_distillation", "model_selection")
# Names that authors of methods and tools import. Names that `sklearn_distill` exports
# too are listed there only.
FOR_AUTHORS = {
    "base": [
        "BaseDistiller",
        "RowLearner",
        "Problem",
        "Kept",
        "Learned",
        "LearningSettings",
    ],
    "testing": [
        "check_distiller",
        "parametrize_with_distiller_checks",
        "expected_failed_checks",
    ],
    "plugins": ["PluginInfo", "PluginError", "diagnose_distillers", "Diagnosis"],
}


def groups() -> Iterator[tuple[str, str, list[str]]]:
    """Yield (title, module, names) for every part of the public API."""
    by_home: dict[str, list[str]] = {}
    for name, home in sklearn_distill._HOME_OF.items():
        by_home.setdefault(home, []).append(name)
    for home, names in by_home.items():
        yield title_of(home), "sklearn_distill", names
    for package in PACKAGES:
        if (Path(sklearn_distill.__file__).parent / package).is_dir():
            module = import_module(f"sklearn_distill.{package}")
            names = [n for n in module.__all__ if n not in sklearn_distill.__all__]
            if names:
                yield f"In {module.__name__}", module.__name__, names
    for module_name, author_names in FOR_AUTHORS.items():
        module = f"sklearn_distill.{module_name}"
        names = [n for n in author_names if n not in sklearn_distill.__all__]
        yield f"In {module}", module, names


def title_of(home: str) -> str:
    """Return the heading of a subpackage."""
    return home.replace("_", " ").capitalize()


def own_members(cls: type) -> list[tuple[str, str]]:
    """Return (directive, name) of each public member that this package defines."""
    found = []
    for name, member in inspect.getmembers(cls):
        function = getattr(member, "fget", member)
        function = inspect.unwrap(function) if callable(function) else None
        home = getattr(function, "__module__", None) or ""
        is_ours = home.startswith("sklearn_distill") and inspect.isroutine(function)
        if is_ours and not name.startswith("_"):
            kind = "autoproperty" if hasattr(member, "fget") else "automethod"
            found.append((kind, name))
    return found


def page(module: str, name: str) -> str:
    """Return the reStructuredText page of one public name."""
    member = getattr(import_module(module), name)
    lines = [name, "=" * len(name), "", f".. currentmodule:: {module}", ""]
    if inspect.isclass(member):
        lines += [f".. autoclass:: {name}", ""]
        lines += [
            f"   .. {kind}:: {attribute}" for kind, attribute in own_members(member)
        ]
    else:
        lines.append(f".. autofunction:: {name}")
    return "\n".join(lines) + "\n"


def index(parts: list[tuple[str, str, list[str]]]) -> str:
    """Return the page that lists all public names."""
    lines = ["API reference", "=============", ""]
    for title, module, names in parts:
        lines += [title, "-" * len(title), "", f".. currentmodule:: {module}", ""]
        lines += [".. autosummary::", "   :nosignatures:", ""]
        lines += [f"   {name}" for name in names] + [""]
    lines += [".. toctree::", "   :hidden:", "", "   methods"]
    lines += [f"   {module}.{name}" for _, module, names in parts for name in names]
    return "\n".join(lines) + "\n"


def methods_page(pages: Path) -> str:
    """Return the page that lists all built-in methods with their summaries."""
    title = "All methods"
    lines = [
        title,
        "=" * len(title),
        "",
        ".. currentmodule:: sklearn_distill",
        "",
        "The built-in methods. The command-line option ``--method`` and the function",
        "`get_distiller` take these names.",
        "",
        ".. list-table::",
        "   :header-rows: 1",
        "   :widths: 30 70",
        "",
        "   * - Name",
        "     - What it does",
    ]
    for info in list_distillers():
        if info.distribution != "sklearn-distill":
            continue
        cls = get_distiller(f"sklearn-distill:{info.name}")
        summary = inspect.getdoc(cls).split("\n\n")[0].replace("\n", " ")
        has_page = (pages / f"{info.name}.md").is_file()
        name = f"``{info.name}``"
        if has_page:
            name = f":doc:`{info.name} </methods/{info.name}>`"
        lines += [f"   * - {name}", f"     - `{cls.__name__}`: {summary}"]
    return "\n".join(lines) + "\n"


def write_api_pages(folder: Path) -> None:
    """Write the index, the list of methods and a page for each public name."""
    folder.mkdir(exist_ok=True)
    parts = list(groups())
    texts = {"index": index(parts), "methods": methods_page(folder.parent / "methods")}
    for _, module, names in parts:
        texts |= {f"{module}.{name}": page(module, name) for name in names}
    for old in folder.glob("*.rst"):
        if old.stem not in texts:
            old.unlink()
    for stem, text in texts.items():
        path = folder / f"{stem}.rst"
        # Leave unchanged files alone, because Sphinx reads files again that are newer
        # than its last build.
        if not path.is_file() or path.read_text() != text:
            path.write_text(text)
