"""Generate the API reference from the names that the package exports."""

# SPDX-License-Identifier: BSD-3-Clause

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import sklearn_distill
from sklearn_distill import get_distiller, list_distillers

# The public names by task: (title, introduction, names). A name without a section is
# added to the last section of its module, so that a new name cannot be forgotten.
TASKS = [
    (
        "Select real rows",
        "Methods that keep real rows of each class (coreset selection).",
        "RandomSelection HerdingSelection KMeansSelection KCenterSelection "
        "SubmodularSelection UncertaintySelection ForgettingSelection "
        "GradientNormSelection",
    ),
    (
        "Learn new rows",
        "Methods that learn rows by gradient descent.",
        "KernelInducingPoints NeuralFeatureRegression MetaLearning "
        "DistributionMatching MultiLayerDistributionMatching GradientMatching "
        "TrajectoryMatching",
    ),
    (
        "Train estimators on distilled rows",
        "Estimators that distill the rows and train a model on them.",
        "DistilledClassifier DistilledRegressor make_distill_pipeline "
        "DistillationSampler",
    ),
    (
        "Search on distilled rows",
        "Searches of hyper-parameters or architectures, confirmed on all rows.",
        "DistilledSearchCV",
    ),
    (
        "Streams and large data",
        "Distillation in parts, of batches, files and partitions.",
        "StreamingDistiller PartitionDistiller merge_distilled",
    ),
    (
        "Segmentation and detection",
        "Masks and boxes from a few distilled pixels, scenes or tiles.",
        "DistilledSegmenter DistilledDetector PixelFeatures SceneComposer "
        "TileSelection UNetSegmenter CenterPointDetector SegmentationDisplay "
        "DetectionDisplay DistilledPixelsDisplay",
    ),
    (
        "Distilled sets",
        "What a fit returns: rows, labels, weights and files.",
        "DistilledSet DistilledArray distilled_labels",
    ),
    (
        "Teach small models",
        "Knowledge distillation: a student is trained on the predictions of a teacher.",
        "KnowledgeDistillationClassifier KnowledgeDistillationRegressor student_report",
    ),
    (
        "Evaluate",
        "Analyze a data set, compare methods, and report on one distilled set.",
        "analyze compare_distillers Comparison DistillationReport",
    ),
    (
        "Displays",
        "Plots of distilled rows and of comparisons.",
        "DistilledImagesDisplay DistilledRowsDisplay MarginalsDisplay "
        "SoftLabelsDisplay RecoveryCurveDisplay CriticalDifferenceDisplay "
        "LossHistoryDisplay",
    ),
    (
        "Find and write methods",
        "Discovery of installed methods, and the base class of every method.",
        "list_distillers get_distiller BaseDistiller",
    ),
]
# Packages whose exports are public in addition to those of `sklearn_distill` itself.
PACKAGES = {
    "evaluation": "Measures",
    "knowledge_distillation": "Losses of students",
    "model_selection": "Displays of searches",
    "streaming": "Functions for streams",
    "dense": "Functions for segmentation and detection",
}
# Names that authors of methods and tools import. Names that `sklearn_distill` exports
# too are listed there only.
FOR_AUTHORS = {
    "base": "RowLearner Problem Kept Learned LearningSettings",
    "testing": "check_distiller parametrize_with_distiller_checks "
    "expected_failed_checks",
    "plugins": "PluginInfo PluginError diagnose_distillers Diagnosis",
}
AUTHOR_TITLES = {
    "base": "For authors of methods",
    "testing": "Checks of methods",
    "plugins": "Plugins",
}
# Methods that every scikit-learn estimator has and that this package does not define.
INHERITED = (
    "get_metadata_routing",
    "get_params",
    "set_callbacks",
    "set_output",
    "set_params",
)


def sections() -> Iterator[tuple[str, str, list[str]]]:
    """Yield (title, module, names) for every part of the public API."""
    listed = {name for _, _, names in TASKS for name in names.split()}
    others: dict[str, list[str]] = {}
    for name, home in sklearn_distill._HOME_OF.items():
        if name not in listed:
            others.setdefault(home, []).append(name)
    for title, _, names in TASKS:
        exported = [name for name in names.split() if name in sklearn_distill._HOME_OF]
        yield title, "sklearn_distill", exported
    for home, names in others.items():
        yield title_of(home), "sklearn_distill", names
    for package, title in PACKAGES.items():
        if (Path(sklearn_distill.__file__).parent / package).is_dir():
            module = import_module(f"sklearn_distill.{package}")
            names = [n for n in module.__all__ if n not in sklearn_distill.__all__]
            if names:
                yield title, module.__name__, names
    for module_name, author_names in FOR_AUTHORS.items():
        yield (
            AUTHOR_TITLES[module_name],
            f"sklearn_distill.{module_name}",
            [*author_names.split()],
        )


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


def inherited_members(cls: type) -> list[str]:
    """Return the lines that list the methods that scikit-learn provides."""
    names = [name for name in INHERITED if hasattr(cls, name)]
    names += [
        name
        for name in dir(cls)
        if name.startswith("set_") and name.endswith("_request")
    ]
    if not names:
        return []
    lines = ["", "   .. rubric:: Methods of scikit-learn", "", "   .. list-table::"]
    lines += ["      :widths: 35 65", ""]
    for name in names:
        doc = inspect.getdoc(getattr(cls, name)) or ""
        summary = " ".join(doc.split("\n\n")[0].split()).replace("`", "``")
        summary = re.sub("`{3,}", "``", summary).replace("*", r"\*")
        lines += [f"      * - ``{name}``", f"        - {summary}"]
    return lines


def page(module: str, name: str) -> str:
    """Return the reStructuredText page of one public name."""
    member = getattr(import_module(module), name)
    lines = [name, "=" * len(name), "", f".. currentmodule:: {module}", ""]
    if inspect.isclass(member):
        lines += [f".. autoclass:: {name}", ""]
        lines += [
            f"   .. {kind}:: {attribute}" for kind, attribute in own_members(member)
        ]
        lines += inherited_members(member)
    else:
        lines.append(f".. autofunction:: {name}")
    lines += ["", f".. minigallery:: {module}.{name}", "   :add-heading: Examples"]
    return "\n".join(lines) + "\n"


def index(parts: list[tuple[str, str, list[str]]]) -> str:
    """Return the page that lists all public names."""
    introductions = {title: introduction for title, introduction, _ in TASKS}
    lines = ["API reference", "=============", ""]
    lines += [
        "The public names, by task. :doc:`methods` lists all methods by name.",
        "",
    ]
    for title, module, names in parts:
        lines += [title, "-" * len(title), ""]
        lines += [introductions.get(title, f"In ``{module}``."), ""]
        lines += [f".. currentmodule:: {module}", ""]
        lines += [".. autosummary::", "   :nosignatures:", ""]
        lines += [f"   {name}" for name in names] + [""]
        lines += [".. toctree::", "   :hidden:", f"   :caption: {title}", ""]
        lines += [f"   {name} <{module}.{name}>" for name in names] + [""]
    lines += [".. toctree::", "   :hidden:", "   :caption: All names", "", "   methods"]
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
    parts = list(sections())
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
