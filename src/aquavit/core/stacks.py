"""The run queue, and the stacks that processes run on.

    ready_head, ready_tail   processes that are ready, first in first out (Process.next)
    taken      processes that were taken off the core, in the order of their turns
    taken_due  when one of these goes before those that are ready
    scheduled  a turn is under way, or pending on the loop (`call_soon`)
    waited     the loop has come round once more before those that were taken off go on
    now        the clock as last read, for what need not be exact
    turn_ends  when the turn is over
    hub        the event loop's own stack
    stack      the stack (a greenlet) that runs now, or ran last
    idle       scheduler stacks that wait for work
    successor  a ready process with a stack of its own, which is to go on next
    turns      turns since the queue was empty, see _BUSY_TURNS
    base       the context shared by all processes that own none
    shared     base is empty, so a write to it can be noticed (by its size)
    face       the unbound ProcessTask entered for this slice
    owners     references to `face` when nobody has kept it

A turn is what the loop calls. It lends the core to scheduler stacks, apart from the
loop's own, one after the other until its time is over. A process that is to stop in the
middle of a call (`park`) keeps the stack it runs on, with the scheduler's frames at its
bottom; the turn goes on with another one. When the process has come to the end of its
step, its stack is a scheduler's again. So only a process that waits in a plain function,
or that was taken off, owns a stack.

Processes that gave way by themselves go before those that were taken off; but one of
these has its turn at least every SHARE seconds.

Context variables: a process without a context of its own runs in `base`. If base is no
longer empty after a step, that process has written to it: the process keeps that very
object (its tokens stay valid) and the others get a new, empty one.

Erlang: the scheduler's run queue; a process's stack there is its own from its birth.
"""

from __future__ import annotations

import asyncio
import contextvars
import sys
import time
from asyncio import tasks
from typing import Any, Final

from greenlet import getcurrent, greenlet

from aquavit.core import collecting, native, process, watchdog
from aquavit.core.process import Process
from aquavit.core.task import ProcessTask

__all__ = ["Stacks"]

#: Seconds that one turn lasts before the event loop gets its own.
SLICE = 0.002
#: So many turns in a row, and one is longer than the interpreter's switch interval, if
#: there are other threads: one that waits for the interpreter asks for it only after so
#: long without a chance, and each turn's end, where the loop polls, counts as one, but is
#: too short to be taken.
_BUSY_TURNS = 8
#: Seconds after which a process that was taken off goes before those that are ready.
SHARE = 0.05
#: Idle stacks that are kept.
_IDLE = 8
#: How often a killed process may go on after its exit was raised.
_STRIKES = 8

#: The clock of a runtime that nobody has given another.
MONOTONIC = time.monotonic
WATCH: Final = watchdog.new()
#: Stacks that no kill could end, or whose loop was closed under them; nothing switches to
#: them again, and to free one would run what is on it.
LEFT: list[Any] = []


