"""Names, calls and parameters that the pages quote agree with the code.

The tests read fenced Python code and inline code. They check names of this package,
calls of its classes and functions, and parameters in the form `name=value`.
"""

# SPDX-License-Identifier: BSD-3-Clause

import ast
import builtins
import inspect
import re
from importlib import import_module, metadata
from pathlib import Path

import pytest

import sklearn_distill
from sklearn_distill import base
from sklearn_distill.testing import check_distiller, parametrize_with_distiller_checks

ROOT = Path(__file__).parents[2]
PUBLIC = {
    name: getattr(sklearn_distill, name)
    for name in sklearn_distill.__all__
    if callable(getattr(sklearn_distill, name))
}
PUBLIC |= {
    member.__name__: member
    for member in (
        *(base.Kept, base.Learned, base.LearningSettings, base.Problem),
        base.RowLearner,
        *(check_distiller, parametrize_with_distiller_checks),
    )
}
# Parameters and functions of other libraries, and of functions that users write.
FOREIGN_PARAMETERS = {
    *("allow_pickle", "weights_only"),
    *("cv", "early_stopping", "memory", "probability", "class_weight"),
    *("handle_unknown", "transform_input"),
    *("n_jobs", "shuffle", "min_samples_leaf", "return_std"),
}
FOREIGN_FUNCTIONS = {"clone", "named_modules", "transfer", *dir(builtins)}
DOTTED_NAME = re.compile(r"\bsklearn_distill(?:\.\w+)+")
PARAMETER = re.compile(r"(?:^|[(\s,])([a-z_]\w*)=(?!=)")


def resolve(dotted_name):
    """Return the object that a dotted name of this package refers to."""
    parts = dotted_name.split(".")
    for n_parts in range(len(parts), 0, -1):
        try:
            found = import_module(".".join(parts[:n_parts]))
        except ImportError:
            continue
        for attribute in parts[n_parts:]:
            found = getattr(found, attribute)
        return found
    raise ImportError(dotted_name)


def calls(code):
    """Return the calls in a piece of code, or [] if the code is not Python."""
    # `fit(X, y, sample_weight=None, ...)` abbreviates a signature.
    code = re.sub(r",\s*\.\.\.\s*\)", ")", code)
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return []
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def called_name(call):
    """Return the last part of the name of a called function."""
    return getattr(call.func, "attr", getattr(call.func, "id", None))


def candidates(name):
    """Return the public objects, and the methods of public classes, of this name."""
    if name in PUBLIC:
        return [PUBLIC[name]]
    classes = [member for member in PUBLIC.values() if inspect.isclass(member)]
    members = [getattr(cls, name) for cls in classes if hasattr(cls, name)]
    return [member for member in members if callable(member)]


def parameters_of(function):
    """Return the parameters of a function or method, without `self`."""
    parameters = inspect.signature(function).parameters
    return [p for name, p in parameters.items() if name != "self"]


