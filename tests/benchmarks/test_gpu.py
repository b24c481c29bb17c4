"""Test the GPU benchmark on a CPU, including failures, crashes and time limits."""

# SPDX-License-Identifier: BSD-3-Clause

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

FOLDER = Path(__file__).parents[2] / "docs" / "benchmarks"
ENVIRONMENT = {
    "card": "a card",
    "driver": "1.2",
    "torch": "2",
    "tf32_products": False,
    "tf32_convolutions": True,
    "bf16": False,
}


@pytest.fixture
def scripts(monkeypatch):
    """Add the folder of the benchmark scripts to the import path."""
    monkeypatch.syspath_prepend(str(FOLDER))


def small_mnist(folder):
    """Write scikit-learn's digits in the format of mnist.npz."""
    X, y = load_digits(return_X_y=True)
    X = np.pad(X.reshape(-1, 8, 8).repeat(3, 1).repeat(3, 2), [(0, 0), (2, 2), (2, 2)])
    X = (15.0 * X).astype(np.uint8)
    np.savez(
        folder / "mnist.npz", X_train=X[:500], y_train=y[:500], X_test=X[500:700],
        y_test=y[500:700],
    )  # fmt: skip


@pytest.mark.slow
def test_short_version_runs_on_a_cpu(tmp_path):
    small_mnist(tmp_path)
    variables = {"SKLEARN_DISTILL_DATA": str(tmp_path), "CUDA_VISIBLE_DEVICES": ""}
    methods = "kernel-inducing-points;multi-layer-distribution-matching, 1 a class"
    command = [sys.executable, str(FOLDER / "gpu.py"), "--short", "--seconds", "600"]
    command += [
        "--only",
        f"matrix;loop over;{methods}",
        "--output",
        str(tmp_path / "out"),
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **variables}
    )
    log = (tmp_path / "out" / "gpu.log").read_text()
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{log}"
    assert "torch did not find a GPU" in done.stdout
    lines = (tmp_path / "out" / "gpu.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    assert {row["part"] for row in rows} == {"correctness", "steps", "quality"}
    assert all(ENVIRONMENT.keys() <= row.keys() for row in rows)
    assert {row["status"] for row in rows} <= {"ok", "skipped"}
    found = {row["item"]: row for row in rows}
    assert found["matrix product, float32"]["teraflops"] > 0
    assert found["kernel-inducing-points, table, 20 rows"]["ms_a_step"] > 0
    assert found["gradient-matching, plain loop over classes"]["gflop_a_step"] > 0
    cell = found["multi-layer-distribution-matching, 1 a class"]
    assert cell["networks"] == 3
    assert cell["paper"] is None
    assert 0 <= cell["accuracy"] <= 100
    table = (tmp_path / "out" / "gpu.md").read_text()
    assert table in done.stdout
    assert "| distillers: distilled set is close to that of a cpu | ok |" in table


CHILD = """
import json, os, sys, time
sys.path.insert(0, {folder!r})
from gpu_runner import events_to_standard_output, run_items
settings = json.load(sys.stdin)
print("started", file=sys.stderr)
emit = events_to_standard_output()
print("not an event")
def fails():
    raise ValueError("too small")
items = {{
    "first": lambda: {{"number": 1.5}},
    "fails": fails,
    "crashes": lambda: os._exit(3),
    "hangs": lambda: time.sleep(600),
    "last": lambda: {{"number": 2.5}},
}}
run_items(items, settings, emit)
"""


def run_part(tmp_path, code, limit, **settings):
    """Run a part of the benchmark and return its rows and its log."""
    from gpu_runner import Part

    rows = []
    code = textwrap.dedent(code).format(folder=str(FOLDER))
    with (tmp_path / "log").open("w") as log:
        command = [sys.executable, "-c", code]
        Part("steps", command, {"only": "", **settings}, limit, rows.append, log).run()
    return rows, (tmp_path / "log").read_text()


@pytest.mark.usefixtures("scripts")
def test_part_continues_after_failures_crashes_and_timeouts(tmp_path, monkeypatch):
    monkeypatch.setattr("gpu_runner.ITEM_SECONDS", 0.5)
    monkeypatch.setattr("gpu_runner.ITEM_SHARE", 0.0)
    rows, log = run_part(tmp_path, CHILD, 120)
    assert [(row["item"], row["status"]) for row in rows] == [
        ("first", "ok"),
        ("fails", "failed"),
        ("crashes", "failed"),
        ("hangs", "failed"),
        ("last", "ok"),
    ]
    assert rows[0]["number"] == 1.5
    assert rows[1]["error"] == "ValueError: too small"
    assert "exit status 3" in rows[2]["error"]
    assert "no result within" in rows[3]["error"]
    assert "Traceback" in log
    assert "not an event" in log
    # The first process crashed, the second one exceeded the time limit of an item, and
    # the third one finished.
    assert log.count("started") == 3


@pytest.mark.usefixtures("scripts")
def test_part_stops_at_its_time_limit(tmp_path):
    rows, _ = run_part(tmp_path, CHILD, 3, only="first;hangs;last")
    assert [row["item"] for row in rows] == ["first", "hangs", "the rest"]
    assert [row["status"] for row in rows] == ["ok", "no time", "no time"]
    assert rows[-1]["error"] == "1 items were not run: last"


@pytest.mark.usefixtures("scripts")
def test_process_that_exits_at_once_is_reported_as_failed(tmp_path):
    rows, _ = run_part(tmp_path, "raise SystemExit(5)", 60)
    assert [row["status"] for row in rows] == ["failed"]
    assert "exit status 5" in rows[0]["error"]


@pytest.mark.usefixtures("scripts")
def test_quality_is_skipped_when_mnist_is_missing(tmp_path, monkeypatch):
    from gpu_quality import items
    from gpu_runner import run_items

    monkeypatch.setenv("SKLEARN_DISTILL_DATA", str(tmp_path))
    settings = {"short": True, "device": "cpu", "only": "", "done": [], "seconds": 9}
    events = []
    run_items(items(settings), settings, lambda **event: events.append(event))
    row = events[-1]["result"]
    assert (row["item"], row["status"]) == ("MNIST", "skipped")
    assert "mnist.npz" in row["error"]


@pytest.mark.usefixtures("scripts")
def test_idle_time_excludes_kernels_and_copies():
    from gpu_meter import MARK, idle_time

    def event(cat, name, ts, dur):
        return {"cat": cat, "name": name, "ts": ts, "dur": dur, "ph": "X"}

    events = [
        event("user_annotation", MARK, 1_000.0, 4_000.0),
        event("user_annotation", MARK, 6_000.0, 4_000.0),
        event("gpu_user_annotation", MARK, 0.0, 20_000.0),
        event("kernel", "early", 0.0, 500.0),
        event("kernel", "gemm", 1_500.0, 2_000.0),
        event("gpu_memcpy", "copy", 3_000.0, 1_000.0),
        event("kernel", "gemm", 7_000.0, 5_000.0),
        event("cuda_runtime", "cudaStreamSynchronize", 4_000.0, 10.0),
        event("cuda_runtime", "cudaStreamSynchronize", 11_000.0, 10.0),
        {"name": "no duration", "ph": "i", "ts": 2_000.0},
    ]
    found = idle_time(events)
    # The GPU is idle from 1,000 to 1,500 and from 4,000 to 7,000 microseconds. The two
    # steps take 9,000 microseconds.
    assert found["idle_ms_a_step"] == pytest.approx(1.75)
    assert found["idle_percent"] == pytest.approx(100 * 3_500 / 9_000)
    assert found["idle_between_steps_ms"] == pytest.approx(0.5)
    assert found["longest_idle_ms"] == pytest.approx(3.0)
    assert found["waits_a_step"] == 0.5
    assert idle_time(events[:3]) == {}


@pytest.mark.usefixtures("scripts")
def test_table_lists_failed_tests_and_summarizes_all_tests(tmp_path):
    from gpu_report import Report

    report = Report(tmp_path / "new", ENVIRONMENT)
    for i, status in enumerate(["ok", "ok", "failed", "skipped"]):
        report.add(
            {
                "part": "correctness",
                "item": f"test_close[{i}]",
                "test": "close",
                "status": status,
                "seconds": 1.0,
                "loss off": 0.1 * i,
                "error": "1 | 2" if status == "failed" else "",
            }
        )
    report.add(
        {"part": "steps", "item": "herding", "status": "ok", "ms_a_step": 12345.6}
    )
    lines = report.table.read_text().splitlines()
    assert len(lines) == 5
    assert "| close | failed | 4.0 | cases 2 ok, 1 failed, 1 skipped; " in lines[2]
    assert "loss off 0 to 0.3" in lines[2]
    assert "test_close[2] | failed" in lines[3]
    assert "1 \\| 2" in lines[3]
    assert "ms a step 12,346" in lines[4]
    assert all(
        "a card, driver 1.2, torch 2, TF32 in products off" in s for s in lines[2:]
    )
    assert [row["error"] for row in report.failed()] == ["1 | 2"]


@pytest.mark.usefixtures("scripts")
def test_prepare_prints_the_installation_command(capsys):
    import gpu

    assert gpu.main(["--prepare", "--wheels", "my wheels"]) == 0
    command = capsys.readouterr().out
    assert "--no-index --find-links 'my wheels' 'scikit-learn>=1.9'" in command
    assert "--no-build-isolation --editable" in command
