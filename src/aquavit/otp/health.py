"""What a tree of supervisors looks like now, as data.

Elixir: none; observer shows it as a picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aquavit.core import requests
from aquavit.core.exits import CallError, CallTimeout, NoProcess
from aquavit.core.ids import Pid
from aquavit.core.records import record
from aquavit.core.requests import DEFAULT_TIMEOUT
from aquavit.otp.methods import Server
from aquavit.otp.system import supervised

__all__ = ["Health", "health"]


@record
class Health:
    """One process of a tree, with all that is below it.

    Args:
        id: what its supervisor knows it by; for the root what `health` was given.
        pid: its Pid, None while it does not run.
        type: "worker" or "supervisor".
        status: "running"; "restarting": it waits for its next attempt to start; "stopped";
            "unresponsive": a supervisor that has not answered in time.
        restarts: how often it has been started again.
        recent: for a supervisor, how many restarts of its children lie in its window.
        max_restarts: how many may; None for a worker.
        children: those of a supervisor, in the order of their start.

    Elixir: none.
    """

    id: Any
    pid: Pid[Any] | None
    type: str
    status: str
    restarts: int = 0
    recent: int = 0
    max_restarts: int | None = None
    children: tuple[Health, ...] = ()

    @property
    def is_healthy(self) -> bool:
        """Whether all of it runs."""
        return all(part.status == "running" for part in self.walk())

    def walk(self) -> Iterator[Health]:
        """Yield it and all below it, each before its children."""
        yield self
        for child in self.children:
            yield from child.walk()


async def health(supervisor: Server, timeout: float | None = DEFAULT_TIMEOUT) -> Health:
    """Return what runs below a supervisor.

    Each supervisor of the tree is asked, one after the other; one that is busy starting a
    child shows as "unresponsive".

    Args:
        supervisor: a Pid, a name, `(name, node)` or a Via.
        timeout: seconds for each; None for no limit.

    Raises:
        NoProcess: there is no such supervisor.

    Example:
        >>> class Sleeper(GenServer):
        ...     def init(self): ...
        >>> async def main():
        ...     tree = await health(await Supervisor.start_link([Sleeper]))
        ...     return tree.is_healthy, [child.id for child in tree.children]
        >>> run(main)
        (True, ['Sleeper'])

    Elixir: none.
    """
    found: Any = requests.find(supervisor, "health")
    if found is None:
        raise NoProcess(supervisor)
    return await _look(supervisor, found.pid, "worker", 0, timeout)


async def _look(
    id: Any, pid: Pid[Any], otherwise: str, restarts: int, timeout: float | None
) -> Health:
    """Return the health of what was alive just now; its type is `otherwise` if none."""
    try:
        facts = await supervised(pid, timeout)
    except CallTimeout:
        return Health(id, pid, "supervisor", "unresponsive", restarts)
    except (NoProcess, CallError):
        return Health(id, None, "supervisor", "stopped", restarts)
    if facts is None:
        return Health(id, pid, otherwise, "running", restarts)
    recent, max_restarts, rows = facts
    children = [await _child(row, timeout) for row in rows]
    return Health(
        *(id, pid, "supervisor", "running", restarts, recent, max_restarts, tuple(children))
    )


async def _child(row: tuple[Any, Any, str, int], timeout: float | None) -> Health:
    id, pid, type, restarts = row
    if not isinstance(pid, Pid):
        return Health(id, None, type, pid or "stopped", restarts)
    if type == "supervisor":
        return await _look(id, pid, type, restarts, timeout)
    return Health(id, pid, type, "running", restarts)
