"""A server with a queue before it: it serves one message after the other without waiting.

What comes in the midst of the queue (an exit signal, a stop, a system message, the end of the
budget) counts there and then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from aquavit import (
    Continue,
    Down,
    Exit,
    GenServer,
    Pid,
    Stop,
    Timeout,
    call,
    exit,
    flush,
    is_alive,
    kill,
    monitor,
    receive,
    run,
    self,
    send,
    sleep,
    spawn,
    system,
    trap_exit,
)
from tests.support import end, loop_factory, process_test, settled


class Teller(GenServer):
    """Tells `to` of everything that it serves; a function is called."""

    def init(self, to: Pid[Any], traps: bool = False) -> None:
        """Keep it."""
        self.to = to
        if traps:
            trap_exit(True)

    def handle_call(self, request: Any, from_: Any) -> Any:
        """Tell, and reply with the request."""
        send(self.to, ("call", request))
        return request

    def handle_cast(self, request: Any) -> Any:
        """Tell, or do what is asked."""
        if callable(request):
            return request()
        send(self.to, request)
        return None

    def handle_continue(self, argument: Any) -> None:
        """Tell."""
        send(self.to, ("continue", argument))

    def handle_info(self, message: Any) -> None:
        """Tell."""
        send(self.to, ("info", message))

    @call
    def last(self) -> str:
        """Say that everything before has been served."""
        return "last"


@process_test
async def test_calls_casts_and_others_are_served_in_the_order_of_their_coming() -> None:
    server = await Teller.start(self())
    for number in range(100):
        GenServer.cast(server, number)
        send(server, number)
    assert await GenServer.call(server, "call") == "call"
    expected: list[Any] = []
    for number in range(100):
        expected += [number, ("info", number)]
    assert flush() == [*expected, ("call", "call")]
    await end(server)


def test_a_long_queue_leaves_others_their_turn() -> None:
    async def main() -> None:
        server = await Teller.start(spawn(sink))
        for number in range(10_000):
            GenServer.cast(server, number)
        while (left := server.process.count) > 0:
            await sleep(0)
            assert left - server.process.count <= 2_001  # what woke it, and its budget

    # Not taken off its core, main looks after each turn of the server.
    run(main, preempt=None, loop_factory=loop_factory())


async def sink() -> None:
    """Take everything."""
    while True:
        await receive()


@pytest.mark.parametrize(
    ("leave", "reason"),
    [(lambda: exit(self(), "broken"), "broken"), (lambda: kill(self()), "killed")],
)
@process_test
async def test_an_exit_in_the_midst_of_the_queue_leaves_the_rest_unserved(
    leave: Callable[[], object], reason: str
) -> None:
    server = await Teller.start(self())
    ref = monitor(server)
    for request in ("before", leave, "after"):
        GenServer.cast(server, request)
    await receive(Down(ref, ..., reason))
    assert flush() == ["before"]


@process_test
async def test_a_stop_in_the_midst_of_the_queue_leaves_the_rest_unserved() -> None:
    server = await Teller.start(self())
    ref = monitor(server)
    for request in ("before", lambda: Stop("normal"), "after"):
        GenServer.cast(server, request)
    await receive(Down(ref, ..., "normal"))
    assert flush() == ["before"]


@process_test
async def test_the_end_of_the_parent_counts_where_it_stands_in_the_queue() -> None:
    me = self()

    async def parent() -> None:
        server = await Teller.start_link(me, traps=True)
        send(me, server)
        await receive("end")
        GenServer.cast(server, "before")
        raise SystemError

    pid = spawn(parent)
    server = await receive(Pid)
    ref = monitor(server)
    send(pid, "end")
    down = await receive(Down(ref, ..., ...))
    assert isinstance(down.reason, SystemError)
    assert flush() == ["before"]


@process_test
async def test_an_exit_of_another_is_a_message_in_the_queue() -> None:
    server = await Teller.start(self(), traps=True)
    GenServer.cast(server, "before")
    exit(server, "why")
    GenServer.cast(server, "after")
    assert await Teller.last(server) == "last"
    assert flush() == ["before", ("info", Exit(self(), "why")), "after"]
    await end(server)


@process_test
async def test_suspended_in_the_midst_of_the_queue_it_serves_no_more() -> None:
    server = await Teller.start(self())

    async def wait() -> None:
        await receive("go on")

    for request in (wait, "before"):
        GenServer.cast(server, request)
    await settled()
    suspending = spawn(system.suspend, server)
    await settled()
    GenServer.cast(server, "after")
    send(server, "go on")
    await settled()
    assert not is_alive(suspending)
    assert flush() == ["before"]
    await system.resume(server)
    assert await Teller.last(server) == "last"
    assert flush() == ["after"]
    await end(server)


@process_test
async def test_a_continue_comes_before_what_waits_behind_it() -> None:
    server = await Teller.start(self())
    for request in ("before", lambda: Continue("then"), "after"):
        GenServer.cast(server, request)
    assert await Teller.last(server) == "last"
    assert flush() == ["before", ("continue", "then"), "after"]
    await end(server)


@process_test
async def test_a_timeout_is_over_with_the_next_message_of_the_queue() -> None:
    server = await Teller.start(self())
    for request in ("before", lambda: Timeout(0), "after"):
        GenServer.cast(server, request)
    assert await Teller.last(server) == "last"
    assert flush() == ["before", "after"]
    await end(server)


@process_test
async def test_a_callback_that_waits_holds_up_the_queue_behind_it() -> None:
    server, me = await Teller.start(self()), self()

    async def wait() -> None:
        send(me, "waits")
        await receive("go on")

    for request in ("before", wait, "after"):
        GenServer.cast(server, request)
    assert [await receive(), await receive()] == ["before", "waits"]
    await settled()
    assert flush() == []
    send(server, "go on")
    assert await Teller.last(server) == "last"
    assert flush() == ["after"]
    await end(server)


@process_test
async def test_a_callback_that_raises_leaves_the_rest_unserved() -> None:
    server = await Teller.start(self())
    ref = monitor(server)

    def fail() -> None:
        raise LookupError("no such thing")

    for request in ("before", fail, "after"):
        GenServer.cast(server, request)
    down = await receive(Down(ref, ..., ...))
    assert isinstance(down.reason, LookupError)
    assert flush() == ["before"]
