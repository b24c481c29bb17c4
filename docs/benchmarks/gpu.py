"""One run for whenever a GPU is available: correctness, step times, quality.

    make gpu
    python docs/benchmarks/gpu.py [--short] [--seconds 400] [--output gpu-output]

It takes under seven minutes on one GPU. Where torch finds no GPU it says so, and runs
the short form on the CPU, in under three minutes. Each result is written as soon as it
exists, to ``gpu.jsonl`` and to the table ``gpu.md`` in the folder `--output`; what the
processes print goes to ``gpu.log`` there. The exit status is 1 if something failed;
what there was no time for has not failed.

1. Correctness: the tests marked `device`, a row each.
2. Step times: every learned method at the papers' size, beside plain loops over
   classes. Times are medians of steps with the device synchronized before and after.
3. Quality: MNIST, from ``mnist.npz`` in the folder SKLEARN_DISTILL_DATA. The number of
   steps is what the time allows.

A bare machine needs, beyond torch and NumPy, what REQUIREMENTS lists, and the checkout
itself installed, without which no method is registered.

    python docs/benchmarks/gpu.py --prepare [--wheels DIR]

prints the one command that installs them, from a folder of wheels where the machine has
no network.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import json
import os
import platform
import shlex
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
REQUIREMENTS = [
    "scikit-learn>=1.9",  # with joblib, narwhals, scipy and threadpoolctl
    "skorch>=1.4",  # with tabulate and tqdm
    "scipy>=1.13",
    "pytest>=9",  # with iniconfig, packaging, pluggy and pygments
    "hypothesis>=6.100",  # with sortedcontainers; the tests' settings import it
    "setuptools>=77",  # installs the checkout
]
# The shares of the time for parts 1 and 2, and seconds at most. The short form's fits
# are so small that most of its time goes into the many tests.
SHARES = {"correctness": 0.225, "steps": 0.225}
SHORT_SHARES = {"correctness": 0.4, "steps": 0.25}
PART_LIMIT = 90.0


def prepare_command(wheels=None):
    """Return the command that prepares a machine that has torch alone."""
    pip = f"{shlex.quote(sys.executable)} -m pip install"
    source = "" if wheels is None else f" --no-index --find-links {shlex.quote(wheels)}"
    packages = " ".join(map(shlex.quote, REQUIREMENTS))
    return (
        f"{pip}{source} {packages} && {pip} --no-index --no-deps "
        f"--no-build-isolation --editable {shlex.quote(str(ROOT))}"
    )


def what_is_missing():
    """Return why the run cannot start here, or ''."""
    modules = ("torch", "sklearn", "skorch", "scipy", "pytest", "hypothesis")
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        return f"Modules are missing: {', '.join(missing)}."
    sys.path.insert(0, str(ROOT))
    import sklearn_distill

    if not sklearn_distill.list_distillers():
        return "No distillers are registered: the checkout is not installed."
    return ""


def environment(device):
    """Return what stands in every row: the machine and torch's settings."""
    import torch

    card, driver = f"CPU, {platform.machine()}, {os.cpu_count()} cores", ""
    if device.startswith("cuda"):
        card, driver = torch.cuda.get_device_name(device), driver_version()
    return {
        "card": card,
        "driver": driver,
        "torch": torch.__version__,
        "tf32_products": torch.backends.cuda.matmul.allow_tf32,
        "tf32_convolutions": torch.backends.cudnn.allow_tf32,
        "bf16": torch.is_autocast_enabled(torch.device(device).type),
    }


def driver_version():
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        out = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return out.stdout.partition("\n")[0].strip() or "unknown"


def work(part):
    """Be the process of a part: see `gpu_runner`."""
    import gpu_runner

    settings = json.load(sys.stdin)
    emit = gpu_runner.events_to_standard_output()
    if part == "correctness":
        import gpu_correctness

        return gpu_correctness.run(settings, emit)
    if part == "steps":
        import gpu_steps as module
    else:
        import gpu_quality as module
    gpu_runner.run_items(module.items(settings), settings, emit)
    return 0


def run(args, device):
    """Run all parts, and return the report."""
    import gpu_report
    import gpu_runner

    finish = time.monotonic() + args.seconds
    shares = SHORT_SHARES if args.short else SHARES
    settings = {"device": device, "short": args.short, "only": args.only}
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    report = gpu_report.Report(args.output, environment(device))

    def add(row):
        report.add(row)
        # Tests are told from each other in the files; here they would be a flood.
        if "test" not in row or row["status"] == "failed":
            result = gpu_report.result_text(row, known={"test"})
            print(
                f"{row['part']}: {row['item']}: {row['status']}; {result}", flush=True
            )

    with (args.output / "gpu.log").open("w") as log:
        for part in ("correctness", "steps", "quality"):
            limit = finish - time.monotonic()
            if part in shares:
                limit = min(limit, PART_LIMIT, args.seconds * shares[part])
            command = [sys.executable, str(HERE / "gpu.py"), "--part", part]
            gpu_runner.Part(part, command, settings, limit, add, log, variables).run()
    return report


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="small sizes")
    parser.add_argument(
        "--seconds", type=float, help="for everything (400, short: 165)"
    )
    parser.add_argument("--output", type=Path, default=Path("gpu-output"))
    parser.add_argument(
        "--only", default="", help="run items whose names contain one of these"
    )
    parser.add_argument("--prepare", action="store_true", help="print a command")
    parser.add_argument("--wheels", help="a folder that --prepare installs from")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def main(arguments=None):
    args = parse(arguments)
    if args.part:
        return work(args.part)
    if args.prepare:
        print(prepare_command(args.wheels))
        return 0
    missing = what_is_missing()
    if missing:
        print(f"{missing} This command prepares the machine:", file=sys.stderr)
        print(prepare_command(args.wheels), file=sys.stderr)
        return 2
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu":
        print("torch finds no GPU: the short form runs on the CPU.", flush=True)
        args.short = True
    args.seconds = args.seconds or (165.0 if args.short else 400.0)
    started = time.monotonic()
    report = run(args, device)
    print(f"\n{report.markdown()}\n{time.monotonic() - started:.0f} s; {report.table}")
    return 1 if report.failed() else 0


if __name__ == "__main__":
    sys.exit(main())
