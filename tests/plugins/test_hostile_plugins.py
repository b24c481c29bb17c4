"""Hostile plugins, all installed at once, do not affect other methods."""

# SPDX-License-Identifier: BSD-3-Clause

import json
import signal
import subprocess
import sys
import time

import pytest


def test_list_shows_all_methods_without_importing_them(command):
    """Importing hanging-import would hang; importing ending-import would exit."""
    done = command("list", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = {
        (m["name"], m["distribution"]): m["version"] for m in json.loads(done.stdout)
    }
    assert {name for name, _ in found} >= {
        "broken-import",
        "chatty-import",
        "ending-import",
        "hanging-import",
        "no-distiller",
        "old-contract",
        "well-behaved",
        "random",
    }
    assert found["herding", "name-clash"] == "1.2"
    assert ("herding", "sklearn-distill") in found


def test_list_is_as_fast_as_without_the_plugins(command):
    """The plugins add less than 0.3 s, compared by the fastest of up to ten runs."""

    def seconds(**settings):
        started = time.perf_counter()
        assert command("list", **settings).returncode == 0
        return time.perf_counter() - started

    without, with_plugins = [], []
    for _ in range(10):
        without.append(seconds(installed=False))
        with_plugins.append(seconds())
        if min(with_plugins) < min(without) + 0.3:
            return
    pytest.fail(f"{min(with_plugins):.2f} s instead of {min(without):.2f} s")


def test_other_methods_work(command, table):
    for method in ("well-behaved", "random", "sklearn-distill:herding"):
        out = table.with_name("small.csv")
        arguments = ["--target", "label", "--method", method, "--budget", "3"]
        done = command("distill", table, *arguments, "-o", out)
        assert (done.returncode, done.stderr) == (0, "")
        assert len(out.read_text().splitlines()) == 1 + 6
        out.unlink()


@pytest.mark.parametrize(
    ("method", "cause"),
    [
        ("broken-import", "No module named 'a_package_that_is_not_installed'"),
        (
            "no-distiller",
            "(no_distiller:NoDistiller) cannot be used: it must be a subclass of",
        ),
        ("old-contract", "Upgrade old-contract"),
        ("herding", "name-clash:herding or sklearn-distill:herding"),
    ],
)
def test_broken_method_is_an_error_on_one_line(command, table, method, cause):
    out = table.with_name("small.csv")
    done = command("distill", table, "--target", "label", "--method", method, "-o", out)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert method in line
    assert cause in line
    assert not out.exists()


def test_output_of_a_plugin_is_not_part_of_the_result(command, table):
    """What a plugin prints to stdout is sent to stderr."""
    out = table.with_name("small.csv")
    arguments = ["--target", "label", "--method", "chatty-import", "--json"]
    done = command("distill", table, *arguments, "-o", out)
    assert json.loads(done.stdout)["method"] == "chatty-import"
    assert "Thank you for choosing" in done.stderr


def test_ctrl_c_ends_an_import_that_hangs(site, table, tmp_path):
    """A message names the plugin before and after Ctrl-C, and no file is written."""
    code = (
        "import signal, sys, sklearn_distill.cli._common as common\n"
        # A test that is run in the background inherits an ignored SIGINT.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "common.SLOW_IMPORT_SECONDS = 0.5\n"
        f"sys.path.insert(0, {str(site)!r})\n"
        "from sklearn_distill.cli import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    out = tmp_path / "small.csv"
    arguments = ["--target", "label", "--method", "hanging-import", "-o", str(out)]
    process = subprocess.Popen(
        [sys.executable, "-c", code, "distill", str(table), *arguments],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        # The plugin and the command print one line each, in any order.
        lines = [process.stderr.readline() for _ in range(2)]
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=60)
    finally:
        process.kill()
    assert sorted(lines) == [
        "Still importing the method 'hanging-import'. Press Ctrl-C to stop.\n",
        "hanging-import hangs\n",
    ]
    assert process.returncode == 130
    assert rest == (
        "sklearn-distill: interrupted while importing the method 'hanging-import' of "
        "hanging-import 1.6 (hanging_import:Method)\n"
    )
    assert not out.exists()


def test_check_accepts_a_distribution_and_does_not_require_pytest(run_python):
    code = (
        "import sys\n"
        "sys.modules['pytest'] = None\n"
        "from sklearn_distill.cli import main\n"
        "sys.exit(main(['check', 'name-clash:herding', '--json']))"
    )
    done = run_python("-c", code)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["method"] == "name-clash:herding"
    assert report["failed"] == 0
    assert report["passed"] > 50
    names = {check["check"] for check in report["checks"]}
    assert {"check_estimators_pickle", "check_scaling_of_columns"} <= names
