"""The report of a server that crashes: it is written once, whatever its parts do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

import aquavit
from aquavit import (
    NO_REPLY,
    Continue,
    GenServer,
    NoReply,
    ProcessExit,
    ServerExit,
    StartError,
    Stop,
    call,
    kill,
    receive,
    run,
    self,
    send,
    set_report_limit,
    sleep,
    spawn,
    spawn_link,
    trap_exit,
)
from aquavit.core.names import Address
from tests.support import died, process_test, settled


class Crash(GenServer):
    """A server with a state, which crashes when it is asked to."""

    state: Any = None

    def init(self, state: Any = None) -> None:
        """Keep the state."""
        self.state = state

    def handle_call(self, request: Any, from_: Any) -> Any:
        """Do it, or crash."""
        if callable(request):
            return request(from_)
        raise RuntimeError("crashed")

    def handle_info(self, message: Any) -> Any:
        """Do it, or crash."""
        if callable(message):
            return message()
        raise RuntimeError("crashed")

    def handle_continue(self, argument: Any) -> None:
        """Crash."""
        raise RuntimeError("in continue")


class Silent:
    """Something that cannot be shown."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")


def texts(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what has been logged."""
    return [record.getMessage() for record in caplog.records]


async def crashed(pid: Any, request: Any = "x") -> None:
    """Let it crash in a call."""
    with pytest.raises(ServerExit):
        await GenServer.call(pid, request)
    await settled()


@pytest.fixture
def limit() -> Iterator[None]:
    """Set the limit of reports back."""
    yield
    set_report_limit(8192)


@process_test
async def test_a_crash_is_reported_once(caplog: pytest.LogCaptureFixture) -> None:
    trap_exit(True)
    pid = await Crash.start_link("state")
    await crashed(pid)
    assert (await receive()).pid == pid
    [text] = texts(caplog)
    assert text.startswith(f"GenServer {pid!r} terminating\n** (RuntimeError) crashed\n")
    assert f"Last message (from {self()!r}): 'x'\nState: {{'state': 'state'}}" in text
    trap_exit(False)


@process_test
async def test_the_client_is_shown_with_its_frames(caplog: pytest.LogCaptureFixture) -> None:
    pid = await Crash.start()

    async def inner() -> None:
        await GenServer.call(pid, "x")

    async def client() -> None:
        with pytest.raises(ServerExit):
            await inner()

    child = spawn(client)
    await died(child)
    [text] = texts(caplog)
    lines = text.splitlines()
    at = lines.index(f"Client {child!r} is alive")
    assert lines[at + 1] == ""
    assert [line.split("|")[0].split()[-1] for line in lines[at + 2 :]] == ["inner", "client"]
    assert 'await GenServer.call(pid, "x")' in lines[at + 2]


def test_an_adopted_client_is_shown_with_its_frames(caplog: pytest.LogCaptureFixture) -> None:
    async def asks(pid: Any) -> None:
        with pytest.raises(ServerExit):
            await GenServer.call(pid, "x")

    async def main() -> None:
        await asyncio.create_task(asks(await Crash.start()))

    asyncio.run(main())
    [text] = texts(caplog)
    assert text.splitlines()[-1].partition("  |")[0].endswith("asks")


@process_test
async def test_a_client_that_is_gone_is_shown_as_dead(caplog: pytest.LogCaptureFixture) -> None:
    pid = await Crash.start()
    main = self()

    async def crash_later(from_: Any) -> Any:
        send(main, "asked")
        await receive("go")
        raise RuntimeError("too late")

    class Asks:
        def __call__(self, from_: Any) -> Any:
            return crash_later(from_)

    client = spawn(lambda: GenServer.call(pid, crash_later))
    await receive("asked")
    kill(client)
    await died(client)
    ref = aquavit.monitor(pid)
    send(pid, "go")
    await receive(aquavit.Down(ref, ..., ...))
    [text] = texts(caplog)
    assert text.splitlines()[-1] == f"Client {client!r} is dead"


@process_test
async def test_a_registered_client_is_shown_by_name(caplog: pytest.LogCaptureFixture) -> None:
    pid = await Crash.start(name="crash")
    aquavit.register(self(), "client")
    await crashed(pid)
    aquavit.unregister("client")
    [text] = texts(caplog)
    assert text.startswith("GenServer crash terminating\n")
    assert "Last message (from 'client'): 'x'" in text
    assert "Client 'client' is alive" in text


@process_test
async def test_state_and_message_are_cut(caplog: pytest.LogCaptureFixture, limit: None) -> None:
    set_report_limit(20)
    pid = await Crash.start("s" * 100)
    await crashed(pid, "m" * 100)
    [text] = texts(caplog)
    assert f"Last message (from {self()!r}): '{'m' * 19}... (102 characters)" in text
    assert "State: {'state': 'sssssssss... (113 characters)" in text


@process_test
async def test_a_huge_or_recursive_state_is_shown(caplog: pytest.LogCaptureFixture) -> None:
    state: list[Any] = [0] * 100_000
    state[0] = state
    pid = await Crash.start(state)
    await crashed(pid)
    [text] = texts(caplog)
    assert len(text) < 20_000
    assert "State: {'state': [[" in text


@pytest.mark.parametrize("value", [Silent(), [Silent()], {"a": Silent()}])
def test_a_repr_that_fails_does_not_lose_the_report(
    value: Any, caplog: pytest.LogCaptureFixture
) -> None:
    @process_test
    async def check() -> None:
        pid = await Crash.start(aquavit.share(value) if type(value) is Silent else value)
        await crashed(pid)
        [text] = texts(caplog)
        assert "** (RuntimeError) crashed" in text
        assert "Silent" in text

    check()


@process_test
async def test_format_status_shapes_the_state(caplog: pytest.LogCaptureFixture) -> None:
    class Shaped(Crash):
        def format_status(self, reason: str, state: Any) -> Any:
            return (reason, sorted(state))

    pid = await Shaped.start("hidden" * 2)
    await crashed(pid)
    [text] = texts(caplog)
    assert "State: ('terminate', ['state'])" in text
    assert "hiddenhidden" not in text


@process_test
async def test_a_failing_format_status_or_get_state_does_not_lose_the_report(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken(Crash):
        def format_status(self, reason: str, state: Any) -> Any:
            raise KeyError("status")

    class Worse(Crash):
        def get_state(self) -> Any:
            raise ProcessError

    class ProcessError(Exception):
        def __repr__(self) -> str:
            raise RuntimeError("no repr")

    for server, state in ((Broken, "KeyError('status')"), (Worse, "<ProcessError")):
        pid = await server.start()
        with pytest.raises(ServerExit) as failed:
            await GenServer.call(pid, "x")
        assert isinstance(failed.value.reason, RuntimeError)
        assert f"State: format_status failed: {state}" in texts(caplog)[-1]
    await settled()
    assert len(texts(caplog)) == 2


@process_test
async def test_a_via_whose_repr_fails_does_not_lose_the_report(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Own(Address):
        def whereis(self) -> Any:
            return None

        def register(self, pid: Any) -> None:
            """Take any."""

        def __repr__(self) -> str:
            raise RuntimeError("no repr")

    await crashed(await Crash.start(name=Own()))
    [text] = texts(caplog)
    assert text.startswith("GenServer <Own")


@process_test
async def test_a_crash_in_continue_shows_what_was_continued(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pid = await Crash.start()
    await crashed(pid, lambda from_: NoReply(then=Continue("c")))
    [text] = texts(caplog)
    assert "Last message: Continue(argument='c')\n" in text
    assert "Client" not in text


@process_test
async def test_a_crash_in_terminate_is_reported_with_its_origin(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Bad(Crash):
        def terminate(self, reason: Any) -> None:
            raise ValueError("in terminate")

    await crashed(await Bad.start())
    [text] = texts(caplog)
    assert "** (ValueError) in terminate" in text
    assert "while handling ** (RuntimeError) crashed" in text


@process_test
async def test_stops_are_reported_unless_they_are_normal(caplog: pytest.LogCaptureFixture) -> None:
    for reason in ("normal", "shutdown", ("shutdown", 1)):
        pid = await Crash.start()
        send(pid, lambda reason=reason: Stop(reason))
        await died(pid)
    assert texts(caplog) == []
    pid = await Crash.start()
    with pytest.raises(ServerExit):
        await GenServer.call(pid, lambda from_: Stop("odd"))
    assert "** (stop) 'odd'" in texts(caplog)[0]
    pid = await Crash.start()
    await GenServer.stop(pid, "told to")
    assert "** (stop) 'told to'\nState:" in texts(caplog)[1]


@process_test
async def test_exit_signals_are_not_reported(caplog: pytest.LogCaptureFixture) -> None:
    for end in (kill, lambda pid: aquavit.exit(pid, "odd")):
        pid = await Crash.start()
        end(pid)
        await died(pid)
    assert texts(caplog) == []


@process_test
async def test_a_parent_that_exits_oddly_is_the_last_message(
    caplog: pytest.LogCaptureFixture,
) -> None:
    main = self()

    class Trapping(Crash):
        def init(self, state: Any = None) -> None:
            trap_exit(True)

    async def parent() -> None:
        send(main, await Trapping.start_link())
        raise ProcessExit("left")

    starter = spawn(parent)
    pid = await receive()
    await died(pid)
    [text] = texts(caplog)
    assert "** (stop) 'left'" in text
    assert f"Last message: Exit(pid={starter!r}, reason='left')" in text


@process_test
async def test_a_failed_start_is_told_to_the_starter_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Fails(GenServer):
        async def init(self, how: str) -> Any:
            await sleep(0)
            if how == "stop":
                return Stop("why")
            raise RuntimeError("in init")

    for start in (Fails.start, Fails.start_link):
        with pytest.raises(RuntimeError):
            await start("raise")
        with pytest.raises(StartError):
            await start("stop")
    assert texts(caplog) == []


@process_test
async def test_who_kills_a_starting_server_still_has_its_own_report(
    caplog: pytest.LogCaptureFixture,
) -> None:
    main = self()

    class Slow(GenServer):
        async def init(self) -> None:
            send(main, self_())
            await sleep(None)

    async def killer(pid: Any) -> None:
        kill(pid)
        await died(pid)
        raise RuntimeError("of the killer")

    starter = spawn(lambda: Slow.start())
    pid = await receive()
    await died(spawn(killer, pid))
    await died(starter)
    shown = "".join(texts(caplog))
    assert "(RuntimeError) of the killer" in shown
    assert "(StartError) could not start" in shown


self_ = self


@process_test
async def test_an_unexpected_message_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    class Plain(GenServer):
        @call
        def ping(self) -> str:
            return "pong"

    pid = await Plain.start(name="plain")
    send(pid, ("what", 1))
    send(pid, aquavit.share(Silent()))
    assert await Plain.ping(pid) == "pong"
    first, second = texts(caplog)
    assert first.endswith("Plain plain received unexpected message in handle_info: ('what', 1)")
    assert "Silent" in second
    await GenServer.stop(pid)


def test_a_crash_while_the_program_ends_is_reported_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Bad(Crash):
        def init(self, state: Any = None) -> None:
            trap_exit(True)

        def terminate(self, reason: Any) -> None:
            raise ValueError("at the end")

    async def main() -> None:
        spawn_link(sleep, None)
        await Bad.start_link()

    run(main)
    assert len([text for text in texts(caplog) if "at the end" in text]) == 1


def test_no_reply_is_a_result_like_others() -> None:
    assert NoReply() == NO_REPLY
