"""Many processes alive at once, in aquavit. `python scale_aquavit.py COUNT` prints figures.

COUNT processes are linked in a tree, ten below each, and each has a timer pending. They are
spawned, asked one question each, and ended from the top; every step is timed as a whole.
"""

from __future__ import annotations

import contextlib
import gc
import json
import sys
from collections.abc import Iterator
from time import perf_counter, thread_time
from typing import Any

import memory

from aquavit import (
    Down,
    Pid,
    exit,
    monitor,
    receive,
    run,
    self,
    send,
    send_after,
    spawn,
    spawn_link,
)

#: How many are linked below one, and the seconds of a timer that does not go off.
WIDTH = 10
LATER = 3600.0


class Pauses:
    """How long the collector of garbage stopped the program, from `gc.callbacks`.

    In time of the processor: what other programs take meanwhile is no pause of its own.
    """

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._started = 0.0

    def note(self, phase: str, info: dict[str, Any]) -> None:
        """Note the beginning or the end of a collection."""
        if phase == "start":
            self._started = thread_time()
        else:
            self.seconds.append(thread_time() - self._started)

    @contextlib.contextmanager
    def noted(self) -> Iterator[None]:
        """Note the collections of a block."""
        gc.callbacks.append(self.note)
        try:
            yield
        finally:
            gc.callbacks.remove(self.note)

    def at(self, share: float) -> float:
        """Return the pause that this share of all does not exceed; 0 if there was none."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def shares(count: int) -> list[int]:
    """Return how many processes each of the branches below has, if `count` are left."""
    each, more = divmod(count, WIDTH)
    return [size for size in (each + (place < more) for place in range(WIDTH)) if size]


async def node(size: int, observer: Pid) -> None:
    """Be the top of `size` processes: spawn those below, then answer."""
    for each in shares(size - 1):
        spawn_link(node, each, observer)
    send_after(self(), "later", LATER)
    send(observer, self())
    while True:
        send(await receive(), "answer")


async def scale(count: int) -> dict[str, float]:
    """Return the figures of `count` processes."""
    me, pauses = self(), Pauses()
    gc.collect()
    before = memory.resident()
    with pauses.noted():
        started = perf_counter()
        top = spawn(node, count, me)
        pids = [await receive() for _ in range(count)]
        spawned = perf_counter() - started
        resident = memory.resident() - before
        started = perf_counter()
        for pid in pids:
            send(pid, me)
        for _ in pids:
            await receive("answer")
        answered = perf_counter() - started
    started = thread_time()
    gc.collect()
    full = thread_time() - started
    with pauses.noted():
        for pid in pids:
            monitor(pid)
        del pids, pid
        started = perf_counter()
        exit(top, "over")
        for _ in range(count):
            await receive(Down)
        ended = perf_counter() - started
    return {
        "spawn": spawned,
        "round": answered,
        "die": ended,
        "bytes": resident / count,
        "collections": len(pauses.seconds),
        "pause_p99": pauses.at(0.99),
        "pause_worst": pauses.at(1.0),
        "full_collection": full,
    }


if __name__ == "__main__":
    # What the collector calls may be taken off the core too; what ran meanwhile would count
    # as a pause of the collector.
    print(json.dumps(run(scale, int(sys.argv[1]), preempt=None)), flush=True)
