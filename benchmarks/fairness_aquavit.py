"""What each process gets of the core. `python fairness_aquavit.py NAME LOOP` prints figures.

    hogs       four endless loops and a time.sleep(3), among tickers
    bursts     loops that give way after a tenth of a second: with preemption, and without
    turns      a flood, a ring, a pair and 10,000 timers at once: how often the loop comes round
    plain      10,000 plain functions that wait
    ping_pong  two processes, with preemption and without it, in turns

A ticker means to go on every 10 ms; how much later it does is its lateness.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Callable
from time import perf_counter
from typing import Any

import memory

from aquavit import (
    Down,
    Pid,
    kill,
    monitor,
    receive,
    run,
    self,
    send,
    send_after,
    share,
    sleep,
    spawn,
    wait,
)

Figures = dict[str, Any]

#: Seconds from one tick to the next.
TICK = 0.01
#: Seconds that a burst lasts, and the time.sleep among them.
BURST, NAP = 0.1, 0.5


def p99(values: list[float]) -> float:
    """Return the 99th percentile."""
    return sorted(values)[int(0.99 * len(values))]


# --- tickers


async def ticker(ticks: list[tuple[float, float]]) -> None:
    """Tick for ever; note when, and how late."""
    while True:
        due = perf_counter() + TICK
        await sleep(TICK)
        now = perf_counter()
        ticks.append((now, now - due))


class Callbacks:
    """Ticks of asyncio's own `call_later`."""

    def __init__(self) -> None:
        self.late: list[float] = []
        self.loop = asyncio.get_running_loop()
        self.begin()

    def begin(self) -> None:
        """Set the next tick."""
        self.due = perf_counter() + TICK
        self.timer = self.loop.call_later(TICK, self.tick)

    def tick(self) -> None:
        """Note how late it is."""
        self.late.append(perf_counter() - self.due)
        self.begin()

    def end(self) -> None:
        """Tick no more."""
        self.timer.cancel()


# --- four endless loops


def plain_loop(counts: list[int], number: int) -> None:
    while True:
        counts[number] += 1


async def async_loop(counts: list[int], number: int) -> None:
    while True:
        counts[number] += 1


def nap(seconds: float) -> None:
    time.sleep(seconds)


async def hogs(seconds: float) -> Figures:
    """Four endless loops and a sleep that blocks, among a ticker and asyncio's own."""
    ticks: list[tuple[float, float]] = []
    counts = [0, 0, 0, 0]
    tick = spawn(ticker, share(ticks))
    callbacks = Callbacks()
    loops = (plain_loop, async_loop, plain_loop, async_loop)
    shared = share(counts)
    pids = [spawn(fn, shared, number) for number, fn in enumerate(loops)]
    others = [tick, spawn(nap, 3.0)]
    await sleep(seconds)
    found = list(counts)
    callbacks.end()
    killing = await kill_all(pids)
    await kill_all(others)
    return {
        "ticker": p99([late for _, late in ticks]),
        "ticks": len(ticks) * TICK / seconds,
        "call_later": p99(callbacks.late),
        "least_part": min(found) * len(found) / sum(found),
        "most_part": max(found) * len(found) / sum(found),
        "kill": killing,
    }


async def kill_all(pids: list[Pid[Any]]) -> float:
    """Kill them; return the seconds until the last is down."""
    started = perf_counter()
    for pid in pids:
        monitor(pid)
        kill(pid)
    for _ in pids:
        await receive(Down)
    return perf_counter() - started


# --- with and without


async def burst() -> None:
    while True:
        until = perf_counter() + BURST
        while perf_counter() < until:
            pass
        await sleep(0)


async def bursts(seconds: float) -> Figures:
    """Return the ticks of a ticker among four processes that compute, and a sleep."""
    ticks: list[tuple[float, float]] = []
    began = perf_counter()
    pids = [spawn(ticker, share(ticks)), *(spawn(burst) for _ in range(4))]
    await sleep(seconds / 2)
    spawn(nap, NAP)
    while perf_counter() - began < seconds:
        await sleep(0.1)
    await kill_all(pids)
    return {"ticks": [(now - began, late) for now, late in ticks]}


# --- the loop's turn


async def sink() -> None:
    while True:
        await receive()


async def source(pid: Pid[Any]) -> None:
    while True:
        for number in range(1000):
            send(pid, number)
        await sleep(0)


async def member(following: Pid[Any] | None = None) -> None:
    after = await receive(Pid) if following is None else following
    while True:
        send(after, await receive())


