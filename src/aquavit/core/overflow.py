"""Mailboxes that are full, and mailboxes that grow long.

Each process has a `limit`; a message that is sent when so many are there comes here. The
limit is that of its `Mailbox`, or the length that is warned of. What the runtime itself
delivers (`Down`, `Exit`, replies, timers) is never held back, nor are the requests of calls:
each caller waits for its answer, so there are at most as many of them as callers.

Erlang: none; mailboxes there are unbounded, and `max_heap_size` kills.
"""

from __future__ import annotations

import asyncio
import collections
import math
from typing import Any

from aquavit.core.exits import MailboxFull, brief
from aquavit.core.records import record
from aquavit.core.reporting import LOGGER, report_of

__all__ = [
    "LONG",
    "NEVER",
    "Mailbox",
    "accept",
    "bind",
    "check",
    "make_room",
    "overflow",
    "release",
    "wait_for_room",
]

#: Messages in a mailbox that are warned of, unless the program says otherwise.
LONG = 100_000
#: A limit that no mailbox reaches.
NEVER = 2**31 - 1
POLICIES = ("drop_new", "drop_old", "exit", "wait")


@record
class Mailbox:
    """How many messages the mailbox of a process may hold, and what happens to more.

    It is asked about messages of `send` and of casts. What the runtime delivers (`Down`,
    `Exit`, replies, timers) always comes in, and so do requests of `GenServer.call`: each
    caller waits for its answer, so there are at most as many of them as callers. They
    count when the next message is sent.

    Args:
        max_messages: 1 or more.
        overflow: "drop_new" drops the message; "drop_old" drops the oldest one, which may
            also be a request or a `Down`; "exit" ends the receiver with reason
            "mailbox_overflow"; "wait" lets `send` raise `MailboxFull`, and `await send_wait`
            wait for room. From another thread, `send` cannot wait, so that message comes in.

    Raises:
        TypeError, ValueError: an argument is wrong.

    Example:
        >>> async def main():
        ...     pid = spawn(sleep, None, mailbox=Mailbox(2, "drop_new"))
        ...     for number in range(5):
        ...         send(pid, number)
        ...     return process_info(pid).messages
        >>> run(main)
        (0, 1)

    Elixir: none.
    """

    max_messages: int
    overflow: str

    def __post_init__(self) -> None:
        if isinstance(self.max_messages, bool) or not isinstance(self.max_messages, int):
            raise TypeError(
                f"Mailbox: expected a number of messages, got {brief(self.max_messages)}"
            )
        if not 1 <= self.max_messages < NEVER:
            raise ValueError(
                f"Mailbox: expected 1 to {NEVER - 1:,} messages, got {brief(self.max_messages)}"
            )
        if self.overflow not in POLICIES:
            raise ValueError(f"Mailbox: expected one of {POLICIES}, got {brief(self.overflow)}")


def check(mailbox: Any, caller: str) -> None:
    """Raise TypeError unless `mailbox` is a Mailbox."""
    if not isinstance(mailbox, Mailbox):
        raise TypeError(f"{caller}: expected a Mailbox or None, got {brief(mailbox)}")


def bind(p: Any, mailbox: Mailbox) -> None:
    """Give the mailbox of `p` its bound."""
    p.extras().bound = mailbox
    p.limit = mailbox.max_messages


def overflow(runtime: Any, p: Any, value: Any) -> None:
    """Do what the full mailbox of `p` says about one more message.

    Raises:
        MailboxFull: the sender is to wait.
    """
    bound = None if p.rare is None else p.rare.bound
    if bound is None:
        p.limit = NEVER
        _warn(p)
        runtime.deliver(p, value)
    elif bound.overflow == "wait":
        raise MailboxFull(p.pid, bound.max_messages)
    elif bound.overflow == "exit":
        runtime.begin_exit(p, "mailbox_overflow")
    elif bound.overflow == "drop_old":
        if not runtime.looking:  # whoever compares holds the place of a message
            p.drop_oldest()
        runtime.deliver(p, value)


def accept(runtime: Any, p: Any, value: Any) -> None:
    """Deliver what another thread has sent, which cannot wait any more."""
    if p.count < p.limit:
        runtime.deliver(p, value)
        return
    try:
        overflow(runtime, p, value)
    except MailboxFull:
        runtime.deliver(p, value)


async def wait_for_room(runtime: Any, p: Any, value: Any, seconds: float) -> bool:
    """Wait until `value` has come into the mailbox of `p`, or `p` is dead.

    Args:
        runtime: of `p`.
        p: whose mailbox is full.
        value: the receiver's own.
        seconds: how long to wait, `math.inf` for ever.

    Returns:
        False if there was no room in time, and `value` has not come in.
    """
    future = runtime.loop.create_future()
    rare = p.rare
    if rare.senders is None:
        rare.senders = collections.OrderedDict()
    rare.senders[future] = value
    timer = None if seconds == math.inf else runtime.loop.call_later(seconds, _late, rare, future)
    try:
        return bool(await future)
    finally:
        if timer is not None:
            timer.cancel()
        _leave(rare, future)


def _late(rare: Any, future: asyncio.Future[bool]) -> None:
    _leave(rare, future)
    if not future.done():
        future.set_result(False)


def _leave(rare: Any, future: asyncio.Future[bool]) -> None:
    """Take a sender out of the queue, if it stands there."""
    if rare.senders is not None:
        rare.senders.pop(future, None)
        if not rare.senders:
            rare.senders = None


def make_room(runtime: Any, p: Any) -> None:
    """Let in the messages of as many who wait as there is room for, in their order."""
    rare = p.rare
    while rare.senders and p.count < rare.bound.max_messages:
        future, value = rare.senders.popitem(last=False)
        if not future.done():
            runtime.deliver(p, value)
            future.set_result(True)
    if not rare.senders:
        rare.senders = None


def release(rare: Any) -> None:
    """Wake all who wait for room: the receiver is dead."""
    waiting, rare.senders = rare.senders, None
    for future in waiting or ():
        if not future.done():
            future.set_result(True)


def _warn(p: Any) -> None:
    coroutine, place = p.coroutine, "a place unknown"
    while getattr(coroutine, "cr_frame", None) is not None:
        frame = coroutine.cr_frame
        place = f"{frame.f_code.co_filename}:{frame.f_lineno}, in {frame.f_code.co_qualname}"
        coroutine = coroutine.cr_await
    with report_of(f"The mailbox of {p.pid!r} has {p.count} messages"):  # else the sender fails
        LOGGER.warning(
            "The mailbox of %r has %d messages; the process is at %s\nreceive more, send less, or"
            " bound it: mailbox=Mailbox(max_messages, overflow) where it is started",
            p.pid,
            p.count,
            place,
        )
