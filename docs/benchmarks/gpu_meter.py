"""Measure the time, operations, memory and GPU idle time of training steps."""

# SPDX-License-Identifier: BSD-3-Clause

import functools
import json
import statistics
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import torch
from torch.profiler import ProfilerActivity, profile, record_function
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

MARK = "benchmark step"
PHASES = ("warm", "timed", "counted", "profiled")
ON_DEVICE = {"kernel", "gpu_memcpy", "gpu_memset"}
WAITS = {"cudaStreamSynchronize", "cudaDeviceSynchronize", "cudaEventSynchronize"}


def synchronize(device):
    """Wait until all work on a GPU is finished; do nothing for a CPU."""
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)


class Operations(TorchDispatchMode):
    """Count floating-point operations of matrix products and convolutions.

    `torch.utils.flop_counter.FlopCounterMode` is not used because it registers hooks on
    modules, and these hooks fail if a step calls `torch.autograd.grad` inside a
    backward pass.
    """

    total = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        out = func(*args, **kwargs)
        operations = flop_registry.get(func._overloadpacket)
        if operations is not None:
            self.total += operations(*args, **kwargs, out_val=out)
        if func is torch.ops.aten.convolution_backward.default and args[9] > 1:
            # torch counts the weights' gradient of a convolution with groups as if each
            # input channel were convolved with the outputs of all groups.
            *others, groups, _ = args
            weights_only = [False, True, False]
            counted = operations(*others, groups, weights_only, out_val=out)
            self.total += counted // groups - counted
        return out


