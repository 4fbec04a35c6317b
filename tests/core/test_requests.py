"""Calls under attack: whatever ends them, in whatever state, nothing of them is left."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import aquavit
from aquavit import (
    NO_REPLY,
    CallTimeout,
    Down,
    GenServer,
    Pid,
    ProcessExit,
    ServerExit,
    call,
    exit,
    flush,
    is_alive,
    kill,
    processes,
    receive,
    self,
    send,
    share,
    sleep,
    spawn,
    spawn_monitor,
)
from tests.clock import VirtualClock
from tests.served import Server, nothing_left
from tests.support import died, end, info, process_test, settled

# --- the client's end

HOWS = ("kill", "exit", "cancel", "timeout")
WHENS = ("before its turn", "queued", "held")


@pytest.mark.parametrize("when", WHENS)
@pytest.mark.parametrize("how", HOWS)
def test_a_client_that_gives_up(how: str, when: str) -> None:
    @process_test
    async def check() -> None:
        server = await Server.start()
        if when == "queued":
            await aquavit.system.suspend(server)
        client = spawn(_client, server, how)
        if when != "before its turn":
            await settled()
        _give_up(client, how)
        assert await died(client) in ("killed", "odd", "normal", "noproc")
        if when == "queued":
            await aquavit.system.resume(server)
        GenServer.cast(server, "too late")
        await settled()
        nothing_left(server)
        assert await GenServer.call(server, "alive") == "alive"
        await end(server)

    check()


async def _client(server: Pid[Any], how: str) -> None:
    if how == "timeout":
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await GenServer.call(server, "hold")
    elif how == "cancel":
        task = asyncio.current_task()
        assert task is not None
        aquavit.process_dict()["task"] = task
        try:
            await GenServer.call(server, "hold")
        except asyncio.CancelledError:
            assert info(self()).monitors == ()
    else:
        await GenServer.call(server, "hold")


def _give_up(client: Pid[Any], how: str) -> None:
    if how == "kill":
        kill(client)
    elif how == "exit" and is_alive(client):
        exit(client, "odd")
    elif how == "cancel" and is_alive(client):
        task = info(client).dictionary.get("task")
        if task is None:
            kill(client)
        else:
            task.cancel()


@process_test
async def test_a_client_killed_between_the_reply_and_its_turn() -> None:
    server = await Server.start()
    for stop in (kill, lambda pid: exit(pid, "odd")):

        def reply_and_stop(from_: Any, stop: Any = stop) -> Any:
            GenServer.reply(from_, "reply")
            stop(from_.pid)
            return NO_REPLY

        client = spawn(lambda act=reply_and_stop: GenServer.call(server, act))
        assert await died(client) in ("killed", "odd", "noproc")
        nothing_left(server)
    await end(server)


@process_test
async def test_a_client_cancelled_between_the_reply_and_its_turn() -> None:
    server = await Server.start()
    main = self()

    async def client() -> None:
        task = asyncio.current_task()
        assert task is not None

        def reply_and_cancel(from_: Any) -> Any:
            GenServer.reply(from_, "reply")
            task.cancel()
            return NO_REPLY

        try:
            await GenServer.call(server, reply_and_cancel)
        except asyncio.CancelledError:
            send(main, ("cancelled", info(self()).messages))
        else:
            send(main, ("replied", info(self()).messages))

    child = spawn(client)
    word, messages = await receive()
    assert (word, messages) == ("cancelled", ())
    await died(child)
    nothing_left(server)
    await end(server)


@process_test
async def test_asyncio_timeout_around_a_call() -> None:
    server = await Server.start()
    with pytest.raises(TimeoutError) as late:
        async with asyncio.timeout(0.01):
            await GenServer.call(server, "hold")
    assert not isinstance(late.value, CallTimeout)
    GenServer.cast(server, "late")
    await settled()
    nothing_left(server)
    assert await asyncio.wait_for(GenServer.call(server, 1), 1.0) == 1
    await end(server)


@process_test
async def test_a_call_that_is_dropped_without_being_awaited_sends_nothing() -> None:
    server = await Server.start()
    with pytest.warns(RuntimeWarning, match=r"call of 'oops' to #PID<.*> was never awaited"):
        GenServer.call(server, "oops")
    with pytest.warns(RuntimeWarning, match=r"call of add\(1\) to .* was never awaited"):
        Server.add(server, 1)
    await settled()
    assert await Server.seen(server) == []
    nothing_left(server)
    await end(server)


@pytest.mark.skipif(not aquavit.COMPILED, reason="a generator, which just ends when awaited again")
@process_test
async def test_a_call_cannot_be_awaited_twice() -> None:
    server = await Server.start()
    asked = GenServer.call(server, 1)
    assert await asked == 1
    with pytest.raises(RuntimeError):
        await asked
    nothing_left(server)
    await end(server)


@process_test
async def test_a_call_in_a_trapping_process_leaves_its_messages_alone() -> None:
    server = await Server.start()
    aquavit.trap_exit(True)
    send(self(), "before")

    def tell(from_: Any) -> str:
        send(from_.pid, "meanwhile")
        exit(from_.pid, "signal")
        return "reply"

    assert await GenServer.call(server, tell) == "reply"
    assert flush() == ["before", "meanwhile", aquavit.Exit(server, "signal")]
    aquavit.trap_exit(False)
    await end(server)


# --- deadlines


@process_test
async def test_a_request_whose_deadline_has_passed_is_skipped() -> None:
    clock = VirtualClock()
    server = await Server.start()

    async def busy(from_: Any) -> None:
        await sleep(2.0)

    async def late() -> None:
        with pytest.raises(CallTimeout):
            await GenServer.call(server, "late", timeout=1.0)

    async def patient() -> None:
        assert await GenServer.call(server, "patient", timeout=5.0) == "patient"

    first = spawn(lambda: GenServer.call(server, busy, timeout=None))
    await settled()
    children = [spawn_monitor(late), spawn_monitor(patient)]
    await clock.advance(3.0)
    for _, ref in children:
        assert (await receive(Down(ref, ..., ...))).reason == "normal"
    await died(first)
    assert [request for request in await Server.seen(server) if request != busy] == ["patient"]
    nothing_left(server)
    await end(server)


@process_test
async def test_a_late_reply_vanishes() -> None:
    server = await Server.start()
    with pytest.raises(CallTimeout):
        await GenServer.call(server, "hold", timeout=0.001)
    GenServer.cast(server, "late")
    await settled()
    assert flush() == []
    assert await GenServer.call(server, "next") == "next"
    nothing_left(server)
    await end(server)


@process_test
async def test_skipped_requests_do_not_end_a_timeout() -> None:
    clock = VirtualClock()
    main = self()

    class Idle(GenServer):
        async def handle_cast(self, request: Any) -> Any:
            await sleep(1.0)
            return aquavit.Timeout(1.0)

        def handle_call(self, request: Any, from_: Any) -> None:
            send(main, "served")

        def handle_info(self, message: Any) -> None:
            send(main, message)

    server = await Idle.start()
    GenServer.cast(server, "busy")

    async def ask() -> None:
        with pytest.raises(CallTimeout):
            await GenServer.call(server, "x", timeout=0.5)

    spawn(ask)
    await clock.advance(1.5)
    assert flush() == []
    await clock.advance(1.0)
    assert flush() == ["timeout"]
    await end(server)


# --- the server's end


@pytest.mark.parametrize("way", ["kill", "exit", "raise", "stop", "before", "return"])
def test_pending_calls_hear_of_the_servers_end(way: str) -> None:
    @process_test
    async def check() -> None:
        server = await Server.start()
        main = self()

        async def client(number: int) -> None:
            try:
                await GenServer.call(server, "hold")
            except ServerExit as error:
                send(main, (number, error.reason, info(self()).messages))

        for number in range(20):
            spawn(client, number)
        if way != "before":
            await settled()
        if way in ("kill", "before"):
            kill(server)
        elif way == "exit":
            exit(server, "odd")
        elif way == "stop":
            await GenServer.stop(server, "told")
        else:
            failing = share(RuntimeError("boom"))

            def fail(from_: Any) -> Any:
                if way == "raise":
                    raise RuntimeError(failing)
                raise ProcessExit("left")

            with pytest.raises(ServerExit):
                await GenServer.call(server, fail)
        await settled()
        got = flush()
        assert sorted(number for number, _, _ in got) == list(range(20)) or way == "before"
        assert all(messages == () for _, _, messages in got)
        expected: Any = {
            "kill": "killed",
            "exit": "odd",
            "stop": "told",
            "before": "killed",
            "return": "left",
        }
        for _, reason, _ in got:
            assert isinstance(reason, RuntimeError) if way == "raise" else reason == expected[way]

    check()


@process_test
async def test_a_server_that_ends_normally_under_a_call() -> None:
    async def once() -> None:
        await receive()

    server = spawn(once)
    with pytest.raises(ServerExit) as failed:
        await GenServer.call(server, "x")
    assert failed.value.reason == "normal"


@process_test
async def test_two_calls_of_each_other_time_out() -> None:
    clock = VirtualClock()

    class Other(GenServer):
        @call
        async def ask(self, other: Pid[Any]) -> Any:
            return await Other.ask.within(1.0)(other, self_())

    a, b = await Other.start(), await Other.start()
    client, ref = spawn_monitor(lambda: Other.ask(a, b))
    await clock.advance(2.0)
    assert isinstance((await receive(Down(ref, client, ...))).reason, ServerExit)
    assert not is_alive(b)
    if is_alive(a):
        await end(a)


self_ = self


# --- many


@process_test
async def test_ten_thousand_callers_at_once() -> None:
    server = await Server.start()
    main = self()

    async def client(number: int) -> None:
        send(main, (number, await Server.add(server, number, b=1)))

    for number in range(10_000):
        spawn(client, number)
    got = sorted([await receive(tuple) for _ in range(10_000)])
    assert got == [(number, number + 1) for number in range(10_000)]
    await settled()
    nothing_left(server)
    await end(server)


@process_test
async def test_ten_thousand_callers_whose_server_is_killed() -> None:
    server = await Server.start()
    main = self()

    async def client() -> None:
        try:
            await GenServer.call(server, "hold", timeout=None)
        except ServerExit as error:
            send(main, error.reason)

    for _ in range(10_000):
        spawn(client)
    await settled()
    assert len(info(server).monitored_by) == 10_000
    kill(server)
    assert {await receive(str) for _ in range(10_000)} == {"killed"}
    await settled()
    assert processes() == [main]
