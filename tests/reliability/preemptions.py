"""Preemptions by the million: what a process has in hand is as it was after each of them.

    python -m tests.reliability.preemptions                        20,000: some ten seconds
    python -m tests.reliability.preemptions --times 1000000        a million
    python -m tests.reliability.preemptions --loop uvloop --slice 0.001

Coroutines and plain functions that never wait go through the checks of `in_hand`, again and
again, with a time slice far below what `run` allows; so each is stopped in the middle of
whatever it does, also in callbacks of C code. Now and then one is killed where it stands and
another takes its place: its `finally` must run. A ticker goes on throughout. The last line is
the figure.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import aquavit
from aquavit import Pid, kill, monitor, process_info, receive, run, self, send, share, sleep, spawn
from aquavit.core import loops, preemption
from benchmarks import record
from tests.reliability.in_hand import CHECKS, VARIABLE

#: Seconds of the time slice.
SLICE = 0.0001
WORKERS = 8
HEADER = ("place", "preemptions", "checks", "problems", "killed", "time")
#: Seconds between two looks, and looks between two kills.
_LOOK, _KILL = 0.02, 5


@dataclass
class Board:
    """What workers and main tell each other."""

    over: bool = False
    begun: set[int] = field(default_factory=set)
    ended: set[int] = field(default_factory=set)
    rounds: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Outcome:
    """What came of it."""

    preemptions: int
    rounds: int
    killed: int
    ticks: int
    seconds: float
    problems: list[str]


def work(board: Board, number: int) -> None:
    """Go through all checks until the end, as worker `number`."""
    try:
        board.begun.add(number)
        VARIABLE.set(number)
        rng = random.Random(number)
        me = self()
        while not board.over:
            check = rng.choice(CHECKS)
            problem = check(number, rng)
            if problem is not None:
                board.problems.append(f"{check.__name__}: {problem}")
            if VARIABLE.get() != number or self() != me or sys.exc_info()[1] is not None:
                board.problems.append(f"{check.__name__}: another one's context")
            board.rounds += 1
    finally:
        board.ended.add(number)


async def work_async(board: Board, number: int) -> None:
    """Do the same on the stack of a coroutine."""
    task = asyncio.current_task()
    work(board, number)
    if asyncio.current_task() is not task:
        board.problems.append("another task is the current one")


async def ticker(board: Board, main: Pid[Any]) -> None:
    """Count how often it goes on."""
    ticks = 0
    while not board.over:
        await sleep(0.01)
        ticks += 1
    send(main, ("ticks", ticks))


class Counter:
    """Counts how often workers were stopped: they never wait, so each step but the first."""

    def __init__(self, board: Board) -> None:
        self.board = share(board)
        self.living: dict[Pid[Any], int] = {}
        self.gone = self.made = 0

    def hire(self) -> None:
        """Start one more worker."""
        self.made += 1
        pid = spawn(work if self.made % 2 else work_async, self.board, self.made)
        self.living[pid] = 0

    def look(self) -> int:
        """Return how many there were by now."""
        for pid in self.living:
            info = process_info(pid)
            if info is not None:
                self.living[pid] = max(0, info.reductions - 1)
        return self.gone + sum(self.living.values())

    async def dismiss(self, pid: Pid[Any]) -> None:
        """Kill one and wait for its end."""
        ref = monitor(pid)
        kill(pid)
        await receive(aquavit.Down(ref, ..., ...))
        self.gone += self.living.pop(pid)


async def stress(
    times: int, slice: float, tell: Callable[[int], None] | None = None
) -> tuple[Board, Counter, int]:
    """Preempt that many times; return what was counted."""
    runtime = loops.runtime_of(asyncio.get_running_loop())
    preemption.stop(runtime)
    preemption.start(runtime, slice)
    await sleep(_LOOK)  # the turn that was under way is not watched
    board, rng, looks = Board(), random.Random(times), 0
    counter = Counter(board)
    for _ in range(WORKERS):
        counter.hire()
    spawn(ticker, share(board), self())
    while counter.look() < times:
        await sleep(_LOOK)
        looks += 1
        if looks % _KILL == 0:
            await counter.dismiss(rng.choice(list(counter.living)))
            counter.hire()
            if tell is not None:
                tell(counter.look())
    board.over = True
    for pid in counter.living:
        await receive(aquavit.Down(monitor(pid), ..., ...))
    ticks = (await receive(("ticks", int)))[1]
    return board, counter, ticks


@contextlib.contextmanager
def _reports() -> Iterator[list[str]]:
    """Collect what the package reports: crashes, stacks that were left behind."""
    reports: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: reports.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("aquavit").addHandler(handler)
    try:
        yield reports
    finally:
        logging.getLogger("aquavit").removeHandler(handler)


def measure(
    times: int,
    slice: float = SLICE,
    factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
    tell: Callable[[int], None] | None = None,
) -> Outcome:
    """Run it, and find out what is wrong."""
    started = time.monotonic()
    with _reports() as reports:
        board, counter, ticks = run(stress, times, slice, tell, loop_factory=factory)
    seconds = time.monotonic() - started
    problems = board.problems + reports
    if board.begun != board.ended:
        problems.append(f"have not cleaned up: {sorted(board.begun - board.ended)}")
    total = counter.gone + sum(counter.living.values())
    return Outcome(total, board.rounds, counter.made - WORKERS, ticks, seconds, problems)


def loop_factory(name: str) -> Callable[[], asyncio.AbstractEventLoop]:
    """Return what makes the loop of that name."""
    if name != "uvloop":
        return asyncio.new_event_loop
    import uvloop

    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def _other_rows(place: str) -> list[list[str]]:
    """Return what is on record for other interpreters and loops."""
    for one in record.read_all():
        if one.name == "preemptions":
            return [row for row in one.rows if row[0] != place]
    return []


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=20_000, metavar="N")
    parser.add_argument("--slice", type=float, default=SLICE, metavar="SECONDS")
    parser.add_argument("--loop", choices=("asyncio", "uvloop"), default="asyncio")
    record.add_option(parser)
    options = parser.parse_args()

    def tell(count: int) -> None:
        if sys.stdout.isatty():
            print(f"\r\x1b[K{count:,}", end="", flush=True)

    found = measure(options.times, options.slice, loop_factory(options.loop), tell)
    for problem in found.problems[:20]:
        print(problem)
    python = ".".join(map(str, sys.version_info[:2]))
    line = (
        f"preemptions: {found.preemptions:,} on {options.loop}, Python {python}, in"
        f" {found.seconds:.0f} s: {found.rounds:,} checks, {len(found.problems)} problems,"
        f" {found.killed:,} killed where they stood, {found.ticks:,} ticks meanwhile"
    )
    print(line)
    if options.record:
        row = [
            f"{python}, {options.loop}", f"{found.preemptions:,}", f"{found.rounds:,}",
            f"{len(found.problems)}", f"{found.killed:,}", f"{found.seconds:.0f} s",
        ]  # fmt: skip
        record.keep(
            "preemptions", "A million preemptions", line, __spec__.name,
            header=HEADER, rows=[*_other_rows(row[0]), row],
        )  # fmt: skip
    return 1 if found.problems else 0


if __name__ == "__main__":
    sys.exit(main())
