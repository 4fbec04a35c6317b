"""The scheduler: steps ready processes, and knows how they wait.

    budget   messages the running process may still take before it gives way
    pace     steps from one look at the clock to the next
    looking  a message is compared, or a result looked at: no place to stop the process

A turn of `stacks` steps ready processes until its time is over and then lets the loop do
its I/O and timers. One step runs a process until it waits, gives way, or ends. What an end
means is the subclass's business (`ended`, `raised`, `closed`): this file has no policy.

Erlang: the scheduler.
"""

from __future__ import annotations

import asyncio
import inspect
from asyncio import tasks
from typing import Any

from aquavit.core import kinds, native, overflow, process, stacks, waiting, watchdog
from aquavit.core.deadlines import Deadlines
from aquavit.core.exits import ExitSignal, ProcessExit
from aquavit.core.mailbox import Message
from aquavit.core.matching import Matcher
from aquavit.core.process import Process
from aquavit.core.task import ProcessTask
from aquavit.core.timers import Timer

__all__ = ["Scheduler"]

#: Messages that a process may take without waiting (reductions).
BUDGET = 2000
#: Steps between two looks at the clock at most, and seconds, which steps of the same length
#: will keep to.
_STEPS = 16
_LOOK = 0.001
#: The `interrupt` of a process that an exit signal has hit: its turn makes the exception.
EXIT = object()

native.prepare_markers()


class Waker:
    """The callback that resumes a process when the future it awaits is done."""

    __slots__ = ("process", "scheduler")

    def __init__(self, scheduler: Any, owner: Any) -> None:
        self.scheduler = scheduler
        self.process = owner

    def __call__(self, future: Any) -> None:
        self.scheduler.future_done(self.process, future)


