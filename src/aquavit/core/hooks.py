"""The three places where a lower layer calls a higher one.

The core owns the hook; a higher layer installs itself by assignment. A hook that is
None is not called.

    crash_reporter  called with a CrashReport when a process dies of what it raised
    event_sink      called with (event, data) by tools that trace
    remote_router   called with (destination, message) for another node's processes
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aquavit.core.ids import Pid
from aquavit.core.records import record

__all__ = ["HOOKS", "CrashReport", "Hooks"]


@record
class CrashReport:
    """What is known about a process that died of an exception.

    `title` and `notes`, the first line and what follows the error, are a behaviour's own
    words; without them the report is that of a plain process.

    Elixir: the metadata of a crash report (`crash_reason`, `initial_call`).
    """

    pid: Pid
    reason: BaseException
    name: str | None = None
    label: object = None
    initial_call: Any = None
    kind: str = "process"
    parent: Pid | None = None
    args: tuple[object, ...] = ()
    title: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Hooks:
    """The installed hooks; one instance, `HOOKS`."""

    crash_reporter: Callable[[CrashReport], None] | None = None
    event_sink: Callable[[str, object], None] | None = None
    remote_router: Callable[[object, object], None] | None = None


HOOKS = Hooks()
