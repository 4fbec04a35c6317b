"""Reports of what holds the core and cannot be taken off, or blocks the event loop.

Each place is reported once, with its stack and what to do. The report is written by a
thread of its own: the place may be in the middle of `logging`, and the core is held.

Erlang: system_monitor's long_schedule.
"""

from __future__ import annotations

import _thread
import logging
import traceback
import types
from typing import Any

__all__ = ["report_loop", "report_process"]

LOGGER = logging.getLogger("aquavit")
_reported: set[tuple[str, str]] = set()
#: Where the event loop itself stands when it waits for something to do.
_WAITING = ("base_events.py", "runners.py", "selectors.py", "unix_events.py", "proactor_events.py")


def report_process(p: Any, frame: types.FrameType, where: str, seconds: float) -> None:
    """Report a process that has held the core for `seconds`."""
    if where == "no_preempt":
        advice = "it is inside `with no_preempt()`: make that block shorter"
    elif where in ("a call of C code", "a part of the runtime", "__del__"):
        advice = "run what takes long on a thread: `await blocking(fn, *args)`"
    else:
        advice = (
            f"{where!r} is left alone, since it may rely on nothing else running: run it on a "
            f"thread with `await blocking(fn, *args)`,\nor allow it with `preempt_in({where!r})` "
            f"if it would stand threads that take turns"
        )
    _report(
        frame,
        f"Process {p.pid!r} has held the core for {seconds:.1f} s in {where}, "
        f"where it cannot be taken off; all others wait",
        advice,
    )


def report_loop(frame: types.FrameType, seconds: float) -> None:
    """Report that the event loop has not come round for `seconds`."""
    if frame.f_code.co_filename.endswith(_WAITING):
        return  # it is about to go on
    _report(
        frame,
        f"The event loop has been blocked for {seconds:.1f} s by a callback or a task of "
        f"asyncio; all processes wait",
        "run what takes long on a thread, or spawn a process for it, which is preempted",
    )


def _report(frame: types.FrameType, what: str, advice: str) -> None:
    place = (frame.f_code.co_filename, frame.f_code.co_qualname)
    if place not in _reported:
        _reported.add(place)
        stack = traceback.StackSummary.extract(traceback.walk_stack(frame), lookup_lines=False)
        _thread.start_new_thread(_write, (what, advice, stack))


def _write(what: str, advice: str, stack: traceback.StackSummary) -> None:
    stack.reverse()
    lines = "".join(stack.format())
    LOGGER.warning("%s\n%s\nStack, the innermost call last:\n%s", what, advice, lines.rstrip())