class Stacks:
    """Runs what is ready, on stacks apart from the event loop's."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        collecting.watch()
        self.loop = loop
        self.clock = MONOTONIC
        self.now = self.time()
        self.turns = 0
        self.turn_ends = 0.0
        self.taken_due = 0.0
        self.ready_head: Any = None
        self.ready_tail: Any = None
        self.taken: dict[Any, None] = {}
        self.scheduled = self.waited = self.watched = False
        self.hub: Any = None
        self.stack: Any = None
        self.successor: Any = None
        self.idle: list[Any] = []
        self.base = contextvars.Context()
        self.outer = contextvars.Context()
        self.shared = native.COMPILED and len(contextvars.copy_context()) == 0
        self.face = ProcessTask(self)
        self.owners = 0

    def time(self) -> float:
        """Return the time in seconds by the clock, which tests may replace."""
        return native.read_clock(self.clock, MONOTONIC)

    # --- what the subclasses decide

    def run_slice(self) -> None:
        """Step ready processes until the turn is over."""

    def leave_behind(self, p: Process) -> None:
        """End `p` without its stack."""

    # --- run queue

    def enqueue(self, p: Process) -> None:
        """Put `p` at the end of the run queue."""
        p.state = native.READY
        if p.next is None and self.ready_tail is not p:  # it is not there already
            if self.ready_tail is None:
                self.ready_head = p
            else:
                self.ready_tail.next = p
            self.ready_tail = p
        if not self.scheduled:
            self.schedule()

    def schedule(self) -> None:
        """Let the loop call for a turn."""
        self.scheduled = True
        self.loop.call_soon(self.turn, context=self.outer)

    def put_back(self, p: Process) -> None:
        """Let `p`, if it was taken off, go on as one that gave way by itself."""
        if p in self.taken:
            del self.taken[p]
            self.enqueue(p)

    # --- turns

    def turn(self) -> None:
        """Run what is ready for one slice; the loop calls this."""
        if self.taken and self.ready_head is None and not self.waited:
            # First what is due by now on the loop: it comes after this call.
            self.waited = True
            self.schedule()
            return
        self.waited = False
        self.now = self.time()
        self.turn_ends = self.now + SLICE
        self.turns += 1
        if self.turns == _BUSY_TURNS:
            self.turns = 0
            if not native.is_only_thread():
                self.turn_ends = self.now + 1.5 * sys.getswitchinterval()
        if self.watched:
            watchdog.turn(WATCH, True)
        try:
            stack = self.next_stack()
            while stack is not None:
                self.lend(stack)
                self.now = self.time()
                if self.now >= self.turn_ends:
                    break
                stack = self.next_stack()
        finally:
            if self.watched:
                watchdog.turn(WATCH, False)
            self.scheduled = False
            if self.ready_head is not None or self.successor is not None or self.taken:
                self.schedule()
            else:
                self.turns = 0

    def lend(self, stack: Any) -> None:
        """Let `stack` have the core until it gives it back."""
        self.hub = getcurrent()
        self.stack = stack
        stack.switch()

    def next_stack(self) -> Any:
        """Return the stack that is to run next, None when nothing is ready."""
        while True:
            p: Process
            if self.successor is not None:
                p = self.successor
                self.successor = None
            elif self.taken and (self.ready_head is None or self.now >= self.taken_due):
                p = next(iter(self.taken))
                del self.taken[p]
                self.taken_due = self.now + SHARE
            elif self.ready_head is None:
                return None
            else:
                return self.idle_stack()
            stack = self.own_stack(p)
            if stack is not None:
                return stack

    def idle_stack(self) -> Any:
        """Return a stack that runs a slice."""
        return self.idle.pop() if self.idle else greenlet(self.serve)

    def own_stack(self, p: Process) -> Any:
        """Return the stack on which `p` is to go on; None if it was left behind."""
        p.parked = False
        stack = p.rare.stack
        p.rare.stack = None
        if not p.killed or p.rare.strikes <= _STRIKES:
            return stack
        LEFT.append(stack)
        self.leave_behind(p)
        return None

    def serve(self) -> None:
        """Be a scheduler stack."""
        while True:
            self.run_slice()
            if len(self.idle) >= _IDLE:
                return  # to the hub
            self.idle.append(self.stack)
            self.hub.switch()

    def clear_stacks(self) -> None:
        """Let the idle stacks end."""
        self.idle.clear()
        self.stack = self.hub = None

    # --- parking

    def may_park(self, p: Process) -> bool:
        """Tell whether `p` runs on a stack, in a context and behind a face of ours.

        Not in what the garbage collector calls.
        """
        if getcurrent() is not self.stack or collecting.is_collecting():
            return False
        if native.COMPILED:
            context = self.base if p.context is None else p.context
            if not native.is_context(context):
                return False
        face = self.face if p.task is None else p.task
        return asyncio.current_task(self.loop) is face

    def park(self, p: Process) -> None:
        """Stop `p` here; return when it is its turn again."""
        rare = p.extras()
        rare.stack = self.stack
        p.parked = True
        if p.context is not None or p.task is not None:
            self.leave_own(p)
        if native.COMPILED:
            self.settle(p)
        process.set_current(None)
        self.leave()
        self.hub.switch()
        self.enter()
        self.enter_own(p)
        p.state = native.RUNNING
        p.reductions += 1
        process.set_current(p)

    # --- contexts and faces

    def enter(self) -> None:
        """Enter the shared context and the unbound face."""
        if native.COMPILED:
            native.enter_context(self.base)
            tasks._enter_task(self.loop, self.face)  # type: ignore[arg-type]
            self.owners = native.refcount(self.face)

    def leave(self) -> None:
        """Undo `enter`."""
        if native.COMPILED:
            tasks._leave_task(self.loop, self.face)  # type: ignore[arg-type]
            native.leave_context(self.base)

    def enter_own(self, p: Process) -> None:
        """Enter the context and the face that `p` has of its own, if any."""
        if native.COMPILED:
            if p.context is not None:
                native.enter_context(p.context)
            if p.task is not None:
                self.swap_face(self.face, p.task)
        elif p.task is not None:
            tasks._enter_task(self.loop, p.task)

    def leave_own(self, p: Process) -> None:
        """Undo `enter_own`."""
        if native.COMPILED:
            if p.task is not None:
                self.swap_face(p.task, self.face)
            if p.context is not None:
                native.leave_context(p.context)
        elif p.task is not None:
            tasks._leave_task(self.loop, p.task)

    def settle(self, p: Process) -> None:
        """After a step: give `p` the context and the face that it has made its own."""
        if p.context is None and self.shared and native.context_size(self.base) != 0:
            p.context = self.base
            native.leave_context(self.base)
            self.base = native.new_context()
            native.enter_context(self.base)
        if p.task is None and native.is_taken(self.face, self.owners):
            p.task = self.face
            p.task.process = p
            self.face = ProcessTask(self)
            self.swap_face(p.task, self.face)

    def swap_face(self, old: Any, new: Any) -> None:
        """Make `new` the current task of the loop in place of `old`."""
        tasks._leave_task(self.loop, old)
        tasks._enter_task(self.loop, new)
