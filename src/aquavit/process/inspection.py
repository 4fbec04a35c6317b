"""What can be known about a process; its dictionary and its label.

Elixir: Process.info/1, Process.put/2 and get/1, Process.set_label/1.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

from aquavit.core import loops, native, relations
from aquavit.core.exits import brief
from aquavit.core.ids import Pid
from aquavit.core.records import record

__all__ = ["ProcessInfo", "current_stack", "process_dict", "process_info", "set_label"]


@record
class ProcessInfo:
    """What is known about a process at one moment.

    `status` is "running", "runnable", "waiting" or "exiting"; `initial_call` names what it
    was started with, of a server its class; `reductions` counts its steps; `memory` is an
    estimate in bytes; `started_at` is in seconds on the runtime's clock; `ancestors` are the
    living and the last dead one, the parent first.

    `messages`, `label` and what the `dictionary` holds are the process's own objects, and no
    copies: to be looked at, not to be changed.

    Elixir: the keyword list of Process.info/1.
    """

    pid: Pid[Any]
    name: str | None
    status: str
    current_function: str | None
    initial_call: str
    message_count: int
    messages: tuple[Any, ...]
    links: tuple[Pid[Any], ...]
    monitors: tuple[Pid[Any] | tuple[str, str], ...]
    monitored_by: tuple[Pid[Any], ...]
    trap_exit: bool
    reductions: int
    memory: int
    parent: Pid[Any] | None
    ancestors: tuple[Pid[Any], ...]
    started_at: float
    label: object
    dictionary: dict[Any, Any]


def process_info(pid: Pid[Any]) -> ProcessInfo | None:
    """Return what is known about a process, or None if it is dead.

    Raises:
        TypeError: `pid` is no Pid.

    Example:
        >>> async def main():
        ...     send(self(), "hello")
        ...     info = process_info(self())
        ...     return info.status, info.message_count, info.messages
        >>> run(main)
        ('running', 1, ('hello',))

    Elixir: Process.info/1.
    """
    if not isinstance(pid, Pid):
        raise TypeError(
            f"process_info: expected a Pid, got {brief(pid)}\nwhereis(name) finds one by name"
        )
    process: Any = pid.process
    if process is None:
        return None
    process.runtime.catch_up(process)
    rare = process.rare
    monitors, watchers = relations.monitors(process), relations.watchers(process)
    messages = tuple(process.contents())
    dictionary = {} if rare is None else dict(rare.dictionary or {})
    return ProcessInfo(
        pid=pid,
        name=None if rare is None else rare.name,
        status=_status(process),
        current_function=_current_function(process),
        initial_call=_name_of(dictionary.get("$initial_call", process.initial_call)),
        message_count=len(messages),
        messages=messages,
        links=tuple(peer.pid for peer in relations.peers(process)),
        monitors=tuple(monitors),
        monitored_by=tuple(watchers),
        trap_exit=process.trap,
        reductions=process.reductions,
        memory=_memory(process, messages),
        parent=process.parent,
        ancestors=_ancestors(process),
        started_at=process.started_at,
        label=None if rare is None else rare.label,
        dictionary=dictionary,
    )


def _status(process: Any) -> str:
    if process.exiting:
        return "exiting"
    if process.state == native.RUNNING:
        return "running"
    return "waiting" if process.state == native.WAITING else "runnable"


def _name_of(fn: Any) -> str:
    qualified = getattr(fn, "__qualname__", None) or type(fn).__qualname__
    return f"{getattr(fn, '__module__', None) or type(fn).__module__}.{qualified}"


def _current_function(process: Any) -> str | None:
    """Return the innermost function, where the process waits or runs."""
    for frame, _ in reversed(_frames(process)):
        module = frame.f_globals.get("__name__", "?")
        if not module.startswith("aquavit.core."):
            return f"{module}.{frame.f_code.co_qualname}"
    return None


def current_stack(pid: Pid[Any]) -> list[tuple[FrameType, int]]:
    """Return where a process waits or runs: its frames with their lines, outermost first.

    Elixir: Process.info(pid, :current_stacktrace).
    """
    process: Any = pid.process
    return [] if process is None else _frames(process)


def _frames(process: Any) -> list[tuple[FrameType, int]]:
    frames: list[tuple[FrameType, int]] = []
    if process.rare is not None and process.rare.stack is not None:
        frame = process.rare.stack.gr_frame  # it waits in a plain function, or was taken off
        while frame is not None:
            frames.append((frame, frame.f_lineno))
            frame = frame.f_back
        frames.reverse()
    known = {id(frame) for frame, _ in frames}
    awaited = process.task.get_coro() if process.adopted else process.coroutine
    while (frame := getattr(awaited, "cr_frame", None)) is not None:
        # A compiled coroutine has no lines.
        if frame.f_lineno is not None and id(frame) not in known:
            frames.append((frame, frame.f_lineno))
        awaited = awaited.cr_await
    return frames


def _memory(process: Any, messages: tuple[Any, ...]) -> int:
    parts = (process, process.pid, process.coroutine, process.rare, *messages)
    return sum(sys.getsizeof(part) for part in parts if part is not None)


def _ancestors(process: Any) -> tuple[Pid[Any], ...]:
    found = []
    while process is not None and process.parent is not None:
        found.append(process.parent)
        process = process.parent.process
    return tuple(found)


def process_dict() -> dict[Any, Any]:
    """Return the current process's own dictionary; nobody inherits it.

    Example:
        >>> async def main():
        ...     process_dict()["depth"] = 3
        ...     return process_info(self()).dictionary
        >>> run(main)
        {'depth': 3}

    Elixir: Process.put/2, Process.get/1.
    """
    rare = loops.here("process_dict").extras()
    if rare.dictionary is None:
        rare.dictionary = {}
    return rare.dictionary


def set_label(label: object) -> None:
    """Describe the current process for tools and crash reports; it need not be unique.

    Example:
        >>> async def main():
        ...     set_label(("worker", 7))
        ...     return process_info(self()).label
        >>> run(main)
        ('worker', 7)

    Elixir: Process.set_label/1.
    """
    loops.here("set_label").extras().label = label
