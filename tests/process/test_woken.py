"""Between the message that ends a wait and the turn of its receiver, it is in the mailbox."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

from aquavit import (
    GenServer,
    Mailbox,
    Pid,
    Ref,
    exit,
    flush,
    kill,
    make_ref,
    receive,
    self,
    send,
    share,
    sleep,
    spawn,
)
from tests.support import died, info, process_test, settled

#: What is sent before the message that is waited for, and what after it.
_BEFORE: list[list[object]] = [[], [1], [1, 2]]
_AFTER: list[list[object]] = [[], [3], [3, 4]]
#: The patterns of a wait, and the message that ends it.
_WAITS = ["any", "pattern", "guard", "ref"]


def _patterns(wait: str, ref: Ref) -> tuple[Any, ...]:
    found: dict[str, tuple[Any, ...]] = {
        "any": (),
        "pattern": (("yes", ...),),
        "guard": (lambda message: message[0] == "yes",),
        "ref": ((ref, ...),),
    }
    return found[wait]


def _cases() -> list[Any]:
    every = itertools.product(_WAITS, _BEFORE, _AFTER)
    return [case for case in every if case[0] != "any" or not case[1]]


@pytest.mark.parametrize(("wait", "before", "after"), _cases())
@process_test
async def test_it_stands_where_it_came(
    wait: str, before: list[object], after: list[object]
) -> None:
    ref = make_ref()
    answer = (ref if wait == "ref" else "yes", "it")

    async def receiver(main: Pid) -> None:
        first = await receive(*_patterns(wait, ref))
        send(main, (self(), first, flush()))

    pid = spawn(receiver, self())
    await settled()
    for message in before:
        send(pid, message)
    await settled()
    for message in [answer, *after]:
        send(pid, message)
    everything = (*before, answer, *after)
    assert info(pid).messages == everything
    assert info(pid).message_count == len(everything)
    assert await receive((pid, tuple, list)) == (pid, answer, [*before, *after])


@pytest.mark.parametrize(("wait", "before", "after"), _cases())
@pytest.mark.parametrize("adopted", [False, True])
@process_test
async def test_a_wait_that_is_cancelled_leaves_it_there(
    wait: str, before: list[object], after: list[object], adopted: bool
) -> None:
    ref = make_ref()
    answer = (ref if wait == "ref" else "yes", "it")
    everything = [*before, answer, *after]

    async def receiver(main: Pid) -> None:
        send(main, (self(), share(asyncio.current_task())))
        try:
            await receive(*_patterns(wait, ref))
        except asyncio.CancelledError:
            kept = list(info(self()).messages)
            send(main, (kept, flush()))

    task = asyncio.create_task(receiver(self())) if adopted else None
    if not adopted:
        spawn(receiver, self())
    pid, task = await receive((Pid, ...))
    await settled()
    for message in before:
        send(pid, message)
    await settled()
    for message in [answer, *after]:
        send(pid, message)
    task.cancel()
    assert await receive((list, list)) == (everything, everything)
    await settled()


@process_test
async def test_an_exit_finds_it_in_the_mailbox() -> None:
    async def receiver(main: Pid) -> None:
        try:
            await receive("yes", "no")
        finally:
            send(main, ("left", flush()))

    for signal in (exit, kill):
        pid = spawn(receiver, self())
        await settled()
        for message in (1, "yes", 2):
            send(pid, message)
        if signal is exit:
            exit(pid, "enough")
        else:
            kill(pid)
        assert await receive(("left", list)) == ("left", [1, "yes", 2])
        await settled()


@process_test
async def test_no_other_wait_of_a_killed_process_takes_it() -> None:
    async def receiver(main: Pid) -> None:
        try:
            await receive("yes")
        finally:
            send(main, "cleans up")
            send(main, await receive("other"))

    pid = spawn(receiver, self())
    await settled()
    send(pid, "yes")
    kill(pid)
    await died(pid)
    assert flush() == ["cleans up"]


@process_test
async def test_a_bounded_mailbox_counts_it() -> None:
    async def receiver(main: Pid) -> None:
        send(main, [await receive(), *flush()])

    pid = spawn(receiver, self(), mailbox=Mailbox(2, "drop_new"))
    await settled()
    for number in range(4):
        send(pid, number)
    assert info(pid).messages == (0, 1)
    assert await receive(list) == [0, 1]


@pytest.mark.parametrize("wait", _WAITS)
@process_test
async def test_a_bounded_mailbox_drops_the_old_ones_around_it(wait: str) -> None:
    ref = make_ref()
    answer = (ref if wait == "ref" else "yes", "it")

    async def receiver(main: Pid) -> None:
        try:
            await receive(*_patterns(wait, ref))
        finally:
            send(main, flush())

    for ended in (False, True):
        pid = spawn(receiver, self(), mailbox=Mailbox(3, "drop_old"))
        await settled()
        for message in [*([] if wait == "any" else [1]), answer, *range(2, 100)]:
            send(pid, message)
        assert info(pid).messages == (answer, 98, 99)
        if ended:
            exit(pid, "enough")
        assert await receive(list) == [*([answer] if ended else []), 98, 99]
        await settled()


class Slow(GenServer):
    def handle_call(self, request: Any, from_: Any) -> Any:
        return request


@pytest.mark.parametrize("adopted", [False, True])
@process_test
async def test_a_reply_that_came_with_a_cancellation_is_taken_back(adopted: bool) -> None:
    server = await Slow.start_link()

    async def client(main: Pid) -> None:
        task = asyncio.current_task()
        send(main, (self(), share(task)))
        try:
            await GenServer.call(server, "question")
        except asyncio.CancelledError:
            send(main, ("cancelled", flush()))

    task = asyncio.create_task(client(self())) if adopted else None
    if not adopted:
        spawn(client, self())
    pid, task = await receive((Pid, ...))
    while info(pid).message_count == 0:
        await sleep(0)
    task.cancel()
    assert await receive(("cancelled", list)) == ("cancelled", [])
    await GenServer.stop(server)
