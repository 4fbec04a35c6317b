"""The package inside asyncio: a task that calls it is a process while it lives."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import aquavit
from aquavit import (
    Down,
    Exit,
    NotInProcess,
    Pid,
    ProcessExit,
    flush,
    is_alive,
    kill,
    link,
    monitor,
    process_info,
    receive,
    self,
    send,
    spawn,
    trap_exit,
)
from tests.support import idle, loop_factory, process_test


def run_loop(main: Callable[[], Awaitable[Any]]) -> Any:
    """Run `main` as a plain asyncio program."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(main())  # type: ignore[arg-type]


def test_a_task_that_calls_the_package_is_adopted() -> None:
    async def main() -> None:
        pid = self()
        assert pid == self()
        assert is_alive(pid)
        spawn(lambda: send(pid, "hello"))
        assert await receive(timeout=2.0) == "hello"
        assert await receive("never", timeout=0.001, default="late") == "late"
        found = process_info(pid)
        assert found is not None
        assert found.status == "running"

        async def other() -> Pid[Any]:
            assert self() != pid
            return self()

        child = await asyncio.create_task(other())
        await asyncio.sleep(0)
        assert not is_alive(child)

    run_loop(main)


def test_an_adopted_task_is_linked_monitored_and_ended_like_any_process() -> None:
    async def main() -> None:
        trap_exit(True)
        keeper = self()

        async def work(reason: object) -> None:
            send(keeper, self())
            await receive("go")
            if isinstance(reason, Exception):
                raise reason
            raise ProcessExit(reason)

        for reason in ("normal", "other", ValueError("v")):
            task = asyncio.create_task(work(reason))
            pid = await receive(Pid, timeout=2.0)
            link(pid)
            ref = monitor(pid)
            send(pid, "go")
            assert (await receive(Exit(pid, ...), timeout=2.0)).reason == reason
            assert (await receive(Down(ref, pid, ...), timeout=2.0)).reason == reason
            assert task.done()
            assert isinstance(task.exception(), (ProcessExit, ValueError))
        for act, expected in ((kill, "killed"), (lambda pid: aquavit.exit(pid, "r"), "r")):
            task = asyncio.create_task(work("x"))
            pid = await receive(Pid, timeout=2.0)
            link(pid)
            act(pid)
            assert (await receive(Exit(pid, ...), timeout=2.0)).reason == expected
            assert task.cancelled() or task.exception() is not None
        assert flush() == []

    run_loop(main)


def test_cancelling_an_adopted_task_ends_its_receive_and_keeps_the_mailbox() -> None:
    async def main() -> None:
        async def work() -> list[Any]:
            try:
                await receive("never")
            except asyncio.CancelledError:
                return [await receive(timeout=1.0), await receive(timeout=0.001, default="end")]
            return []

        pids: list[Pid[Any]] = []

        async def named() -> list[Any]:
            pids.append(self())
            return await work()

        task = asyncio.create_task(named())
        await asyncio.sleep(0)
        send(pids[0], "kept")
        task.cancel()
        assert await task == ["kept", "end"]

    run_loop(main)


def test_a_linked_adopted_task_takes_its_process_along() -> None:
    async def main() -> None:
        async def work() -> None:
            worker = aquavit.spawn_link(idle)
            send(keeper, worker)
            raise KeyError("k")

        keeper = self()
        task = asyncio.create_task(work())
        worker = await receive(Pid, timeout=2.0)
        ref = monitor(worker)
        assert isinstance((await receive(Down(ref, ..., ...), timeout=2.0)).reason, KeyError)
        with pytest.raises(KeyError):
            await task

    run_loop(main)


@process_test
async def test_a_task_cannot_receive_for_the_process_that_made_it() -> None:
    with pytest.raises(NotInProcess, match=r"asyncio\.wait_for, gather and create_task"):
        await asyncio.gather(receive("x"))
