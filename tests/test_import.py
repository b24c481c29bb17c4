"""What importing the package costs, and what it leaves alone."""

import json
import subprocess
import sys

import pytest

import sklearn_distill

HEAVY = ["torch", "skorch", "sklearn", "scipy", "numpy", "pandas", "matplotlib"]


def run_python(code):
    """Run code in a fresh interpreter; return what it prints, from JSON."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_import_is_quick_and_loads_nothing_heavy(capsys):
    """Well under half a second, and no torch: names are imported on first use."""
    measure = (
        "import json, sys, time\n"
        "start = time.perf_counter()\n"
        "import sklearn_distill\n"
        "seconds = time.perf_counter() - start\n"
        f"loaded = [name for name in {HEAVY} if name in sys.modules]\n"
        "print(json.dumps([seconds, loaded]))"
    )
    # On a busy machine one import in ten may be held up, but not ten.
    for _ in range(10):
        seconds, loaded = run_python(measure)
        if seconds < 0.5:
            break
    with capsys.disabled():
        print(f"\nimport sklearn_distill: {1e3 * seconds:.1f} ms, loads {loaded}")
    assert loaded == []
    assert seconds < 0.5


def test_methods_that_compute_without_torch_do_not_load_it():
    loaded = run_python(
        "import json, sys\n"
        "from sklearn_distill import DistilledClassifier, HerdingSelection\n"
        "HerdingSelection(budget=1).fit([[0], [1], [3], [4]], list('aabb'))\n"
        "print(json.dumps([n for n in ['torch', 'matplotlib'] if n in sys.modules]))"
    )
    assert loaded == []


@pytest.mark.parametrize("name", sklearn_distill.__all__)
def test_every_public_name_is_there(name):
    assert getattr(sklearn_distill, name) is not None
    assert name in dir(sklearn_distill)


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="has no attribute 'Alchemy'"):
        sklearn_distill.Alchemy  # noqa: B018
