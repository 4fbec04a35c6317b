"""Bounded mailboxes, waiting for room, and the warning of long ones."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from aquavit import (
    Call,
    CallTimeout,
    Down,
    GenServer,
    Mailbox,
    MailboxFull,
    Pid,
    blocking,
    exit,
    kill,
    monitor,
    receive,
    self,
    send,
    send_wait,
    set_mailbox_warning,
    sleep,
    spawn,
    spawn_link,
    spawn_monitor,
    trap_exit,
    wait,
)
from tests.support import died, end, idle, info, process_test, settled


@pytest.mark.parametrize(
    ("overflow", "left"), [("drop_new", (0, 1, 2)), ("drop_old", (2, 3, 4))], ids=str
)
@process_test
async def test_a_message_is_dropped(overflow: str, left: tuple[int, ...]) -> None:
    pid = spawn(idle, mailbox=Mailbox(3, overflow))
    for number in range(5):
        send(pid, number)
    assert info(pid).messages == left
    await end(pid)


@process_test
async def test_the_receiver_exits_even_if_it_traps() -> None:
    async def traps() -> None:
        trap_exit(True)
        await sleep(None)

    pid, ref = spawn_monitor(traps, mailbox=Mailbox(2, "exit"))
    await settled()
    for number in range(3):
        send(pid, number)
    assert await receive(timeout=1.0) == Down(ref, pid, "mailbox_overflow")


@process_test
async def test_send_raises_when_the_sender_is_to_wait() -> None:
    pid = spawn_link(idle, mailbox=Mailbox(1, "wait"))
    send(pid, 1)
    with pytest.raises(MailboxFull, match="is full, with 1 messages\nuse `await send_wait"):
        send(pid, 2)
    assert info(pid).messages == (1,)
    await end(pid)


async def collects(main: Pid[Any], count: int) -> None:
    for _ in range(count):
        send(main, await receive())


@process_test
async def test_send_wait_waits_for_room_and_keeps_the_order() -> None:
    pid = spawn(collects, self(), 100, mailbox=Mailbox(2, "wait"))
    for number in range(100):
        await send_wait(pid, number)
        assert info(pid).message_count <= 2
    assert [await receive(timeout=1.0) for _ in range(100)] == list(range(100))
    await died(pid)


async def sends(pid: Pid[Any], number: int) -> None:
    await send_wait(pid, number)


@process_test
async def test_many_who_wait_come_in() -> None:
    pid = spawn(collects, self(), 50, mailbox=Mailbox(1, "wait"))
    for number in range(50):
        spawn(sends, pid, number)
    assert sorted([await receive(timeout=1.0) for _ in range(50)]) == list(range(50))
    await died(pid)


@process_test
async def test_those_who_die_while_they_wait_leave_their_room_to_the_next() -> None:
    async def takes(main: Pid[Any]) -> None:
        while True:
            await receive("take")
            send(main, await receive(int))

    pid = spawn(takes, self(), mailbox=Mailbox(2, "wait"))
    await settled()
    send(pid, 0)
    send(pid, 1)
    senders = [spawn(sends, pid, number) for number in range(2, 6)]
    await settled()
    for sender in senders[:3]:
        kill(sender)
        await died(sender)
    kill(pid)
    assert await died(senders[3]) in ("normal", "noproc")


@process_test
async def test_a_timeout_sends_nothing() -> None:
    pid = spawn(idle, mailbox=Mailbox(1, "wait"))
    await send_wait(pid, 1)
    with pytest.raises(TimeoutError, match=r"send_wait: no room for #PID<.*> within 0.01 s"):
        await send_wait(pid, 2, timeout=0.01)
    assert info(pid).messages == (1,)
    await end(pid)


@process_test
async def test_a_plain_function_as_receiver_and_as_sender() -> None:
    def receiver(main: Pid[Any]) -> None:
        for _ in range(20):
            send(main, wait(receive()))

    def sender(pid: Pid[Any]) -> None:
        for number in range(20):
            wait(send_wait(pid, number))

    pid = spawn(receiver, self(), mailbox=Mailbox(1, "wait"))
    spawn(sender, pid)
    assert [await receive(timeout=1.0) for _ in range(20)] == list(range(20))
    await died(pid)


@pytest.mark.parametrize("overflow", ["drop_new", "exit", "wait"])
@process_test
async def test_a_request_of_a_call_always_comes_in_and_a_cast_does_not(overflow: str) -> None:
    async def asks(number: int) -> None:
        with pytest.raises(CallTimeout):
            await GenServer.call(pid, number, timeout=0.01)

    pid = spawn_link(idle, mailbox=Mailbox(1, overflow))
    send(pid, "full")
    asking = [spawn_link(asks, number) for number in range(3)]
    await settled()
    full, *requests = info(pid).messages
    assert full == "full"
    assert [request.request for request in requests if type(request) is Call] == [0, 1, 2]
    if overflow == "wait":
        with pytest.raises(MailboxFull):
            GenServer.cast(pid, "more")
    for each in asking:
        await died(each)
    await end(pid)


@process_test
async def test_what_the_runtime_delivers_always_comes_in() -> None:
    async def watches(main: Pid[Any], other: Pid[Any]) -> None:
        ref = monitor(other)
        send(main, "ready")
        await receive("go")
        send(main, await receive(Down(ref, ..., ...)))

    other = spawn(idle)
    pid = spawn(watches, self(), other, mailbox=Mailbox(1, "drop_new"))
    assert await receive(timeout=1.0) == "ready"
    send(pid, "go")
    send(pid, "dropped")
    exit(other, "bye")
    assert (await receive(timeout=1.0)).reason == "bye"
    await died(pid)


@process_test
async def test_a_thread_that_sends_cannot_wait() -> None:
    pids = [spawn(idle, mailbox=Mailbox(1, policy)) for policy in ("wait", "drop_new")]
    for pid in pids:
        for number in range(2):
            await blocking(send, pid, number)
    assert [info(pid).messages for pid in pids] == [(0, 1), (0,)]
    await end(*pids)


@process_test
async def test_what_a_receive_has_found_is_not_dropped() -> None:
    async def waits(main: Pid[Any]) -> None:
        send(main, await receive("right"))

    pid = spawn(waits, self(), mailbox=Mailbox(2, "drop_old"))
    await settled()
    for message in ("wrong", "right", "more", "still more"):
        send(pid, message)
    assert await receive(timeout=1.0) == "right"
    await died(pid)


@process_test
async def test_a_long_mailbox_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    set_mailbox_warning(10)
    pid = spawn(idle)
    set_mailbox_warning(None)
    quiet = spawn(idle)
    await settled()
    for number in range(30):
        send(pid, number)
        send(quiet, number)
    (record,) = caplog.records
    assert f"The mailbox of {pid!r} has 10 messages" in record.getMessage()
    assert "in idle" in record.getMessage()
    assert info(pid).message_count == info(quiet).message_count == 30
    await end(pid, quiet)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("x", "wait"), TypeError),
        ((True, "wait"), TypeError),
        ((0, "wait"), ValueError),
        ((1, "drop"), ValueError),
    ],
)
def test_a_wrong_bound_is_refused(arguments: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="Mailbox: expected"):
        Mailbox(*arguments)


@process_test
async def test_what_is_no_bound_is_refused() -> None:
    with pytest.raises(TypeError, match="spawn: expected a Mailbox or None, got 5"):
        spawn(idle, mailbox=5)


@process_test
async def test_a_newcomer_does_not_overtake_those_who_wait() -> None:
    pid = spawn(collects, self(), 7, mailbox=Mailbox(1, "wait"))
    send(pid, 0)
    for number in (1, 2, 3):
        spawn(send_wait, pid, number)
    newcomers = [spawn(comes_late, pid, number) for number in (4, 5, 6)]
    assert [await receive(int) for _ in range(7)][:4] == [0, 1, 2, 3]
    for newcomer in newcomers:
        assert await died(newcomer) in ("normal", "noproc")


async def comes_late(pid: Pid, number: int) -> None:
    """Try at once, and each turn again, to get in before the others."""
    await sleep(0)
    for _ in range(1000):
        try:
            send(pid, number)
        except MailboxFull:
            await sleep(0)
        else:
            return
    raise AssertionError("there was never room")


@process_test
async def test_who_waits_no_more_has_left_the_queue() -> None:
    pid = spawn(idle, mailbox=Mailbox(1, "wait"))
    send(pid, "first")
    for _ in range(3):
        with pytest.raises(TimeoutError):
            await send_wait(pid, "late", timeout=0.001)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await send_wait(pid, "given up")
        other = spawn(send_wait, pid, "killed")
        await settled()
        await end(other)
    assert pid.process is not None
    assert pid.process.rare.senders is None
    assert info(pid).messages == ("first",)
    await end(pid)


@process_test
async def test_a_plain_function_makes_room_too() -> None:
    def takes(main: Pid) -> None:
        for _ in range(4):
            send(main, wait(receive()))

    pid = spawn(takes, self(), mailbox=Mailbox(1, "wait"))
    for number in range(4):
        await send_wait(pid, number)
    assert [await receive() for _ in range(4)] == [0, 1, 2, 3]
