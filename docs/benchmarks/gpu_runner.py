"""Run each part of gpu.py in a separate process with a time limit.

The process of a part writes events to its standard output, one JSON object per line:
``plan`` (the names of all items), ``started`` (the name of an item) and ``result`` (a
row). If an item exceeds its time limit, or if the process crashes, the process is
killed, the item is reported as a row, and a new process continues with the next item.
"""

# SPDX-License-Identifier: BSD-3-Clause

import gc
import json
import os
import queue
import signal
import subprocess
import threading
import time
import traceback

# Stop an item that takes longer than this share of its part's time limit, but never
# before this number of seconds.
ITEM_SHARE, ITEM_SECONDS = 1 / 3, 15.0
# Wait this many seconds for a process to exit after its last event or after SIGKILL. A
# limit is necessary because a process that waits for a GPU driver may never exit.
END_SECONDS = 15.0


class SkipItem(Exception):
    """Raised by an item that cannot run, to report the item as skipped."""


class Part:
    """One part of the benchmark, which runs in one or more processes.

    Parameters
    ----------
    name : str
        The name of the part.
    command : list of str
        The command that starts a process of the part.
    settings : dict
        The settings that the process reads as JSON from standard input.
    limit : float
        The time limit of the whole part in seconds.
    add : callable
        The function that is called with each row, a dict.
    log : file
        The file that receives the standard error of the processes.
    environment : dict, default=None
        The environment variables of the processes. None means those of this process.
    """

    def __init__(self, name, command, settings, limit, add, log, environment=None):
        self.name, self.command, self.settings = name, command, settings
        self.limit, self.add, self.log = limit, add, log
        self.environment = environment
        self.done, self.plan = [], []
        self.under_way = None

    def run(self):
        """Run all items of the part, each at most once."""
        self.deadline = time.monotonic() + self.limit
        while True:
            problem = self._run_process()
            if problem is None:
                return
            stopped_at, self.under_way = self.under_way, None
            self._add({"item": stopped_at or "the part's process", **problem})
            if stopped_at is not None:
                self.done.append(stopped_at)
            if stopped_at is None or time.monotonic() >= self.deadline:
                break
        left = [item for item in self.plan if item not in self.done]
        if left:
            error = f"{len(left)} items were not run: {', '.join(left)}"
            self._add({"item": "the rest", "status": "no time", "error": error})

    def _run_process(self):
        """Start a process, read its events and return its problem, or None."""
        seconds = self.deadline - time.monotonic()
        settings = {**self.settings, "done": self.done, "seconds": seconds}
        process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            env=self.environment,
            start_new_session=True,
        )
        lines = queue.Queue()
        reader = threading.Thread(
            target=_read, args=(process.stdout, lines), daemon=True
        )
        reader.start()
        try:
            with process.stdin as pipe:
                json.dump(settings, pipe)
        except BrokenPipeError:
            pass  # The process has already exited; `_read_events` reports this.
        try:
            return self._read_events(process, lines)
        finally:
            _end(process)

    def _read_events(self, process, lines):
        """Handle events until the process exits or a time limit is exceeded."""
        while True:
            item_limit = max(ITEM_SECONDS, ITEM_SHARE * self.limit)
            until = self.deadline
            if self.under_way is not None:
                until = min(until, self.started_at + item_limit)
            try:
                line = lines.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                if time.monotonic() < self.deadline:
                    return _failed(f"no result within {item_limit:.0f} s")
                error = f"stopped at the part's time limit of {self.limit:.0f} s"
                return {"status": "no time", "error": error}
            if line is None:
                status = _exit_status(process)
                return _failed(f"exit status {status}") if status != 0 else None
            self._handle(json.loads(line))

    def _handle(self, event):
        """Update the state of the part after an event."""
        if "plan" in event:
            # Keep the first plan because later processes list only remaining items.
            self.plan = self.plan or event["plan"]
        elif "started" in event:
            self.under_way, self.started_at = event["started"], time.monotonic()
        else:
            self.done.append(event["result"]["item"])
            self.under_way = None
            self._add(event["result"])

    def _add(self, row):
        self.add({"part": self.name, **row})


def _failed(error):
    """Return the status and the error of a failed item."""
    return {"status": "failed", "error": f"{error}; see the log"}


def _read(stream, lines):
    """Put the lines of a stream into a queue, followed by None."""
    with stream:
        for line in stream:
            lines.put(line)
    lines.put(None)


def _exit_status(process):
    """Return the exit status of a process, or None if the process does not exit."""
    try:
        return process.wait(timeout=END_SECONDS)
    except subprocess.TimeoutExpired:
        return None


def _end(process):
    """Kill a process and all processes in its process group."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    _exit_status(process)


def events_to_standard_output():
    """Return a function that writes an event to standard output.

    All other output of the process is redirected to standard error so that it cannot be
    mistaken for an event.
    """
    stream = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def emit(**event):
        stream.write(json.dumps(event) + "\n")
        stream.flush()

    return emit


def selected(names, only):
    """Return the names that contain one of the texts in `only`.

    The texts are separated by semicolons. All names are returned if `only` is empty.
    """
    texts = [text for text in only.split(";") if text]
    return [n for n in names if not texts or any(text in n for text in texts)]


def run_items(items, settings, emit):
    """Run the items of a part in the current process.

    Parameters
    ----------
    items : dict of str to callable
        The items by name. Each item is called without arguments and returns a dict of
        results.
    settings : dict
        The settings that `Part` sends to the process.
    emit : callable
        The function that writes an event.
    """
    names = selected(items, settings["only"])
    names = [name for name in names if name not in settings["done"]]
    emit(plan=names)
    for name in names:
        emit(started=name)
        started = time.perf_counter()
        try:
            row = {"status": "ok", **items[name]()}
        except SkipItem as reason:
            row = {"status": "skipped", "error": str(reason)}
        except Exception as error:
            traceback.print_exc()
            text = " ".join(str(error).split())[:300]
            row = {"status": "failed", "error": f"{type(error).__name__}: {text}"}
        seconds = time.perf_counter() - started
        emit(result={"item": name, "seconds": round(seconds, 2), **row})
        # Collect reference cycles to release their device memory before the next item.
        gc.collect()
