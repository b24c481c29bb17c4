"""Keep the rows of gpu.py: JSON lines, and one Markdown table."""

# SPDX-License-Identifier: BSD-3-Clause

import json
import os
from collections import Counter

COLUMNS = ("part", "item", "status", "seconds", "result", "machine")
# What has a place of its own in the table.
PLACED = {"part", "item", "status", "seconds", "error"}


class Report:
    """Rows, written to files as soon as they exist.

    Parameters
    ----------
    folder : Path
        Made if it does not exist. ``gpu.jsonl`` and ``gpu.md`` in it are replaced.
    environment : dict
        The machine; it stands in every row.
    """

    def __init__(self, folder, environment):
        folder.mkdir(parents=True, exist_ok=True)
        self.lines, self.table = folder / "gpu.jsonl", folder / "gpu.md"
        self.environment = environment
        self.rows = []
        self.lines.write_text("")

    def add(self, row):
        """Append a row to the lines, and write the table anew."""
        self.rows.append({**row, **self.environment})
        with self.lines.open("a") as file:
            file.write(json.dumps(self.rows[-1]) + "\n")
            file.flush()
            os.fsync(file.fileno())
        partial = self.table.with_suffix(".part")
        partial.write_text(self.markdown())
        os.replace(partial, self.table)

    def failed(self):
        """Return the rows of what failed."""
        return [row for row in self.rows if row["status"] == "failed"]

    def markdown(self):
        """Return the table."""
        machine = machine_text(self.environment)
        lines = [line(COLUMNS), "|" + " --- |" * len(COLUMNS)]
        for row in summarized(self.rows):
            result = result_text(row, known=self.environment)
            seconds = "" if "seconds" not in row else f"{row['seconds']:.1f}"
            cells = (row["part"], row["item"], row["status"], seconds, result, machine)
            lines.append(line(cells))
        return "\n".join(lines) + "\n"


def line(cells):
    """Return a line of a Markdown table."""
    return "| " + " | ".join(str(c).replace("|", "\\|") for c in cells) + " |"


def machine_text(environment):
    """Return the machine in a few words."""
    on_off = (
        f"{name} {'on' if environment[key] else 'off'}"
        for name, key in (
            ("TF32 in products", "tf32_products"),
            ("TF32 in convolutions", "tf32_convolutions"),
            ("bf16", "bf16"),
        )
    )
    driver = f"driver {environment['driver']}" if environment["driver"] else "no driver"
    parts = (environment["card"], driver, f"torch {environment['torch']}", *on_off)
    return ", ".join(parts)


def result_text(row, known):
    """Return what a row holds beside its name, as text."""
    texts = [
        f"{name.replace('_', ' ')} {number(value)}"
        for name, value in row.items()
        if name not in PLACED and name not in known and value is not None
    ]
    if row.get("error"):
        texts.append(" ".join(row["error"].split())[:200])
    return "; ".join(texts)


def number(value):
    """Return a value with at most four digits, or as it is."""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def summarized(rows):
    """Yield the rows of the table: those of tests are one for each test function.

    Failed tests, and what is no test, stand by themselves too.
    """
    tests = {}
    for row in rows:
        if "test" in row:
            tests.setdefault(row["test"], []).append(row)
    told = set()
    for row in rows:
        if "test" in row and row["test"] not in told:
            told.add(row["test"])
            yield summary(row["test"], tests[row["test"]])
        if "test" not in row or row["status"] == "failed":
            yield {key: value for key, value in row.items() if key != "test"}


def extent(values):
    """Return the least and the greatest of some values, as text."""
    ends = number(min(values)), number(max(values))
    return ends[0] if ends[0] == ends[1] else " to ".join(ends)


def summary(test, rows):
    """Return one row for all cases of a test: counts, and the extremes of numbers."""
    counts = Counter(row["status"] for row in rows)
    found = {}
    for row in rows:
        for name, value in row.items():
            # The environment's values are of other kinds.
            if name not in PLACED and type(value) in (int, float):
                found.setdefault(name, []).append(value)
    extremes = {name: extent(values) for name, values in found.items()}
    return {
        "part": rows[0]["part"],
        "item": test,
        "status": "failed" if counts["failed"] else "ok",
        "seconds": sum(row.get("seconds", 0.0) for row in rows),
        "cases": ", ".join(f"{n} {status}" for status, n in counts.items()),
        **extremes,
    }
