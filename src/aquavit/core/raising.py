"""Raising an exit in a process that was taken off, so that no `finally` is passed over.

Where a loop jumps back inside a `try` or `with`, what a signal handler raises may pass over
the `finally`, as Ctrl-C does. From CPython 3.13 on the jump itself may stand outside the table
of handlers; before, the error counts as raised by the instruction before the one jumped to.
Such an exit is raised one instruction later, by a callback of `sys.monitoring`, or in 3.11,
which does not have that, by a trace function that is gone again then.

Erlang: none; a process that gets an exit signal runs no code of its own.
"""

from __future__ import annotations

import dis
import functools
import sys
import types
from typing import Any

__all__ = ["is_covered", "raise_next"]


def is_covered(frame: types.FrameType) -> bool:
    """Tell whether the handlers around `frame` catch what is raised where it is."""
    return _covered(frame.f_code, frame.f_lasti)


@functools.lru_cache(maxsize=1024)
def _covered(code: types.CodeType, offset: int) -> bool:
    if not code.co_exceptiontable:
        return True
    if _monitoring is None:
        return _covered_before(code, offset)
    for each in dis.get_instructions(code):
        if each.offset == offset:
            if not each.opname.startswith("JUMP_BACKWARD"):
                return True
            raised = offset if _LOOKS_BEFORE_JUMP else each.argval - _UNIT
            return _handler(code, raised) == _handler(code, each.argval)
    return True


def _covered_before(code: types.CodeType, offset: int) -> bool:
    """`_covered` of 3.11: what is at `offset` looks for signals, or a jump led behind it."""
    here = None
    for each in dis.get_instructions(code):
        if each.offset > offset:
            looks = here in _LOOKS_FOR_SIGNALS
            return looks or _handler(code, offset) == _handler(code, each.offset)
        here = each.opname
    return True


def _handler(code: types.CodeType, offset: int) -> int | None:
    """Return where what is raised at `offset` is handled, None if nowhere in `code`."""
    entries = dis._parse_exception_table(code)  # type: ignore[attr-defined]
    found = [each.target for each in entries if each.start <= offset < each.end]
    return found[0] if found else None


_monitoring: Any = getattr(sys, "monitoring", None)
#: Whether a jump back looks for signals before it is taken.
_LOOKS_BEFORE_JUMP = sys.version_info >= (3, 13)
#: Bytes of one unit of code.
_UNIT = 2
_LOOKS_FOR_SIGNALS = ("CALL", "CALL_FUNCTION_EX", "PRECALL", "RESUME")
#: Errors that are to be raised, by frame; emptied at the very next instruction of each.
_pending: dict[types.FrameType, BaseException] = {}
#: Numbers of tools that `sys.monitoring` has kept for nobody.
_TOOLS = (4, 3)


def raise_next(frame: types.FrameType, error: BaseException) -> None:
    """Raise `error` in `frame` at its next instruction; at once if others use the means."""
    if _monitoring is None:
        if sys.gettrace() is not None:
            raise error
        _trace_next(frame, error)
        return
    tool = _tool()
    if tool is None:
        raise error
    _pending[frame] = error
    _monitoring.set_local_events(tool, frame.f_code, _monitoring.events.INSTRUCTION)


def _trace_next(frame: types.FrameType, error: BaseException) -> None:
    def trace(traced: types.FrameType, event: str, argument: object) -> Any:
        if traced is not frame:
            return None
        sys.settrace(None)
        frame.f_trace, frame.f_trace_opcodes = None, False
        raise error

    frame.f_trace, frame.f_trace_opcodes = trace, True
    sys.settrace(trace)


def _tool() -> int | None:
    if _monitoring is None:
        return None
    for tool in _TOOLS:
        name = _monitoring.get_tool(tool)
        if name is None:
            _monitoring.use_tool_id(tool, __name__)
            _monitoring.register_callback(tool, _monitoring.events.INSTRUCTION, _instruction)
            return tool
        if name == __name__:
            return tool
    return None


def _instruction(code: types.CodeType, offset: int) -> None:
    error = _pending.pop(sys._getframe(1), None)
    if all(each.f_code is not code for each in _pending):
        tool = _tool()
        if tool is not None:
            _monitoring.set_local_events(tool, code, 0)
    if error is not None:
        raise error
