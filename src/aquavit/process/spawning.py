"""Starting processes, and asking which ones there are.

Elixir: spawn/1, spawn_link/1, spawn_monitor/1, Process.alive?/1, Process.list/0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVarTuple

from aquavit.core import calls, ids, loops, relations
from aquavit.core.calls import self, spawn
from aquavit.core.exits import brief
from aquavit.core.ids import Pid, Ref
from aquavit.core.overflow import Mailbox
from aquavit.core.process import current
from aquavit.process.links import AliasMode, check_alias_mode, ref_of_monitor

__all__ = ["is_alive", "make_ref", "processes", "self", "spawn", "spawn_link", "spawn_monitor"]

A = TypeVarTuple("A")


def spawn_link(
    fn: Callable[[*A], Any], *args: *A, name: str | None = None, mailbox: Mailbox | None = None
) -> Pid[Any]:
    """Start a process that is linked to the current one from its first moment.

    Args:
        fn: as for `spawn`.
        args: its arguments.
        name: registers the process under that name.
        mailbox: as for `spawn`.

    Raises:
        TypeError, ValueError, NotInProcess: as `spawn`.

    Example:
        >>> async def main():
        ...     trap_exit(True)
        ...     pid = spawn_link(lambda: 1 / 0)
        ...     return type((await receive(Exit(pid, ...))).reason)
        >>> run(main)  # and the crash is reported on the log
        <class 'ZeroDivisionError'>

    Elixir: spawn_link/1.
    """
    caller = loops.here("spawn_link")
    process = calls.start(fn, args, name, "spawn_link", mailbox)
    relations.add_link(caller, process)
    return process.pid


def spawn_monitor(
    fn: Callable[[*A], Any],
    *args: *A,
    name: str | None = None,
    alias: AliasMode | None = None,
    tag: object = None,
    mailbox: Mailbox | None = None,
) -> tuple[Pid[Any], Ref]:
    """Start a process that the current one monitors from its first moment.

    Args:
        fn: as for `spawn`.
        args: its arguments.
        name: registers the process under that name.
        alias: makes the Ref an Alias, as for `monitor`.
        tag: stands first in the message in place of `Down`, as for `monitor`.
        mailbox: as for `spawn`.

    Returns:
        The Pid, and the Ref of the `Down` to come.

    Raises:
        TypeError, ValueError, NotInProcess: as `spawn`.

    Example:
        >>> async def main():
        ...     pid, ref = spawn_monitor(lambda: "done")
        ...     return (await receive(Down(ref, pid, ...))).reason
        >>> run(main)
        'normal'

    Elixir: spawn_monitor/1; Process.spawn/2 with `monitor: options`.
    """
    caller = loops.here("spawn_monitor")
    check_alias_mode(alias, "spawn_monitor")
    process = calls.start(fn, args, name, "spawn_monitor", mailbox)
    ref = ref_of_monitor(caller, alias)
    relations.add_monitor(caller, process, ref, None, tag)
    return process.pid, ref


def is_alive(pid: Pid[Any]) -> bool:
    """Tell whether the process lives; one that has been told to exit does not.

    Raises:
        TypeError: `pid` is no Pid.

    Example:
        >>> async def main():
        ...     return is_alive(self()), is_alive(spawn(sleep, 0))
        >>> run(main)
        (True, True)

    Elixir: Process.alive?/1.
    """
    if not isinstance(pid, Pid):
        raise TypeError(f"is_alive: expected a Pid, got {brief(pid)}")
    process: Any = pid.process
    if process is not None:
        process.runtime.catch_up(process)
    return process is not None and not process.exiting


def processes() -> list[Pid[Any]]:
    """Return the Pids of all living processes of this runtime, oldest first.

    Example:
        >>> async def main():
        ...     pid = spawn(sleep, None)
        ...     return processes() == [self(), pid]
        >>> run(main)
        True

    Elixir: Process.list/0.
    """
    return [process.pid for process in loops.the_runtime("processes").processes()]


def make_ref() -> Ref:
    """Return a new Ref, unlike any other.

    A `receive` whose patterns contain it skips everything that was in the mailbox
    before it was made.

    Example:
        >>> make_ref() == make_ref()
        False

    Elixir: make_ref/0.
    """
    ref = ids.new_ref()
    process = current()
    if process is not None:
        process.mark(ref.id)
    return ref
