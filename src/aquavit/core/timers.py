"""Timers: one heap on one event-loop timer.

A Timer is the Ref that `send_after` returns. It ends the wait of `process`, or sends
`message` to `dest`, or does the Errand that is in place of a message. It knows its place in the
heap, so setting and cancelling are O(log n), and a cancelled timer is gone at once. Equal
deadlines fire in the order made.

    index     place in the heap; -1 = not in it (fired or cancelled)
    deadline  seconds on the runtime's clock

Pure data: the runtime reads the clock and arms the loop.

Erlang: the timer wheel.
"""

from __future__ import annotations

from typing import Any

from aquavit.core import directives as cython
from aquavit.core import ids, native
from aquavit.core.ids import Ref

if False:  # tells Cython that `cython` means its directives
    import cython  # type: ignore

__all__ = ["Errand", "Timer", "TimerHeap"]


@cython.final
@cython.cclass
class Errand:
    """In place of a message: what is done when the timer fires, if the process is alive."""

    __slots__ = ("fn",)

    def __init__(self, fn: Any) -> None:
        self.fn = fn


@cython.final
@cython.no_gc
@cython.cclass
class Timer(Ref):
    """One timer, to end a wait or to send a message.

    Elixir: the reference of Process.send_after/4.
    """

    __slots__ = ("deadline", "dest", "index", "message", "process")
    deadline: float
    dest: Any
    index: int
    message: Any
    process: Any


def new_timer(process: Any, dest: Any, message: Any) -> Timer:
    """Make a Timer that is not set."""
    ids.REFS.value += 1
    timer = Timer.__new__(Timer)
    timer.id = ids.REFS.value
    timer.index = -1
    timer.deadline = 0.0
    timer.process = process
    timer.dest = dest
    timer.message = message
    return timer


def renew(timer: Timer, process: Any) -> None:
    """Make of a Timer that is not set a new one, to end a wait of `process`."""
    ids.REFS.value += 1
    timer.id = ids.REFS.value
    timer.process = process


@cython.final
@cython.cclass
class TimerHeap:
    """A binary heap of timers, the earliest first.

    They are the first `count` of `items`. The list never shrinks: most heaps go from
    empty to one timer and back all the time, and each time would cost a realloc.
    """

    __slots__ = ("count", "items")

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.count = 0
        native.untrack_list(self.items)

    def __len__(self) -> int:
        return self.count

    def earliest(self) -> Timer | None:
        """Return the timer that is due first, or None."""
        if self.count > 0:
            return self.items[0]  # type: ignore[no-any-return]
        return None

    def add(self, timer: Timer, deadline: float) -> None:
        """Set `timer` to `deadline`."""
        timer.deadline = deadline
        if self.count == len(self.items):
            self.items.append(timer)
        self.count += 1
        self.rise(timer, self.count - 1)

    def remove(self, timer: Timer) -> bool:
        """Take `timer` out; tell whether it was still set, and in this heap."""
        hole = timer.index
        if hole < 0 or hole >= self.count or self.items[hole] is not timer:
            return False
        timer.index = -1
        self.count -= 1
        last: Timer = self.items[self.count]
        self.items[self.count] = None
        if last is not timer:
            if self.before(last, timer):
                self.rise(last, hole)
            else:
                self.sink(last, hole)
        return True

    def before(self, a: Timer, b: Timer) -> bool:
        """Tell whether `a` fires before `b`."""
        if a.deadline == b.deadline:
            return a.id < b.id
        return a.deadline < b.deadline

    def rise(self, timer: Timer, hole: int) -> None:
        """Put `timer` at `hole` or above it."""
        while hole > 0:
            above: Timer = self.items[(hole - 1) >> 1]
            if not self.before(timer, above):
                break
            self.items[hole] = above
            above.index = hole
            hole = (hole - 1) >> 1
        self.items[hole] = timer
        timer.index = hole

    def sink(self, timer: Timer, hole: int) -> None:
        """Put `timer` at `hole` or below it."""
        while True:
            child = 2 * hole + 1
            if child >= self.count:
                break
            below: Timer = self.items[child]
            if child + 1 < self.count and self.before(self.items[child + 1], below):
                child += 1
                below = self.items[child]
            if not self.before(below, timer):
                break
            self.items[hole] = below
            below.index = hole
            hole = child
        self.items[hole] = timer
        timer.index = hole
