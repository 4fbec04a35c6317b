"""`system` under attack: what it asks must not harm the server."""

from __future__ import annotations

import io
from typing import Any

import pytest

import aquavit
from aquavit import (
    CallTimeout,
    GenServer,
    Mailbox,
    Pid,
    call,
    flush,
    is_alive,
    kill,
    receive,
    self,
    send,
    sleep,
    spawn,
    system,
)
from tests.clock import VirtualClock
from tests.support import died, end, idle, info, process_test, settled


class Keeper(GenServer):
    """Keeps one value."""

    def init(self, value: Any = 1) -> None:
        """Keep it."""
        self.value = value

    @call
    def get(self) -> Any:
        """Return it."""
        return self.value

    @call
    def spoil(self) -> None:
        """Keep something that cannot be copied."""
        self.value = (number for number in ())


@process_test
async def test_a_state_that_cannot_be_copied_is_an_error_of_who_asks() -> None:
    server = await Keeper.start()
    await Keeper.spoil(server)
    for ask in (
        lambda: system.get_state(server),
        lambda: system.get_status(server),
        lambda: system.replace_state(server, lambda state: state),
    ):
        with pytest.raises(TypeError, match="expected data that can be copied"):
            await ask()
    assert is_alive(server)
    await end(server)


@process_test
async def test_a_failing_format_status_is_told_in_place_of_the_state() -> None:
    class Broken(Keeper):
        def format_status(self, reason: str, state: Any) -> Any:
            raise RuntimeError("no status")

    server = await Broken.start()
    status = await system.get_status(server)
    assert status.status == "running"
    assert status.state == "format_status failed: RuntimeError('no status')"
    assert await Broken.get(server) == 1
    await end(server)


@process_test
async def test_format_status_is_asked_for_the_normal_status() -> None:
    class Shaped(Keeper):
        def format_status(self, reason: str, state: Any) -> Any:
            return (reason, state["value"])

    server = await Shaped.start()
    assert (await system.get_status(server)).state == ("normal", 1)
    await end(server)


@process_test
async def test_get_state_and_set_state_can_be_defined() -> None:
    class Own(Keeper):
        def get_state(self) -> Any:
            return self.value

        def set_state(self, state: Any) -> None:
            self.value = state

    server = await Own.start(5)
    assert await system.get_state(server) == 5
    assert await system.replace_state(server, lambda value: value + 1) == 6
    assert await Own.get(server) == 6
    await end(server)


@process_test
async def test_wrong_arguments_do_not_reach_the_server() -> None:
    server = await Keeper.start()
    wrong: Any
    for wrong in (None, 5, "x"):
        with pytest.raises(TypeError, match="replace_state: expected a function"):
            await system.replace_state(server, wrong)
    for wrong in (-1, 1.5, True, "1"):
        with pytest.raises(ValueError, match="trace: expected a count"):
            await system.trace(server, wrong)
    for wrong in ("name", 5):
        with pytest.raises(TypeError, match="trace: expected a Pid or None for to"):
            await system.trace(server, 1, to=wrong)
    for wrong in (1, "yes"):
        with pytest.raises(TypeError, match="statistics: expected True, False or None"):
            await system.statistics(server, wrong)
    assert await Keeper.get(server) == 1
    await end(server)


@process_test
async def test_a_trace_to_a_dead_process_costs_nothing() -> None:
    server = await Keeper.start()
    listener = spawn(idle)
    await system.trace(server, 100, to=listener)
    await end(listener)
    assert await Keeper.get(server) == 1
    await end(server)


@process_test
async def test_a_trace_of_what_cannot_be_shown(capsys: pytest.CaptureFixture[str]) -> None:
    class Silent:
        def __repr__(self) -> str:
            raise RuntimeError("no repr")

    server = await Keeper.start(aquavit.share(Silent()))
    await system.trace(server, 2)
    send(server, aquavit.share(Silent()))
    await settled()
    assert "*DBG*" in capsys.readouterr().err
    assert is_alive(server)
    await end(server)


@process_test
async def test_a_trace_to_a_full_mailbox_loses_events() -> None:
    server = await Keeper.start()
    listener = spawn(idle, mailbox=Mailbox(1, "wait"))
    await system.trace(server, 100, to=listener)
    for _ in range(3):
        assert await Keeper.get(server) == 1
    assert len(info(listener).messages) == 1
    await end(server, listener)


@process_test
async def test_a_trace_of_what_cannot_be_copied_is_in_words() -> None:
    server = await Keeper.start()
    await system.trace(server, 100, to=self())
    send(server, aquavit.share(number for number in ()))
    what, value = (await receive(("trace", server, ...), timeout=5.0))[2]
    assert what == "in"
    assert value.startswith("<generator object ")
    assert is_alive(server)
    await end(server)


class BrokenPipe(io.StringIO):
    """A stream whose reader is gone, as that of `program | head` is."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


def closed() -> io.StringIO:
    """Return a stream that is closed."""
    stream = io.StringIO()
    stream.close()
    return stream


@pytest.mark.parametrize("stream", [BrokenPipe, closed, lambda: None])
@process_test
async def test_a_trace_that_nobody_can_read_costs_nothing(
    stream: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server = await Keeper.start()
    with monkeypatch.context() as patch:
        patch.setattr("sys.stderr", stream())
        await system.trace(server, 100)
        assert await Keeper.get(server) == 1
        assert await Keeper.get(server) == 1
    assert capsys.readouterr().out == ""
    await end(server)


@process_test
async def test_system_messages_wait_for_a_callback_that_awaits() -> None:
    main = self()

    class Busy(GenServer):
        def init(self) -> None:
            self.done = False

        async def handle_cast(self, request: Any) -> None:
            send(main, "busy")
            await receive("go")
            self.done = True

    server = await Busy.start()
    GenServer.cast(server, "x")
    await receive("busy")
    send(server, "go")
    assert await system.get_state(server) == {"done": True}
    await end(server)


@process_test
async def test_asking_times_out_while_a_callback_awaits() -> None:
    clock = VirtualClock()
    main = self()

    class Busy(GenServer):
        async def handle_cast(self, request: Any) -> None:
            await sleep(10.0)

    server = await Busy.start()
    GenServer.cast(server, "x")

    async def ask() -> None:
        with pytest.raises(CallTimeout):
            await system.get_state(server, timeout=1.0)
        send(main, "late")

    spawn(ask)
    await clock.advance(2.0)
    assert flush() == ["late"]
    kill(server)
    assert await died(server) in ("killed", "noproc")


@process_test
async def test_a_system_request_that_nobody_knows() -> None:
    from aquavit.core import requests

    server = await Keeper.start()
    asking = requests.new_asking(server, ("nonsense",), 1.0, True)
    word, error = await requests.awaitable(asking)
    assert word == "error"
    assert "expected a system request" in str(error)
    assert await Keeper.get(server) == 1
    await end(server)


@process_test
async def test_a_stranger_that_uses_the_protocols_words_is_only_info() -> None:
    seen: list[Any] = []
    main = self()

    class Tells(GenServer):
        def handle_info(self, message: Any) -> None:
            send(main, message)

    server: Pid[Any] = await Tells.start()
    for message in (("terminate", "now"), ("system", "get_state"), "timeout", Exception):
        send(server, message)
        seen.append(await receive())
    assert seen == [("terminate", "now"), ("system", "get_state"), "timeout", Exception]
    await end(server)