class Scheduler(Deadlines):
    """Steps processes; knows how they wait, not what their death means."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        Deadlines.__init__(self, loop)
        self.budget = 0
        self.pace = 1
        self.looking = False

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

    def shut(self, p: Process) -> Any:
        """Called to close the coroutine of a killed process; returns what it raised."""

    def run_slice(self) -> None:
        """Step ready processes until the turn is over, or one has a stack of its own."""
        steps = 0
        self.enter()
        try:
            while self.ready_head is not None:
                p: Process = self.ready_head
                if p.next is None:
                    self.ready_head = self.ready_tail = None
                else:
                    self.ready_head = p.next
                    p.next = None
                if p.state != native.READY:
                    continue  # it has gone on, or ended, without waiting for its turn
                if p.parked:
                    self.successor = p
                    break
                if p.killed:
                    self.close(p)
                else:
                    self.step(p)
                steps += 1
                if steps >= self.pace or (self.watched and watchdog.overdue(stacks.WATCH)):
                    now = self.time()
                    self.set_pace(steps, now - self.now)
                    steps = 0
                    self.now = now
                    if now >= self.turn_ends:
                        break
        finally:
            process.set_current(None)
            self.leave()

    def set_pace(self, steps: int, seconds: float) -> None:
        """Look at the clock again when `_LOOK` has passed, if steps take what these took."""
        if seconds > _LOOK:
            self.pace = max(1, int(steps * _LOOK / seconds))
        else:
            self.pace = min(_STEPS, 2 * self.pace)

    def step(self, p: Process) -> None:
        """Run `p` until it waits, gives way, or ends."""
        p.state = native.RUNNING
        p.reductions = p.reductions + 1  # `+=` on a field costs a reference more
        self.budget = BUDGET
        self.looking = False
        if self.watched:
            watchdog.step(stacks.WATCH)
        process.set_current(p)
        if not native.COMPILED:
            outcome = self.advance_interpreted(p)
        else:
            if p.context is not None or p.task is not None:
                self.enter_own(p)
            coroutine = p.coroutine
            if p.interrupt is None and native.is_coroutine(coroutine):
                outcome = native.step(coroutine, None)  # `resume`, as it mostly is
            else:
                outcome = self.resume(p)
            # What it owns by now: parking, it may have come to that.
            if (
                p.context is not None
                or p.task is not None
                or native.context_size(self.base) != 0
                or native.is_taken(self.face, self.owners)
            ):
                outcome = self.come_back(p, outcome)
        if native.has_failed(outcome):
            process.set_current(None)
            self.raised(p, native.take_error())
        elif native.has_returned(outcome):
            process.set_current(None)
            self.ended(p)
        elif outcome is not None:
            self.wait_for(p, outcome)
        elif p.state == native.RUNNING:  # a bare yield, as asyncio.sleep(0) makes
            self.wait_for(p, _next_turn(self.loop))
        if p.exiting and p.state != native.DEAD:
            self.lingers(p)
        if p.rare is not None and p.rare.senders is not None:
            overflow.make_room(self, p)

    def come_back(self, p: Process, outcome: Any) -> Any:
        """Leave the context and the face of `p`, and give it what it took; return `outcome`."""
        # An exception that is set would disturb the calls below.
        error = native.take_error() if native.has_failed(outcome) else None
        if p.context is not None or p.task is not None:
            self.leave_own(p)
        self.settle(p)
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
            if type(made) in kinds.NEVER_AWAITED:
                return native.returned()
            self.looking = True  # an exit that is raised in there would be nobody's
            awaitable = inspect.isawaitable(made)
            self.looking = False
            if not awaitable:
                return native.returned()
            made = waiting.run(made)
        p.hold(made)
        return None

    def throw_in(self, p: Process) -> Any:
        """Raise `p.interrupt` where `p` waits."""
        error = exit_error(p) if p.interrupt is EXIT else p.interrupt
        p.interrupt = None
        p.put_back()
        p.resume = native.NOTHING
        p.awaiting = p.polling = False
        p.matcher = None
        if type(p.coroutine) is tuple:
            p.coroutine = None
            return native.fail(error)
        return native.throw(p.coroutine, error)

    # --- on a stack of its own

    def drive(self, p: Process) -> None:
        """Run `p.coroutine` to its end, parking the stack where it waits.

        Raises:
            BaseException: what the coroutine raised.
            ProcessExit: the process was killed.
        """
        while True:
            outcome = self.resume(p)
            if native.has_failed(outcome):
                raise native.take_error()
            if native.has_returned(outcome):
                return
            if outcome is not None:
                self.wait_for(p, outcome)
            elif p.state == native.RUNNING:
                self.wait_for(p, _next_turn(self.loop))
            if p.exiting:
                self.lingers(p)
            self.stop_here(p)
            if p.killed:
                p.interrupt = None
                error = self.shut(p)
                raise ProcessExit(p.reason) from error

    def refuse_to_wait(self, p: Process) -> None:
        """Count a wait of a killed process; leave the process behind if they are too many."""
        rare = p.extras()
        rare.strikes += 1
        if rare.strikes > stacks._STRIKES:
            self.enqueue(p)
            self.park(p)  # for ever

    def stop_here(self, p: Process) -> None:
        """Park `p`, and begin a new step when it goes on."""
        if p.rare is not None and p.rare.senders is not None:
            overflow.make_room(self, p)
        self.park(p)
        self.budget = BUDGET
        self.looking = False
        if self.watched:
            watchdog.step(stacks.WATCH)

    def may_take_off(self, p: Process) -> bool:
        """Tell whether `p` could be stopped where it runs."""
        return p.state == native.RUNNING and not self.looking and self.may_park(p)

    def take_off(self, p: Process) -> None:
        """Take `p` off the core in the middle of what it does; return at its next turn.

        Raises:
            ProcessExit: an exit signal has come meanwhile, or a kill.
            KeyboardInterrupt: the user has interrupted it.
        """
        p.state = native.READY
        if not self.taken:
            self.taken_due = self.time() + stacks.SHARE
        self.taken[p] = None
        if p.exiting:
            self.lingers(p)
        self.stop_here(p)
        if p.killed:
            p.rare.strikes += 1
            raise ProcessExit(p.reason)
        if p.interrupt is EXIT:
            p.interrupt = None
            raise exit_error(p)
        if isinstance(p.interrupt, KeyboardInterrupt):
            error = p.interrupt
            p.interrupt = None
            raise error

    # --- waiting and waking

    def wait_for(self, p: Process, future: Any) -> None:
        """Make `p` wait for the asyncio future that it yielded."""
        try:
            problem = _not_awaitable_here(self.loop, future)
            error: Any = None if problem is None else RuntimeError(problem)
        except BaseException as raised:  # by the code of what it yielded
            error = raised
        if error is not None:
            p.interrupt = error
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
        try:
            future.add_done_callback(Waker(self, p), context=self.outer)
        except BaseException as raised:
            p.waiter = None
            p.interrupt = raised
            self.enqueue(p)

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
        p.put_back()
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
        elif p.parked:
            self.put_back(p)

    def cancel(self, p: Process, message: object) -> None:
        """Cancel what `p` awaits, as asyncio cancels a task."""
        if p.interrupt is not None:
            return
        if p.waiter is not None and p.waiter.cancel(msg=message):
            return
        p.waiter = None  # done already, its callback must not wake p a second time
        p.interrupt = asyncio.CancelledError(*(() if message is None else (message,)))
        if p.state == native.WAITING:
            self.wake(p, native.RETRY)  # taken back before its turn, it waits again

    def uncancel(self, p: Process) -> None:
        """Take back a cancellation that has not been raised yet."""
        if isinstance(p.interrupt, asyncio.CancelledError) and not p.exiting:
            p.interrupt = None

    def offer(self, p: Process, value: Any) -> None:
        """Put `value` into the mailbox of `p`, and wake `p` if that is what it waits for."""
        matcher: Matcher = p.matcher
        before: Message | None = p.tail
        if matcher.ref is not None:  # to compare runs no code that could see the mailbox
            if matcher.accepts(value):
                p.find(value, before)
                self.wake(p, native.FOUND)
            else:
                p.push(value)
        elif matcher.guarded:
            p.push(value)
            self.offer_guarded(p, before)
        else:
            looking = self.looking
            self.looking = True
            found = matcher.accepts(value)
            self.looking = looking
            if found and p.awaiting and p.tail is before:
                p.find(value, before)
                self.wake(p, native.FOUND)
            else:
                p.push(value)
                if found:
                    self.look_again(p)  # what compared them has sent it something, or ended it

    def wake_found(self, p: Process, before: Message | None, message: Message) -> None:
        """End the wait of `p` with `message`, behind `before`.

        Not if the code that compared them has ended the wait, or emptied the mailbox.
        """
        if p.awaiting and p.holds(before, message):
            p.find(p.remove_after(before), before)
            self.wake(p, native.FOUND)

    def offer_guarded(self, p: Process, before: Message | None) -> None:
        """`offer` when a guard runs: as the receiver, and what it raises is the receiver's."""
        matcher: Matcher = p.matcher
        message: Message = p.tail
        running, looking = process.current(), self.looking
        process.set_current(p)
        self.looking = True
        try:
            found = matcher.accepts(message.value)
        except BaseException:
            found = False
            self.look_again(p)  # it is raised again, in the receiver
        finally:
            self.looking = looking
            process.set_current(running)
        if found:
            self.wake_found(p, before, message)
        if p.exiting:
            self.look_again(p)  # the guard has called `exit`

    def look_again(self, p: Process) -> None:
        """Let `p` begin its wait once more, unless it was woken meanwhile."""
        if p.state == native.WAITING:
            self.wake(p, native.RETRY)

    # --- time

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


def exit_error(p: Process) -> ProcessExit:
    """Return what an exit signal raises where `p` waits."""
    kind: Any = ProcessExit if p.polling or type(p.coroutine) is tuple else ExitSignal
    # Without a call of its __init__, a function of Python: many may die at once.
    error = kind.__new__(kind, p.reason)
    error.reason = p.reason
    return error  # type: ignore[no-any-return]
