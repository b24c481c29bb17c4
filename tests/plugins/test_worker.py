"""The subprocess that loads methods reports one line for each."""

# SPDX-License-Identifier: BSD-3-Clause

import json


def test_worker_reports_null_or_the_problem_of_each_method(run_python):
    """The output of plugins, which chatty-import prints at import, is discarded."""
    done = run_python(
        "-m",
        "sklearn_distill.plugins.worker",
        "chatty-import:chatty-import",
        "old-contract:old-contract",
        "sklearn-distill:random",
    )
    assert (done.returncode, done.stderr) == (0, "")
    ready, *lines = done.stdout.splitlines()
    assert ready == "ready"
    chatty, old, built_in = map(json.loads, lines)
    assert chatty is None
    assert "was written for version 0 of the plugin API" in old
    assert built_in is None


def test_worker_ends_with_the_interpreter_of_a_plugin(run_python):
    done = run_python(
        "-m",
        "sklearn_distill.plugins.worker",
        "ending-import:ending-import",
        "sklearn-distill:random",
    )
    assert (done.returncode, done.stdout) == (7, "ready\n")
