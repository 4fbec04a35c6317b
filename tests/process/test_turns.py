"""Turns: the event loop has its own, and the watchdog is there when they begin."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

import aquavit
from aquavit import kill, no_preempt, receive, self, send_after, share, sleep, spawn
from tests.process.test_preemption import spin
from tests.support import died, loop_factory, process_test


# Steps between two turns of the loop: with another thread, as pytest-xdist has, one turn of
# eight lasts 7.5 ms.
@pytest.mark.parametrize(("seconds", "count", "most"), [(0.005, 5, 14), (0.0005, 30, 17)])
def test_without_preemption_the_loop_has_its_turn_after_long_steps(
    seconds: float, count: int, most: int
) -> None:
    async def computes(steps: list[int]) -> None:
        while True:
            spin(seconds)
            steps[0] += 1
            await sleep(0)

    async def main() -> list[int]:
        steps = share([0])
        pids = [spawn(computes, steps) for _ in range(count)]
        await sleep(0)
        counts: list[int] = steps.value  # type: ignore[attr-defined]
        between, loop = [], asyncio.get_running_loop()
        before = counts[0]

        def comes_round(left: int) -> None:
            nonlocal before
            between.append(counts[0] - before)
            before = counts[0]
            if left:
                loop.call_soon(comes_round, left - 1)
            else:
                over.set_result(None)

        over = loop.create_future()
        loop.call_soon(comes_round, 10)
        await over
        for pid in pids:
            kill(pid)
        return between

    assert max(aquavit.run(main, preempt=None, loop_factory=loop_factory())[3:]) <= most


@process_test
async def test_many_timers_that_are_due_at_once_leave_the_loop_its_turns() -> None:
    loop, rounds, count = asyncio.get_running_loop(), 0, 2000

    def comes_round() -> None:
        nonlocal rounds, handle
        rounds += 1
        handle = loop.call_soon(comes_round)

    with no_preempt():
        for number in range(count):
            send_after(self(), number, 0.0)
    handle = loop.call_soon(comes_round)
    assert [await receive(timeout=5.0) for _ in range(count)] == list(range(count))
    handle.cancel()
    assert rounds >= 4


@pytest.mark.slow
@process_test
async def test_the_watchdog_is_awake_as_soon_as_a_process_runs() -> None:
    def computes(state: Any) -> None:
        state["began"] = time.thread_time()
        while True:
            state["now"] = time.thread_time()

    found = []
    for _ in range(9):
        shared: Any = share({})
        await sleep(0.15)  # it looks every 20 ms by now
        pid = spawn(computes, shared)
        await sleep(0.001)
        found.append(shared.value["now"] - shared.value["began"])
        kill(pid)
        await died(pid)
    assert sorted(found)[3] < 0.0145  # of the processor's time: the slice, and a tick
