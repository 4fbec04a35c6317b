"""Delivery: how what is sent comes into the mailbox of its receiver.

    thread   the thread that all processes of the runtime live on

What comes from another thread is posted to the loop, which delivers it at its next turn.

Erlang: erl_proc_sig_queue.
"""

from __future__ import annotations

import asyncio
from typing import Any

from aquavit.core import native, overflow, relations
from aquavit.core.ids import Alias
from aquavit.core.process import Process
from aquavit.core.relations import From
from aquavit.core.scheduler import Scheduler

__all__ = ["Delivery"]


class Delivery(Scheduler):
    """Puts values, which are the receiver's own, into mailboxes."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        Scheduler.__init__(self, loop)
        self.thread = native.thread()

    def deliver(self, p: Process, value: Any) -> None:
        """Put `value`, which is the receiver's own, into the mailbox of `p`."""
        if not p.awaiting:
            p.push(value)
        elif p.matcher is None:  # it waits on an empty mailbox: `find`, without a call
            p.found = value
            p.count = p.count + 1
            if p.timer is None and not p.adopted:  # `wake`, likewise
                p.resume = native.FOUND
                p.awaiting = False
                self.enqueue(p)
            else:
                self.wake(p, native.FOUND)
        else:
            self.offer(p, value)

    def deliver_to_alias(self, alias: Alias, value: Any) -> None:
        """Deliver through `alias` if it is active."""
        owner: Process | None = alias.pid.process
        if owner is None:
            return
        if type(alias) is From:
            self.deliver_reply(alias, owner, value)
            return
        if relations.open_alias(owner, alias):
            self.deliver(owner, value)

    def deliver_reply(self, from_: From, owner: Process, value: Any) -> None:
        """Deliver the reply to a request, unless it is wanted no more."""
        if from_.server is not None:
            relations.end_request(from_)
            self.deliver(owner, value)

    def is_here(self) -> bool:
        """Tell whether the caller is on the thread of this runtime."""
        return self.thread == native.thread()

    def deliver_from_thread(self, dest: Any, value: Any) -> None:
        """Deliver to a Pid or Alias from another thread."""
        self.post(self.deliver_later, dest, value)

    def post(self, callback: Any, *args: Any) -> None:
        """Let the loop call `callback` soon, from any thread; not if it has been closed."""
        try:
            self.loop.call_soon_threadsafe(callback, *args)
        except RuntimeError:
            if not self.loop.is_closed():
                raise

    def deliver_later(self, dest: Any, value: Any) -> None:
        """Deliver what another thread has sent; the loop calls this."""
        if isinstance(dest, Alias):
            self.deliver_to_alias(dest, value)
        elif dest.process is not None:
            overflow.accept(self, dest.process, value)
