"""Measure the time and memory of a step of parameter matching (Linux).

    python docs/benchmarks/gradient_step.py

`step_times` compares computing the gradients of all classes in one pass with a loop
over classes and layers. `student_memory` compares gradient steps in constant memory
with gradient steps that keep the graph. The student is the network that trajectory
matching trains on the distilled rows.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import multiprocessing
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sklearn_distill.engine.networks import MLP, ConvNet
from sklearn_distill.parameter_matching.multi_step.inner_training import (
    FlatNetwork,
    flat_weights,
    weights_in_constant_memory,
    weights_with_graph,
)
from sklearn_distill.parameter_matching.single_step.distances import cosine
from sklearn_distill.parameter_matching.single_step.gradients import group_gradients

# Name, network, shape of a row, synthetic rows per class, real rows per class.
CASES: list[tuple[str, Callable[[], nn.Module], tuple[int, ...], int, int]] = [
    ("table, MLP 2 x 128, 1 row a class", lambda: MLP(20, 10), (20,), 1, 51),
    ("table, MLP 2 x 128, 10 rows a class", lambda: MLP(20, 10), (20,), 10, 51),
    (
        "28 x 28, ConvNet of 32, 1 row a class",
        lambda: ConvNet((1, 28, 28), 10, width=32),
        (1, 28, 28),
        1,
        51,
    ),
]
N_CLASSES = 10


def batch(shape: tuple[int, ...], n_rows: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return rows of each class, centered one-hot targets, and weights."""
    rows = torch.randn(N_CLASSES, n_rows, *shape)
    codes = torch.eye(N_CLASSES) - 1.0 / N_CLASSES
    targets = codes[:, None].expand(-1, n_rows, -1).contiguous()
    return rows, targets, torch.full((N_CLASSES, n_rows), 1.0 / n_rows)


def in_one_pass(network: nn.Module, synthetic: Any, real: Any) -> Tensor:
    """Return the loss of a step as GradientMatching computes it."""
    with torch.no_grad():
        targets = group_gradients(network, *real)
    gradients = group_gradients(network, *synthetic)
    return sum(cosine(s, r) for s, r in zip(gradients, targets, strict=True))


def in_a_loop(network: nn.Module, synthetic: Any, real: Any) -> Tensor:
    """Return the same loss, computed class by class and layer by layer."""
    weights = [p for p in network.parameters() if p.ndim > 1]
    total = torch.zeros(())
    for S, y_S, R, y_R in zip(*synthetic[:2], *real[:2], strict=True):
        share = 1.0 / N_CLASSES
        loss_of_real = F.cross_entropy(network(R), y_R + share)
        targets = torch.autograd.grad(loss_of_real, weights)
        loss = F.cross_entropy(network(S), y_S + share)
        gradients = torch.autograd.grad(loss, weights, create_graph=True)
        for s, r in zip(gradients, targets, strict=True):
            similarity = F.cosine_similarity(s.flatten(1), r.flatten(1), dim=1)
            total = total + (1.0 - similarity).sum()
    return total / N_CLASSES


def seconds_of(loss: Callable[..., Tensor], case: Any, repeats: int) -> list[float]:
    """Return the CPU seconds of steps, including the gradients for the rows."""
    _, make, shape, n_synthetic, n_real = case
    torch.manual_seed(0)
    network = make().requires_grad_(loss is in_a_loop).eval()
    synthetic, real = batch(shape, n_synthetic), batch(shape, n_real)
    rows = synthetic[0].requires_grad_()
    seconds = []
    for _ in range(repeats + 1):
        started = time.process_time()
        torch.autograd.grad(loss(network, synthetic, real), rows)
        seconds.append(time.process_time() - started)
    return seconds[1:]


def step_times(repeats: int = 10) -> Iterator[tuple[str, float, float]]:
    """Yield (case, milliseconds in one pass, in a loop), the fastest of all repeats."""
    for case in CASES:
        one, loop = (
            1e3 * min(seconds_of(loss, case, repeats))
            for loss in (in_one_pass, in_a_loop)
        )
        yield case[0], one, loop


def _memory(field: str) -> float:
    """Return the current (VmRSS) or peak (VmHWM) memory of this process, in MB."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition(field + ":")[2].split()[0]) / 1024


def _peak(train: Callable[..., Tensor], n_steps: int, results: Any) -> None:
    """Put the peak memory that a matching step adds into a queue, in MB."""
    torch.manual_seed(0)
    network = ConvNet((1, 28, 28), N_CLASSES, width=32)
    flat, start = FlatNetwork(network), flat_weights(network)
    rows, targets, _ = (t.flatten(0, 1) for t in batch((1, 28, 28), 10))
    rows.requires_grad_()
    step = (torch.arange(len(rows)), torch.sin)

    def once(n: int) -> None:
        end = train(flat, start, rows, targets, torch.tensor(0.01), [step] * n)
        torch.autograd.grad((end - start).square().sum(), rows)

    before = _memory("VmRSS")
    once(1)  # exclude the memory that the libraries allocate on first use
    Path("/proc/self/clear_refs").write_text("5")  # reset the recorded peak
    once(n_steps)
    results.put(_memory("VmHWM") - before)


def student_memory(
    n_steps: tuple[int, ...] = (10, 20, 40, 80), in_graph: tuple[int, ...] = (10, 20)
) -> Iterator[tuple[str, int, float]]:
    """Yield (form, steps, MB that a matching step adds), each in a new process."""
    context = multiprocessing.get_context("spawn")
    forms = {"constant": weights_in_constant_memory, "graph": weights_with_graph}
    for form, counts in (("constant", n_steps), ("graph", in_graph)):
        for n in counts:
            results = context.Queue()
            process = context.Process(target=_peak, args=(forms[form], n, results))
            process.start()
            yield form, n, results.get()
            process.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=10)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print("| Step of gradient matching, 10 classes | one pass, ms | loop, ms | ratio |")
    print("|---|---|---|---|")
    for case, one, loop in step_times(arguments.repeats):
        print(f"| {case} | {one:.1f} | {loop:.1f} | {loop / one:.1f} |", flush=True)
    print("\n| Student's steps | form | MB |\n|---|---|---|")
    for form, n, size in student_memory():
        print(f"| {n} | {form} | {size:.0f} |", flush=True)


if __name__ == "__main__":
    main()
