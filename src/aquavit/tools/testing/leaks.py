"""What a test has left behind, and who left it."""

from __future__ import annotations

from typing import Any

from aquavit.core import loops, relations
from aquavit.core.exits import brief
from aquavit.core.ids import Pid
from aquavit.process import Down, exit, kill, monitor, processes, receive, registered, unlink
from aquavit.process import process_info as info_of
from aquavit.process import self as current_pid
from aquavit.tools.testing.describing import process_lines
from aquavit.tools.testing.settling import settled

__all__ = ["Leak", "check_leaks"]

#: Seconds that a process linked to the test may take to end with it.
_PATIENCE = 5.0


class Leak(AssertionError):
    """Raised when a test leaves processes, names, timers or monitors behind."""


async def check_leaks() -> None:
    """Fail if the running test leaves anything behind.

    What is linked to it ends first, with the exit reason "shutdown", as it would end with
    the test.

    Raises:
        Leak: something is left; it says what, and where it comes from.

    Example:
        >>> async def main():
        ...     spawn(sleep, None, name="forgotten")
        ...     await check_leaks()
        >>> run(main)  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        aquavit.tools.testing.leaks.Leak: the test has left something behind:
            process #PID<...> ("forgotten"), running ...; started by #PID<...> (the test)

    Elixir: none; processes that are not linked to an ExUnit test outlive it.
    """
    __tracebackhide__ = True
    own = current_pid()
    for peer in relations.peers(loops.here("check_leaks")):
        await _end(peer.pid)
    await settled()
    found = [_process(pid, own) for pid in processes() if pid != own]
    found += [f"name {name!r} of the test" for name in registered() if _is_own(name)]
    runtime: Any = loops.the_runtime("check_leaks")
    for timer in runtime.timers.items:
        if timer is not None and timer.process is None:
            found.append(f"timer to {_shown(timer.dest)} with the message {brief(timer.message)}")
    if not found:
        found += [
            f"monitor of {_shown(target)}, made by the test" for target in _info(own).monitors
        ]
    if found:
        text = "\n".join(f"    {line}" for line in found)
        raise Leak(f"the test has left something behind:\n{text}")


def _info(pid: Pid[Any]) -> Any:
    return info_of(pid)


def _is_own(name: str) -> bool:
    process: Any = current_pid().process
    return process.rare is not None and process.rare.name == name


async def _end(peer: Pid[Any]) -> None:
    """End a process that is linked to the test, as the end of the test would."""
    unlink(peer)
    ref = monitor(peer)
    exit(peer, "shutdown")
    if await receive(Down(ref, ..., ...), timeout=_PATIENCE, default=None) is None:
        kill(peer)
        await receive(Down(ref, ..., ...))


def _process(pid: Pid[Any], test: Pid[Any]) -> str:
    parent = _info(pid).parent
    starter = "nobody" if parent is None else f"{parent!r}{' (the test)' if parent == test else ''}"
    first, *rest = process_lines(pid, more=f"; started by {starter}")
    return "\n".join([f"process {first}", *(f"    {line}" for line in rest)])


def _shown(dest: Any) -> str:
    return repr(dest)
