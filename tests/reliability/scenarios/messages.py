"""Messages, receive, names, timers and aliases."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import aquavit
from aquavit import Down, monitor, receive, self, send, sleep, spawn
from aquavit.core import loops
from tests.reliability.scenarios.ends import idle, nothing_more
from tests.reliability.scenarios.invariants import scenario, small


@small
async def messages_of_one_sender_keep_their_order() -> None:
    me = self()

    async def sender() -> None:
        for number in range(3):
            send(me, number)

    spawn(sender)
    assert [await receive() for _ in range(3)] == [0, 1, 2]


@small
async def two_senders_keep_their_orders() -> None:
    me = self()
    for name in ("a", "b"):
        spawn(lambda name=name: [send(me, (name, number)) for number in range(2)])
    found = [await receive() for _ in range(4)]
    for name in ("a", "b"):
        assert [number for who, number in found if who == name] == [0, 1]


@small
async def a_selective_receive_leaves_the_others_in_order() -> None:
    me = self()
    spawn(lambda: [send(me, each) for each in ("x", "wanted", "y")])
    assert await receive("wanted") == "wanted"
    assert [await receive(), await receive()] == ["x", "y"]


@small
async def a_receive_takes_the_message_or_the_timeout() -> None:
    me = self()
    spawn(send, me, "m")
    if await receive("m", timeout=0, default="late") == "late":
        assert await receive(timeout=1.0) == "m"
    await nothing_more()


@small
async def a_receive_on_a_ref_finds_its_message() -> None:
    me = self()
    for number in range(20):
        send(me, number)
    ref = aquavit.make_ref()
    spawn(send, me, (ref, "answer"))
    spawn(send, me, "noise")
    assert await receive((ref, ...), timeout=1.0) == (ref, "answer")
    assert await receive("noise", timeout=1.0) == "noise"
    assert aquavit.flush() == list(range(20))


@scenario
async def a_message_in_a_ring_comes_around() -> None:
    me = self()

    async def node(following: object) -> None:
        send(following, await receive() + 1)

    first = me
    for _ in range(5):
        first = spawn(node, first)
    send(first, 0)
    assert await receive() == 5


@scenario
async def nothing_is_lost_between_many() -> None:
    me = self()

    async def sender(name: int) -> None:
        for number in range(5):
            send(me, (name, number))
            if number % 2:
                await sleep(0)

    for name in range(4):
        spawn(sender, name)
    found = [await receive() for _ in range(20)]
    assert sorted(found) == [(name, number) for name in range(4) for number in range(5)]
    for name in range(4):
        assert [number for who, number in found if who == name] == list(range(5))


@small
async def one_name_has_one_holder() -> None:
    me = self()

    async def claim() -> None:
        try:
            aquavit.register(self(), "name")
            send(me, "held")
        except ValueError:
            send(me, "taken")
        await sleep(None)

    for _ in range(2):
        spawn(claim)
    assert {await receive(), await receive()} == {"held", "taken"}


@small
async def a_name_is_free_when_the_down_is_there() -> None:
    pid = spawn(idle, name="name")
    ref = monitor(pid)
    aquavit.exit(pid, "r")
    await receive(Down(ref, ..., ...))
    assert aquavit.whereis("name") is None
    aquavit.register(self(), "name")
    aquavit.unregister("name")


@small
async def a_monitor_by_name_shows_the_name() -> None:
    pid = spawn(idle, name="name")
    ref = monitor("name")
    aquavit.kill(pid)
    assert await receive() == Down(ref, ("name", aquavit.node()), "killed")


@scenario
async def a_send_to_a_name_reaches_its_holder_or_raises() -> None:
    me = self()

    async def echo() -> None:
        send(me, ("got", await receive()))

    pid, ref = aquavit.spawn_monitor(echo)
    aquavit.register(pid, "echo")
    sent = 0
    for number in range(2):
        try:
            send("echo", number)
            sent += 1
        except aquavit.NoProcess:
            continue
        await sleep(0)
    await receive(Down(ref, ..., ...))
    assert await receive() == ("got", 0)
    assert sent >= 1
    await nothing_more()


@small
async def a_timer_fires_or_is_cancelled() -> None:
    ref = aquavit.send_after(self(), "tick", 0.0005)
    spawn(idle)
    await sleep(0.0005)
    if aquavit.cancel_timer(ref) is None:
        assert await receive(timeout=1.0) == "tick"
    await nothing_more()


@small
async def timers_fire_in_the_order_of_their_deadlines() -> None:
    for number in (3, 1, 2):
        aquavit.send_after(self(), number, float(number))
    assert [await receive() for _ in range(3)] == [1, 2, 3]


@small
async def a_timer_to_a_dead_process_does_nothing() -> None:
    pid = spawn(lambda: receive("never", timeout=0.5, default=None))
    aquavit.send_after(pid, "tick", 1.0)
    await sleep(2.0)
    assert not aquavit.is_alive(pid)


@small
async def a_timeout_does_not_begin_anew_with_each_message() -> None:
    me = self()

    async def noise() -> None:
        for _ in range(4):
            await sleep(0.4)
            send(me, "noise")

    spawn(noise)
    assert await receive("never", timeout=1.0, default="late") == "late"
    assert aquavit.process_info(me).message_count in (2, 3)  # type: ignore[union-attr]


@small
async def a_reply_alias_takes_one_message() -> None:
    alias = aquavit.alias(reply=True)
    for word in ("a", "b"):
        spawn(send, alias, word)
    assert await receive() in ("a", "b")
    await nothing_more()


@scenario
async def nothing_comes_through_an_alias_that_was_ended() -> None:
    alias = aquavit.alias()
    spawn(send, alias, "early")
    await sleep(1.0)
    assert await receive() == "early"
    aquavit.unalias(alias)
    spawn(send, alias, "late")
    await nothing_more()


@scenario
async def a_monitor_with_an_alias_gives_a_reply_or_a_down() -> None:
    async def answers(alias: object) -> None:
        send(alias, (alias, "reply"))

    me = self()

    async def server() -> None:
        await answers(await receive())

    for kills in (False, True):
        pid = spawn(server)
        ref = monitor(pid, alias="reply_demonitor")
        send(pid, ref)
        if kills:
            aquavit.kill(pid)
        match await receive((ref, ...), Down(ref, ..., ...)):
            case Down(_, _, reason):
                assert kills, reason
            case (_, word):
                assert word == "reply"
        await nothing_more()
    assert me == self()


@scenario
async def a_process_that_gives_way_lets_others_go_on() -> None:
    me = self()

    async def counts() -> None:
        for _ in range(3):
            await sleep(0)
        send(me, "done")

    for _ in range(3):
        spawn(counts)
    assert [await receive() for _ in range(3)] == ["done"] * 3


@small
async def an_older_ref_is_found_behind_a_younger_one() -> None:
    me = self()
    for number in range(20):
        send(me, number)
    older = aquavit.make_ref()
    send(me, (older, "answer"))
    aquavit.make_ref()
    assert await receive((older, ...), timeout=1.0) == (older, "answer")


@small
async def what_is_over_leaves_no_timer() -> None:
    me = self()
    spawn(send, me, "m")
    assert await receive("m", timeout=9.0) == "m"
    aquavit.cancel_timer(aquavit.send_after(me, "tick", 9.0))
    assert len(loops.the_runtime("scenario").timers) == 0


# --- a message that ends a wait, until its receiver has had its turn


def waits(ref: Any) -> list[tuple[Any, ...]]:
    """Return patterns of each kind that accept `(ref, "wanted")`, and no string."""
    return [((ref, ...),), (tuple,), (lambda message: type(message) is tuple,)]


@scenario
async def a_cancelled_wait_leaves_its_message_in_its_place() -> None:
    me = self()

    async def receiver(wanted: Any, patterns: tuple[Any, ...]) -> None:
        taken = []
        try:
            async with asyncio.timeout(1.0):
                taken.append(await receive(*patterns))
        except TimeoutError:
            pass
        await sleep(1.0)
        found = aquavit.flush()
        assert [taken, found] in ([[wanted], ["x", "y"]], [[], ["x", wanted, "y"]])
        send(me, "done")

    async def sender(pid: Any, wanted: Any) -> None:
        await sleep(1.0)
        for each in ("x", wanted, "y"):
            send(pid, each)

    for number in range(3):
        ref = aquavit.make_ref()
        pid = aquavit.spawn_link(receiver, (ref, "wanted"), waits(ref)[number])
        spawn(sender, pid, (ref, "wanted"))
        await receive("done")


@small
async def a_cancelled_wait_for_anything_leaves_its_message_there() -> None:
    me = self()

    async def receiver() -> None:
        send(me, aquavit.share(asyncio.current_task()))
        assert await receive("x") == "x"  # behind "y", which is gone when the next wait ends
        assert await receive("y") == "y"
        send(me, "ready")
        try:
            await receive()
        except asyncio.CancelledError:
            send(me, [await receive("z"), *aquavit.flush()])

    pid = spawn(receiver)
    task = await receive()
    for each in "yx":
        send(pid, each)
    await receive("ready")
    await cancel_with_messages(pid, task, ["first"])
    send(pid, "z")
    assert await receive() == ["z", "first"]


@small
async def what_comes_after_a_cancelled_wait_stands_behind_its_message() -> None:
    me = self()

    async def receiver() -> None:
        send(me, aquavit.share(asyncio.current_task()))
        try:
            await receive("wanted")
        except asyncio.CancelledError:
            send(me, [await receive("z"), *aquavit.flush()])

    pid = spawn(receiver)
    task = await receive()
    await cancel_with_messages(pid, task, ["x", "wanted"])
    send(pid, "z")
    assert await receive() == ["z", "x", "wanted"]


@small
async def a_cancelled_task_leaves_its_message_in_its_place() -> None:
    me = self()

    async def receiver() -> None:
        send(me, self())
        try:
            await receive("wanted")
        except asyncio.CancelledError:
            send(me, [await receive() for _ in range(3)])
            send(me, await receive())

    task = asyncio.create_task(receiver())
    pid = await receive(aquavit.Pid)
    await cancel_with_messages(pid, task, ["x", "wanted", "y"])
    assert await receive() == ["x", "wanted", "y"]
    send(pid, "more")
    assert await receive() == "more"


async def cancel_with_messages(pid: Any, task: Any, messages: list[str]) -> None:
    """Cancel a wait that a message has just ended."""
    for each in messages:
        send(pid, each)
    assert aquavit.process_info(pid).messages == tuple(messages)  # type: ignore[union-attr]
    task.cancel()


@scenario
async def an_exit_leaves_a_message_that_came_before_it_in_its_place() -> None:
    me = self()

    async def receiver() -> None:
        taken = []
        try:
            taken.append(await receive("wanted"))
            await sleep(None)
        finally:
            send(me, (taken, aquavit.flush()))

    for reason in ("r", "kill"):
        pid = spawn(receiver)
        await sleep(0)
        for each in ("x", "wanted", "y"):
            send(pid, each)
        aquavit.exit(pid, reason)
        match await receive(tuple, timeout=1.0, default="it had not begun"):
            case (["wanted"], found):
                assert found == ["x", "y"]
            case ([], found):
                assert found == ["x", "wanted", "y"]
            case nothing:
                assert nothing == "it had not begun"


@small
async def a_message_that_ends_a_wait_is_seen_in_its_place() -> None:
    pid = spawn(lambda: receive("wanted"))
    await sleep(0)
    for each in ("x", "wanted", "y"):
        send(pid, each)
    found = aquavit.process_info(pid)
    assert found is not None
    assert found.messages == ("x", "wanted", "y")
    assert found.message_count == 3


@small
async def a_bounded_mailbox_counts_a_message_that_ends_a_wait() -> None:
    me = self()

    async def receiver() -> None:
        send(me, "ready")
        found = [await receive("wanted")]
        await sleep(1.0)
        send(me, [*found, *aquavit.flush()])

    pid = spawn(receiver, mailbox=aquavit.Mailbox(3, "drop_old"))
    await receive("ready")
    for each in ("x", "wanted", *range(5)):
        send(pid, each)
    assert aquavit.process_info(pid).messages == ("wanted", 3, 4)  # type: ignore[union-attr]
    assert await receive() == ["wanted", 3, 4]


@small
async def the_timer_of_a_wait_that_a_message_has_ended_ends_no_other() -> None:
    me = self()
    for patterns in (("m",), ()):
        spawn(lambda: send(me, "m"))
        assert await receive(*patterns, timeout=0.5) == "m"
        start = time.monotonic()
        assert await receive("never", timeout=1.0, default="late") == "late"
        assert time.monotonic() - start >= 1.0
        spawn(lambda: send(me, "m"))
        assert await receive(*patterns, timeout=0.5) == "m"
        aquavit.send_after(me, "late", 1.0)
        assert await receive("late") == "late"
    assert len(loops.the_runtime("scenario").timers) == 0
