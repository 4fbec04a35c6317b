"""What the end of a process is told to the crash reporter.

Erlang: the crash reports of proc_lib and error_logger.
"""

from __future__ import annotations

import asyncio
from typing import Any

from aquavit.core.hooks import HOOKS, CrashReport

__all__ = ["is_quiet", "report", "tells"]

_QUIET = ("normal", "shutdown")


def tells(p: Any, error: Any, reason: Any) -> bool:
    """Tell whether an end is reported: crashes are, and bad exits of tasks.

    An exiting process that fails in its clean-up is reported too.
    """
    if p.exiting:
        return reason is error and not isinstance(error, asyncio.CancelledError)
    if isinstance(reason, BaseException):
        return True
    return p.rare is not None and p.rare.report is not None and not is_quiet(reason)


def is_quiet(reason: Any) -> bool:
    """Tell whether what ends with `reason` has not failed."""
    if isinstance(reason, tuple):
        return bool(reason) and isinstance(reason[0], str) and reason[0] == "shutdown"
    return isinstance(reason, str) and reason in _QUIET


def report(p: Any, error: BaseException) -> None:
    """Tell the crash reporter that `p` raised `error`."""
    if HOOKS.crash_reporter is None:
        return
    facts: dict[str, Any] = {"initial_call": p.initial_call, "parent": p.parent}
    if p.rare is not None:
        facts |= {"name": p.rare.name, "label": p.rare.label, **(p.rare.report or {})}
    HOOKS.crash_reporter(CrashReport(p.pid, error, **facts))
