"""The scheduler: a run queue of processes, stepped inside the running event loop.

    ready_head, ready_tail   the run queue, first in first out, linked through Process.next
    scheduled                a slice is running, or pending on the loop (`call_soon`)
    now                      the clock as last read, for what need not be exact
    slices                   slices since the queue was empty, see _BUSY_SLICES
    budget                   messages the running process may still take before it gives way
    base                     the context shared by all processes that own none
    shared                   base is empty, so a write to it can be noticed (by its size)
    face                     the unbound ProcessTask entered for this slice
    owners                   references to `face` when nobody has kept it

One slice steps ready processes for at most SLICE seconds and then lets the loop do its
I/O and timers. One step runs a process until it waits, gives way, or ends. What an end
means is the subclass's business (`ended`, `raised`, `closed`): this file has no policy.

Context variables: a process without a context of its own runs in `base`. If base is no
longer empty after a step, that process has written to it: the process keeps that very
object (its tokens stay valid) and the others get a new, empty one.

Erlang: the scheduler and its run queue.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import sys
import time
from asyncio import tasks
from typing import Any

from aquavit.core import native, process
from aquavit.core.mailbox import Message
from aquavit.core.matching import Matcher
from aquavit.core.process import Process
from aquavit.core.task import ProcessTask
from aquavit.core.timers import Timer, TimerHeap

__all__ = ["Scheduler"]

#: Seconds that one slice lasts before the event loop gets its turn.
SLICE = 0.002
#: Messages that a process may take without waiting before it gives way (reductions).
BUDGET = 2000
#: So many slices in a row, and one is longer than the interpreter's switch interval: a
#: thread that waits for the interpreter asks for it only after so long without a chance,
#: and each slice's end, where the loop polls, counts as one, but is too short to be taken.
_BUSY_SLICES = 8
#: Steps between two looks at the clock.
_STEPS = 16


#: The clock of a runtime that nobody has given another.
MONOTONIC = time.monotonic

native.prepare_markers()


class Waker:
    """The callback that resumes a process when the future it awaits is done."""

    __slots__ = ("process", "scheduler")

    def __init__(self, scheduler: Any, owner: Any) -> None:
        self.scheduler = scheduler
        self.process = owner

    def __call__(self, future: Any) -> None:
        self.scheduler.future_done(self.process, future)


class Scheduler:
    """Steps processes; knows how they wait, not what their death means."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.clock = MONOTONIC
        self.now = self.time()
        self.ready_head: Any = None
        self.ready_tail: Any = None
        self.scheduled = False
        self.budget = 0
        self.slices = 0
        self.timers = TimerHeap()
        self.armed: Any = None
        self.armed_for = 0.0
        self.base = contextvars.Context()
        self.outer = contextvars.Context()
        self.shared = native.COMPILED and len(contextvars.copy_context()) == 0
        self.face = ProcessTask(self)
        self.owners = 0

    def time(self) -> float:
        """Return the time in seconds by the clock, which tests may replace."""
        return native.read_clock(self.clock, MONOTONIC)

    # --- what the subclass decides

    def ended(self, p: Process) -> None:
        """Called when the coroutine of `p` returned."""

    def raised(self, p: Process, error: Any) -> None:
        """Called when the coroutine of `p` raised."""

    def close(self, p: Process) -> None:
        """Called instead of a step when `p` is to be closed by force."""

    def lingers(self, p: Process) -> None:
        """Called when an exiting process waits in its clean-up."""

    def due(self, timer: Timer) -> None:
        """Called when a timer that is not the end of a wait is due."""

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
            self.scheduled = True
            self.loop.call_soon(self.run_slice, context=self.outer)

    def run_slice(self) -> None:
        """Step ready processes for one slice; the loop calls this."""
        self.now = self.time()
        until = self.now + SLICE
        self.slices += 1
        if self.slices == _BUSY_SLICES:
            self.slices = 0
            until = self.now + 1.5 * sys.getswitchinterval()
        steps = 0
        self.enter()
        try:
            while self.ready_head is not None:
                p: Process = self.ready_head
                self.ready_head = p.next
                p.next = None
                if self.ready_head is None:
                    self.ready_tail = None
                if p.state != native.READY:
                    continue  # it has gone on, or ended, without waiting for its turn
                if p.killed:
                    self.close(p)
                else:
                    self.step(p)
                steps += 1
                if steps >= _STEPS:
                    steps = 0
                    self.now = self.time()
                    if self.now >= until:
                        break
        finally:
            process.set_current(None)
            self.leave()
            self.scheduled = self.ready_head is not None
            if not self.scheduled:
                self.slices = 0
            else:
                self.loop.call_soon(self.run_slice, context=self.outer)

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

    # --- one step

    def step(self, p: Process) -> None:
        """Run `p` until it waits, gives way, or ends."""
        p.state = native.RUNNING
        p.reductions += 1
        self.budget = BUDGET
        process.set_current(p)
        if not native.COMPILED:
            outcome = self.advance_interpreted(p)
        elif p.context is None and p.task is None:
            outcome = self.resume(p)
        else:
            outcome = self.advance_apart(p)
        error = native.take_error() if native.has_failed(outcome) else None
        if native.COMPILED and (
            native.context_size(self.base) != 0 or native.is_taken(self.face, self.owners)
        ):
            self.settle(p)
        if error is not None:
            process.set_current(None)
            self.raised(p, error)
        elif native.has_returned(outcome):
            process.set_current(None)
            self.ended(p)
        elif outcome is not None:
            self.wait_for(p, outcome)
        elif p.state == native.RUNNING:  # a bare yield, as asyncio.sleep(0) makes
            self.wait_for(p, _next_turn(self.loop))
        if p.exiting and p.state != native.DEAD:
            self.lingers(p)

    def advance_apart(self, p: Process) -> Any:
        """Resume a coroutine that has a context or a face of its own."""
        if p.context is not None:
            native.enter_context(p.context)
        if p.task is not None:
            self.swap_face(self.face, p.task)
        outcome = self.resume(p)
        # An exception that is set would disturb the calls below.
        error = native.take_error() if native.has_failed(outcome) else None
        if p.task is not None:
            self.swap_face(p.task, self.face)
        if p.context is not None:
            native.leave_context(p.context)
        return outcome if error is None else native.fail(error)

    def advance_interpreted(self, p: Process) -> Any:
        """Resume the coroutine where contexts and faces cannot be shared."""
        if p.task is None:
            p.task = ProcessTask(self)
            p.task.process = p
        tasks._enter_task(self.loop, p.task)
        try:
            return p.context.run(self.resume, p)
        finally:
            tasks._leave_task(self.loop, p.task)

    def resume(self, p: Process) -> Any:
        """Let `p` go on where it waits, or throw in what interrupts it."""
        if p.interrupt is not None:
            return self.throw_in(p)
        if type(p.coroutine) is tuple:
            outcome = self.begin(p)
            if outcome is not None:
                return outcome
        return native.step(p.coroutine, None)

    def begin(self, p: Process) -> Any:
        """Call the function; return None when there is a coroutine to step."""
        arguments = p.coroutine
        p.coroutine = None
        made = native.call(p.initial_call, arguments)
        if native.has_failed(made):
            return made
        if not native.is_coroutine(made):
            if not inspect.isawaitable(made):
                return native.returned()
            made = _await(made)
        p.coroutine = made
        return None

    def throw_in(self, p: Process) -> Any:
        """Raise `p.interrupt` where `p` waits."""
        error = p.interrupt
        p.interrupt = None
        p.resume = native.NOTHING
        p.awaiting = p.polling = False
        p.matcher = None
        p.cursor = None
        if type(p.coroutine) is tuple:
            p.coroutine = None
            return native.fail(error)
        return native.throw(p.coroutine, error)

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

    # --- waiting and waking

    def wait_for(self, p: Process, future: Any) -> None:
        """Make `p` wait for the asyncio future that it yielded."""
        problem = _not_awaitable_here(self.loop, future)
        if problem is not None:
            p.interrupt = RuntimeError(problem)
            self.enqueue(p)
            return
        if p.polling:
            self.abandon_wait(p)
        if p.interrupt is not None and future.cancel():
            p.interrupt = None
        future._asyncio_future_blocking = False
        p.state = native.WAITING
        p.awaiting = False
        p.waiter = future
        context = p.context if p.context is not None else self.outer
        future.add_done_callback(Waker(self, p), context=context)

    def future_done(self, p: Process, future: Any) -> None:
        """Resume `p` if it still waits for `future`; asyncio calls this."""
        if p.waiter is future:
            p.waiter = None
            self.wake(p, native.NOTHING)

    def wake(self, p: Process, resume: int) -> None:
        """End the wait of `p`; its next step gets `resume`."""
        p.resume = resume
        # No message may wake it a second time before its turn.
        p.awaiting = False
        if p.timer is not None and not p.exiting:
            self.drop_timer(p)
        if not p.adopted:
            self.enqueue(p)
        else:
            self.wake_task(p)

    def abandon_wait(self, p: Process) -> None:
        """Forget a wait that was begun, and whose end `p` did not wait for.

        Code that steps a coroutine by hand, as an eager task does, can do that.
        """
        p.state = native.RUNNING
        p.polling = p.awaiting = False
        p.matcher = None
        p.cursor = None
        p.resume = native.NOTHING
        if p.timer is not None and not p.exiting:
            self.drop_timer(p)

    def wake_task(self, p: Process) -> None:
        """End the wait of an adopted task."""
        p.state = native.RUNNING
        if p.waiter is not None and not p.waiter.done():
            p.waiter.set_result(None)

    def interrupt(self, p: Process, error: Any) -> None:
        """Raise `error` where `p` waits, at once."""
        p.interrupt = error
        if p.waiter is not None:
            future = p.waiter
            p.waiter = None
            future.cancel()
        if p.state == native.WAITING:
            self.wake(p, native.NOTHING)

    def cancel(self, p: Process, message: object) -> None:
        """Cancel what `p` awaits, as asyncio cancels a task."""
        if p.interrupt is not None:
            return
        if p.waiter is not None and p.waiter.cancel(msg=message):
            return
        p.waiter = None  # done already, its callback must not wake p a second time
        arguments = () if message is None else (message,)
        p.interrupt = asyncio.CancelledError(*arguments)
        if p.state == native.WAITING:
            # If the cancellation is taken back before its turn, it waits again.
            self.wake(p, native.RETRY)

    def uncancel(self, p: Process) -> None:
        """Take back a cancellation that has not been raised yet."""
        if isinstance(p.interrupt, asyncio.CancelledError) and not p.exiting:
            p.interrupt = None

    def offer(self, p: Process, before: Message | None) -> None:
        """Wake `p` if the message just pushed, behind `before`, is one that it waits for."""
        matcher: Matcher = p.matcher
        message: Message = p.tail
        if matcher.guarded:
            self.offer_guarded(p, before)
        elif matcher.accepts(message.value):
            self.wake_found(p, before, message)

    def wake_found(self, p: Process, before: Message | None, message: Message) -> None:
        """End the wait of `p` with `message`, behind `before`.

        Not if the code that compared them has ended the wait, or emptied the mailbox.
        """
        if p.awaiting and p.holds(before, message):
            p.cursor = before
            self.wake(p, native.FOUND)

    def offer_guarded(self, p: Process, before: Message | None) -> None:
        """`offer` when a guard runs: as the receiver, and what it raises is the receiver's."""
        matcher: Matcher = p.matcher
        message: Message = p.tail
        running = process.current()
        process.set_current(p)
        try:
            found = matcher.accepts(message.value)
        except BaseException:
            found = False
            self.look_again(p)  # it is raised again, in the receiver
        finally:
            process.set_current(running)
        if found:
            self.wake_found(p, before, message)
        if p.exiting or p.matcher is not matcher:
            self.look_again(p)  # the guard has called `exit` or `flush`

    def look_again(self, p: Process) -> None:
        """Let `p` begin its wait once more, unless it was woken meanwhile."""
        if p.state == native.WAITING:
            self.wake(p, native.RETRY)

    # --- time

    def set_timer(self, timer: Timer, delay: float) -> None:
        """Set `timer` to fire `delay` seconds from now."""
        self.set_timer_at(timer, self.time() + delay)

    def set_timer_at(self, timer: Timer, deadline: float) -> None:
        """Set `timer` to fire at `deadline`, by the clock."""
        self.timers.add(timer, deadline)
        if timer.index == 0:
            self.arm()

    def drop_timer(self, p: Process) -> None:
        """Cancel the deadline of the wait of `p`."""
        self.timers.remove(p.timer)
        p.timer = None

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
        timer = self.timers.earliest()
        while timer is not None and timer.deadline <= now:
            self.timers.remove(timer)
            self.fire(timer)
            timer = self.timers.earliest()
        self.arm()

    def fire(self, timer: Timer) -> None:
        """Do what `timer` is for."""
        p: Process | None = timer.process
        if p is None:
            self.due(timer)
        elif p.timer is timer:
            p.timer = None
            if p.exiting:
                self.due(timer)
            else:
                self.wake(p, native.TIMED_OUT)


async def _await(awaitable: Any) -> object:
    return await awaitable


def _next_turn(loop: Any) -> Any:
    """Return what ends a wait when the loop has called what is due now."""
    future = loop.create_future()
    future.set_result(None)
    future._asyncio_future_blocking = True
    return future


def _not_awaitable_here(loop: Any, future: Any) -> str | None:
    blocking = getattr(future, "_asyncio_future_blocking", None)
    if blocking is None:
        return f"process got a bad yield: {future!r}\nit can await asyncio's awaitables only"
    if not blocking:
        return f"process got a bad yield: {future!r}\nuse `await` instead of `yield`"
    if future.get_loop() is not loop:
        return f"process got {future!r}, which belongs to another event loop"
    return None
