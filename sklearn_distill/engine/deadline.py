"""The time limit of a training loop, which long computations inside a step check."""

# SPDX-License-Identifier: BSD-3-Clause

import math
import time
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Self

_current: ContextVar["Deadline | None"] = ContextVar("deadline", default=None)


class OutOfTime(KeyboardInterrupt):
    """The time limit has passed; skorch ends the training on a KeyboardInterrupt."""


class Deadline:
    """A time limit, which starts when it is created.

    Inside a ``with`` block of this object, `check_deadline` refers to it.

    Parameters
    ----------
    max_time : float or None
        The limit in seconds; None sets no limit.
    """

    # The seconds by which the last validation pass may exceed the limit.
    GRACE = 1.0

    def __init__(self, max_time: float | None):
        self.max_time = max_time
        self.seconds_before = 0.0
        self.grace = 0.0
        self._started = time.monotonic()

    def __enter__(self) -> Self:
        self._token: Token[Deadline | None] = _current.set(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _current.reset(self._token)

    def seconds(self) -> float:
        """Return the time since the start, plus that before the fit was resumed."""
        return self.seconds_before + time.monotonic() - self._started

    def seconds_left(self) -> float:
        """Return the time until the limit; infinity if there is no limit."""
        return math.inf if self.max_time is None else self.max_time - self.seconds()

    def is_over(self) -> bool:
        """Return whether the limit has passed."""
        return self.max_time is not None and self.seconds() > self.max_time

    def allows(self, needed: float) -> bool:
        """Return whether a computation of some seconds ends before limit and grace."""
        if self.max_time is None:
            return True
        return self.seconds() + needed <= self.max_time + self.grace


def seconds_left() -> float:
    """Return the time until the limit of the current loop; infinity without a limit."""
    deadline = _current.get()
    return math.inf if deadline is None else deadline.seconds_left()


def check_deadline(needed: float = 0.0) -> None:
    """Raise OutOfTime if a computation would exceed the limit of the current loop.

    Parameters
    ----------
    needed : float, default=0.0
        The expected duration of the computation in seconds.
    """
    deadline = _current.get()
    if deadline is not None and not deadline.allows(needed):
        raise OutOfTime
