"""Methods are found through the entry points of installed distributions."""

# SPDX-License-Identifier: BSD-3-Clause

import json
import subprocess
import sys

import pytest

import sklearn_distill
from sklearn_distill import BaseDistiller, get_distiller, list_distillers
from sklearn_distill._utils.names import kebab_case
from sklearn_distill.plugins.registry import PluginError, qualified_name

GOOD = """
    from sklearn_distill import RandomSelection

    class Pick(RandomSelection):
        plugin_api = 1
"""


def test_list_distillers_imports_nothing(install):
    """Neither the modules of the methods nor torch nor scikit-learn are imported."""
    folder = install(
        "acme-distill",
        {"acme": "acme_methods:Pick"},
        module="acme_methods",
        code="raise RuntimeError('imported')",
    )
    code = (
        f"import sys; sys.path.insert(0, {str(folder)!r})\n"
        "import json, sys\n"
        "import sklearn_distill\n"
        "names = [d.name for d in sklearn_distill.list_distillers()]\n"
        "heavy = ['torch', 'sklearn', 'numpy', 'acme_methods']\n"
        "print(json.dumps([names, [m for m in heavy if m in sys.modules]]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    names, loaded = json.loads(done.stdout)
    assert "acme" in names
    assert "kernel-inducing-points" in names
    assert loaded == []


def test_installed_plugin_is_listed_and_loaded(install):
    install("acme-distill", {"acme": "acme_good:Pick"}, module="acme_good", code=GOOD)
    [info] = [d for d in list_distillers() if d.name == "acme"]
    assert info == ("acme", "acme-distill", "2.5", "acme_good:Pick")
    assert qualified_name(info) == "acme-distill:acme"
    names = [d.name for d in list_distillers()]
    assert names == sorted(names)
    assert "random" in names
    cls = get_distiller("acme")
    assert issubclass(cls, BaseDistiller)
    assert cls.__module__ == "acme_good"


def test_get_distiller_imports_a_single_method(install):
    install(
        "two",
        {"one": "two_first:Pick", "other": "two_second:Pick"},
        module="two_first",
        code=GOOD,
    )
    get_distiller("one")
    assert "two_first" in sys.modules
    assert "two_second" not in sys.modules


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("raise RuntimeError('no license')", "RuntimeError: no license"),
        ("import a_module_that_is_not_there", "ModuleNotFoundError"),
        ("def (:", "SyntaxError"),
        ("import sys; sys.exit('needs a newer Python')", "SystemExit: needs a newer"),
        ("", "AttributeError"),
    ],
)
def test_plugin_error_names_the_plugin_and_the_cause(install, code, cause):
    """A plugin that cannot be imported does not affect the list or other methods."""
    install(
        "broken-distill", {"broken": "broken_one:Pick"}, module="broken_one", code=code
    )
    assert "broken" in [d.name for d in list_distillers()]
    assert get_distiller("random").__name__ == "RandomSelection"
    with pytest.raises(PluginError) as caught:
        get_distiller("broken")
    message = str(caught.value)
    assert (
        "The method 'broken' of broken-distill 2.5 (broken_one:Pick) cannot be "
        "imported: "
    ) in message
    assert cause in message
    assert caught.value.__cause__ is not None


def test_interrupted_import_has_a_note_that_names_the_plugin(install):
    install(
        "slow-distill",
        {"slow": "slow_one:Pick"},
        module="slow_one",
        code="raise KeyboardInterrupt",
    )
    with pytest.raises(KeyboardInterrupt) as caught:
        get_distiller("slow")
    assert caught.value.__notes__ == [
        "while importing the method 'slow' of slow-distill 2.5 (slow_one:Pick)"
    ]


def test_distribution_without_metadata_does_not_affect_other_methods(install):
    """An incomplete uninstallation may leave entry points without METADATA."""
    install("leftover", {"left": "left_over:Pick"}, metadata=False)
    names = {d.name: d.distribution for d in list_distillers()}
    assert names["left"] == "unknown"
    assert get_distiller("random").__name__ == "RandomSelection"
    with pytest.raises(PluginError, match="No module named 'left_over'"):
        get_distiller("left")


