"""Methods that cannot be used are found, although their import may do anything."""

# SPDX-License-Identifier: BSD-3-Clause

import json

import pytest

from sklearn_distill.plugins import Diagnosis, PluginInfo, diagnose_distillers
from sklearn_distill.plugins import diagnosis as module
from sklearn_distill.plugins.diagnosis import unreadable_distributions

BROKEN = {
    "broken-import",
    "ending-import",
    "hanging-import",
    "no-distiller",
    "old-contract",
}


@pytest.mark.slow
def test_list_check_names_each_broken_method_with_its_cause(command):
    """Methods that follow one that hangs or ends the process are checked as well."""
    done = command("list", "--check", "--json", "--time-limit", "8")
    assert done.returncode == 1
    methods = json.loads(done.stdout)
    found = {(m["name"], m["distribution"]): m for m in methods}
    problems = {
        distribution: method["problem"]
        for (_, distribution), method in found.items()
        # On a busy machine, the import of a built-in method may exceed the limit.
        if method["status"] == "broken" and distribution != "sklearn-distill"
    }
    assert set(problems) == BROKEN
    assert "ModuleNotFoundError: No module named 'a_pack" in problems["broken-import"]
    assert "ended the interpreter (exit code 7)" in problems["ending-import"]
    assert "did not finish within 8 s" in problems["hanging-import"]
    assert "must be a subclass of BaseDistiller" in problems["no-distiller"]
    assert "was written for version 0 of the plugin" in problems["old-contract"]
    for distribution in ("name-clash", "sklearn-distill"):
        method = found["herding", distribution]
        assert method["status"] == "clash"
        assert f"Use '{distribution}:herding' to select" in method["problem"]
    usable = {name for (name, _), m in found.items() if m["status"] == "ok"}
    assert {"chatty-import", "well-behaved", "random", "k-means"} <= usable
    assert all(m["problem"] is None for m in methods if m["name"] in usable)


def test_diagnosis_combines_problems_and_name_clashes(monkeypatch):
    """A second subprocess loads the methods that follow one that ended the first."""
    infos = [PluginInfo(n, d, "1", "m:C") for n, d in ("ax", "bx", "cx", "cy")]
    results = iter([[None, "The import ended."], [None, None]])
    loaded = []

    def load(remaining, time_limit):
        loaded.append([info.name for info in remaining])
        return next(results)

    monkeypatch.setattr(module, "list_distillers", lambda: infos)
    monkeypatch.setattr(module, "_load_in_subprocess", load)
    clash = "Several distributions have a method named 'c'. Use '{}:c' to select this"
    assert diagnose_distillers() == [
        Diagnosis(infos[0], "ok", None),
        Diagnosis(infos[1], "broken", "The import ended."),
        Diagnosis(infos[2], "clash", clash.format("x") + " one."),
        Diagnosis(infos[3], "clash", clash.format("y") + " one."),
    ]
    assert loaded == [["a", "b", "c", "c"], ["c", "c"]]


def damage(folder):
    """Create a distribution whose entry points cannot be read."""
    metadata = folder / "damaged-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: damaged\n")
    (metadata / "entry_points.txt").write_bytes(b"[sklearn_distill.distillers]\n\xff\n")


def test_unreadable_distributions_names_damaged_entry_points(tmp_path, monkeypatch):
    assert unreadable_distributions() == []
    damage(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    [message] = unreadable_distributions()
    assert message.startswith(
        "The entry points of damaged cannot be read: UnicodeDecodeError: "
    )


def test_damaged_metadata_do_not_affect_other_methods(run_python, tmp_path):
    """The other methods are listed, and --check names the damaged distribution."""
    damage(tmp_path)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from sklearn_distill.cli import main\n"
        "sys.exit(main(['list', *sys.argv[1:]]))"
    )
    listed = run_python("-c", code)
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "well-behaved" in listed.stdout
    assert listed.stdout.count("\nherding ") == 2
    checked = run_python("-c", code, "--check", installed=False)
    assert checked.returncode == 1
    assert "The entry points of damaged cannot be read: Unicode" in checked.stderr
