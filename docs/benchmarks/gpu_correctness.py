"""Run the tests marked `device` and report each test as one row of gpu.py."""

# SPDX-License-Identifier: BSD-3-Clause

import os
from pathlib import Path

import pytest
from gpu_runner import selected

ROOT = Path(__file__).resolve().parents[2]
# Skip tests whose names end with one of these texts in the short version because such
# tests are slow on a CPU.
LONG = ("-images]", "-regression]")


class Events:
    """A pytest plugin that emits an event when a test starts or ends.

    Parameters
    ----------
    emit : callable
        The function that writes an event.
    settings : dict
        The settings from `gpu_runner.Part`. They select the tests to run and list the
        tests that have already been run.
    """

    def __init__(self, emit, settings):
        self.emit = emit
        self.settings = settings
        self.reports = []

    def pytest_collection_modifyitems(self, items):
        wanted = set(selected([item.nodeid for item in items], self.settings["only"]))
        if self.settings["short"]:
            wanted = {name for name in wanted if not name.endswith(LONG)}
        wanted -= set(self.settings["done"])
        items[:] = [item for item in items if item.nodeid in wanted]
        # Run the few tests of knowledge distillation first, before time runs out.
        items.sort(key=lambda item: not tests_knowledge_distillation(item.nodeid))

    def pytest_collection_finish(self, session):
        self.emit(plan=[item.nodeid for item in session.items])

    def pytest_runtest_logstart(self, nodeid):
        self.reports = []
        self.emit(started=nodeid)

    def pytest_runtest_logreport(self, report):
        self.reports.append(report)

    def pytest_runtest_logfinish(self, nodeid):
        name = nodeid.partition("::")[2].partition("[")[0]
        test = name.replace("_", " ").removeprefix("test ")
        subject = "KD" if tests_knowledge_distillation(nodeid) else "distillers"
        outcomes = [report.outcome for report in self.reports]
        status = "ok"
        if "failed" in outcomes:
            status = "failed"
        elif "skipped" in outcomes:
            status = "skipped"
        row = {
            "item": nodeid,
            "test": f"{subject}: {test}",
            "status": status,
            "seconds": round(sum(report.duration for report in self.reports), 2),
            **dict(self.reports[-1].user_properties),
        }
        if status != "ok":
            row["error"] = next(map(reason, filter(did_not_pass, self.reports)))
        self.emit(result=row)


def tests_knowledge_distillation(nodeid):
    """Return whether a test belongs to the tests of knowledge distillation."""
    return "test_knowledge_distillation.py" in nodeid


def did_not_pass(report):
    """Return whether the test failed or was skipped in the reported phase."""
    return report.outcome != "passed"


def reason(report):
    """Return a one-line reason why a test failed or was skipped."""
    if report.outcome == "skipped":
        return str(report.longrepr[2])
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash is not None else str(report.longrepr)
    return " ".join(text.split())[:300]


def run(settings, emit):
    """Run the tests on the device in `settings` and return the exit status."""
    os.environ["SKLEARN_DISTILL_DEVICE"] = settings["device"]
    arguments = [str(ROOT / "tests" / "device"), "-m", "device", "-v", "--rootdir"]
    arguments += [str(ROOT), "-p", "no:cacheprovider"]
    # Other packages of the machine may warn when skorch imports them, and the settings
    # of the test suite would turn these warnings into errors.
    arguments += ["-W", "default::DeprecationWarning", "-W", "default::FutureWarning"]
    status = pytest.main(arguments, plugins=[Events(emit, settings)])
    # Return 0 if tests failed because each failed test is reported in a separate row.
    known = pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED
    return 0 if status in known else int(status)
