"""`wait`: plain functions as processes."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import sys
import weakref
from typing import Any

import pytest

import aquavit
from aquavit import (
    NotInProcess,
    Pid,
    ProcessExit,
    exit,
    kill,
    link,
    monitor,
    processes,
    receive,
    self,
    send,
    sleep,
    spawn,
    spawn_link,
    spawn_monitor,
    trap_exit,
    wait,
)
from tests.support import died, info, outcome, process_test, settled

VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("VARIABLE", default="unset")


def echo() -> None:
    while True:
        caller, value = wait(receive())
        send(caller, value)


async def soon(result: Any = None) -> Any:
    """Wait for asyncio's loop to come round."""
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    loop.call_soon(future.set_result, result)
    return await future


def deep(levels: int, awaitable: Any) -> Any:
    """Wait far down a call stack."""
    return wait(awaitable) if levels == 0 else deep(levels - 1, awaitable)


@process_test
async def test_a_plain_function_waits_for_messages_while_others_run() -> None:
    pid = spawn(echo)
    for number in range(100):
        send(pid, (self(), number))
        assert await receive(timeout=1.0) == number
    kill(pid)


@process_test
async def test_it_waits_anywhere_down_the_call_stack() -> None:
    main = self()
    pid = spawn(lambda: send(main, deep(50, receive(("go", ...)))))
    send(pid, "not this")
    send(pid, ("go", 1))
    assert await receive(timeout=1.0) == ("go", 1)


@process_test
async def test_it_waits_for_what_asyncio_can_await() -> None:
    async def add(a: int, b: int) -> int:
        await asyncio.wait_for(asyncio.Event().wait(), 10) if a < 0 else await sleep(0)
        return a + b

    def body(main: Pid[Any]) -> None:
        send(main, (wait(add(1, 2)), wait(soon(5)), wait(asyncio.gather(add(1, 1), add(2, 2)))))

    spawn(body, self())
    assert await receive(timeout=1.0) == (3, 5, [2, 4])


@process_test
async def test_what_the_awaitable_raises_is_raised_by_wait() -> None:
    async def fail() -> None:
        await sleep(0)
        raise LookupError("no")

    def body(main: Pid[Any]) -> None:
        try:
            wait(fail())
        except LookupError as error:
            send(main, str(error))
        try:
            wait(receive(timeout=0.001))
        except TimeoutError:
            send(main, "timeout")

    spawn(body, self())
    assert await receive(timeout=1.0) == "no"
    assert await receive(timeout=1.0) == "timeout"


@process_test
async def test_the_end_of_a_plain_function_is_that_of_a_process() -> None:
    def fails() -> None:
        wait(sleep(0))
        raise ProcessExit("reason")

    assert await outcome(lambda: wait(sleep(0))) == "normal"
    assert await outcome(fails) == "reason"


@process_test
async def test_an_exit_signal_is_raised_in_wait_and_the_clean_up_runs() -> None:
    def body(main: Pid[Any]) -> None:
        try:
            wait(receive())
        finally:
            wait(soon())
            send(main, ("cleaned up by", self()))

    pid = spawn(body, self())
    await settled()
    exit(pid, "bye")
    assert await died(pid) == "bye"
    assert await receive(timeout=1.0) == ("cleaned up by", pid)


@process_test
async def test_a_killed_one_dies_where_it_waits_and_finally_blocks_run() -> None:
    def body(main: Pid[Any]) -> None:
        try:
            deep(5, receive())
        finally:
            send(main, "finally")

    pid = spawn(body, self())
    await settled()
    kill(pid)
    assert await died(pid) == "killed"
    assert await receive(timeout=1.0) == "finally"


@process_test
async def test_a_kill_is_not_outlived_by_one_that_swallows_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def body() -> None:
        while True:
            with contextlib.suppress(BaseException):
                wait(receive())

    for end in (kill, lambda pid: exit(pid, "killed")):
        pid = spawn(body)
        await settled()
        end(pid)
        assert await died(pid) == "killed"
    assert [record.message.count("swallows its exit") for record in caplog.records] == [1, 1]


@process_test
async def test_links_and_trapped_exits_reach_a_plain_function() -> None:
    def trapper(main: Pid[Any]) -> None:
        trap_exit(True)
        child = spawn_link(lambda: wait(receive()))
        wait(sleep(0))
        exit(child, "done")
        send(main, wait(receive()).reason)

    def bound(main: Pid[Any]) -> None:
        link(main)
        wait(receive())

    spawn(trapper, self())
    assert await receive(timeout=1.0) == "done"
    trap_exit(True)
    pid = spawn(bound, self())
    await settled()
    exit(pid, "gone")
    assert (await receive(timeout=1.0)).reason == "gone"