def accepts(function, call, compare_names):
    """Return whether a signature accepts the arguments of a quoted call.

    With `compare_names`, the call quotes a signature, such as `fit(X, y)`: positional
    arguments have the names of the parameters, keyword arguments are named in the
    signature, and no required parameter is missing. A call without arguments only
    mentions the function.
    """
    parameters = parameters_of(function)
    kinds = {parameter.kind for parameter in parameters}
    names = [parameter.name for parameter in parameters]
    keywords = [keyword.arg for keyword in call.keywords if keyword.arg]
    takes_any_keyword = inspect.Parameter.VAR_KEYWORD in kinds and not compare_names
    if not takes_any_keyword and not set(keywords) <= set(names):
        return False
    if inspect.Parameter.VAR_POSITIONAL in kinds:
        return True
    is_keyword_only = [p.kind is inspect.Parameter.KEYWORD_ONLY for p in parameters]
    n_positional = (is_keyword_only + [True]).index(True)
    positional = [a for a in call.args if not isinstance(a, ast.Starred)]
    if len(positional) > n_positional:
        return False
    if not compare_names or not (call.args or call.keywords):
        return True
    required = [
        parameter.name
        for parameter in parameters[len(positional) :]
        if parameter.default is parameter.empty
        and parameter.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    quoted = [getattr(argument, "id", None) for argument in positional]
    return set(required) <= set(keywords) and all(
        name in (None, parameter)
        for name, parameter in zip(quoted, names, strict=False)
    )


def test_dotted_names_of_the_package_resolve(page):
    entry_point_groups = metadata.entry_points().groups
    for name in set(DOTTED_NAME.findall(page.text)) - set(entry_point_groups):
        resolve(name)


def test_calls_in_python_fences_have_existing_parameters(page):
    for language, code in page.fences:
        for call in calls(code) if language == "python" else []:
            name = called_name(call)
            if name in PUBLIC:
                is_accepted = accepts(PUBLIC[name], call, compare_names=False)
                assert is_accepted, ast.unparse(call)


def test_calls_in_inline_code_agree_with_a_signature(page):
    """A call such as `_objective(problem, real)` quotes the names of the parameters."""
    for code in page.inline_code:
        for call in calls(code):
            name = called_name(call)
            if name in FOREIGN_FUNCTIONS:
                continue
            found = candidates(name)
            if not found and isinstance(call.func, ast.Name) and name[0].isupper():
                # The class belongs to another library, as in SVC().
                continue
            assert any(accepts(f, call, compare_names=True) for f in found), code


def test_parameters_in_inline_code_exist(page):
    """`name=value` is a parameter of a class or function that the page names."""
    named = {name: member for name, member in PUBLIC.items() if name in page.text}
    known = set(FOREIGN_PARAMETERS)
    for member in named.values() or PUBLIC.values():
        known |= {parameter.name for parameter in parameters_of(member)}
        if inspect.isclass(member):
            methods = inspect.getmembers(member, inspect.isroutine)
            for _, method in methods:
                try:
                    known |= {parameter.name for parameter in parameters_of(method)}
                except (TypeError, ValueError):
                    # Methods implemented in C may have no signature.
                    continue
    for code in page.inline_code:
        if code.startswith(("$", "-", "sklearn-distill ", "python ")):
            continue
        missing = set(PARAMETER.findall(code)) - known
        assert not missing, f"{code}: {sorted(missing)}"


def test_plugin_api_of_the_pages_is_the_current_one(page):
    versions = re.findall(r"plugin_api = (\d+)", page.text)
    assert set(versions) <= {str(base.PLUGIN_API)}


@pytest.mark.parametrize(
    ("code", "is_accepted"),
    [
        ("_distill(problem)", True),
        ("_distill(data)", False),
        ("_objective(problem, real)", True),
        ("_objective(problem)", False),
        ("_objective(problem, batch)", False),
        ("fit_distill(X, y)", True),
        ("fit(X, y, X_unlabeled=None, ...)", True),
        ("fit(X, y, unlabeled=None)", False),
        ("HerdingSelection(bandwidth=1)", True),
        ("HerdingSelection(bandwith=1)", False),
        ("HerdingSelection(10, 'equal')", False),
        ("get_distiller('herding')", True),
        ("make_distill_pipeline(scaler, distiller)", True),
    ],
)
def test_accepts_compares_a_call_with_the_signature(code, is_accepted):
    [call] = calls(code)
    found = candidates(called_name(call))
    assert found
    assert any(accepts(f, call, compare_names=True) for f in found) == is_accepted


@pytest.mark.parametrize(
    "path",
    [*ROOT.glob("plugins/*/src/**/*.py"), *ROOT.glob("docs/examples/*.py")],
    ids=lambda path: path.stem,
)
def test_authors_import_from_base_only(path):
    """The names that methods consist of are imported from `sklearn_distill.base`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module != "sklearn_distill.base":
            imported = {alias.name for alias in node.names}
            assert not imported & set(base.__all__), ast.unparse(node)
