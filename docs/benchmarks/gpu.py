"""Run all GPU checks: correctness tests, step times and quality benchmarks.

    make gpu
    python docs/benchmarks/gpu.py [--short] [--seconds 400] [--output gpu-output]

The script takes less than seven minutes on one GPU. If torch does not find a GPU, the
script prints a notice and runs a short version on the CPU in less than three minutes.
Each result is written to ``gpu.jsonl`` and to the table ``gpu.md`` in the folder
`--output` as soon as the result is available. The log output of the processes is
written to ``gpu.log`` in the same folder. The exit status of the script is 1 if any
item failed. Items that were not run because time ran out do not count as failures.

1. Correctness: the tests marked `device` are run, and each test is one row.
2. Step times: every learned method is timed with the image and batch sizes of the
   papers and is compared with plain loops over classes. Each time is the median over
   several steps, and the device is synchronized before and after each step. Selections
   from a million rows are timed with the rows in main memory and on the device.
3. Quality: MNIST is read from ``mnist.npz`` in the folder that the environment variable
   SKLEARN_DISTILL_DATA names. The number of optimizer steps depends on the available
   time.

In addition to torch and NumPy, the script needs the packages in REQUIREMENTS and an
installed checkout, because the methods are registered by the installation. The command

    python docs/benchmarks/gpu.py --prepare [--wheels DIR]

prints the shell command that installs these packages and the checkout. Use `--wheels`
to install from a folder of wheels on a machine without network access.
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
    "scikit-learn>=1.9",  # needs joblib, narwhals, scipy and threadpoolctl
    "skorch>=1.4",  # needs tabulate and tqdm
    "scipy>=1.13",
    "pytest>=9",  # needs iniconfig, packaging, pluggy and pygments
    "hypothesis>=6.100",  # needs sortedcontainers; imported by tests/conftest.py
    "setuptools>=77",  # builds and installs the checkout
]
# Fractions of the total time that the parts "correctness" and "steps" may use.
SHARES = {"correctness": 0.225, "steps": 0.225}
# The short version gives the tests a larger fraction because its fits are very small.
SHORT_SHARES = {"correctness": 0.4, "steps": 0.25}
# The parts "correctness" and "steps" may each use at most this many seconds.
PART_LIMIT = 90.0


def prepare_command(wheels=None):
    """Return the shell command that installs the requirements and the checkout."""
    pip = f"{shlex.quote(sys.executable)} -m pip install"
    source = "" if wheels is None else f" --no-index --find-links {shlex.quote(wheels)}"
    packages = " ".join(map(shlex.quote, REQUIREMENTS))
    return (
        f"{pip}{source} {packages} && {pip} --no-index --no-deps "
        f"--no-build-isolation --editable {shlex.quote(str(ROOT))}"
    )


def missing_requirements():
    """Return a message about missing requirements, or '' if none are missing."""
    modules = ("torch", "sklearn", "skorch", "scipy", "pytest", "hypothesis")
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        return f"These modules are not installed: {', '.join(missing)}."
    sys.path.insert(0, str(ROOT))
    import sklearn_distill

    if not sklearn_distill.list_distillers():
        return "The checkout is not installed, so no distillers are registered."
    return ""


def environment(device):
    """Return the description of the device and of torch that is added to every row."""
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
    """Return the version of the NVIDIA driver, or "unknown"."""
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        out = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return out.stdout.partition("\n")[0].strip() or "unknown"


def run_part(part):
    """Run one part of the benchmark in this process and return the exit status."""
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
    """Run all parts of the benchmark and return the report."""
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
        # Print only failed tests to keep the output short; the files list every test.
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
    parser.add_argument(
        "--short", action="store_true", help="run the short version, with small data"
    )
    parser.add_argument(
        "--seconds",
        type=float,
        help="time limit for all parts (default: 400, or 165 with --short)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("gpu-output"),
        help="folder for the results (default: gpu-output)",
    )
    parser.add_argument(
        "--only",
        default="",
        help="run only the items whose names contain one of these texts, which are "
        "separated by semicolons",
    )
    parser.add_argument(
        "--prepare",
        action="store_true",
        help="print the shell command that installs the requirements, and exit",
    )
    parser.add_argument(
        "--wheels", help="folder of wheels for the command that --prepare prints"
    )
    parser.add_argument("--part", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def main(arguments=None):
    args = parse(arguments)
    if args.part:
        return run_part(args.part)
    if args.prepare:
        print(prepare_command(args.wheels))
        return 0
    missing = missing_requirements()
    if missing:
        print(f"{missing} Run this command to install them:", file=sys.stderr)
        print(prepare_command(args.wheels), file=sys.stderr)
        return 2
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu":
        print(
            "torch did not find a GPU. The short version runs on the CPU.", flush=True
        )
        args.short = True
    args.seconds = args.seconds or (165.0 if args.short else 400.0)
    started = time.monotonic()
    report = run(args, device)
    seconds = time.monotonic() - started
    print(f"\n{report.markdown()}\nThe run took {seconds:.0f} s.")
    print(f"The results were written to {report.table}.")
    return 1 if report.failed() else 0


if __name__ == "__main__":
    sys.exit(main())
