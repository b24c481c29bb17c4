"""Part 1 of gpu.py: `pytest -m device`, each test a row."""

# SPDX-License-Identifier: BSD-3-Clause

import os
from pathlib import Path

import pytest
from gpu_runner import selected

ROOT = Path(__file__).resolve().parents[2]
# The ends of the names of tests that take a CPU too long for the short form.
LONG = ("-images]", "-regression]")


class Events:
    """A pytest plugin that reports tests as they start and end.

    Parameters
    ----------
    emit : callable
    settings : dict
        Which tests are run, and which have been.
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
        # The few of knowledge distillation first, so that there is time for them.
        items.sort(key=lambda item: not is_of_knowledge_distillation(item.nodeid))

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
        of = "KD" if is_of_knowledge_distillation(nodeid) else "distillers"
        outcomes = [report.outcome for report in self.reports]
        status = "ok"
        if "failed" in outcomes:
            status = "failed"
        elif "skipped" in outcomes:
            status = "skipped"
        row = {
            "item": nodeid,
            "test": f"{of}: {test}",
            "status": status,
            "seconds": round(sum(report.duration for report in self.reports), 2),
            **dict(self.reports[-1].user_properties),
        }
        if status != "ok":
            row["error"] = next(map(reason, filter(ended_it, self.reports)))
        self.emit(result=row)


def is_of_knowledge_distillation(nodeid):
    return "test_knowledge_distillation.py" in nodeid


def ended_it(report):
    """Tell whether this phase of a test failed or skipped it."""
    return report.outcome != "passed"


def reason(report):
    """Return why a test failed or was skipped, in a line."""
    if report.outcome == "skipped":
        return str(report.longrepr[2])
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash is not None else str(report.longrepr)
    return " ".join(text.split())[:300]


def run(settings, emit):
    """Run the tests on the device in `settings`; return the exit status."""
    os.environ["SKLEARN_DISTILL_DEVICE"] = settings["device"]
    arguments = [str(ROOT / "tests" / "device"), "-m", "device", "-v", "--rootdir"]
    arguments += [str(ROOT), "-p", "no:cacheprovider"]
    status = pytest.main(arguments, plugins=[Events(emit, settings)])
    known = pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED
    # Failed tests have rows of their own.
    return 0 if status in known else int(status)
