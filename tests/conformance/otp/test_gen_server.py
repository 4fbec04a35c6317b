"""What gen_server_SUITE checks and no other test here does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from aquavit import (
    IGNORE,
    NO_REPLY,
    AlreadyStarted,
    CallTimeout,
    Continue,
    Down,
    Exit,
    GenServer,
    NoProcess,
    Pid,
    ProcessExit,
    Registry,
    ServerExit,
    StartError,
    StartTimeout,
    Stop,
    Via,
    exit,
    flush,
    is_alive,
    kill,
    monitor,
    node,
    receive,
    self,
    send,
    send_after,
    sleep,
    spawn,
    spawn_monitor,
    trap_exit,
    whereis,
)
from tests.clock import VirtualClock
from tests.support import died, end, idle, process_test, settled

pytestmark = pytest.mark.usefixtures("no_reports")


class Asked(GenServer):
    """Does what its requests say, and may be told to answer late."""

    def init(self, act: Callable[[], Any] | None = None) -> Any:
        return None if act is None else act()

    def handle_call(self, request: Any, from_: Any) -> Any:
        match request:
            case "stop":
                return Stop("stopped", reply="ok")
            case "shutdown":
                return Stop("shutdown")
            case ("hold", caller):
                self.held = from_
                send(caller, "held")
                return NO_REPLY
            case ("after", seconds):
                send_after(self_pid(), ("answer", from_), seconds)
                return NO_REPLY
        return "started"

    def handle_cast(self, request: Any) -> Any:
        return self.told("cast", request)

    def handle_info(self, message: Any) -> Any:
        match message:
            case ("answer", from_):
                GenServer.reply(from_, "delayed")
                return None
            case "release":
                GenServer.reply(self.held, "delayed")
                return None
        return self.told("info", message)

    def told(self, kind: str, message: tuple[Any, ...]) -> Any:
        """Tell who has sent it, now or later, or stop."""
        caller, what, *more = message
        if what == "later":
            send_after(caller, (kind, self_pid(), "delayed"), *more)
            return None
        send(caller, (kind, self_pid(), what))
        return Stop("stopped") if what == "stop" else None


self_pid = self
STARTS = (Asked.start, Asked.start_link)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("named", ["not", "locally", "by a registry"])
@process_test
async def test_a_server_is_started_called_and_stopped(start: Any, named: str) -> None:
    trap_exit(True)
    registry = await Registry.start_link(keys="unique", name="reg")
    name: Any = {"not": None, "locally": "known", "by a registry": Via("reg", "known")}[named]
    pid = await start(name=name)
    address = pid if name is None else name
    assert await GenServer.call(address, "x") == "started"
    if name is not None:
        for again in STARTS:
            with pytest.raises(AlreadyStarted) as taken:
                await again(name=name)
            assert taken.value.pid == pid
    ref = monitor(pid)
    assert await GenServer.call(address, "stop") == "ok"
    assert (await receive(Down(ref, ..., ...))).reason == "stopped"
    if start == Asked.start_link:
        assert await receive(Exit) == Exit(pid, "stopped")
    with pytest.raises(NoProcess):
        await GenServer.call(address, "x", timeout=0.01)
    assert flush() == []
    await GenServer.stop(registry)
    await receive(Exit)


@process_test
async def test_the_ways_in_which_a_start_fails() -> None:
    clock = VirtualClock()
    trap_exit(True)

    async def slow() -> None:
        with pytest.raises(StartTimeout):
            await Asked.start(idle, timeout=0.1)

    _, ref = spawn_monitor(slow)
    await clock.advance(0.2)
    assert (await receive(Down(ref, ..., ...))).reason == "normal"
    with pytest.raises(StartError, match="stopped"):
        await Asked.start(lambda: Stop("stopped"))
    assert flush() == []


@process_test
async def test_a_name_is_free_at_once_after_each_failed_start() -> None:
    for number in range(50):
        if number % 2:
            assert await Asked.start(lambda: IGNORE, name="again") is None
        else:
            with pytest.raises(StartError):
                await Asked.start(lambda: Stop("no"), name="again")
        assert whereis("again") is None
    pid = await Asked.start(name="again")
    assert await GenServer.call("again", "x") == "started"
    await GenServer.stop(pid)


@pytest.mark.parametrize("ask", [GenServer.cast, send])
@process_test
async def test_casts_and_messages_are_handled_at_once_later_or_as_the_last(ask: Any) -> None:
    clock = VirtualClock()
    kind = "info" if ask is send else "cast"
    pid = await Asked.start(name="known")
    ask("known", (self(), "now"))
    assert await receive() == (kind, pid, "now")
    ask("known", (self(), "later", 1.0))
    await clock.advance(1.1)
    assert flush() == [(kind, pid, "delayed")]
    ask("known", (self(), "stop"))
    assert await receive() == (kind, pid, "stop")
    await died(pid)


async def ask(server: Any, request: Any) -> Any:
    return await GenServer.call(server, request)


async def in_flight(*calls: tuple[Any, Any]) -> list[asyncio.Task[Any]]:
    """Begin calls without waiting for them; return when all held ones are held."""
    tasks = [asyncio.ensure_future(ask(*each)) for each in calls]
    for _, request in calls:
        if type(request) is tuple:
            assert await receive() == "held"
    return tasks


@process_test
async def test_calls_in_flight_are_awaited_in_the_order_of_their_answers() -> None:
    servers = [await Asked.start_link() for _ in range(3)]
    hold = ("hold", self())
    tasks = await in_flight((servers[0], "x"), *[(server, hold) for server in servers])
    assert await tasks[0] == "started"
    left = set(tasks[1:])
    for number in (1, 2, 0):
        send(servers[number], "release")
        done, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
        assert done == {tasks[number + 1]}
        assert done.pop().result() == "delayed"
    assert left == set()
    await end(*servers)


@process_test
async def test_calls_in_flight_go_on_when_the_wait_for_them_ends() -> None:
    servers = [await Asked.start_link() for _ in range(2)]
    hold = ("hold", self())
    late, soon = await in_flight(*[(server, hold) for server in servers])
    send(servers[1], "release")
    assert await soon == "delayed"
    done, pending = await asyncio.wait([late], timeout=0)
    assert (done, pending) == (set(), {late})
    send(servers[0], "release")
    assert await late == "delayed"
    await end(*servers)


@process_test
async def test_a_server_that_ends_fails_its_call_in_flight_and_no_other() -> None:
    servers = [await Asked.start() for _ in range(3)]
    hold = ("hold", self())
    one, stops, two, nobody = await in_flight(
        (servers[0], hold), (servers[1], "shutdown"), (servers[2], hold), ("nobody", "x")
    )
    with pytest.raises(ServerExit) as ended:
        await stops
    assert ended.value.reason == "shutdown"
    with pytest.raises(NoProcess):
        await nobody
    for server, task in ((servers[0], one), (servers[2], two)):
        send(server, "release")
        assert await task == "delayed"
    await end(servers[0], servers[2])


@process_test
async def test_a_call_times_out_and_its_late_answer_is_nobodys() -> None:
    clock = VirtualClock()
    pid = await Asked.start()

    async def impatient() -> None:
        with pytest.raises(CallTimeout):
            await GenServer.call(pid, ("after", 0.05), timeout=0.01)
        assert await GenServer.call(pid, ("after", 0.001)) == "delayed"
        assert flush() == []

    _, ref = spawn_monitor(impatient)
    await clock.advance(1.0)
    assert (await receive(Down(ref, ..., ...))).reason == "normal"
    await end(pid)


@process_test
async def test_a_call_costs_the_same_with_a_hundred_thousand_messages_waiting() -> None:
    pid = await Asked.start()

    async def calls() -> float:
        taken = []
        for _ in range(5):
            since = time.perf_counter()
            for _ in range(50):
                await GenServer.call(pid, "x")
            taken.append(time.perf_counter() - since)
        return min(taken)

    before = await calls()
    for number in range(100_000):
        send(self(), number)
    assert await calls() < 10 * before
    assert len(flush()) == 100_000
    await end(pid)


@pytest.mark.parametrize("timeout", [-1, "soon", float("nan")])
@process_test
async def test_a_wrong_timeout_of_stop_leaves_the_server_alone(timeout: Any) -> None:
    pid = await Asked.start()
    with pytest.raises((TypeError, ValueError), match="timeout"):
        await GenServer.stop(pid, "other", timeout=timeout)
    assert is_alive(pid)
    await GenServer.stop(pid)
    assert not is_alive(pid)


@process_test
async def test_stop_takes_every_kind_of_address() -> None:
    registry = await Registry.start_link(keys="unique", name="reg")
    for name, address in (
        (None, None),
        ("known", "known"),
        ("known", ("known", node())),
        (Via("reg", "k"), Via("reg", "k")),
    ):
        pid = await Asked.start(name=name)
        await GenServer.stop(address or pid, "other reason", timeout=None)
        assert not is_alive(pid)
        with pytest.raises(NoProcess):
            await GenServer.stop(address or pid)
    await GenServer.stop(registry)


class Bare(GenServer):
    """Defines nothing but what it must."""

    def init(self) -> None:
        """Begin."""


@process_test
async def test_callbacks_that_are_not_defined() -> None:
    pid = await Bare.start()
    with pytest.raises(ServerExit) as failed:
        await GenServer.call(pid, "x")
    assert isinstance(failed.value.reason, Exception)
    assert "handle_call" in str(failed.value.reason)
    pid = await Bare.start()
    ref = monitor(pid)
    GenServer.cast(pid, "x")
    reason = (await receive(Down(ref, ..., ...))).reason
    assert "handle_cast" in str(reason)
    pid = await Bare.start()
    send(pid, "logged and dropped")
    await settled()
    assert is_alive(pid)
    assert await stop_reason(pid, "normal") == "normal"
    assert await stop_reason(await Bare.start(), ("error", "test")) == ("error", "test")


async def stop_reason(pid: Pid[Any], reason: Any) -> Any:
    ref = monitor(pid)
    await GenServer.stop(pid, reason)
    return (await receive(Down(ref, ..., ...))).reason


@process_test
async def test_a_continue_without_its_callback_ends_the_server() -> None:
    class Continues(GenServer):
        def init(self) -> Any:
            return Continue("on")

    pid = await Continues.start()
    reason = await died(pid)
    assert reason == "noproc" or "handle_continue" in str(reason)


class Lost(GenServer):
    """Calls what is not there."""

    def init(self) -> None:
        """Begin."""

    def handle_info(self, message: Any) -> None:
        message.not_there()

    def terminate(self, reason: Any) -> None:
        reason.not_there()


@process_test
async def test_what_a_callback_calls_may_not_be_there() -> None:
    pid = await Lost.start()
    with pytest.raises(ServerExit) as failed:
        await GenServer.stop(pid)
    assert isinstance(failed.value.reason, AttributeError)
    pid = await Lost.start()
    ref = monitor(pid)
    send(pid, "x")
    assert isinstance((await receive(Down(ref, ..., ...))).reason, AttributeError)


@process_test
async def test_a_server_may_be_killed_while_it_waits_in_a_callback() -> None:
    class Waits(GenServer):
        async def handle_call(self, request: Any, from_: Any) -> None:
            await sleep(None)

        def init(self) -> None:
            """Begin."""

    pid = await Waits.start()
    caller = spawn(outcome_of_call, pid, self())
    await settled()
    kill(pid)
    assert await receive() == "killed"
    await died(caller)


async def outcome_of_call(pid: Pid[Any], to: Pid[Any]) -> None:
    try:
        await GenServer.call(pid, "x")
    except ServerExit as error:
        send(to, error.reason)


@pytest.mark.parametrize("kind", [RuntimeError, ProcessExit])
@process_test
async def test_the_reply_of_a_stop_is_sent_though_terminate_fails(kind: Any) -> None:
    class Fails(GenServer):
        def init(self) -> None:
            """Begin."""

        def handle_call(self, request: Any, from_: Any) -> Any:
            return Stop("shutdown", reply="bye")

        def terminate(self, reason: Any) -> None:
            raise kind("in terminate")

    pid = await Fails.start()
    ref = monitor(pid)
    assert await GenServer.call(pid, "x") == "bye"
    assert "in terminate" in str((await receive(Down(ref, ..., ...))).reason)


@process_test
async def test_a_server_that_is_ended_in_its_terminate_sends_no_reply() -> None:
    class Slow(GenServer):
        def init(self, test: Pid[Any]) -> None:
            self.test = test

        def handle_call(self, request: Any, from_: Any) -> Any:
            return Stop("shutdown", reply="bye")

        async def terminate(self, reason: Any) -> None:
            send(self.test, "terminating")
            await sleep(None)

    pid = await Slow.start(self())
    caller = spawn(outcome_of_call, pid, self())
    await receive("terminating")
    exit(pid, "now")
    assert await receive() == "now"
    await died(caller)
