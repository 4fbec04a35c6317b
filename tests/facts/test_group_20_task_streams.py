"""Group 20: streams of tasks."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

import aquavit
from aquavit import (
    Down,
    Exited,
    Ok,
    Pid,
    ProcessExit,
    Task,
    TaskTimeout,
    flush,
    receive,
    self,
    send,
    sleep,
    trap_exit,
)
from tests.clock import VirtualClock
from tests.support import info, outcome, process_test, settled

pytestmark = pytest.mark.usefixtures("no_reports")
_Sup = Task.Supervisor


def leave(reason: Any) -> None:
    raise ProcessExit(reason)


async def rounds(n: int) -> int:
    """Take n turns, then return n."""
    for _ in range(n):
        await sleep(0)
    return n


async def collected(stream: Any) -> list[Any]:
    return [item async for item in stream]


@process_test
async def test_fact_264_a_stream_is_lazy_and_bounded_and_keeps_the_order() -> None:
    taken: list[int] = []
    running = aquavit.share(running_now := [0, 0])

    def source() -> Iterator[int]:
        for n in (30, 10, 20, 10, 10):
            taken.append(n)
            yield n

    async def counted(pair: tuple[int, Any]) -> int:
        n, counts = pair
        counts[0] += 1
        counts[1] = max(counts)
        await rounds(n)
        counts[0] -= 1
        return n

    stream = Task.stream(counted, ((n, running) for n in source()), max_concurrency=2)
    assert taken == []
    assert await anext(stream) == Ok(30)
    assert taken == [30, 10]
    assert await collected(stream) == [Ok(10), Ok(20), Ok(10), Ok(10)]
    assert running_now == [0, 2]
    unordered = Task.stream(rounds, [30, 10, 20], max_concurrency=3, ordered=False)
    assert await collected(unordered) == [Ok(10), Ok(20), Ok(30)]
    assert await collected(Task.stream(abs, [])) == []
    assert flush() == []
    assert info(self()).links == info(self()).monitors == ()


@process_test
async def test_fact_264_a_stream_takes_an_async_iterable() -> None:
    async def source() -> AsyncIterator[int]:
        for n in range(5):
            await sleep(0)
            yield n

    assert await collected(Task.stream(str, source(), max_concurrency=2)) == [
        Ok(str(n)) for n in range(5)
    ]


@process_test
async def test_fact_265_a_stream_gives_each_task_its_time() -> None:
    stream = Task.stream(second_hangs, [1, 2, 3], max_concurrency=3, timeout=0)
    with pytest.raises(TaskTimeout):
        await collected(stream)
    assert await collected(stream) == []
    options: Any = {"max_concurrency": 3, "timeout": 0.01, "on_timeout": "kill_task"}
    found = await collected(Task.stream(second_hangs, [1, 2, 3], **options))
    assert found == [Ok(1), Exited("timeout"), Ok(3)]
    options["zip_input_on_exit"] = True
    found = await collected(Task.stream(second_hangs, [1, 2, 3], **options))
    assert found == [Ok(1), Exited((2, "timeout")), Ok(3)]
    assert flush() == []
    assert info(self()).links == info(self()).monitors == ()


async def second_hangs(n: int) -> int:
    if n == 2:
        await sleep(None)
    return n


@process_test
async def test_fact_265_a_task_has_its_time_while_the_consumer_is_busy() -> None:
    clock = VirtualClock()

    async def busy(on_timeout: Any) -> list[Any]:
        stream = Task.stream(
            second_hangs, [1, 2, 3], max_concurrency=2, timeout=1.0, on_timeout=on_timeout
        )
        found: list[Any] = []
        async for item in stream:
            found.append(item)
            await clock.advance(2.0)
            assert aquavit.processes() == [self()]
        return found

    assert await busy("kill_task") == [Ok(1), Exited("timeout"), Ok(3)]
    with pytest.raises(TaskTimeout):
        await busy("exit")
    assert flush() == []
    assert info(self()).links == info(self()).monitors == ()


@process_test
async def test_fact_265_time_that_passes_after_the_result_is_not_the_tasks() -> None:
    clock = VirtualClock()
    stream = Task.stream(abs, [1, 2, 3, 4], max_concurrency=2, timeout=1.0)
    found = []
    async for item in stream:
        found.append(item)
        await clock.advance(2.0)
    assert found == [Ok(1), Ok(2), Ok(3), Ok(4)]


@process_test
async def test_fact_265_the_timer_ends_with_the_stream_and_with_its_owner() -> None:
    stream = Task.stream(rounds, [0, 1000], max_concurrency=2)
    assert await anext(stream) == Ok(0)
    await stream.aclose()

    async def owner() -> None:
        async for _ in Task.stream(rounds, [0, 1000], max_concurrency=2):
            leave("gone")

    assert await outcome(owner) == "gone"


@process_test
async def test_fact_266_a_crashing_item_kills_a_caller_that_does_not_trap() -> None:
    async def consumer() -> list[Any]:
        return await collected(Task.stream(leave, ["bad"]))

    assert await outcome(consumer) == "bad"
    trap_exit(True)
    found = await collected(Task.stream(leave, ["bad", "worse"]))
    assert found == [Exited("bad"), Exited("worse")]
    sup = await _Sup.start_link()
    trap_exit(False)
    found = await collected(_Sup.stream_nolink(sup, leave, ["bad", "worse"]))
    assert found == [Exited("bad"), Exited("worse")]
    assert flush() == []
    await _Sup.stop(sup)


@process_test
async def test_fact_267_leaving_the_loop_kills_the_tasks_and_leaves_no_messages() -> None:
    trap_exit(True)
    before = set(aquavit.processes())
    async for item in Task.stream(rounds, [0, 1000, 1000], max_concurrency=3):
        assert item == Ok(0)
        break
    await settled()
    assert set(aquavit.processes()) == before
    assert flush() == []
    assert info(self()).links == info(self()).monitors == ()

    def fails() -> Iterator[int]:
        yield 1000
        raise OSError("no more")

    with pytest.raises(OSError, match="no more"):
        await collected(Task.stream(rounds, fails(), max_concurrency=3))
    await settled()
    assert set(aquavit.processes()) == before
    assert flush() == []


async def idle_unless_0(n: int) -> None:
    if n > 0:
        await sleep(None)


@process_test
@pytest.mark.parametrize("what", ["stream", "stream_nolink"])
@pytest.mark.parametrize("end", ["a normal exit", "a crash", "a signal", "a kill"])
async def test_fact_267_the_end_of_the_owner_ends_the_tasks(what: str, end: str) -> None:
    sup = await _Sup.start_link()

    async def use() -> None:
        stream = getattr(_Sup, what)(sup, idle_unless_0, [0, 1, 2], max_concurrency=3)
        async for _ in stream:
            if end == "a normal exit":
                raise ProcessExit("normal")
            if end == "a crash":
                raise RuntimeError

    owner, ref = aquavit.spawn_monitor(use)
    await settled()
    if end == "a signal":
        aquavit.exit(owner, "left")
    elif end == "a kill":
        aquavit.kill(owner)
    await receive(Down(ref, owner, ...), timeout=5.0)
    gc.collect()  # interpreted, the frames of what a signal has ended are a cycle
    await settled()
    assert await _Sup.children(sup) == []
    await _Sup.stop(sup)


async def gives_up(main: Pid[Any], use: Any) -> None:
    """Tell main which task to cancel, then what is left after the cancellation."""
    trap_exit(True)
    send(main, asyncio.current_task())
    with contextlib.suppress(asyncio.CancelledError):
        await use()
    with contextlib.suppress(asyncio.CancelledError):
        await receive("settled")
    left = [message for message in flush() if message != "settled"]
    send(main, (left, info(self()).links, info(self()).monitors))


@process_test
@pytest.mark.parametrize("turns", range(8))
@pytest.mark.parametrize("what", ["async_", "async_nolink", "stream", "stream_nolink"])
@pytest.mark.parametrize("rounds_of_task", [0, 1000])
async def test_fact_267_a_start_that_is_cancelled_leaves_nothing(
    turns: int, what: str, rounds_of_task: int
) -> None:
    sup = await _Sup.start_link()
    begin = getattr(_Sup, what)

    async def use() -> None:
        if what.startswith("async"):
            task = await begin(sup, rounds, rounds_of_task)
            task.ignore()
            aquavit.kill(task.pid)
            flush()
        else:
            await collected(begin(sup, rounds, [rounds_of_task] * 3, max_concurrency=2))

    owner, ref = aquavit.spawn_monitor(gives_up, self(), use)
    task = await receive()
    for _ in range(turns):
        await sleep(0)
    task.cancel()
    await settled()
    send(owner, "settled")
    left: Any = await receive(tuple, Down(ref, owner, ...), timeout=5.0)
    assert left == ([], (), ())
    await settled()
    assert await _Sup.children(sup) == []
    await receive(Down(ref, owner, ...))
    await _Sup.stop(sup)


async def goes_on(main: Pid[Any], stream_of: Any) -> None:
    """Take all that a stream gives, whatever is cancelled."""
    send(main, asyncio.current_task())
    stream, found = stream_of(), []
    while True:
        try:
            found.append(await anext(stream))
        except asyncio.CancelledError:
            continue
        except StopAsyncIteration:
            break
    send(main, (found, flush(), info(self()).links, info(self()).monitors))


@process_test
@pytest.mark.parametrize("turns", range(8))
@pytest.mark.parametrize("what", ["stream", "stream_nolink"])
async def test_a_stream_goes_on_after_a_start_that_was_cancelled(turns: int, what: str) -> None:
    sup = await _Sup.start_link()

    def stream_of() -> Any:
        return getattr(_Sup, what)(sup, abs, [-1, -2, -3], max_concurrency=2)

    owner, ref = aquavit.spawn_monitor(goes_on, self(), stream_of)
    task = await receive()
    for _ in range(turns):
        await sleep(0)
    task.cancel()
    left: Any = await receive(tuple, Down(ref, owner, ...), timeout=5.0)
    assert left == ([Ok(1), Ok(2), Ok(3)], [], (), ())
    await receive(Down(ref, owner, ...))
    await _Sup.stop(sup)


@process_test
async def test_fact_268_options_of_a_stream_are_checked_at_once() -> None:
    with pytest.raises(ValueError, match="max_concurrency to be an int of 1 or more"):
        Task.stream(abs, [1], max_concurrency=0)
    with pytest.raises(ValueError, match="timeout"):
        Task.stream(abs, [1], timeout=-1)
    with pytest.raises(ValueError, match="on_timeout"):
        Task.stream(abs, [1], on_timeout="explode")  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="iterable"):
        Task.stream(abs, 1)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="a function"):
        Task.stream(1, [1])  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="zz"):  # and what is dropped then says nothing
        Task.stream(abs, [1], zz=0)  # type: ignore[call-overload]
    gc.collect()


@process_test
async def test_a_stream_belongs_to_the_process_that_began_with_it() -> None:
    stream = Task.stream(rounds, [0, 1000], max_concurrency=2)
    assert await anext(stream) == Ok(0)
    with pytest.raises(TypeError, match="stream of the process that iterates it"):
        send(self(), stream)

    async def other(stream: Any) -> None:
        await anext(stream)

    reason = await outcome(other, aquavit.share(stream))
    assert "expected to be iterated by the process that began" in str(reason)
    await stream.aclose()
    assert info(self()).links == ()
