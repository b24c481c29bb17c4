"""Run the parts of gpu.py in processes of their own, under time limits.

A part is a process that writes events to its standard output, a JSON object a line:
``plan`` (the names of its items), ``started`` (a name) and ``result`` (a row). Whatever
is late or has crashed is ended and becomes a row, and a new process goes on after it.
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

# An item hangs when it takes this share of its part's time, and so many seconds.
ITEM_SHARE, ITEM_SECONDS = 1 / 3, 15.0
# How long a process may take to end after its last event, or after it was killed: one
# that waits for a broken driver cannot be killed at all.
END_SECONDS = 15.0


class SkipItem(Exception):
    """An item cannot be run here, and the machine is not to blame."""


class Part:
    """A part of the run.

    Parameters
    ----------
    name : str
    command : list of str
        Starts a process of the part; it reads its settings from standard input.
    settings : dict
        What the process is told; JSON.
    limit : float
        Seconds for the whole part.
    add : callable
        Called with each row, a dict.
    log : file
        Receives what the processes write to standard error.
    environment : dict, default=None
        Environment variables of the processes.
    """

    def __init__(self, name, command, settings, limit, add, log, environment=None):
        self.name, self.command, self.settings = name, command, settings
        self.limit, self.add, self.log = limit, add, log
        self.environment = environment
        self.done, self.plan = [], []
        self.under_way = None

    def run(self):
        """Run all items, each at most once."""
        self.deadline = time.monotonic() + self.limit
        while True:
            problem = self._follow_a_process()
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

    def _follow_a_process(self):
        """Start a process and read its events; return what ended it, or None."""
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
            pass  # It has ended already, which its events show.
        try:
            return self._follow(process, lines)
        finally:
            _end(process)

    def _follow(self, process, lines):
        """Deal with events until the process ends or must be ended."""
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
                error = f"stopped at the part's limit of {self.limit:.0f} s"
                return {"status": "no time", "error": error}
            if line is None:
                status = _exit_status(process)
                return _failed(f"exit status {status}") if status != 0 else None
            self._take(json.loads(line))

    def _take(self, event):
        if "plan" in event:
            # A process that goes on after another one plans only what is left.
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
    return {"status": "failed", "error": f"{error}; see the log"}


def _read(stream, lines):
    with stream:
        for line in stream:
            lines.put(line)
    lines.put(None)


def _exit_status(process):
    """Return the exit status of a process; None if it does not end."""
    try:
        return process.wait(timeout=END_SECONDS)
    except subprocess.TimeoutExpired:
        return None


def _end(process):
    """Kill a process and those that it has started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    _exit_status(process)


def events_to_standard_output():
    """Return a function that writes an event.

    What else the process prints goes to standard error, so that it cannot be taken for
    an event.
    """
    stream = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def emit(**event):
        stream.write(json.dumps(event) + "\n")
        stream.flush()

    return emit


def selected(names, only):
    """Return the names that contain one of the texts in `only`, if it has any."""
    texts = [text for text in only.split(";") if text]
    return [n for n in names if not texts or any(text in n for text in texts)]


def run_items(items, settings, emit):
    """Run the items of a part, in the part's process.

    Parameters
    ----------
    items : dict of str to callable
        Each returns a dict of results.
    settings : dict
        From `Part`.
    emit : callable
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
        # What a failed item held on the device must not be missing to the next one.
        gc.collect()
