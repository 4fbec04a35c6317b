"""What stands in the mailbox of a server: calls that are taken back, and a bound."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from aquavit import (
    Continue,
    GenServer,
    Mailbox,
    MailboxFull,
    Pid,
    Supervisor,
    flush,
    kill,
    process_info,
    receive,
    self,
    send,
    spawn,
)
from tests.support import died, end, process_test, settled

# --- calls that are taken back


@pytest.mark.parametrize("way", ["timeout", "cancelled"])
@process_test
async def test_a_call_that_is_taken_back_is_not_served(way: str) -> None:
    class Busy(GenServer):
        async def handle_call(self, request: Any, from_: Any) -> Any:
            send(self.main, ("serves", request))
            return await receive(("go", ...)) if request == "first" else request

        def init(self, main: Pid[Any]) -> None:
            self.main = main

    server = await Busy.start(self())
    first = spawn(lambda: GenServer.call(server, "first", None))
    assert await receive() == ("serves", "first")
    if way == "timeout":
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await GenServer.call(server, "taken back")
    else:
        task = asyncio.create_task(_calls(server))
        await settled()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    send(server, ("go", 1))
    assert await GenServer.call(server, "last") == "last"
    assert flush() == [("serves", "last")]
    await died(first)
    await end(server)


async def _calls(server: Pid[Any]) -> Any:
    return await GenServer.call(server, "taken back")


# --- a bounded mailbox


class Slow(GenServer):
    """Serves when it is told to."""

    def init(self) -> Any:
        """Hold."""
        return Continue("hold")

    async def handle_continue(self, argument: str) -> None:
        """Wait for the word."""
        await receive("go")

    def handle_call(self, request: Any, from_: Any) -> Any:
        """Reply."""
        return request

    def handle_cast(self, request: Any) -> None:
        """Forget it."""


@process_test
async def test_the_mailbox_of_a_server_may_be_bounded() -> None:
    server = await Slow.start(mailbox=Mailbox(2, "wait"))
    GenServer.cast(server, 1)
    send(server, "go")
    with pytest.raises(MailboxFull):
        GenServer.cast(server, 2)
    assert await GenServer.call(server, "asked") == "asked"
    GenServer.cast(server, 3)
    await end(server)


@process_test
async def test_a_supervisor_starts_it_with_that_bound_each_time() -> None:
    supervisor = await Supervisor.start_link([Slow.child_spec(mailbox=Mailbox(1, "drop_new"))])
    for _ in range(2):
        [child] = await Supervisor.which_children(supervisor)
        for number in range(3):
            GenServer.cast(child.pid, number)
        assert process_info(child.pid).message_count == 1
        kill(child.pid)
        await died(child.pid)
        await settled()
    await end(supervisor)


@pytest.mark.parametrize("start", [Slow.start, Slow.start_link])
@process_test
async def test_what_is_no_mailbox_is_refused(start: Any) -> None:
    with pytest.raises(TypeError, match="start: expected a Mailbox or None, got 5"):
        await start(mailbox=5)
