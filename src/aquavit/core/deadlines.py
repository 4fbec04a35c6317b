"""Deadlines: the timers of a runtime on the one timer of its loop.

    timers     what is set
    spare      a timer that ended no wait, for the next wait
    armed      the loop's timer, None if it is not set
    armed_for  the deadline that it is set for

Erlang: the timer wheel of a scheduler.
"""

from __future__ import annotations

import asyncio
from typing import Any

from aquavit.core import timers
from aquavit.core.process import Process
from aquavit.core.stacks import Stacks
from aquavit.core.timers import Timer, TimerHeap

__all__ = ["Deadlines"]

#: Timers that fire before the loop has its turn again.
_AT_ONCE = 500


class Deadlines(Stacks):
    """Calls `fire` with each timer that is due."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        Stacks.__init__(self, loop)
        self.timers = TimerHeap()
        self.spare: Any = None
        self.armed: Any = None
        self.armed_for = 0.0

    def fire(self, timer: Timer) -> None:
        """Do what `timer` is for: the subclass knows."""

    def set_timer(self, timer: Timer, delay: float) -> None:
        """Set `timer` to fire `delay` seconds from now."""
        self.set_timer_at(timer, self.time() + delay)

    def set_timer_at(self, timer: Timer, deadline: float) -> None:
        """Set `timer` to fire at `deadline`, by the clock."""
        self.timers.add(timer, deadline)
        if timer.index == 0:
            self.arm()

    def set_deadline(self, p: Process, deadline: float) -> None:
        """Let the wait of `p` end at `deadline`, by the clock."""
        timer: Timer | None = self.spare
        if timer is None:
            timer = timers.new_timer(p, None, None)
        else:
            self.spare = None
            timers.renew(timer, p)
        p.timer = timer
        self.set_timer_at(timer, deadline)

    def drop_timer(self, p: Process) -> None:
        """Cancel the deadline of the wait of `p`; its timer may serve the next wait."""
        timer: Timer = p.timer
        p.timer = None
        self.timers.remove(timer)
        timer.process = None
        self.spare = timer

    def arm(self) -> None:
        """Let the loop call at the earliest deadline."""
        timer = self.timers.earliest()
        if timer is None:
            return
        if self.armed is not None:
            if self.armed_for <= timer.deadline:
                return
            self.armed.cancel()
        self.armed_for = timer.deadline
        delay = max(0.0, timer.deadline - self.time())
        self.armed = self.loop.call_later(delay, self.ring, context=self.outer)

    def ring(self) -> None:
        """Fire what is due; the loop calls this."""
        self.armed = None
        now = self.time()
        for _ in range(_AT_ONCE):
            timer = self.timers.earliest()
            if timer is None or timer.deadline > now:
                break
            self.timers.remove(timer)
            self.fire(timer)
        self.arm()
