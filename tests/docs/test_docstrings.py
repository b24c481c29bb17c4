"""Public docstrings follow the numpydoc format and document every parameter."""

import inspect

import pytest
from numpydoc.docscrape import NumpyDocString
from numpydoc.validate import validate

import sklearn_distill
from sklearn_distill import get_distiller, list_distillers

# Codes of numpydoc that scikit-learn ignores too.
IGNORED = {
    "GL01",  # the summary starts on the line of the opening quotes
    "GL02",  # a one-line docstring ends on the line of its text
    "RT02",  # returned values may have names
}
# Codes of descriptions that are optional where a type or a name is sufficient.
IGNORED |= {
    "PR07",  # a parameter may lack a description
    "RT03",  # a returned value may lack a description
    "PR08",  # a description may start with a lower-case symbol
}
# Extended summary, See Also and Examples are required for classes only, as in
# scikit-learn.
IGNORED_BELOW_CLASSES = IGNORED | {"ES01", "SA01", "EX01"}
# An abstract class has no example, and documents the parameters of its subclasses.
IGNORED_IF_ABSTRACT = IGNORED | {"EX01", "PR02"}

FUNCTIONS = [
    "sklearn_distill.analyze",
    "sklearn_distill.compare_distillers",
    "sklearn_distill.distilled_labels",
    "sklearn_distill.get_distiller",
    "sklearn_distill.list_distillers",
    "sklearn_distill.make_distill_pipeline",
    "sklearn_distill.merge_distilled",
    "sklearn_distill.student_report",
    "sklearn_distill.plugins.diagnose_distillers",
    "sklearn_distill.testing.check_distiller",
    "sklearn_distill.testing.expected_failed_checks",
    "sklearn_distill.testing.parametrize_with_distiller_checks",
]


def public_classes():
    """Return the exported classes and all registered methods."""
    exported = [getattr(sklearn_distill, name) for name in sklearn_distill.__all__]
    methods = [
        get_distiller(f"sklearn-distill:{info.name}")
        for info in list_distillers()
        if info.distribution == "sklearn-distill"
    ]
    classes = {c for c in exported + methods if inspect.isclass(c)}
    return sorted(classes, key=lambda c: c.__name__)


def path_of(cls):
    return f"{cls.__module__}.{cls.__qualname__}"


def public_methods():
    """Yield the path of each method and property that this package defines."""
    for cls in public_classes():
        for name, member in inspect.getmembers(cls):
            function = getattr(member, "fget", member)
            function = inspect.unwrap(function) if callable(function) else None
            home = getattr(function, "__module__", None) or ""
            if not name.startswith("_") and home.startswith("sklearn_distill"):
                yield f"{path_of(cls)}.{name}"


def docstring_errors(path, ignored):
    """Return the errors that numpydoc finds in a docstring, except ignored codes."""
    errors = validate(path)["errors"]
    return [f"{code}: {text}" for code, text in errors if code not in ignored]


@pytest.mark.parametrize("cls", public_classes(), ids=lambda c: c.__name__)
def test_class_docstring_follows_numpydoc(cls):
    ignored = IGNORED_IF_ABSTRACT if inspect.isabstract(cls) else IGNORED
    assert docstring_errors(path_of(cls), ignored) == []


@pytest.mark.parametrize("path", [*public_methods(), *FUNCTIONS])
def test_method_and_function_docstring_follows_numpydoc(path):
    assert docstring_errors(path, IGNORED_BELOW_CLASSES) == []


def test_every_public_function_is_in_the_list_of_functions():
    exported = [getattr(sklearn_distill, name) for name in sklearn_distill.__all__]
    functions = {f.__name__ for f in exported if inspect.isfunction(f)}
    assert functions <= {path.rpartition(".")[2] for path in FUNCTIONS}


@pytest.mark.parametrize("cls", public_classes(), ids=lambda c: c.__name__)
def test_documented_parameters_are_those_of_init_in_the_same_order(cls):
    documented = [p.name for p in NumpyDocString(inspect.getdoc(cls))["Parameters"]]
    if inspect.isabstract(cls):
        assert documented == list(cls._parameter_constraints)
    else:
        assert documented == list(inspect.signature(cls).parameters)


@pytest.mark.parametrize(
    "cls",
    [c for c in public_classes() if hasattr(c, "set_params")],
    ids=lambda c: c.__name__,
)
def test_documented_defaults_are_those_of_the_signature(cls):
    signature = inspect.signature(cls).parameters
    for parameter in NumpyDocString(inspect.getdoc(cls))["Parameters"]:
        _, stated, value = parameter.type.partition("default=")
        if not stated:
            required = inspect.isabstract(cls) or (
                signature[parameter.name].default is inspect.Parameter.empty
            )
            assert required, f"{parameter.name} has a default, but none is documented"
            continue
        default = repr(signature[parameter.name].default)
        documented = value.replace('"', "'")
        assert documented == default or float(documented) == float(default)
