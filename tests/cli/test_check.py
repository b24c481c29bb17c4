"""`sklearn-distill check` prints the result of each check."""

# SPDX-License-Identifier: BSD-3-Clause

import json
from collections import Counter

from sklearn_distill.cli.main import main


def test_check_of_a_valid_method_prints_all_results(capsys):
    assert main(["check", "sklearn-distill:random"]) == 0
    *lines, summary = capsys.readouterr().out.splitlines()
    assert "passed  check_every_class_is_kept" in lines
    assert any(line.startswith("xfail   check_transformer_general: ") for line in lines)
    assert summary.startswith(f"sklearn-distill:random: {len(lines)} checks, ")
    assert ", 0 failed, " in summary


def test_check_of_an_invalid_method_reports_the_failures(capsys, install_plugin):
    """The method drops all classes except the first, and prints to stdout."""
    install_plugin(
        "forgetful",
        """
        import numpy as np
        from sklearn_distill.base import Kept

        class Method(RandomSelection):
            plugin_api = 1

            def _distill(self, problem):
                print("forgetting")
                return Kept(np.flatnonzero(problem.y == 0)[:1])
        """,
    )
    assert main(["check", "forgetful", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["method"] == "forgetful"
    by_name = {check["check"]: check for check in report["checks"]}
    assert by_name["check_every_class_is_kept"]["status"] == "failed"
    assert by_name["check_every_class_is_kept"]["reason"].startswith("ValueError: ")
    assert by_name["check_set_params"] == {
        "check": "check_set_params",
        "status": "passed",
        "reason": None,
    }
    counts = Counter(check["status"] for check in report["checks"])
    statuses = ("passed", "failed", "skipped", "xfail")
    assert set(counts) <= set(statuses)
    assert {s: report[s] for s in statuses} == {s: counts[s] for s in statuses}


def test_check_of_an_unknown_method_is_an_error(error_line):
    assert main(["check", "alchemy"]) == 2
    assert "No installed method is named 'alchemy'" in error_line()
