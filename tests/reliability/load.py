"""Load in the shapes of Pony's stress tests; every message is counted, none may be lost.

    mesh           chains of messages, each passed on to one at random, `ttl` times
    cyclic         tokens in rings whose members hold each other's Pids, in their state too
    backpressure   many producers with a window each, and one consumer that is slower
    dead_letter    as mesh, while members end and are killed with messages in their mailboxes

A shape runs until it comes to rest by itself: nobody tells anybody to stop. Then `Counted`
must balance: what was sent was received, or dropped and counted as dropped.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aquavit import (
    Pid,
    is_alive,
    kill,
    no_preempt,
    process_info,
    processes,
    receive,
    self,
    send,
    share,
    sleep,
    spawn,
)

#: The calls of one look at who rests; and how many may be in a chain.
_LOOK = 0.005
TTL = 20


@dataclass
class Counted:
    """What went through a shape, and how much it must have been (None: not known before)."""

    sent: int = 0
    received: int = 0
    dropped: int = 0
    expected: int | None = None

    def balances(self) -> bool:
        """Tell whether nothing was lost and nothing came twice."""
        whole = self.sent == self.received + self.dropped
        return whole and self.expected in (None, self.sent)


async def rest() -> None:
    """Wait until all others wait with empty mailboxes."""
    while any(map(_busy, processes())):
        await sleep(_LOOK)


def _busy(pid: Pid[Any]) -> bool:
    if pid == self():
        return False
    info = process_info(pid)
    return info is not None and (info.status != "waiting" or info.message_count > 0)


def _end(pids: list[Pid[Any]]) -> None:
    for pid in pids:
        kill(pid)


async def mesh(size: int, chains: int, seed: int) -> Counted:
    """Pass `chains` messages round among `size` members."""
    counted = Counted(expected=chains * (TTL + 1))
    members: list[Pid[Any]] = []
    members += [
        spawn(_member, share(counted), share(members), seed + number) for number in range(size)
    ]
    rng = random.Random(seed)
    for number in range(chains):
        counted.sent += 1
        send(rng.choice(members), (TTL, number))
        if number % 100 == 0:
            await sleep(0)
    await rest()
    _end(members)
    return counted


async def _member(counted: Counted, members: list[Pid[Any]], seed: int) -> None:
    rng = random.Random(seed)
    while True:
        ttl, number = await receive()
        counted.received += 1
        if ttl:
            counted.sent += 1
            send(rng.choice(members), (ttl - 1, number))


async def cyclic(size: int, chains: int, seed: int) -> Counted:
    """Send tokens round rings of 3 to 10 that know each other, and come and go."""
    counted = Counted(expected=0)
    rng, members = random.Random(seed), list[Pid[Any]]()
    while len(members) < size:
        ring = [spawn(_link_of_ring, share(counted)) for _ in range(rng.randint(3, 10))]
        for place, pid in enumerate(ring):
            send(pid, ("ring", ring[place - 1], list(ring)))
        for number in range(max(1, chains * len(ring) // size)):
            counted.sent += 1
            counted.expected = (counted.expected or 0) + TTL + 1
            send(ring[number % len(ring)], (TTL, list(ring)))
        members += ring
        await sleep(0)
    await rest()
    _end(members)
    return counted


async def _link_of_ring(counted: Counted) -> None:
    _, following, ring = await receive(("ring", ..., ...))
    while True:
        ttl, known = await receive((int, ...))
        counted.received += 1
        if ttl:
            counted.sent += 1
            send(following, (ttl - 1, known or ring))


async def backpressure(size: int, chains: int, seed: int) -> Counted:
    """Let producers send as the consumer allows them: the mailbox stays short."""
    counted = Counted(expected=size * (chains // size))
    consumer = spawn(_consumer, share(counted), size)
    producers = [spawn(_producer, share(counted), consumer, chains // size) for _ in range(size)]
    await rest()
    _end([consumer, *producers])
    return counted


_WINDOW = 4


async def _consumer(counted: Counted, producers: int) -> None:
    while True:
        info = process_info(self())
        assert info is not None
        assert info.message_count <= _WINDOW * producers, info.message_count
        for _ in range(100):
            caller, number = await receive()
            counted.received += 1
            send(caller, number)
        await sleep(0)


async def _producer(counted: Counted, consumer: Pid[Any], count: int) -> None:
    me, allowed = self(), _WINDOW
    for number in range(count):
        if not allowed:
            await receive()
            allowed += 1
        allowed -= 1
        counted.sent += 1
        send(consumer, (me, number))
    while allowed < min(_WINDOW, count):
        await receive()
        allowed += 1


async def dead_letter(size: int, chains: int, seed: int) -> Counted:
    """Pass messages round while members end: to the dead, they are dropped and counted."""
    counted = Counted()
    members: list[Pid[Any]] = []
    members += [
        spawn(_mortal, share(counted), share(members), seed + number) for number in range(size)
    ]
    rng = random.Random(seed)
    for number in range(chains):
        _post(counted, rng.choice(members), (TTL, number))
        if number % 20 == 0:
            _strike(counted, members, rng)
            await sleep(0)
    await rest()
    _end(members)
    return counted


def _post(counted: Counted, pid: Pid[Any], message: Any) -> None:
    with no_preempt():
        counted.sent += 1
        if not is_alive(pid):
            counted.dropped += 1
        send(pid, message)


def _strike(counted: Counted, members: list[Pid[Any]], rng: random.Random) -> None:
    """Kill one member, count what it has not read, and put a new one in its place."""
    place = rng.randrange(len(members))
    pid = members[place]
    if is_alive(pid):
        with no_preempt():
            counted.dropped += _unread(pid)
            kill(pid)
    if rng.random() < 0.8:
        members[place] = spawn(_mortal, share(counted), share(members), rng.random())


def _unread(pid: Pid[Any]) -> int:
    info = process_info(pid)
    return 0 if info is None else info.message_count


async def _mortal(counted: Counted, members: list[Pid[Any]], seed: float) -> None:
    rng = random.Random(seed)
    for _ in range(rng.randint(5, 500)):
        ttl, number = await receive()
        counted.received += 1
        if ttl:
            _post(counted, rng.choice(members), (ttl - 1, number))
    counted.dropped += _unread(self())


Shape = Callable[[int, int, int], Awaitable[Counted]]
SHAPES: dict[str, Shape] = {
    "mesh": mesh,
    "cyclic": cyclic,
    "backpressure": backpressure,
    "dead_letter": dead_letter,
}
