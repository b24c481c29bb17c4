"""Public docstrings are in numpydoc's form, and name every parameter."""

import inspect

import pytest
from numpydoc.docscrape import NumpyDocString
from numpydoc.validate import validate

import sklearn_distill
from sklearn_distill import get_distiller, list_distillers

# What scikit-learn ignores too.
IGNORED = {
    "GL01",  # the summary starts on the line of the quotes
    "GL02",  # and short docstrings end on it
    "RT02",  # returned values have names
}
# What this code base leaves out where a type or a name says it all.
IGNORED |= {
    "PR07",  # a parameter's description
    "RT03",  # a returned value's description
    "PR08",  # the capital letter of a description that starts with a symbol
}
# A class tells the story once; its methods need not repeat it. So does scikit-learn.
IGNORED_BELOW_CLASSES = IGNORED | {"ES01", "SA01", "EX01"}
# Nobody calls an abstract class, and its parameters are those of its subclasses.
IGNORED_IF_ABSTRACT = IGNORED | {"EX01", "PR02"}

FUNCTIONS = [
    "sklearn_distill.analyze",
    "sklearn_distill.compare_distillers",
    "sklearn_distill.distilled_labels",
    "sklearn_distill.get_distiller",
    "sklearn_distill.list_distillers",
    "sklearn_distill.make_distill_pipeline",
    "sklearn_distill.student_report",
    "sklearn_distill.plugins.diagnose_distillers",
    "sklearn_distill.testing.check_distiller",
    "sklearn_distill.testing.expected_failed_checks",
    "sklearn_distill.testing.parametrize_with_distiller_checks",
]


def public_classes():
    """The classes that users name: exported ones and all registered methods."""
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
    """Paths of the methods and properties that this package wrote, for each class."""
    for cls in public_classes():
        for name, member in inspect.getmembers(cls):
            function = getattr(member, "fget", member)
            function = inspect.unwrap(function) if callable(function) else None
            home = getattr(function, "__module__", None) or ""
            if not name.startswith("_") and home.startswith("sklearn_distill"):
                yield f"{path_of(cls)}.{name}"


def complaints(path, ignored):
    errors = validate(path)["errors"]
    return [f"{code}: {text}" for code, text in errors if code not in ignored]


@pytest.mark.parametrize("cls", public_classes(), ids=lambda c: c.__name__)
def test_class_docstring(cls):
    ignored = IGNORED_IF_ABSTRACT if inspect.isabstract(cls) else IGNORED
    assert complaints(path_of(cls), ignored) == []


@pytest.mark.parametrize("path", [*public_methods(), *FUNCTIONS])
def test_method_and_function_docstring(path):
    assert complaints(path, IGNORED_BELOW_CLASSES) == []


def test_every_public_function_is_among_those_checked():
    exported = [getattr(sklearn_distill, name) for name in sklearn_distill.__all__]
    functions = {f.__name__ for f in exported if inspect.isfunction(f)}
    assert functions <= {path.rpartition(".")[2] for path in FUNCTIONS}


@pytest.mark.parametrize("cls", public_classes(), ids=lambda c: c.__name__)
def test_every_init_parameter_is_documented_and_no_other(cls):
    """In the order of the signature, so that the page reads as the call is written."""
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
