"""What erl_link_SUITE checks of links that come and go from both ends at once."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from aquavit import (
    Exit,
    Pid,
    exit,
    flush,
    is_alive,
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
from tests.support import died, end, idle, info, process_test, settled


async def obey() -> None:
    """Do what one is told, and answer with the result."""
    while True:
        caller, act = await receive((Pid, ...))
        send(caller, (self(), act()))


async def tell(pid: Pid[Any], act: Callable[[], Any]) -> Any:
    """Let a process do something; return what it gave."""
    send(pid, (self(), act))
    return (await receive((pid, ...)))[1]


def linked(one: Pid[Any], two: Pid[Any]) -> bool:
    """Tell whether two live processes are linked, which both must say."""
    first, second = two in info(one).links, one in info(two).links
    assert first is second
    return first


@process_test
async def test_links_follow_what_both_ends_do() -> None:
    one = spawn(obey)
    assert not linked(one, self())
    two = await tell(one, lambda: spawn_link(obey))
    assert linked(one, two)
    await tell(two, lambda: unlink(one))
    assert not linked(one, two)
    await tell(two, lambda: link(one))
    assert linked(one, two)
    await tell(two, lambda: trap_exit(True))
    exit(one, "died")
    await settled()
    assert info(two).messages == (Exit(one, "died"),)
    assert info(two).links == ()
    send(two, (self(), flush))
    await receive((two, ...))
    three = await tell(two, lambda: spawn_link(obey))
    assert linked(two, three)
    trap_exit(False)
    ref = monitor(three)
    await tell(two, lambda: trap_exit(False))
    exit(two, "died too")
    assert (await receive(lambda message: message.ref == ref)).reason == "died too"


async def link_only(other: Pid[Any]) -> None:
    link(other)


async def link_and_unlink(other: Pid[Any]) -> None:
    link(other)
    unlink(other)


def at_random(seed: int) -> Callable[[Pid[Any]], Any]:
    """Return what links, unlinks and gives way at random."""
    rng = random.Random(seed)

    async def act(other: Pid[Any]) -> None:
        for _ in range(rng.randint(1, 100)):
            match rng.randrange(3):
                case 0:
                    link(other)
                case 1:
                    unlink(other)
                case 2:
                    await sleep(0)

    return act


PAIRS = [(link_only, link_and_unlink), (link_and_unlink, link_only)] + [
    (at_random(seed), at_random(-seed - 1)) for seed in range(30)
]


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=range(len(PAIRS)))
@process_test
async def test_both_ends_agree_after_links_and_unlinks_at_once(first: Any, second: Any) -> None:
    test = self()

    async def body(act: Any) -> None:
        other = await receive(Pid)
        await act(other)
        send(other, "ping")
        await receive("ping")
        send(test, "done")
        await idle()

    one, two = spawn(body, first), spawn(body, second)
    send(one, two)
    send(two, one)
    for _ in range(2):
        await receive("done")
    linked(one, two)
    assert is_alive(one)
    assert is_alive(two)
    was_linked = linked(one, two)
    exit(one, "end")
    await died(one)
    await settled()
    assert is_alive(two) is not was_linked
    if is_alive(two):
        await end(two)