@process_test
async def test_the_context_and_the_task_stay_with_the_process() -> None:
    def body(main: Pid[Any], name: str) -> None:
        VARIABLE.set(name)
        handled: list[bool] = []
        try:
            raise KeyError(name)
        except KeyError as error:
            for _ in range(3):
                wait(sleep(0))
                assert VARIABLE.get() == name
                handled.append(sys.exc_info()[1] is error)
                assert asyncio.current_task() is not None

            async def within() -> str:
                async with asyncio.timeout(1):
                    await soon()
                return VARIABLE.get()

            assert wait(within()) == name
        assert handled == [True] * 3
        send(main, name)

    names = [f"process {number}" for number in range(5)]
    for name in names:
        spawn(body, self(), name)
    assert sorted([await receive(timeout=1.0) for _ in names]) == names
    assert VARIABLE.get() == "unset"


@process_test
async def test_a_timeout_of_asyncio_ends_what_wait_waits_for() -> None:
    async def limited() -> None:
        async with asyncio.timeout(0.001):
            await receive()

    def body(main: Pid[Any]) -> None:
        try:
            wait(limited())
        except TimeoutError:
            send(main, "timeout")

    spawn(body, self())
    assert await receive(timeout=1.0) == "timeout"


@process_test
async def test_an_async_process_is_told_to_use_await() -> None:
    with pytest.raises(RuntimeError, match="use `await` there"):
        wait(receive())
    with pytest.raises(RuntimeError, match="use `await` there"):
        wait(sleep(0))

    async def body() -> None:
        pass

    with pytest.raises(RuntimeError, match="use `await` there"):
        wait(body())


@process_test
async def test_a_wait_in_what_wait_waits_for_is_told_so() -> None:
    async def inner() -> None:
        wait(sleep(0))

    reason = await outcome(lambda: wait(inner()))
    assert isinstance(reason, RuntimeError)
    assert "got what another `wait` waits for\nuse `await` there" in str(reason)


@process_test
async def test_what_cannot_be_awaited_is_an_error() -> None:
    reason = await outcome(lambda: wait(5))
    assert isinstance(reason, TypeError)
    assert "expected something to await, got 5" in str(reason)


@process_test
async def test_what_the_garbage_collector_calls_is_no_place_to_wait_in() -> None:
    class Cycle:
        def __init__(self) -> None:
            self.itself = self

    def body(main: Pid[Any]) -> None:
        def callback(_: object) -> None:
            try:
                wait(sleep(0.001))
            except RuntimeError as error:
                send(main, str(error))

        reference = weakref.ref(Cycle(), callback)
        gc.collect()
        wait(sleep(0))
        send(main, reference() is None)

    spawn(body, self())
    assert "what the garbage collector calls" in await receive(str)
    assert await receive(bool) is True


def test_without_a_process_there_is_nothing_to_wait_in() -> None:
    with pytest.raises(NotInProcess, match="wait"):
        wait(None)


def test_a_task_of_asyncio_is_told_to_use_await() -> None:
    async def main() -> None:
        with pytest.raises(RuntimeError, match="got an asyncio task"):
            wait(soon())

    asyncio.run(main())


def test_main_may_be_a_plain_function() -> None:
    def main() -> str:
        send(self(), "hello")
        return f"{wait(receive())} {wait(soon('world'))}"

    assert aquavit.run(main) == "hello world"


def test_a_plain_main_that_raises_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    def main() -> None:
        wait(sleep(0))
        raise LookupError("once")

    with pytest.raises(LookupError, match="once"):
        aquavit.run(main)
    assert caplog.records == []


def test_at_the_end_of_main_the_others_clean_up() -> None:
    seen = []

    def body(log: Any) -> None:
        try:
            wait(receive())
        finally:
            log("cleaned up")

    async def main() -> None:
        spawn(body, aquavit.share(seen.append))
        await settled()

    aquavit.run(main)
    assert seen == ["cleaned up"]


@pytest.mark.slow
@process_test
async def test_ten_thousand_wait_at_once() -> None:
    pids = [spawn_monitor(echo) for _ in range(10_000)]
    await settled()
    assert len(processes()) == 10_001
    for number, (pid, _) in enumerate(pids):
        send(pid, (self(), number))
    assert [await receive(timeout=5.0) for _ in pids] == list(range(10_000))
    for pid, _ in pids:
        kill(pid)
    assert {(await receive(timeout=5.0)).reason for _ in pids} == {"killed"}


@process_test
async def test_one_that_waits_is_shown_as_waiting() -> None:
    pid = spawn(echo)
    await settled()
    assert info(pid).status == "waiting"
    monitor(pid)
    kill(pid)
    assert (await receive(timeout=1.0)).reason == "killed"
