"""The work, in asyncio. `python workloads_asyncio.py NAME COUNT` prints one measurement.

What one builds with asyncio alone: a Task for each process and a Queue for its mailbox.
There is no copying of messages, no links and no selective receive, so the work is less,
and what has no counterpart is left out. The cascade over a star is a TaskGroup in which
one task fails. The event loop is the one that `aquavit.run` takes: uvloop's if installed.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys
from asyncio import Queue, Task, create_task
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

import memory

Figures = dict[str, float]

TURN = 1_000


# --- ping-pong


async def pong(inbox: Queue[Any]) -> None:
    while True:
        match await inbox.get():
            case ("ping", sender):
                sender.put_nowait("pong")
            case "stop":
                return


async def ping_pong(count: int) -> Figures:
    mine: Queue[Any] = Queue()
    partner: Queue[Any] = Queue()
    task = create_task(pong(partner))
    started = perf_counter()
    for _ in range(count):
        partner.put_nowait(("ping", mine))
        await mine.get()
    seconds = perf_counter() - started
    partner.put_nowait("stop")
    await task
    return {"seconds": seconds / count}


# --- ring


async def member(inbox: Queue[Any], neighbour: Queue[Any]) -> None:
    while True:
        match await inbox.get():
            case "stop":
                neighbour.put_nowait("stop")
                return
            case hops:
                neighbour.put_nowait(hops + 1)


async def ring(count: int, size: int = 10_000) -> Figures:
    mine: Queue[Any] = Queue()
    neighbour, tasks = mine, []
    for _ in range(size - 1):
        inbox: Queue[Any] = Queue()
        tasks.append(create_task(member(inbox, neighbour)))
        neighbour = inbox
    laps = max(1, count // size)
    started = perf_counter()
    for _ in range(laps):
        neighbour.put_nowait(1)
        assert await mine.get() == size
    seconds = perf_counter() - started
    neighbour.put_nowait("stop")
    await asyncio.gather(*tasks)
    return {"seconds": seconds / (laps * size)}


# --- spawn


async def answer(parent: Queue[Any]) -> None:
    parent.put_nowait("done")


async def spawn_and_answer(count: int) -> Figures:
    mine: Queue[Any] = Queue()
    running: set[Task[None]] = set()  # asyncio keeps no task alive by itself
    started = perf_counter()
    for _ in range(count):
        task = create_task(answer(mine))
        running.add(task)
        task.add_done_callback(running.discard)
        await mine.get()
    return {"seconds": (perf_counter() - started) / count}


async def echo(inbox: Queue[Any]) -> None:
    (await inbox.get()).put_nowait("pong")


async def million(count: int) -> Figures:
    mine: Queue[Any] = Queue()
    inboxes, tasks = [], []
    started = perf_counter()
    for first in range(0, count, TURN):
        for _ in range(first, min(first + TURN, count)):
            inbox: Queue[Any] = Queue()
            tasks.append(create_task(echo(inbox)))
            inboxes.append(inbox)
        await asyncio.sleep(0)
    for inbox in inboxes:
        inbox.put_nowait(mine)
    for _ in inboxes:
        await mine.get()
    return {"seconds": (perf_counter() - started) / count}


# --- flood


async def sink(inbox: Queue[Any], count: int, parent: Queue[Any]) -> None:
    for _ in range(count):
        message = await inbox.get()
    parent.put_nowait(message)


async def flood(count: int, turn: int = TURN) -> Figures:
    mine: Queue[Any] = Queue()
    inbox: Queue[Any] = Queue()
    task = create_task(sink(inbox, count, mine))
    started = perf_counter()
    for first in range(0, count, turn):
        for number in range(first, min(first + turn, count)):
            inbox.put_nowait(("message", number))
        await asyncio.sleep(0)
    assert await mine.get() == ("message", count - 1)
    seconds = perf_counter() - started
    await task
    return {"seconds": seconds / count}


async def flood_pileup(count: int) -> Figures:
    return await flood(count, turn=count)


# --- idle processes


async def idle(inbox: Queue[Any]) -> None:
    await inbox.get()


async def idle_bytes(count: int) -> Figures:
    before = memory.resident()
    tasks = []
    for first in range(0, count, TURN):
        for _ in range(first, min(first + TURN, count)):
            tasks.append(create_task(idle(Queue())))
        await asyncio.sleep(0)
    figures = {"rss": (memory.resident() - before) / count}
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    return figures


# --- cascade


class BrokenError(Exception):
    """What the failing task raises."""


async def fail(inbox: Queue[Any]) -> None:
    await inbox.get()
    raise BrokenError


async def cascade_star(count: int) -> Figures:
    started = perf_counter()
    centre: Queue[Any] = Queue()
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(idle(Queue()))
            group.create_task(fail(centre))
            await asyncio.sleep(0)
            started = perf_counter()
            centre.put_nowait("broken")
    except* BrokenError:
        pass
    return {"seconds": perf_counter() - started}


WORKLOADS: dict[str, Callable[[int], Awaitable[Figures]]] = {
    "ping_pong": ping_pong,
    "ring": ring,
    "spawn": spawn_and_answer,
    "flood": flood,
    "flood_pileup": flood_pileup,
    "million": million,
    "idle": idle_bytes,
    "cascade_star": cascade_star,
}


async def measure(name: str, count: int) -> Figures:
    """Warm up, then measure."""
    workload = WORKLOADS[name]
    await workload(max(1, count // 10) if name != "idle" else 1_000)
    return await workload(count)


def best_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return what makes the loop that `aquavit.run` takes."""
    if importlib.util.find_spec("uvloop") is None:
        return None
    import uvloop

    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=best_loop()) as runner:
        figures = runner.run(measure(sys.argv[1], int(sys.argv[2])))
    print(json.dumps(figures), flush=True)
