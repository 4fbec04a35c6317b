"""asyncio inside processes.

A process may await whatever asyncio code awaits: timeouts, task groups, locks, AnyIO,
HTTP over real sockets.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp.web
import anyio
import httpx
import pytest

import aquavit
from aquavit import (
    Down,
    Pid,
    is_alive,
    kill,
    receive,
    self,
    send,
    sleep,
    spawn,
    spawn_monitor,
)
from tests.support import died, end, outcome, process_test, settled

VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("VARIABLE", default="unset")


async def forever() -> None:
    """Wait for what never comes, as asyncio code does."""
    await asyncio.get_running_loop().create_future()


# --- timeouts


@process_test
async def test_asyncio_timeout_ends_a_wait_of_either_kind() -> None:
    for wait in (lambda: forever(), lambda: receive("never"), lambda: sleep(None)):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await wait()
    send(self(), 1)
    async with asyncio.timeout(10):
        assert await receive() == 1


@process_test
async def test_an_inner_timeout_leaves_the_outer_one_alone() -> None:
    async with asyncio.timeout(10) as outer:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await sleep(None)
        assert await receive(timeout=0, default="on") == "on"
    assert not outer.expired()


@process_test
async def test_a_message_that_comes_with_the_timeout_is_not_lost() -> None:
    pid = self()
    for _ in range(20):
        spawn(lambda: send(pid, "message"))
        try:
            async with asyncio.timeout(0):
                assert await receive() == "message"
        except TimeoutError:
            assert await receive(timeout=2.0) == "message"


@process_test
async def test_wait_for_awaits_what_is_asyncios() -> None:
    assert await asyncio.wait_for(asyncio.sleep(0, "slept"), 10) == "slept"
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(forever(), 0.001)


# --- tasks


@process_test
async def test_gather_wait_and_as_completed_work() -> None:
    async def give(value: int) -> int:
        await asyncio.sleep(0)
        return value

    assert await asyncio.gather(*map(give, range(3))) == [0, 1, 2]
    done, pending = await asyncio.wait([asyncio.ensure_future(give(1))])
    assert [task.result() for task in done] == [1]
    assert pending == set()
    assert {await each for each in asyncio.as_completed([give(1), give(2)])} == {1, 2}
    assert await asyncio.shield(give(3)) == 3


@process_test
async def test_a_task_group_waits_for_its_tasks() -> None:
    got: list[int] = []

    async def work(number: int) -> None:
        await asyncio.sleep(0)
        got.append(number)

    async with asyncio.TaskGroup() as group:
        for number in range(3):
            group.create_task(work(number))
    assert got == [0, 1, 2]


@process_test
async def test_a_task_group_cancels_the_process_when_a_task_fails() -> None:
    async def fail() -> None:
        raise KeyError("k")

    async def body() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(fail())
            await sleep(None)

    with pytest.raises(ExceptionGroup) as caught:
        await body()
    assert [type(error) for error in caught.value.exceptions] == [KeyError]
    send(self(), "on")
    assert await receive(timeout=2.0) == "on"


@pytest.mark.parametrize("kill_it", [False, True])
@process_test
async def test_the_tasks_of_a_group_end_with_their_process(kill_it: bool) -> None:
    main = self()

    async def child() -> None:
        try:
            await forever()
        finally:
            send(main, "child ended")

    async def body() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(child())
            await asyncio.sleep(0)
            send(main, "started")
            await sleep(None)

    pid, ref = spawn_monitor(body)
    assert await receive("started", timeout=2.0)
    aquavit.exit(pid, "kill" if kill_it else "reason")
    assert await receive("child ended", timeout=2.0)
    reason = (await receive(Down(ref, pid, ...), timeout=2.0)).reason
    assert reason == ("killed" if kill_it else "reason")


@process_test
async def test_asyncio_sleep_0_gives_the_loop_a_turn() -> None:
    turns: list[int] = []
    for number in range(5):
        asyncio.get_running_loop().call_soon(turns.append, number)
        await asyncio.sleep(0)
        assert turns == list(range(number + 1))
    pid = spawn(lambda: asyncio.sleep(0))
    await died(pid)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")
@process_test
async def test_an_eager_task_begins_as_its_process_and_cannot_receive() -> None:
    async def receives() -> object:
        return await receive("message")

    async def knows_itself() -> tuple[Pid, Pid]:
        first = self()
        await asyncio.sleep(0)
        return first, self()

    eager: Any = {"loop": asyncio.get_running_loop(), "eager_start": True}
    first, then = await asyncio.Task(knows_itself(), **eager)
    assert (first, then == first) == (self(), False)
    waiting = asyncio.Task(receives(), **eager)
    send(self(), "message")
    with pytest.raises(aquavit.NotInProcess, match=r"use receive\(timeout=\.\.\.\)"):
        await waiting
    assert await receive(timeout=0) == "message"


# --- what processes share


@process_test
async def test_events_locks_queues_and_conditions_work_between_processes() -> None:
    event, queue, lock = asyncio.Event(), asyncio.Queue[int](1), asyncio.Lock()
    condition, semaphore = asyncio.Condition(), asyncio.Semaphore(2)

    async def produce() -> None:
        for number in range(5):
            async with lock, semaphore:
                await queue.put(number)
        async with condition:
            condition.notify_all()
        event.set()

    pid = spawn(produce)
    assert [await queue.get() for _ in range(5)] == list(range(5))
    await event.wait()
    await died(pid)
    assert not lock.locked()


@process_test
async def test_a_lock_is_free_when_its_holder_is_killed() -> None:
    lock = asyncio.Lock()

    async def hold() -> None:
        async with lock:
            await sleep(None)

    pid = spawn(hold)
    await settled()
    assert lock.locked()
    kill(pid)
    async with asyncio.timeout(2), lock:
        assert not is_alive(pid)
    await died(pid)


@process_test
async def test_a_process_that_is_killed_in_the_queue_for_a_lock_leaves_it() -> None:
    lock = asyncio.Lock()
    async with lock:
        waiting = [spawn(lambda: lock.acquire()) for _ in range(3)]
        await settled()
        for pid in waiting:
            kill(pid)
        await settled()
    async with asyncio.timeout(2):
        await lock.acquire()


@pytest.mark.parametrize("reason", ["kill", "reason"])
@process_test
async def test_a_lock_passes_a_process_by_that_ends_as_it_gets_it(reason: str) -> None:
    main, lock = self(), asyncio.Lock()

    async def hold() -> None:
        async with lock:
            send(main, "held")

    await lock.acquire()
    first, second = spawn(hold), spawn(hold)
    await settled()
    lock.release()  # it is the turn of the first
    aquavit.exit(first, reason)
    assert await receive("held", timeout=2.0) == "held"
    await died(second)


# --- context variables


@process_test
async def test_each_process_has_context_variables_of_its_own() -> None:
    main = self()

    async def body(value: str) -> None:
        before = VARIABLE.get()
        token = VARIABLE.set(value)
        await sleep(0)
        await asyncio.sleep(0)
        mine = VARIABLE.get()
        VARIABLE.reset(token)
        send(main, (before, mine, VARIABLE.get()))

    VARIABLE.set("main")
    for value in "abc":
        spawn(body, value)
    got = sorted([await receive(timeout=2.0) for _ in "abc"])
    assert got == [("main", value, "main") for value in "abc"]
    assert VARIABLE.get() == "main"


@process_test
async def test_a_write_in_a_process_without_inheritance_stays_there() -> None:
    main = self()

    async def body(value: str) -> None:
        VARIABLE.set(value)
        await sleep(0)
        send(main, VARIABLE.get())

    for value in "ab":
        spawn(body, value)
    spawn(lambda: send(main, VARIABLE.get()))
    assert sorted([await receive(timeout=2.0) for _ in range(3)]) == ["a", "b", "unset"]


# --- AnyIO


@process_test
async def test_anyio_cancel_scopes_and_task_groups_work() -> None:
    with anyio.move_on_after(0.001) as scope:
        await sleep(None)
    assert scope.cancelled_caught
    with pytest.raises(TimeoutError):
        with anyio.fail_after(0.001):
            await receive("never")
    got: list[int] = []

    async def work(number: int) -> None:
        await anyio.sleep(0)
        got.append(number)

    async with anyio.create_task_group() as group:
        for number in range(3):
            group.start_soon(work, number)
    assert sorted(got) == [0, 1, 2]
    async with anyio.create_task_group() as group:
        group.start_soon(anyio.sleep_forever)
        group.cancel_scope.cancel()
    assert await receive(timeout=0, default="on") == "on"


@process_test
async def test_anyio_scopes_in_several_processes_do_not_meet() -> None:
    async def body() -> None:
        for _ in range(5):
            with anyio.move_on_after(0.001) as scope:
                await sleep(None)
            assert scope.cancelled_caught
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0)

    for reason in [await outcome(body) for _ in range(3)]:
        assert reason == "normal"
    pids = [spawn(body) for _ in range(20)]
    assert {await died(pid) for pid in pids} <= {"normal", "noproc"}


# --- sockets


async def serve(caller: Pid[Any]) -> None:
    """Serve HTTP on a free port of the loopback; each request is answered by a process."""

    async def handle(request: aiohttp.web.Request) -> aiohttp.web.Response:
        asker = self()  # aiohttp's task is adopted
        spawn(lambda text: send(asker, text.upper()), await request.text())
        return aiohttp.web.Response(text=await receive(str, timeout=5.0))

    app = aiohttp.web.Application()
    app.router.add_post("/", handle)
    runner = aiohttp.web.AppRunner(app)
    await runner.setup()
    site = aiohttp.web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        send(caller, ("port", runner.addresses[0][1]))
        await receive("stop")
    finally:
        await runner.cleanup()


async def ask_with_httpx(url: str, text: str) -> str:
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.post(url, content=text)).text


async def ask_with_aiohttp(url: str, text: str) -> str:
    async with aiohttp.ClientSession() as session, session.post(url, data=text) as response:
        return await response.text()


@pytest.mark.parametrize("ask", [ask_with_httpx, ask_with_aiohttp])
@process_test
async def test_http_clients_and_a_server_run_in_processes(
    ask: Callable[[str, str], Awaitable[str]],
) -> None:
    main = self()
    server, ref = spawn_monitor(serve, main)
    _, port = await receive(("port", int), timeout=5.0)
    url = f"http://127.0.0.1:{port}/"

    async def client(number: int) -> None:
        send(main, (number, await ask(url, f"hello {number}")))

    for number in range(5):
        spawn(client, number)
    got = sorted([await receive((int, str), timeout=5.0) for _ in range(5)])
    assert got == [(number, f"HELLO {number}") for number in range(5)]
    send(server, "stop")
    assert (await receive(Down(ref, server, ...), timeout=5.0)).reason == "normal"
    await asyncio.sleep(0)


@process_test
async def test_streams_work_in_processes() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"line\n")
        assert await reader.read() == b"line\n"
        writer.close()
        await writer.wait_closed()


@process_test
async def test_what_no_process_can_await_is_an_error_where_it_stands() -> None:
    class Odd:
        def __await__(self) -> Any:
            yield "odd"

    for _ in range(2):
        with pytest.raises(RuntimeError, match="bad yield: 'odd'"):
            await Odd()
    other = asyncio.new_event_loop()
    foreign = other.create_future()
    with pytest.raises(RuntimeError, match="belongs to another event loop"):
        await foreign
    other.close()


@process_test
async def test_async_generators_and_context_managers_close_with_a_kill() -> None:
    main = self()

    async def numbers() -> Any:
        try:
            for number in range(10):
                yield number
                await sleep(0)
        finally:
            send(main, "generator closed")

    async def body() -> None:
        async for number in numbers():
            if number == 3:
                send(main, "three")
                await sleep(None)

    pid = spawn(body)
    assert await receive("three", timeout=2.0)
    await end(pid)
    assert await receive("generator closed", timeout=2.0)


@contextlib.asynccontextmanager
async def opened(main: Pid) -> AsyncIterator[None]:
    """Wait twice to close."""
    try:
        yield
    finally:
        try:
            await sleep(None)
        finally:
            try:
                await asyncio.sleep(1000)
            finally:
                send(main, "closed")


@process_test
async def test_what_an_async_context_manager_does_after_its_waits_is_done_at_a_kill() -> None:
    async def body(main: Pid) -> None:
        async with opened(main), opened(main):
            send(main, "open")
            await sleep(None)

    pid = spawn(body, self())
    await receive("open")
    await end(pid)
    assert aquavit.flush() == ["closed", "closed"]
