"""Methods arrive as entry points of installed distributions, ours among them."""

import json
import subprocess
import sys
import textwrap

import pytest

from sklearn_distill import BaseDistiller, get_distiller, list_distillers
from sklearn_distill.base.distiller import kebab_case
from sklearn_distill.plugins.registry import GROUP, PluginError

GOOD = """
    from sklearn_distill import RandomSelection

    class Pick(RandomSelection):
        plugin_api = 1
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a distribution for the length of a test.

    What an installer leaves behind is files: a module, and a ``.dist-info`` folder
    with METADATA and entry_points.txt, on `sys.path`.
    """
    monkeypatch.syspath_prepend(tmp_path)
    modules = []

    def install(distribution, entry_points, *, module=None, code="", metadata=True):
        folder = tmp_path / f"{distribution.replace('-', '_')}-2.5.dist-info"
        folder.mkdir()
        if metadata:
            (folder / "METADATA").write_text(
                f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 2.5\n"
            )
        lines = [f"{name} = {value}" for name, value in entry_points.items()]
        (folder / "entry_points.txt").write_text("\n".join([f"[{GROUP}]", *lines]))
        if module is not None:
            (tmp_path / f"{module}.py").write_text(textwrap.dedent(code))
            modules.append(module)
        return tmp_path

    yield install
    for module in modules:
        sys.modules.pop(module, None)


def test_listing_imports_nothing(install):
    """Neither the methods' modules nor torch nor scikit-learn: metadata are enough."""
    folder = install(
        "acme-distill",
        {"acme": "acme_methods:Pick"},
        module="acme_methods",
        code="raise RuntimeError('imported')",
    )
    code = (
        "import json, sys\n"
        "import sklearn_distill\n"
        "names = [d.name for d in sklearn_distill.list_distillers()]\n"
        "heavy = ['torch', 'sklearn', 'numpy', 'acme_methods']\n"
        "print(json.dumps([names, [m for m in heavy if m in sys.modules]]))"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys; sys.path.insert(0, {str(folder)!r})\n{code}",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    names, loaded = json.loads(done.stdout)
    assert "acme" in names
    assert "kernel-inducing-points" in names
    assert loaded == []


def test_an_installed_plugin_is_listed_and_loaded(install):
    """With its distribution and version, beside the built-in methods."""
    install("acme-distill", {"acme": "acme_good:Pick"}, module="acme_good", code=GOOD)
    [info] = [d for d in list_distillers() if d.name == "acme"]
    assert info == ("acme", "acme-distill", "2.5", "acme_good:Pick")
    names = [d.name for d in list_distillers()]
    assert names == sorted(names)
    assert "random" in names
    cls = get_distiller("acme")
    assert issubclass(cls, BaseDistiller)
    assert cls.__module__ == "acme_good"


def test_only_the_method_asked_for_is_imported(install):
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
        ("raise RuntimeError('no licence')", "RuntimeError: no licence"),
        ("import a_module_that_is_not_there", "ModuleNotFoundError"),
        ("def (:", "SyntaxError"),
        ("import sys; sys.exit('needs a newer Python')", "SystemExit: needs a newer"),
        ("", "AttributeError"),
    ],
)
def test_a_plugin_that_cannot_be_imported_is_named_with_its_cause(install, code, cause):
    """It breaks nobody else: the list and all other methods are as before."""
    install(
        "broken-distill", {"broken": "broken_one:Pick"}, module="broken_one", code=code
    )
    assert "broken" in [d.name for d in list_distillers()]
    assert get_distiller("random").__name__ == "RandomSelection"
    with pytest.raises(PluginError) as caught:
        get_distiller("broken")
    message = str(caught.value)
    assert "method 'broken' of broken-distill 2.5 (broken_one:Pick)" in message
    assert cause in message
    assert caught.value.__cause__ is not None


def test_what_a_half_removed_installation_leaves_breaks_nobody(install):
    """A folder with entry points, but without METADATA."""
    install("leftover", {"left": "left_over:Pick"}, metadata=False)
    names = {d.name: d.distribution for d in list_distillers()}
    assert names["left"] == "unknown"
    assert get_distiller("random").__name__ == "RandomSelection"
    with pytest.raises(PluginError, match="No module named 'left_over'"):
        get_distiller("left")


def test_two_distributions_with_one_name(install):
    """The error names both; ``dist:name`` picks one, spelled as installers allow."""
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
    with pytest.raises(ValueError, match="no method 'other-dist:herding'"):
        get_distiller("other-dist:herding")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "needs the line: plugin_api = 1"),
        ("plugin_api = 2", "for plugin contract 2.* Upgrade sklearn-distill"),
        ("plugin_api = 0", "for plugin contract 0.* Upgrade old-distill"),
        ("plugin_api = '1.0'", "for plugin contract 1.0.* Upgrade old-distill"),
    ],
)
def test_the_contract_version_of_a_plugin_is_checked(install, line, message):
    """A class that inherits our `plugin_api` has not said what it was written for."""
    code = f"""
        from sklearn_distill import RandomSelection

        class Pick(RandomSelection):
            {line}
            colour = "blue"
    """
    install("old-distill", {"old": "old_pick:Pick"}, module="old_pick", code=code)
    with pytest.raises(PluginError, match=message):
        get_distiller("old")


@pytest.mark.parametrize(
    "code", ["class Pick: plugin_api = 1", "def Pick(): pass", "Pick = 3"]
)
def test_what_is_no_distiller_is_refused(install, code):
    install(
        "wrong-distill", {"wrong": "wrong_pick:Pick"}, module="wrong_pick", code=code
    )
    with pytest.raises(PluginError, match="is no subclass of BaseDistiller"):
        get_distiller("wrong")


def test_a_class_that_is_not_finished_is_refused(install):
    """It derives from BaseDistiller, but has no `_distill`."""
    code = """
        from sklearn_distill import BaseDistiller

        class Pick(BaseDistiller):
            plugin_api = 1
    """
    install("half-distill", {"half": "half_pick:Pick"}, module="half_pick", code=code)
    with pytest.raises(PluginError, match="does not define _distill"):
        get_distiller("half")


def test_an_unknown_name_is_answered_with_the_closest_and_with_all():
    with pytest.raises(ValueError, match="Did you mean 'herding'") as caught:
        get_distiller("herdin")
    assert "kernel-inducing-points" in str(caught.value)
    with pytest.raises(ValueError, match=r"no method .zzz. installed\. There are:"):
        get_distiller("zzz")


@pytest.mark.parametrize(
    "info",
    [d for d in list_distillers() if d.distribution == "sklearn-distill"],
    ids=lambda d: d.name,
)
def test_built_in_names_are_their_class_names_in_kebab_case(info):
    """And every one of them is exported, and says which contract it was written for."""
    import sklearn_distill

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
