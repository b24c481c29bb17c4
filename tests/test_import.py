"""Importing the package is fast and imports no heavy dependencies."""

# SPDX-License-Identifier: BSD-3-Clause

import json
import subprocess
import sys

import pytest

import sklearn_distill

HEAVY = ["torch", "skorch", "sklearn", "scipy", "numpy", "pandas", "matplotlib"]


def run_python(code):
    """Run code in a new interpreter and return its output, parsed as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_import_takes_less_than_half_a_second_and_loads_no_heavy_package(capsys):
    measure = (
        "import json, sys, time\n"
        "start = time.perf_counter()\n"
        "import sklearn_distill\n"
        "seconds = time.perf_counter() - start\n"
        f"loaded = [name for name in {HEAVY} if name in sys.modules]\n"
        "print(json.dumps([seconds, loaded]))"
    )
    # Repeat the measurement, because a single import may be slow on a busy machine.
    for _ in range(10):
        seconds, loaded = run_python(measure)
        if seconds < 0.5:
            break
    with capsys.disabled():
        print(f"\nimport sklearn_distill: {1e3 * seconds:.1f} ms, loads {loaded}")
    assert loaded == []
    assert seconds < 0.5


def test_herding_does_not_import_torch_or_matplotlib():
    loaded = run_python(
        "import json, sys\n"
        "from sklearn_distill import DistilledClassifier, HerdingSelection\n"
        "HerdingSelection(budget=1).fit([[0], [1], [3], [4]], list('aabb'))\n"
        "print(json.dumps([n for n in ['torch', 'matplotlib'] if n in sys.modules]))"
    )
    assert loaded == []


@pytest.mark.parametrize("name", sklearn_distill.__all__)
def test_public_name_can_be_imported(name):
    assert getattr(sklearn_distill, name) is not None
    assert name in dir(sklearn_distill)


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'Alchemy'"):
        sklearn_distill.Alchemy  # noqa: B018