async def echo() -> None:
    while True:
        sender, value = await receive()
        send(sender, (self(), value))


class Rounds:
    """Notes when the event loop comes round."""

    def __init__(self) -> None:
        self.gaps: list[float] = []
        self.loop = asyncio.get_running_loop()
        self.last = perf_counter()
        self.handle = self.loop.call_soon(self.come)

    def come(self) -> None:
        """Note it, and wait for the next round."""
        now = perf_counter()
        self.gaps.append(now - self.last)
        self.last = now
        self.handle = self.loop.call_soon(self.come)

    def end(self) -> None:
        """Note no more."""
        self.handle.cancel()


async def turns(seconds: float, timers: int = 10_000) -> Figures:
    """Measure the time from one round of the event loop to the next, under load."""
    pids = [spawn(sink)]
    pids.append(spawn(source, pids[0]))
    first = following = spawn(member)
    for _ in range(999):
        following = spawn(member, following)
        pids.append(following)
    send(first, following)
    for number in range(10):
        send(first, number)
    pair = [spawn(echo), spawn(echo)]
    send(pair[0], (pair[1], "always"))
    pids += [first, *pair]
    rounds = Rounds()
    until = perf_counter() + seconds
    while perf_counter() < until:
        moment = asyncio.get_running_loop().time() + 0.5
        for number in range(timers):
            send_after(self(), number, max(0.0, moment - asyncio.get_running_loop().time()))
            if number % 1000 == 0:
                await sleep(0)
        for _ in range(timers):
            await receive(int)
    rounds.end()
    found = rounds.gaps[10:]
    await kill_all(pids)
    return {"gap_p99": p99(found), "gap_worst": max(found), "rounds": len(found) / seconds}


# --- plain functions


def answers() -> None:
    while True:
        caller, value = wait(receive())
        send(caller, value)


async def plain(count: float) -> Figures:
    """Return the resident bytes of a plain function that waits, and that all answer."""
    number = int(count)
    await sleep(0)
    before = memory.resident()
    pids = [spawn(answers) for _ in range(number)]
    await sleep(0.01)
    for pid in pids:
        send(pid, (self(), "here"))
    for _ in pids:
        await receive("here", timeout=60)
    each = (memory.resident() - before) / number
    return {"bytes": each, "kill_plain": await kill_all(pids)}


# --- what it costs


async def pong() -> None:
    while True:
        match await receive():
            case ("ping", sender):
                send(sender, "pong")
            case "stop":
                return


async def rounds_of_ping_pong(count: int) -> float:
    """Return the seconds of the processor that so many round trips take."""
    me, partner = self(), spawn(pong)
    started = time.thread_time()
    for _ in range(count):
        send(partner, ("ping", me))
        await receive()
    seconds = time.thread_time() - started
    send(partner, "stop")
    return seconds


def ping_pong(factory: Callable[[], asyncio.AbstractEventLoop], count: int) -> Figures:
    """Compare pairs of runs, with preemption and without; which comes first changes."""
    slices: list[float | None] = [0.01, None]
    found: dict[float | None, list[float]] = {each: [] for each in slices}
    ratios = []
    for number in range(31):
        for each in slices if number % 2 else slices[::-1]:
            seconds = run(rounds_of_ping_pong, count, loop_factory=factory, preempt=each)
            found[each].append(seconds)
        ratios.append(found[0.01][-1] / found[None][-1])
    medians = {each: statistics.median(seconds) for each, seconds in found.items()}
    return {"on": medians[0.01] / count, "ratio": statistics.median(ratios[1:])}


# --- as a program


def loop_factory(name: str) -> Callable[[], asyncio.AbstractEventLoop]:
    """Return what makes the loop of that name."""
    if name != "uvloop":
        return asyncio.new_event_loop
    import uvloop

    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def main() -> None:
    """Measure what the command line names; print a line of JSON."""
    name, loop, amount = sys.argv[1], sys.argv[2], float(sys.argv[3])
    factory = loop_factory(loop)
    if name == "ping_pong":
        figures = ping_pong(factory, int(amount))
    elif name == "bursts":
        figures = {
            key: run(bursts, amount, loop_factory=factory, preempt=each)["ticks"]
            for key, each in (("with", 0.01), ("without", None))
        }
    else:
        work = {"hogs": hogs, "turns": turns, "plain": plain}[name]
        figures = run(work, amount, loop_factory=factory)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