def test_name_of_two_distributions_requires_the_distribution(install):
    """The names of distributions are compared as installers compare them."""
    install(
        "acme-distill",
        {"herding": "acme_herding:Pick"},
        module="acme_herding",
        code=GOOD,
    )
    assert [d.name for d in list_distillers()].count("herding") == 2
    with pytest.raises(ValueError, match="2 installed distributions") as caught:
        get_distiller("herding")
    assert "acme-distill:herding or sklearn-distill:herding" in str(caught.value)
    assert get_distiller("sklearn-distill:herding").__name__ == "HerdingSelection"
    assert get_distiller("acme-distill:herding").__name__ == "Pick"
    assert get_distiller("Acme_Distill:herding").__name__ == "Pick"
    with pytest.raises(ValueError, match="is named 'other-dist:herding'"):
        get_distiller("other-dist:herding")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "Add this line to the body of the class: plugin_api = 1"),
        ("plugin_api = 2", "version 2 of the plugin API.* Upgrade sklearn-distill"),
        ("plugin_api = 0", "version 0 of the plugin API.* Upgrade old-distill"),
        ("plugin_api = '1.0'", "version 1.0 of the plugin API.* Upgrade old-distill"),
    ],
)
def test_plugin_api_version_is_checked(install, line, message):
    """The version must be an attribute of the class itself, not of a base class."""
    code = f"""
        from sklearn_distill import RandomSelection

        class Pick(RandomSelection):
            {line}
            color = "blue"
    """
    install("old-distill", {"old": "old_pick:Pick"}, module="old_pick", code=code)
    with pytest.raises(PluginError, match=message):
        get_distiller("old")


@pytest.mark.parametrize(
    "code", ["class Pick: plugin_api = 1", "def Pick(): pass", "Pick = 3"]
)
def test_entry_point_must_be_a_distiller(install, code):
    install(
        "wrong-distill", {"wrong": "wrong_pick:Pick"}, module="wrong_pick", code=code
    )
    with pytest.raises(PluginError, match="must be a subclass of BaseDistiller"):
        get_distiller("wrong")


def test_class_with_abstract_methods_is_rejected(install):
    code = """
        from sklearn_distill import BaseDistiller

        class Pick(BaseDistiller):
            plugin_api = 1
    """
    install("half-distill", {"half": "half_pick:Pick"}, module="half_pick", code=code)
    with pytest.raises(PluginError, match=r"does not implement .*: _distill\."):
        get_distiller("half")


def test_unknown_name_is_an_error_that_lists_the_methods():
    with pytest.raises(ValueError, match="Did you mean 'herding'") as caught:
        get_distiller("herdin")
    assert "kernel-inducing-points" in str(caught.value)
    with pytest.raises(
        ValueError, match=r"^No installed method is named 'zzz'\. The installed"
    ):
        get_distiller("zzz")


@pytest.mark.parametrize(
    "info",
    [d for d in list_distillers() if d.distribution == "sklearn-distill"],
    ids=lambda d: d.name,
)
def test_built_in_names_are_class_names_in_kebab_case(info):
    """Each built-in class is exported and states its version of the plugin API."""
    cls = get_distiller(f"sklearn-distill:{info.name}")
    assert kebab_case(cls.__name__) == info.name
    assert getattr(sklearn_distill, cls.__name__) is cls
    assert vars(cls)["plugin_api"] == 1


@pytest.mark.parametrize(
    ("class_name", "name"),
    [
        ("KMeansSelection", "k-means"),
        ("KernelInducingPoints", "kernel-inducing-points"),
        ("MTTMatching", "mtt-matching"),
        ("Pick", "pick"),
    ],
)
def test_kebab_case(class_name, name):
    assert kebab_case(class_name) == name
