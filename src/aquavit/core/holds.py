"""Reports of what holds the core and cannot be taken off, or blocks the event loop.

Each hold is reported once, and each place once, with its stack and what to do. A place is
the functions on the stack. The report is written by a thread of its own: the place may be in
the middle of `logging`, and the core is held.

Erlang: system_monitor's long_schedule.
"""

from __future__ import annotations

import _thread
import os
import time
import traceback
import types
from typing import Any

from aquavit.core.reporting import LOGGER

__all__ = ["report_loop", "report_process"]

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_reported: set[frozenset[tuple[str, str]]] = set()
#: When the last hold began that was looked at, and how near that is to be the same one.
_last = [float("-inf")]
_SAME = 0.03
#: Places that no package of others is to blame for.
_NOWHERE = (
    *("a call of C code", "a part of the runtime", "a trace function"),
    *("__del__", "the garbage collector"),
)
#: Where the event loop itself stands when it waits for something to do.
_WAITING = ("base_events.py", "runners.py", "selectors.py", "unix_events.py", "proactor_events.py")


def report_process(p: Any, frame: types.FrameType, where: str, seconds: float) -> None:
    """Report a process that has held the core for `seconds`."""
    if where == "no_preempt":
        advice = "it is inside `with no_preempt()`: make that block shorter"
    elif where in _NOWHERE:
        advice = "run what takes long on a thread: `await blocking(fn, *args)`"
    else:
        advice = (
            f"{where!r} is left alone, since it may rely on nothing else running: run it on a "
            f"thread with `await blocking(fn, *args)`,\nor allow it with `preempt_in({where!r})` "
            f"if it would stand threads that take turns"
        )
    _report(
        frame,
        seconds,
        f"Process {p.pid!r} has held the core for {seconds:.1f} s in {where}, "
        f"where it cannot be taken off; all others wait",
        advice,
    )


def report_loop(frame: types.FrameType, seconds: float, living: int) -> None:
    """Report that the event loop has not come round for `seconds`."""
    path = frame.f_code.co_filename
    if path.endswith(_WAITING):
        return  # it is about to go on
    callback = _callback(frame)
    if path.startswith(_PACKAGE) or _is_ours(callback):
        who = f"the runtime itself, with {living:,} processes alive"
        advice = (
            "no code of yours is at fault: very many processes, links, monitors or timers were"
            " due at once"
        )
    else:
        who = (
            "a callback or a task of asyncio" if callback is None else f"the callback {callback!r}"
        )
        advice = "run what takes long on a thread, or spawn a process for it, which is preempted"
    _report(
        frame,
        seconds,
        f"The event loop has been blocked for {seconds:.1f} s by {who}; all processes wait",
        advice,
    )


def _callback(frame: types.FrameType) -> object:
    """Return the callback without frames of its own that asyncio calls in `frame`, or None."""
    code = frame.f_code
    if code.co_qualname == "Handle._run" and code.co_filename.endswith("events.py"):
        return getattr(frame.f_locals.get("self"), "_callback", None)
    return None


def _is_ours(callback: object) -> bool:
    owner = getattr(callback, "__self__", callback)
    module = type(owner).__module__
    return module is not None and module.partition(".")[0] == "aquavit"


def _report(frame: types.FrameType, seconds: float, what: str, advice: str) -> None:
    """Report a hold that has lasted for `seconds`, unless that, or its place, was reported."""
    began = time.monotonic() - seconds
    same, _last[0] = abs(began - _last[0]) < _SAME, began
    place = frozenset(
        (f.f_code.co_filename, f.f_code.co_qualname) for f, _ in traceback.walk_stack(frame)
    )
    if same or place in _reported:
        return
    _reported.add(place)
    stack = traceback.StackSummary.extract(traceback.walk_stack(frame), lookup_lines=False)
    _thread.start_new_thread(_write, (what, advice, stack))


def _write(what: str, advice: str, stack: traceback.StackSummary) -> None:
    while len(stack) > 1 and stack[-1].filename.startswith(_PACKAGE):
        stack.pop()  # what the process was run by
    stack.reverse()
    lines = "".join(stack.format())
    LOGGER.warning("%s\n%s\nStack, the innermost call last:\n%s", what, advice, lines.rstrip())
