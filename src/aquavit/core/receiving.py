"""Waiting: what `await receive(...)` and `await sleep(...)` do.

A Receive is the description of one wait. `poll` is its heart: called first it returns a
message, raises, or registers the wait and says that it is pending; called again when the
process is resumed it returns the outcome. In a process of the scheduler a pending wait
yields None; in an adopted task it yields an asyncio future.

How `await` reaches `poll` depends on the build: the compiled one gives the type the slot
that the interpreter asks (see native.h), the interpreted one has the generator of
`waiting`.

Erlang: receive, after.
"""

from __future__ import annotations

import math
from typing import Any, Final

from aquavit.core import directives as cython
from aquavit.core import loops, mailbox, matching, native, process, waiting
from aquavit.core.exits import NotInProcess, ProcessExit, brief
from aquavit.core.matching import Matcher
from aquavit.core.process import Process
from aquavit.core.runtime import Runtime

if False:  # tells Cython that `cython` means its directives
    import cython  # type: ignore

__all__ = ["Receive", "new_receive", "new_sleep"]


NO_DEFAULT: Final = process.Mark("NO_DEFAULT")
#: What a wait until a deadline returns when that has come.
LATE: Final = process.Mark("LATE")
FOREVER: Final = math.inf


#: Accepts no message: a process that sleeps.
_SLEEPING = matching.new_matcher((), (matching.Nothing(),))


@cython.final
@cython.no_gc
@cython.freelist(64)
@cython.cclass
class Receive:
    """One wait, to be awaited once by the process that made it; if `shared`, by any."""

    __slots__ = ("deadline", "default", "future", "matcher", "owner", "shared", "timeout")
    deadline: float
    default: Any
    future: Any
    matcher: Matcher | None
    owner: Process | None
    shared: bool
    timeout: Any

    def __await__(self) -> Any:
        return self if DIRECT else _WAIT(self)

    def __reduce__(self) -> Any:
        raise TypeError("it is a wait that was not awaited; write await before it")

    def __iter__(self) -> Receive:
        return self

    def __next__(self) -> object:
        return self.send(None)

    def send(self, value: object) -> object:
        """Drive the wait by hand, as a traced `await` does; `value` is of no use."""
        result = poll(self)
        if native.take_pending():
            return result
        raise StopIteration(result)

    def step(self) -> object:
        """Return the outcome of the wait, or the Receive itself while it goes on."""
        result = poll(self)
        return self if native.take_pending() else result


def new_receive(matcher: Matcher | None, timeout: Any, default: Any) -> Receive:
    """Describe a wait for a message that `matcher` accepts (None: for any)."""
    receive = Receive.__new__(Receive)
    receive.matcher = matcher
    receive.timeout = timeout
    receive.default = default
    receive.owner = process.current()
    if receive.owner is None:
        receive.owner = loops.here_or_none()
    receive.shared = False
    receive.future = None
    receive.deadline = FOREVER
    return receive


def new_shared(matcher: Matcher | None) -> Receive:
    """Describe all waits without a timeout for what `matcher` accepts, in any process."""
    receive = new_receive(matcher, None, NO_DEFAULT)
    receive.owner = None
    receive.shared = True
    return receive


def new_wait(owner: Process, matcher: Matcher, deadline: float) -> Receive:
    """Describe a wait of `owner` until `deadline`, which then returns LATE."""
    receive = Receive.__new__(Receive)
    receive.matcher = matcher
    receive.timeout = None
    receive.default = LATE
    receive.deadline = deadline
    receive.owner = owner
    receive.shared = False
    receive.future = None
    return receive


def new_sleep(seconds: Any) -> Receive:
    """Describe a wait for nothing but time."""
    return new_receive(_SLEEPING, seconds, None)


def poll(wait: Any) -> Any:
    """Begin the wait, or finish it when the process is resumed."""
    p = process.current()
    if p is None:
        return poll_adopted(cython.cast(Receive, wait))
    if p.polling:
        p.polling = False
        if p.state != native.RUNNING:
            runtime: Runtime = p.runtime
            runtime.abandon_wait(p)
        outcome = p.resume
        p.resume = native.NOTHING
        if outcome == native.FOUND:
            return p.take_found()
        if outcome == native.TIMED_OUT:
            return expired(cython.cast(Receive, wait))
    return begin(cython.cast(Receive, wait), p)


def drive(receive: Receive) -> Any:
    """`poll` for other modules, each of which has a flag of its own: see `is_pending`."""
    native.take_pending()
    return poll(receive)


def is_pending() -> bool:
    """Tell whether the wait that `drive` was called for goes on."""
    return bool(native.take_pending())


