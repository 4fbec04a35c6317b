"""How many reports are written each second: a storm of crashes must not drown the log.

Erlang: burst_limit_max_count and burst_limit_window_time of logger_std_h.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from aquavit.core.exits import brief
from aquavit.core.reporting import LOGGER

__all__ = ["RateLimit", "flush_reports", "set_report_rate", "write_report"]


class RateLimit:
    """Lets at most `most` through in each window of a second; counts the others.

    Args:
        most: reports a second; None for no limit.
        clock: gives the time in seconds.
    """

    def __init__(self, most: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.most = most
        self.clock = clock
        self.until = clock()
        self.passed = 0
        self.dropped = 0

    def admits(self) -> bool:
        """Count one report; tell whether it is to be written."""
        if self.is_over():
            self.until = self.clock() + 1.0
            self.passed = 0
        self.passed += 1
        if self.most is None or self.passed <= self.most:
            return True
        self.dropped += 1
        return False

    def is_over(self) -> bool:
        """Tell whether the window is over."""
        return self.clock() >= self.until

    def take_dropped(self) -> int:
        """Return how many were dropped since the last time."""
        dropped, self.dropped = self.dropped, 0
        return dropped


RATE = RateLimit(500)


def set_report_rate(per_second: int | None) -> None:
    """Set how many crash reports, and reports of supervisors, are written each second.

    Those beyond are dropped, and one line says how many.

    Args:
        per_second: 500 at first; None for no limit.

    Raises:
        ValueError: it is not a positive number.

    Example:
        >>> set_report_rate(500)

    Elixir: the overload protection of Logger.
    """
    if per_second is not None and (type(per_second) is not int or per_second < 1):
        raise ValueError(
            f"set_report_rate: expected a number above 0, or None, got {brief(per_second)}"
        )
    RATE.most = per_second


def write_report(text: str, facts: dict[str, Any]) -> None:
    """Log a report, unless there are too many of them."""
    if RATE.dropped and RATE.is_over():
        flush_reports()
    if RATE.admits():
        LOGGER.error("%s", text, extra=facts)
    elif RATE.dropped == 1:
        _flush_later()


def _flush_later() -> None:
    """Let the line about the dropped ones come when the window is over."""
    loop = asyncio._get_running_loop()
    if loop is not None:
        loop.call_later(max(0.0, RATE.until - RATE.clock()), flush_reports)


def flush_reports() -> None:
    """Write how many reports have been dropped, if any were."""
    dropped = RATE.take_dropped()
    if dropped:
        LOGGER.error(
            "%d reports were dropped: more than %s came within a second",
            *(dropped, RATE.most),
            extra={"dropped": dropped},
        )
