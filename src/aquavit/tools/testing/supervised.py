"""Processes that live as long as a test: a supervisor of its own starts and stops them.

Elixir: start_supervised/2 and stop_supervised/1 of ExUnit.Callbacks.
"""

from __future__ import annotations

from typing import Any

from aquavit.core import loops, relations
from aquavit.core.exits import brief
from aquavit.core.ids import Pid
from aquavit.otp import Supervisor
from aquavit.otp.child_spec import spec_of
from aquavit.otp.gen import stop
from aquavit.process import is_alive, link, process_dict, unlink

__all__ = ["start_link_supervised", "start_supervised", "stop_all", "stop_supervised"]

_KEY = "$test_supervisor"
#: A test's children may be restarted as often as the test likes.
_MOST_RESTARTS = 1_000_000


async def start_supervised(child: Any, **overrides: Any) -> Any:
    """Start a child under the supervisor of the running test.

    At the end of the test its children are stopped, the last one first, each with the
    exit reason "shutdown" and the time that its spec gives it. A crash of the child does
    not reach the test; the supervisor starts it again as its spec says.

    Args:
        child: a ChildSpec, a behaviour or `(behaviour, *args)`.
        overrides: fields of `ChildSpec`, such as `id` or `restart`.

    Returns:
        The child's Pid, or what else its start function gives.

    Raises:
        Exception: what the start raised.

    Example:
        >>> class Counter(GenServer):
        ...     def init(self, value): self.value = value
        ...     def handle_call(self, request, from_): return self.value
        >>> async def main():
        ...     counter = await start_supervised((Counter, 5))
        ...     return await GenServer.call(counter, "get")
        >>> run(main)
        5

    Elixir: start_supervised!/2.
    """
    spec = spec_of(child)
    return await Supervisor.start_child(await _supervisor(), spec.replace(**overrides))


async def start_link_supervised(child: Any, **overrides: Any) -> Any:
    """Start a child as `start_supervised` does, and link it to the test.

    Args:
        child: a ChildSpec, a behaviour or `(behaviour, *args)`.
        overrides: fields of `ChildSpec`, such as `id` or `restart`.

    Returns:
        The child's Pid, or what else its start function gives.

    Raises:
        Exception: what the start raised.

    Example:
        >>> class Idle(GenServer):
        ...     def init(self): ...
        >>> async def main():
        ...     idle = await start_link_supervised(Idle)
        ...     return idle in process_info(self()).links
        >>> run(main)
        True

    Elixir: start_link_supervised!/2.
    """
    started = await start_supervised(child, **overrides)
    pid = started[0] if isinstance(started, tuple) else started
    if isinstance(pid, Pid):
        link(pid)
    return started


async def stop_supervised(id: Any) -> None:
    """Stop a child of `start_supervised` and forget it; a link to it goes first.

    Args:
        id: the `id` of its spec: for a behaviour its class's name, or the class.

    Raises:
        LookupError: the test has no such child.

    Example:
        >>> class Idle(GenServer):
        ...     def init(self): ...
        >>> async def main():
        ...     pid = await start_supervised(Idle)
        ...     await stop_supervised("Idle")
        ...     return is_alive(pid)
        >>> run(main)
        False

    Elixir: stop_supervised!/1.
    """
    __tracebackhide__ = True
    loops.here("stop_supervised")
    supervisor = process_dict().get(_KEY, "")
    name = id.__name__ if isinstance(id, type) else id
    known = [] if not supervisor else await Supervisor.which_children(supervisor)
    pids = {child.id: child.pid for child in known}
    if name not in pids:
        there = ", ".join(map(brief, pids)) or "none"
        raise LookupError(
            f"stop_supervised: expected the id of a child that this test has started,"
            f" got {brief(id)}\nthere are: {there}"
        )
    pid = pids[name]
    if isinstance(pid, Pid):
        unlink(pid)
    await Supervisor.terminate_child(supervisor, name)
    # A temporary child is forgotten when it ends.
    if name in [child.id for child in await Supervisor.which_children(supervisor)]:
        await Supervisor.delete_child(supervisor, name)


async def stop_all() -> None:
    """Stop what the running test has started, the last child first."""
    supervisor = process_dict().pop(_KEY, None)
    if supervisor is not None and is_alive(supervisor):
        for peer in relations.peers(loops.here("stop_all")):
            if peer.parent == supervisor:
                unlink(peer.pid)
        await stop(supervisor, "shutdown")


async def _supervisor() -> Pid[Any]:
    """Return the supervisor of the running test; it is started on first use."""
    own = process_dict()
    if own.get(_KEY) is None or not is_alive(own[_KEY]):
        own[_KEY] = await Supervisor.start([], max_restarts=_MOST_RESTARTS, max_seconds=1.0)
    return own[_KEY]  # type: ignore[no-any-return]