class StepMeter:
    """Measure training steps that start with `begin` and finish with `end`.

    The first steps are warm-up steps. The next steps are timed, and the device is
    synchronized before and after each timed step. Then the operations of one step are
    counted. The last steps are profiled without synchronization.

    Parameters
    ----------
    device : str
        The torch device.
    n_timed, n_profiled : int
        The maximum number of timed steps and of profiled steps.
    seconds : float
        The time limit of each phase in seconds. Each phase has at least one step even
        if that step exceeds the time limit.
    """

    def __init__(self, device, n_timed, n_profiled, seconds):
        self.device, self.limit = device, seconds
        n_warm = max(1, n_timed // 5)
        self.counts = dict(zip(PHASES, (n_warm, n_timed, 1, n_profiled), strict=True))
        self.seconds = []
        self.phase, self.n_steps = 0, 0
        if device.startswith("cuda"):
            torch.cuda.reset_peak_memory_stats(device)

    def begin(self):
        """Start the measurement of a step."""
        phase = PHASES[self.phase]
        if self.n_steps == 0:
            self._enter(phase)
        self.mark = record_function(MARK)
        self.mark.__enter__()
        if phase == "timed":
            synchronize(self.device)
        self.began = time.perf_counter()

    def end(self):
        """Finish the measurement of a step and return whether all phases are done."""
        phase = PHASES[self.phase]
        if phase == "timed":
            synchronize(self.device)
            self.seconds.append(time.perf_counter() - self.began)
        self.mark.__exit__(None, None, None)
        self.n_steps += 1
        late = time.perf_counter() - self.entered > self.limit
        if late or self.n_steps >= self.counts[phase]:
            self._leave(phase)
            self.phase, self.n_steps = self.phase + 1, 0
        return self.phase == len(PHASES)

    def _enter(self, phase):
        synchronize(self.device)
        if phase == "counted":
            if self.device.startswith("cuda"):
                # Read the peak now because the counter and the profiler use memory too.
                self.peak = torch.cuda.max_memory_allocated(self.device)
            self.counter = Operations()
            self.counter.__enter__()
        if phase == "profiled":
            kinds = [ProfilerActivity.CPU]
            if self.device.startswith("cuda"):
                kinds.append(ProfilerActivity.CUDA)
            self.profiler = profile(activities=kinds)
            self.profiler.__enter__()
        self.entered = time.perf_counter()

    def _leave(self, phase):
        synchronize(self.device)
        if phase == "counted":
            self.counter.__exit__(None, None, None)
        if phase == "profiled":
            self.profiler.__exit__(None, None, None)

    def results(self, rows_a_step, precision):
        """Return the measurements as a row.

        Parameters
        ----------
        rows_a_step : int
            The number of real rows in each step.
        precision : {"float32", "tf32"}
            The precision of the matrix product whose speed counts as 100 percent.
        """
        if self.phase < len(PHASES):
            raise RuntimeError(
                f"The fit ended in the measurement phase {PHASES[self.phase]!r}; "
                "increase the number of steps of the fit."
            )
        seconds = statistics.median(self.seconds)
        operations = self.counter.total
        peak = matrix_multiply_peak(self.device, precision)
        found = {
            "ms_a_step": 1e3 * seconds,
            "steps_timed": len(self.seconds),
            "rows_a_second": rows_a_step / seconds,
            "gflop_a_step": operations / 1e9,
            f"percent_of_{precision}_peak": 100.0 * operations / seconds / peak,
        }
        if self.device.startswith("cuda"):
            found["peak_memory_mb"] = self.peak / 2**20
        return {**found, **idle_time(trace_events(self.profiler))}


@functools.cache
def matrix_multiply_peak(device, precision, size=None, repeats=10):
    """Return the operations per second of the fastest product of square matrices.

    Parameters
    ----------
    device : str
        The torch device.
    precision : {"float32", "tf32", "bfloat16"}
        The precision of the product.
    size : int, default=None
        The number of rows of each matrix. None means 8,192 on a GPU and 512 on a CPU.
    repeats : int, default=10
        The number of timed products.
    """
    size = size or (8_192 if device.startswith("cuda") else 512)
    dtype = torch.bfloat16 if precision == "bfloat16" else torch.float32
    A, B = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
    seconds = []
    try:
        for _ in range(repeats + 3):
            synchronize(device)
            began = time.perf_counter()
            A @ B
            synchronize(device)
            seconds.append(time.perf_counter() - began)
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before
    return 2.0 * size**3 / min(seconds[3:])


def trace_events(profiler):
    """Return the events of a torch profile in Chrome's trace event format."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "trace.json")
        profiler.export_chrome_trace(str(path))
        return json.loads(path.read_text())["traceEvents"]


def idle_time(events):
    """Return how long the GPU is idle and how often the CPU waits for the GPU.

    The profile is analyzed from the start of the first step to the end of the last.

    Parameters
    ----------
    events : list of dict
        The events of a profile. The steps have the name `MARK`, and all times are in
        microseconds.

    Returns
    -------
    dict
        The idle milliseconds per step, the percentage of idle time, the idle
        milliseconds between two steps, the longest idle period and the number of calls
        per step that make the CPU wait for the GPU. The dict is empty if the profile
        does not contain work on a GPU.
    """
    events = [event for event in events if "dur" in event]
    # Select the CPU category because the profiler lists each step for the GPU as well.
    on_cpu = [event for event in events if event.get("cat") == "user_annotation"]
    steps = sorted(span(event) for event in on_cpu if event["name"] == MARK)
    busy = sorted(span(event) for event in events if event.get("cat") in ON_DEVICE)
    window = steps[0][0], steps[-1][1]
    if not busy:
        return {}
    waits = [event for event in events if event["name"] in WAITS]
    n_waits = sum(window[0] <= event["ts"] <= window[1] for event in waits)
    gaps = gaps_between(busy, window)
    idle = sum(end - start for start, end in gaps)
    pauses = [(a[1], b[0]) for a, b in pairwise(steps)]
    between = sum(shared(gap, pause) for gap in gaps for pause in pauses)
    return {
        "idle_ms_a_step": 1e-3 * idle / len(steps),
        "idle_percent": 100.0 * idle / (window[1] - window[0]),
        "idle_between_steps_ms": 1e-3 * between / len(steps),
        "longest_idle_ms": 1e-3 * max((end - start for start, end in gaps), default=0),
        "waits_a_step": n_waits / len(steps),
    }


def span(event):
    """Return the start and the end of an event."""
    return event["ts"], event["ts"] + event["dur"]


def gaps_between(busy, window):
    """Return the parts of a time window outside all intervals of a sorted list."""
    gaps, free_from = [], window[0]
    for start, end in busy:
        if start > free_from:
            gaps.append((free_from, min(start, window[1])))
        free_from = max(free_from, end)
        if free_from >= window[1]:
            return gaps
    return [*gaps, (free_from, window[1])]


def shared(one, other):
    """Return the length of the intersection of two intervals."""
    return max(0.0, min(one[1], other[1]) - max(one[0], other[0]))