def begin(receive: Receive, p: Process) -> Any:
    """Return a message that is there, or register the wait."""
    if receive.owner is not p and not receive.shared:
        raise _wrong_owner(receive, p)
    runtime: Runtime = cython.cast(Runtime, p.runtime)
    if p.exiting:
        error = runtime.refuse(p)
        if error is not None:
            raise error
        p.state = native.WAITING
        return pend(p, None)
    if p.interrupt is not None:
        runtime.enqueue(p)
        p.resume = native.RETRY
        return pend(p, None)
    runtime.budget = runtime.budget - 1
    if runtime.budget < 0:
        runtime.enqueue(p)
        p.resume = native.RETRY
        return pend(p, None)
    if receive.matcher is None:
        if p.count > 0:
            return p.remove_after(None)
    else:
        runtime.looking = True
        try:
            found = p.take(receive.matcher)
        finally:
            runtime.looking = False
        if found is not mailbox.EMPTY:
            return found
    if receive.timeout is not None:
        seconds = check_timeout(receive)
        if seconds == 0.0:
            if receive.matcher is not _SLEEPING:
                return expired(receive)
            runtime.enqueue(p)
            p.resume = native.TIMED_OUT
            return pend(p, None)
        if seconds != FOREVER:
            runtime.set_deadline(p, runtime.time() + seconds)
    elif receive.deadline != FOREVER:
        runtime.set_deadline(p, receive.deadline)
    if p.matcher is not receive.matcher:
        p.matcher = receive.matcher
    p.awaiting = True
    p.state = native.WAITING
    return pend(p, None)


def take_next(p: Process | None) -> Any:
    """Return the oldest message of `p`, which runs; EMPTY where a receive would wait."""
    if p is None or p.count == 0 or p.exiting or p.interrupt is not None:
        return mailbox.EMPTY
    runtime: Runtime = cython.cast(Runtime, p.runtime)
    if runtime.budget <= 0:
        return mailbox.EMPTY
    runtime.budget = runtime.budget - 1
    return p.remove_after(None)


def pend(p: Process, yielded: Any) -> Any:
    """Say that the wait goes on and `yielded` is to be yielded."""
    p.polling = True
    native.set_pending()
    return yielded


def poll_adopted(receive: Receive) -> Any:
    """`poll` in an asyncio task: the wait is an asyncio future."""
    p = loops.here("receive")
    if receive.owner is not p:
        raise _wrong_owner(receive, p)
    runtime: Runtime = p.runtime
    outcome = p.resume if receive.future is not None else native.NOTHING
    receive.future = None
    if outcome == native.FOUND:
        p.resume = native.NOTHING
        found = p.take_found()
        runtime.reset_wait(p)
        return found
    runtime.reset_wait(p)
    if outcome == native.TIMED_OUT:
        return expired(receive)
    if p.exiting:
        raise ProcessExit(p.reason)
    found = p.pop() if receive.matcher is None else p.take(receive.matcher)
    if found is not mailbox.EMPTY:
        return found
    if receive.timeout is not None:
        seconds = check_timeout(receive)
        if seconds == 0.0 and receive.matcher is not _SLEEPING:
            return expired(receive)
        if seconds != FOREVER:
            runtime.set_deadline(p, runtime.time() + seconds)
    elif receive.deadline != FOREVER:
        runtime.set_deadline(p, receive.deadline)
    receive.future = p.waiter = runtime.loop.create_future()
    receive.future._asyncio_future_blocking = True
    p.matcher = receive.matcher
    p.awaiting = True
    p.state = native.WAITING
    native.set_pending()
    return receive.future


def expired(receive: Receive) -> Any:
    """Return the default of a wait that timed out.

    Raises:
        TimeoutError: there is no default.
    """
    if receive.default is not NO_DEFAULT:
        return receive.default
    matched = "" if receive.matcher is None else f" matched {matching.describe(receive.matcher)}"
    raise TimeoutError(f"receive: no message{matched} within {receive.timeout} s")


def check_timeout(receive: Receive) -> float:
    """Return the timeout in seconds.

    Raises:
        TypeError, ValueError: it is no number, negative, or an int beyond all floats.
    """
    timeout = receive.timeout
    where = "sleep" if receive.matcher is _SLEEPING else "receive"
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)):
        raise TypeError(f"{where}: expected a timeout in seconds or None, got {brief(timeout)}")
    if not timeout >= 0:
        raise ValueError(f"{where}: expected a timeout of 0 seconds or more, got {brief(timeout)}")
    try:
        return float(timeout)
    except OverflowError:
        raise ValueError(f"{where}: expected a timeout of some years at most, got more") from None


def _wrong_owner(receive: Receive, p: Process) -> NotInProcess:
    made = "another process" if receive.shared else "no process"
    if receive.owner is not None:
        made = repr(receive.owner.pid)
    return NotInProcess(
        f"receive: expected to be awaited by the process that called it, got {made} that"
        f" called and {p.pid!r} that awaits\n"
        f"asyncio.wait_for, gather and create_task run what they are given in a task of its"
        f" own, with its own mailbox: use receive(timeout=...), asyncio.timeout or spawn"
    )


def awaitable(receive: Receive) -> Any:
    """Return what the user awaits: the Receive itself, or a generator around it."""
    return receive if DIRECT else _WAIT(receive)


#: `await receive()` in a process of the scheduler.
ANY = new_shared(None)

# How `await` reaches `poll`, see above.
_WAIT = waiting.wait
DIRECT = native.COMPILED
if native.COMPILED:
    native.install_poll(Receive, poll)
