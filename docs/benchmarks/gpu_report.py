"""Write the results of gpu.py as JSON lines and as a Markdown table."""

# SPDX-License-Identifier: BSD-3-Clause

import json
import os
from collections import Counter

COLUMNS = ("part", "item", "status", "seconds", "result", "machine")
# These keys of a row are not repeated in the table's column "result".
PLACED = {"part", "item", "status", "seconds", "error"}


class Report:
    """A list of result rows that is written to files after each new row.

    Parameters
    ----------
    folder : Path
        The folder for ``gpu.jsonl`` and ``gpu.md``, whose old versions are replaced.
        The folder is created if it does not exist.
    environment : dict
        The description of the device and of torch, which is added to every row.
    """

    def __init__(self, folder, environment):
        folder.mkdir(parents=True, exist_ok=True)
        self.lines, self.table = folder / "gpu.jsonl", folder / "gpu.md"
        self.environment = environment
        self.rows = []
        self.lines.write_text("")

    def add(self, row):
        """Append a row to the JSON lines and write the whole table again."""
        self.rows.append({**row, **self.environment})
        with self.lines.open("a") as file:
            file.write(json.dumps(self.rows[-1]) + "\n")
            file.flush()
            os.fsync(file.fileno())
        partial = self.table.with_suffix(".part")
        partial.write_text(self.markdown())
        os.replace(partial, self.table)

    def failed(self):
        """Return the rows of failed items."""
        return [row for row in self.rows if row["status"] == "failed"]

    def markdown(self):
        """Return all rows as a Markdown table."""
        machine = machine_text(self.environment)
        lines = [line(COLUMNS), "|" + " --- |" * len(COLUMNS)]
        for row in summarized(self.rows):
            result = result_text(row, known=self.environment)
            seconds = "" if "seconds" not in row else f"{row['seconds']:.1f}"
            cells = (row["part"], row["item"], row["status"], seconds, result, machine)
            lines.append(line(cells))
        return "\n".join(lines) + "\n"


def line(cells):
    """Return one line of a Markdown table."""
    return "| " + " | ".join(str(c).replace("|", "\\|") for c in cells) + " |"


def machine_text(environment):
    """Return a short description of the device, its driver and torch's settings."""
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
    """Return the measurements and the error of a row as text."""
    texts = [
        f"{name.replace('_', ' ')} {number(value)}"
        for name, value in row.items()
        if name not in PLACED and name not in known and value is not None
    ]
    if row.get("error"):
        texts.append(" ".join(row["error"].split())[:200])
    return "; ".join(texts)


def number(value):
    """Return a value as text, with four significant digits for small floats."""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def summarized(rows):
    """Yield the rows of the table, with one summary row for each test function.

    Failed test cases, and all items that are not tests, also have separate rows.
    """
    tests = {}
    for row in rows:
        if "test" in row:
            tests.setdefault(row["test"], []).append(row)
    summarized_tests = set()
    for row in rows:
        if "test" in row and row["test"] not in summarized_tests:
            summarized_tests.add(row["test"])
            yield summary(row["test"], tests[row["test"]])
        if "test" not in row or row["status"] == "failed":
            yield {key: value for key, value in row.items() if key != "test"}


def extent(values):
    """Return the minimum and the maximum of a list of numbers as text."""
    ends = number(min(values)), number(max(values))
    return ends[0] if ends[0] == ends[1] else " to ".join(ends)


def summary(test, rows):
    """Return one row that summarizes all cases of a test function.

    The row counts the cases by status and contains the range of each measurement.
    """
    counts = Counter(row["status"] for row in rows)
    found = {}
    for row in rows:
        for name, value in row.items():
            # Compare types exactly because bool is a subclass of int.
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
