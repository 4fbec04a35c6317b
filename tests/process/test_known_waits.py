"""Waits on patterns that were described before: one object serves all who wait so."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from aquavit import (
    Down,
    NotInProcess,
    Pid,
    flush,
    receive,
    run,
    self,
    send,
    send_after,
    spawn,
    spawn_monitor,
)
from tests.support import loop_factory, process_test, settled


@process_test
async def test_patterns_that_are_equal_are_told_apart_each_time() -> None:
    for _ in range(3):
        for number in (1, True, 1.0):
            for message in (1, True, 1.0):
                send(self(), message)
            taken = await receive(number)
            assert (type(taken), len(flush())) == (type(number), 2)


@process_test
async def test_patterns_of_the_same_leaves_are_told_apart() -> None:
    shapes: list[Any] = [("a", "b"), (("a",), "b"), ("a", ("b",)), (("a", "b"),), ("a", (), "b")]
    for _ in range(3):
        for shape in shapes:
            for message in reversed(shapes):
                send(self(), message)
            assert await receive(shape) == shape
            assert len(flush()) == len(shapes) - 1
        for message in ("a", "b", ("a", "b")):
            send(self(), message)
        assert [await receive("b", "a"), await receive(("a", "b")), await receive("a", "b")] == [
            "a",
            ("a", "b"),
            "b",
        ]


async def echoes() -> None:
    while True:
        match await receive(("ask", Pid), "stop"):
            case ("ask", asker):
                send(asker, ("answer", self()))
            case "stop":
                return


@process_test
async def test_many_wait_so_at_once_and_each_gets_its_own() -> None:
    pids = [spawn(echoes) for _ in range(100)]
    await settled()
    for pid in pids:
        send(pid, ("ask", self()))
    assert [(await receive(("answer", Pid)))[1] for _ in pids] == pids
    for pid in pids:
        send(pid, "stop")


@process_test
async def test_a_wait_lasts_when_others_have_taken_its_place() -> None:
    pid, ref = spawn_monitor(echoes)
    await settled()
    for number in range(3000):
        await receive(("other", number), timeout=0, default=None)
    send(pid, ("ask", self()))
    assert await receive(("answer", Pid)) == ("answer", pid)
    send(pid, "stop")
    await receive(Down(ref, ..., ...))


@process_test
async def test_a_known_pattern_may_have_a_timeout() -> None:
    send(self(), "known")
    assert await receive("known") == "known"
    assert await receive("known", timeout=0, default="late") == "late"
    with pytest.raises(TimeoutError, match="no message matched 'known' within 0 s"):
        await receive("known", timeout=0)
    send_after(self(), "known", 0.001)
    assert await receive("known", timeout=60) == "known"
    send_after(self(), "known", 0.001)
    assert await receive("known") == "known"


@process_test
async def test_a_task_cannot_await_what_a_process_has_described() -> None:
    send(self(), "known")
    assert await receive("known") == "known"
    with pytest.raises(NotInProcess, match="expected to be awaited by the process that called it"):
        await asyncio.gather(receive("known"))


def test_tasks_and_processes_wait_for_the_same_in_turn() -> None:
    async def waits(parent: Pid) -> None:
        for _ in range(3):
            send(parent, ("got", await receive("known")))

    async def task(parent: Pid, ready: asyncio.Event) -> None:
        send(parent, ("task", self()))
        ready.set()
        await waits(parent)

    async def main() -> None:
        ready = asyncio.Event()
        running = asyncio.create_task(task(self(), ready))
        await ready.wait()
        _, adopted = await receive(("task", Pid))
        waiting = [spawn(waits, self()), adopted]
        for _ in range(3):
            for pid in waiting:
                send(pid, "known")
                assert await receive(("got", "known")) == ("got", "known")
        await running

    run(main, loop_factory=loop_factory())
