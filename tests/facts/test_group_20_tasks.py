"""Group 20: tasks, and those who wait for them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import aquavit
from aquavit import (
    Down,
    Exit,
    Exited,
    Ok,
    Pid,
    ProcessExit,
    Task,
    TaskExit,
    TaskTimeout,
    exit,
    flush,
    is_alive,
    receive,
    self,
    send,
    sleep,
    spawn_monitor,
    trap_exit,
)
from tests.clock import VirtualClock
from tests.support import died, end, info, outcome, process_test, settled

pytestmark = pytest.mark.usefixtures("no_reports")
_Sup = Task.Supervisor


def boom() -> None:
    raise ValueError("boom")


def leave(reason: Any) -> None:
    raise ProcessExit(reason)


async def until_told() -> None:
    """Wait for the message "end"."""
    await receive("end")


async def deaf() -> None:
    """Ignore exit signals."""
    trap_exit(True)
    while True:
        await receive()


def watched(task: Task[Any]) -> Pid[Any]:
    assert task.pid is not None
    return task.pid


@process_test
async def test_fact_250_async_is_linked_and_monitored_and_sends_its_result() -> None:
    task = Task.async_(lambda: "r")
    assert watched(task) in info(self()).links
    assert watched(task) in info(self()).monitors
    assert await receive() == (task.ref, "r")
    assert await receive() == Down(task.ref, watched(task), "normal")
    assert flush() == []


@process_test
async def test_fact_251_await_gives_the_result_once_and_to_the_owner_alone() -> None:
    task = Task.async_(abs, -2)
    assert await task == 2
    assert flush() == []
    assert info(self()).monitors == ()
    clock = VirtualClock()
    again = Task.async_(late_error, task)
    await clock.advance(5.0)
    error: Any = await again
    assert isinstance(error, ValueError)
    assert "expected to be called by the owner" in str(error)
    with pytest.raises(TaskTimeout, match="awaited before"):
        await task.result(0)


async def late_error(task: Task[Any]) -> Exception | None:
    try:
        await task
    except ValueError as error:
        return error
    return None


@process_test
async def test_fact_252_a_timeout_raises_and_leaves_the_task_alone() -> None:
    clock = aquavit.share(VirtualClock())
    task = Task.async_(until_told)
    pid, parent = watched(task), self()
    _, over = spawn_monitor(passing, clock, 5.0)
    with pytest.raises(TaskTimeout) as caught:
        await task
    assert (caught.value.reason, caught.value.timeout, caught.value.task) == ("timeout", 5.0, task)
    await receive(Down(over, ..., ...))
    assert is_alive(pid)
    assert parent in info(pid).links
    assert info(self()).monitors == ()
    await end(pid)


async def passing(clock: Any, seconds: float) -> None:
    await clock.advance(seconds)


@process_test
async def test_fact_253_a_crash_takes_the_owner_along_or_is_raised_where_it_traps() -> None:
    async def owner() -> None:
        await Task.async_(boom)

    reason: Any = await outcome(owner)
    assert isinstance(reason, ValueError)
    assert reason.args == ("boom",)
    trap_exit(True)
    task = Task.async_(boom)
    with pytest.raises(TaskExit) as caught:
        await task
    assert isinstance(caught.value.reason, ValueError)
    assert caught.value.__cause__ is caught.value.reason
    [message] = flush()
    assert message.pid == task.pid
    assert isinstance(message, Exit)


@process_test
async def test_fact_254_a_normal_exit_without_a_result_is_raised() -> None:
    with pytest.raises(TaskExit) as caught:
        await Task.async_(leave, "normal")
    assert caught.value.reason == "normal"


@process_test
async def test_fact_255_await_many_keeps_the_order_and_fails_with_the_first() -> None:
    async def wait(value: int) -> int:
        await receive("go")
        return value

    tasks = [Task.async_(wait, n) for n in (3, 1, 2)]
    for task in reversed(tasks):
        send(watched(task), "go")
    assert await Task.await_many(tasks) == [3, 1, 2]
    assert await Task.await_many([]) == []
    trap_exit(True)
    tasks = [Task.async_(wait, 1), Task.async_(wait, 2)]
    exit(watched(tasks[1]), "bad")
    with pytest.raises(TaskExit) as caught:
        await Task.await_many(tasks)
    assert (caught.value.reason, caught.value.task) == ("bad", tasks)
    assert info(self()).monitors == ()
    with pytest.raises(TaskTimeout):
        await Task.await_many([Task.async_(until_told)], 0)
    for pid in info(self()).links:
        await end(pid)


@process_test
async def test_fact_256_yield_may_be_asked_again_and_never_stops_the_task() -> None:
    task = Task.async_(until_told)
    assert await task.yield_(0) is None
    assert await task.yield_(0) is None
    assert is_alive(watched(task))
    send(watched(task), "end")
    trap_exit(True)
    assert await task.yield_() == Ok(None)
    assert await Task.async_(leave, "bad").yield_() == Exited("bad")
    assert await Task.async_(lambda: 1).yield_(None) == Ok(1)
    assert [type(message) for message in flush()] == [Exit, Exit, Exit]


@process_test
async def test_fact_257_yield_many_gives_pairs_in_order_by_one_deadline() -> None:
    trap_exit(True)
    tasks: list[Task[Any]] = [
        Task.async_(until_told),
        Task.async_(lambda: 1),
        Task.async_(leave, "b"),
    ]
    await settled()
    assert await Task.yield_many(tasks, 0) == [
        (tasks[0], None),
        (tasks[1], Ok(1)),
        (tasks[2], Exited("b")),
    ]
    assert is_alive(watched(tasks[0]))
    assert await Task.yield_many(tasks[:1], 0, on_timeout="kill_task") == [(tasks[0], None)]
    assert not is_alive(watched(tasks[0]))
    one, two = Task.async_(lambda: 1), Task.async_(until_told)
    assert await Task.yield_many([two, one], None, limit=1) == [(two, None), (one, Ok(1))]
    assert await Task.yield_many([two], 0, on_timeout="ignore") == [(two, None)]
    assert watched(two) not in info(self()).links
    await end(watched(two))
    with pytest.raises(ValueError, match="on_timeout"):
        await Task.yield_many([], on_timeout="explode")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="limit of 1 or more"):
        await Task.yield_many([], limit=0)


@process_test
async def test_fact_258_shutdown_tells_what_became_of_the_task() -> None:
    task = Task.async_(lambda: "there")
    await settled()
    assert await task.shutdown() == Ok("there")
    assert await Task.async_(until_told).shutdown() is None
    assert await Task.async_(until_told).shutdown("brutal_kill") is None
    assert await Task.async_(until_told).shutdown(None) is None
    stubborn = Task.async_(deaf)
    await settled()
    assert await stubborn.shutdown(0) == Exited("killed")
    known = Task.async_(lambda: 1)
    assert await known == 1
    assert await known.shutdown() == Exited("noproc")
    assert await known.shutdown("brutal_kill") == Exited("noproc")
    assert flush() == []
    assert info(self()).links == info(self()).monitors == ()
    with pytest.raises(ValueError, match="with a process"):
        await Task.completed(1).shutdown()
    flush()


@process_test
async def test_fact_258_shutdown_waits_for_clean_up_and_then_kills() -> None:
    clock = VirtualClock()

    async def slow() -> None:
        try:
            await receive()
        finally:
            await sleep(4.0)

    parent = self()

    async def stops() -> None:
        first, second = Task.async_(slow), Task.async_(slow)
        await sleep(0)
        send(parent, await first.shutdown())
        send(parent, await second.shutdown(1.0))

    _, ref = spawn_monitor(stops)
    await settled()
    await clock.advance(4.0)
    assert await receive() is None
    await clock.advance(1.0)
    assert await receive() is None
    assert (await receive(Down(ref, ..., ...))).reason == "normal"


async def cleans_up() -> None:
    """Wait for ever, and in the clean-up once more."""
    try:
        await receive()
    finally:
        await receive("never")


@process_test
async def test_fact_258_shutdown_that_leaves_no_time_is_still_what_ended_the_task() -> None:
    assert await Task.async_(until_told).shutdown(0) is None
    task = Task.async_(until_told)
    await settled()
    assert await task.shutdown(0) is None
    task = Task.async_(cleans_up)
    await settled()
    assert await task.shutdown(0) is None
    assert flush() == []


@process_test
async def test_fact_258_shutdown_stops_a_task_that_was_waited_for_in_vain() -> None:
    for timeout in (5.0, 0, "brutal_kill"):
        task = Task.async_(until_told)
        with pytest.raises(TaskTimeout):
            await task.result(0)
        assert await task.shutdown(timeout) is None  # type: ignore[arg-type]
        assert not is_alive(watched(task))
        assert await task.shutdown() == Exited("noproc")
    task = Task.async_(until_told)
    with pytest.raises(TaskTimeout):
        await Task.await_many([task], 0)
    assert await task.shutdown() is None
    stubborn = Task.async_(deaf)
    await settled()
    with pytest.raises(TaskTimeout):
        await stubborn.result(0)
    assert await stubborn.shutdown(0) == Exited("killed")
    gone = Task.async_(until_told)
    with pytest.raises(TaskTimeout):
        await gone.result(0)
    send(watched(gone), "end")
    await died(watched(gone))
    assert await gone.shutdown() == Exited("noproc")
    assert flush() == []
    assert info(self()).links == info(self()).monitors == ()


@process_test
async def test_a_wait_that_asyncio_ends_leaves_the_task_to_be_awaited_again() -> None:
    task = Task.async_(until_told)
    for again in (task.result, task.yield_):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await again()
    send(watched(task), "end")
    assert await task is None
    for given_up in (False, True):
        stubborn = Task.async_(deaf)
        await settled()
        if given_up:
            with pytest.raises(TaskTimeout):
                await stubborn.result(0)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await stubborn.shutdown()
        assert await stubborn.shutdown(0) == Exited("killed")
    assert flush() == []
    assert info(self()).monitors == ()


@process_test
async def test_fact_259_shutdown_of_one_that_has_ended_by_itself() -> None:
    trap_exit(True)
    for reason, expected in (
        ("shutdown", None),
        ("normal", Exited("normal")),
        ("bad", Exited("bad")),
    ):
        task = Task.async_(leave, reason)
        await settled()
        assert await task.shutdown() == expected
    assert {type(message) for message in flush()} == {Exit}


@process_test
async def test_fact_260_ignore_lets_go_of_the_task() -> None:
    task = Task.async_(until_told)
    assert task.ignore() is None
    assert info(self()).links == info(self()).monitors == ()
    send(watched(task), "end")
    await died(watched(task))
    assert flush() == []
    task = Task.async_(lambda: 1)
    await settled()
    assert task.ignore() == Ok(1)
    assert flush() == []
    with pytest.raises(ValueError, match="with a process"):
        Task.completed(1).ignore()
    flush()


@process_test
async def test_fact_261_start_and_start_link_send_no_result() -> None:
    pid, linked = Task.start(lambda: "dropped"), Task.start_link(until_told)
    assert info(self()).links == (linked,)
    await died(pid)
    send(linked, "end")
    await died(linked)
    assert flush() == []
    done = Task.completed("now")
    assert (done.pid, await done) == (None, "now")


@process_test
async def test_fact_262_callers_are_the_owner_and_its_callers() -> None:
    def callers() -> Any:
        return info(self()).dictionary["$callers"]

    async def outer() -> Any:
        return self(), await Task.async_(callers)

    middle, inner = await Task.async_(outer)
    assert inner == [middle, self()]
    task = Task.async_(outer)
    assert (task.owner, task.function) == (self(), "outer")
    await task


@process_test
async def test_a_timeout_beyond_all_floats_is_refused_by_the_function_that_was_called() -> None:
    task, beyond = Task.async_(until_told), 10**400
    for where, use in (
        ("result", lambda: task.result(beyond)),
        ("yield_", lambda: task.yield_(beyond)),
        ("shutdown", lambda: task.shutdown(beyond)),
        ("await_many", lambda: Task.await_many([task], beyond)),
        ("yield_many", lambda: Task.yield_many([task], beyond)),
    ):
        with pytest.raises(ValueError, match=f"{where}: expected a timeout of some years at most"):
            await use()
    with pytest.raises(ValueError, match="stream: expected a timeout of some years at most"):
        Task.stream(abs, [1], timeout=beyond)
    send(watched(task), "end")
    assert await task.result(float("inf")) is None
