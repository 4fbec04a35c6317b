"""What signal_SUITE checks of the order of signals and of races between them."""

from __future__ import annotations

from typing import Any

import pytest

from aquavit import (
    Down,
    Exit,
    Pid,
    ProcessExit,
    alias,
    exit,
    flush,
    is_alive,
    kill,
    link,
    monitor,
    receive,
    self,
    send,
    sleep,
    spawn,
    spawn_link,
    trap_exit,
    unlink,
)
from tests.support import died, idle, process_test, settled


async def last(how: str, test: Pid[Any]) -> None:
    """The end of a line, which kills or leaves with "kill", or is killed by the test."""
    if how == "by another":
        send(test, ("end of line", self()))
        await idle()
    elif how == "by itself":
        kill(self())
        await sleep(0)
    raise ProcessExit("kill")


async def line(length: int, how: str, test: Pid[Any]) -> None:
    """A line of linked processes; what ends the last one ends all."""
    if length == 1:
        await last(how, test)
    spawn_link(line, length - 1, how, test)
    await idle()


@pytest.mark.parametrize("length", [1, 2, 9, 10])
@pytest.mark.parametrize("how", ["by another", "by itself", "by leaving"])
@process_test
async def test_kill_arrives_over_a_line_of_links_as_its_origin_says(how: str, length: int) -> None:
    trap_exit(True)
    pid = spawn_link(line, length, how, self())
    if how == "by another":
        _, end_of_line = await receive(("end of line", ...))
        kill(end_of_line)
    expected = "kill" if how == "by leaving" else "killed"
    assert await receive(Exit) == Exit(pid, expected)


@pytest.mark.parametrize("turns", range(6))
@process_test
async def test_a_link_made_while_the_other_ends_tells_its_reason_or_noproc(turns: int) -> None:
    async def child() -> None:
        trap_exit(True)
        parent = await receive(Pid)
        await receive("go")
        was_alive = is_alive(parent)
        link(parent)
        reason = (await receive(Exit)).reason
        assert reason in (("bye", "noproc") if was_alive else ("noproc",))

    async def parent(other: Pid[Any]) -> None:
        link(other)
        send(other, self())
        await sleep(0)
        unlink(other)
        send(other, "go")
        for _ in range(turns):
            await sleep(0)
        raise ProcessExit("bye")

    for _ in range(20):
        one = spawn(child)
        spawn(parent, one)
        assert await died(one) in ("normal", "noproc")


@process_test
async def test_one_senders_messages_keep_their_order_by_pid_name_and_alias() -> None:
    async def receiver() -> None:
        to, by_alias = await receive((Pid, ...)), alias()
        send(to[0], by_alias)
        await receive("go")
        assert flush() == [*range(30), "last"]
        raise ProcessExit("in order")

    for _ in range(10):
        pid = spawn(receiver, name="receiver")
        ref = monitor("receiver")
        send(pid, (self(), "alias"))
        by_alias = await receive(lambda message: not isinstance(message, Down))
        send(pid, "go")
        for number in range(30):
            send((pid, "receiver", by_alias)[number % 3], number)
        send("receiver", "last")
        down = await receive(Down(ref, ..., ...))
        assert down.reason == "in order"
        assert down.pid[0] == "receiver"


@process_test
async def test_signals_of_all_kinds_sent_at_once_are_all_served() -> None:
    async def serves() -> None:
        for number in range(500):
            assert await receive(int) == number
            if number % 100 == 0:
                await sleep(0)

    pids = [spawn(serves) for _ in range(20)]
    refs = []
    for number in range(500):
        for pid in pids:
            send(pid, number)
            if number % 50 == 0:
                exit(pid, "normal")
                link(pid)
                refs.append(monitor(pid))
                unlink(pid)
    await settled()
    downs = flush()
    assert len(downs) == len(refs)
    assert {down.reason for down in downs} == {"normal"}
