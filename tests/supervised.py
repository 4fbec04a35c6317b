"""The Python twin of the oracle's `_sup.exs`: a child that tells the test what it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aquavit
from aquavit import (
    ChildSpec,
    GenServer,
    Pid,
    Stop,
    Supervisor,
    flush,
    receive,
    self,
    send,
    trap_exit,
)
from tests.support import died, settled

__all__ = [
    "C",
    "Fuse",
    "changed",
    "crash",
    "deaf",
    "ids",
    "news",
    "pid_of",
    "pids",
    "quiet_start",
    "spec",
]


class C(GenServer):
    """Sends ("start", id) and ("stop", id, reason) to the process that made its spec."""

    def init(self, id: Any, watcher: Pid[Any], fn: Callable[[Any], Any] | None = None) -> Any:
        trap_exit(True)
        self.id, self.watcher = id, watcher
        send(watcher, ("start", id))
        return None if fn is None else fn(id)

    def handle_call(self, request: Any, from_: Any) -> Any:
        return request()

    def handle_cast(self, request: tuple[str, Any]) -> Any:
        what, value = request
        if what == "exit":
            return Stop(value)
        value()
        return None

    def handle_info(self, message: Any) -> None:
        """Take any message."""

    def terminate(self, reason: Any) -> None:
        send(self.watcher, ("stop", self.id, reason))


def spec(id: Any, fn: Callable[[Any], Any] | None = None, **fields: Any) -> ChildSpec:
    """Return the spec of a `C` that tells the calling process."""
    args = (id, self()) if fn is None else (id, self(), fn)
    return C.child_spec(*args, id=id, **fields)


async def pids(sup: Any) -> dict[Any, Any]:
    """Return the Pid of each child, by id, in the order of their start."""
    return {row.id: row.pid for row in reversed(await Supervisor.which_children(sup))}


async def pid_of(sup: Any, id: Any) -> Any:
    """Return the Pid of one child."""
    return (await pids(sup))[id]


async def ids(sup: Any) -> list[tuple[Any, Any]]:
    """Return (id, "up" or what stands in place of its Pid), in the order of their start."""
    return [
        (id, "up" if isinstance(pid, Pid) else pid or "undefined")
        for id, pid in (await pids(sup)).items()
    ]


def changed(before: dict[Any, Any], after: dict[Any, Any]) -> list[Any]:
    """Return which ids have another Pid now."""
    return sorted(id for id, pid in after.items() if before.get(id) != pid)


async def crash(sup: Any, id: Any, reason: Any = "boom") -> None:
    """End a child with `reason`, and wait until it is gone."""
    pid = await pid_of(sup, id)
    GenServer.cast(pid, ("exit", reason))
    await died(pid)


async def news() -> list[Any]:
    """Return what the children have told, when all is at rest."""
    await settled()
    return flush()


async def quiet_start(children: list[Any], **options: Any) -> Pid[Any]:
    """Start a supervisor and forget what its children tell of their start."""
    sup: Pid[Any] = await Supervisor.start_link(children, **options)
    aquavit.flush()
    return sup


async def deaf() -> None:
    """Trap exits and listen to none."""
    trap_exit(True)
    while True:
        await receive()


class Fuse:
    """Says how many starts succeed; shared on purpose."""

    def __init__(self, starts: int) -> None:
        self.starts = starts

    def __call__(self, id: Any) -> Any:
        self.starts -= 1
        return None if self.starts >= 0 else Stop("no_restart")


aquavit.isolation.register(Fuse, reference=True)
