"""A simulation is thrown away as a whole: no runtime of any kind of run stays in memory."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from aquavit import (
    Down,
    GenServer,
    exit,
    monitor,
    receive,
    run,
    self,
    send,
    send_after,
    sleep,
    spawn,
    spawn_link,
)
from aquavit.core.runtime import Runtime
from aquavit.testing import Faults, SimulationFailure, explore


class Server(GenServer):
    """Replies."""

    def handle_call(self, request: Any, from_: Any) -> Any:
        """Reply with the request."""
        return request


async def ends() -> None:
    await sleep(0)


async def watches() -> None:
    pid = spawn(sleep, 1)
    ref = monitor(pid)
    await receive(Down(ref, ..., ...))


async def leaves_processes() -> None:
    pid = spawn_link(sleep, None)
    send(pid, "never read")
    send(self(), "nor this")
    send_after(pid, "late", 60)
    await sleep(0)


async def calls() -> None:
    server = await Server.start()
    await asyncio.gather(*(GenServer.call(server, number) for number in range(2)))
    exit(server, "enough")


async def waits_for_a_future() -> None:
    spawn(lambda: asyncio.Event().wait())
    await sleep(0)


async def fails() -> None:
    spawn(ends)
    raise LookupError


async def never_ends() -> None:
    await receive("what does not come")


def left() -> int:
    """Return how many runtimes are in memory; what other tests have left may still go."""
    gc.collect()
    return sum(isinstance(thing, Runtime) for thing in gc.get_objects())


@pytest.mark.parametrize("main", [ends, watches, leaves_processes, calls, waits_for_a_future])
@pytest.mark.parametrize("strategy", ["random", "pct"])
def test_nothing_of_a_run_stays(main: Callable[[], Awaitable[None]], strategy: str) -> None:
    before = left()
    explore(main, schedules=20, strategy=strategy)
    assert left() <= before


@pytest.mark.parametrize("main", [fails, never_ends])
def test_nothing_of_a_failed_run_stays(main: Callable[[], Awaitable[None]]) -> None:
    before = left()
    with pytest.raises(SimulationFailure):
        explore(main, schedules=20)
    assert left() <= before


def test_nothing_stays_when_processes_are_killed_at_random() -> None:
    before = left()
    explore(watches, schedules=50, faults=Faults(kill=0.2))
    assert left() <= before


def test_nothing_of_a_real_run_stays() -> None:
    before = left()
    for main in (ends, leaves_processes, calls, waits_for_a_future):
        run(main)
    assert left() <= before
