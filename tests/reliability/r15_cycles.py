"""R15: runtimes that start, work and stop in one process of the operating system.

    python -m tests.reliability.r15_cycles                 200 cycles
    python -m tests.reliability.r15_cycles --cycles 10000

Each works with servers under a supervisor, timers, names, threads, adopted tasks, a process
with a stack of its own and one that has to be taken off the core. Threads, descriptors,
asyncio tasks and runtimes must afterwards be what they were. The last line is the figure.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import sys
import threading
import time
from typing import Any

import psutil

import aquavit
from aquavit import (
    GenServer,
    Supervisor,
    blocking,
    receive,
    self,
    send,
    send_after,
    sleep,
    spawn,
    spawn_link,
    wait,
)
from aquavit.core.runtime import Runtime
from benchmarks import record

_WARM_UP = 10


class Worker(GenServer):
    """A server that replies."""

    def init(self, name: str) -> None:
        self.name = name

    def handle_call(self, request: Any, from_: Any) -> Any:
        return self.name, request


def _plain(observer: Any) -> None:
    wait(sleep(0))
    send(observer, "plain")


def _busy(observer: Any) -> None:
    end = time.monotonic() + 0.015
    while time.monotonic() < end:
        pass
    send(observer, "busy")


async def _receive_in_a_task() -> Any:
    return await receive("never")


async def program() -> None:
    """Do some of everything, and leave most of it to the end of the runtime."""
    me = self()
    await Supervisor.start_link([(Worker, "a")], name="top")
    worker = await Worker.start_link("c", name="worker")
    assert await GenServer.call(worker, 1) == ("c", 1)
    for _ in range(20):
        spawn(sleep, None)
        spawn_link(sleep, None)
        send_after(me, "later", 3600)
    spawn(_plain, me)
    spawn(_busy, me)
    for message in ("plain", "busy"):
        await receive(message, timeout=5.0)
    await blocking(int)
    task = asyncio.create_task(_receive_in_a_task())
    await sleep(0)
    task.cancel()
    with_error = await asyncio.gather(task, return_exceptions=True)
    assert isinstance(with_error[0], asyncio.CancelledError)


def left() -> dict[str, int]:
    """Return what there is of what a runtime could leave behind."""
    gc.collect()
    known = gc.get_objects()
    return {
        "threads": threading.active_count(),
        "native threads": psutil.Process().num_threads(),
        "descriptors": len(os.listdir("/proc/self/fd")),
        "tasks": sum(isinstance(each, asyncio.Task) for each in known),
        "runtimes": sum(isinstance(each, Runtime) for each in known),
    }


def measure(cycles: int) -> dict[str, int]:
    """Run that many cycles; return what there is more than before, by kind."""
    for _ in range(_WARM_UP):
        aquavit.run(program)
    before = left()
    for _ in range(cycles):
        aquavit.run(program)
    after = left()
    return {kind: after[kind] - before[kind] for kind in before}


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cycles", type=int, default=200)
    record.add_option(parser)
    options = parser.parse_args()
    more = measure(options.cycles)
    found = ", ".join(f"{count} {kind}" for kind, count in more.items())
    line = f"R15: {options.cycles:,} starts and stops of a runtime leave {found}"
    print(line)
    if options.record:
        record.keep("r15_cycles", "R15: starts and stops", line, __spec__.name)
    return 1 if any(count > 0 for count in more.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
