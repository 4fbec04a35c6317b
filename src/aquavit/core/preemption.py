"""Preemption: a process that runs too long is taken off the core.

The watchdog sees that one step has lasted for the time slice and sends SIGURG. The handler
runs between two bytecodes of the process, on its stack, and parks it there (`stacks`):
the event loop has its turn, then whoever is ready, and later the process goes on.

Where it must not be taken off (`places`), it is left alone; what holds the core there for
long is reported (`holds`), and so is a callback that keeps the event loop from its turns.

Only on the main thread, where Python runs signal handlers, and not on Windows.

Erlang: the reductions of a process, after which the emulator takes it off.
"""

from __future__ import annotations

import asyncio
import contextvars
import signal
import threading
import time
import weakref
from typing import Any

from aquavit.core import collecting, holds, places, process, raising, stacks, watchdog
from aquavit.core.exits import ProcessExit
from aquavit.core.reporting import LOGGER
from aquavit.core.runtime import Runtime

__all__ = ["on_signal", "start", "stop"]

#: Seconds that a process may run without waiting.
SLICE = 0.01
#: Seconds between two signs of life of the event loop.
BEAT = 0.03
#: Seconds without one after which the loop counts as blocked: with what the watchdog may
#: be late, a block of a tenth of a second is seen while it lasts.
PATIENCE = 0.06
#: Seconds after which a process that cannot be taken off is reported.
LONG = 1.0

_SIGNAL = getattr(signal, "SIGURG", None)


class State:
    """What there is once in the program."""

    def __init__(self) -> None:
        self.runtimes: weakref.WeakSet[Any] = weakref.WeakSet()
        self.previous: Any = None
        self.warned = False
        #: Where the handler has met the process that it looks at.
        self.frame: Any = None


STATE = State()


class Beat:
    """Tells the watchdog that the event loop comes round."""

    def __init__(self, runtime: Any) -> None:
        self.runtime = weakref.ref(runtime)
        self.context = contextvars.Context()

    def __call__(self) -> None:
        runtime: Any = self.runtime()
        if runtime is not None and runtime.watched:
            watchdog.beat(stacks.WATCH)
            runtime.loop.call_later(BEAT, self, context=self.context)


def start(runtime: Any, slice: float | None) -> None:
    """Watch the processes of `runtime`; None for no time slice does nothing."""
    if slice is None:
        return
    problem = _problem()
    if problem is None and not watchdog.start(stacks.WATCH, slice, PATIENCE):
        problem = "the system gives no thread for the watchdog"
    if problem is not None:
        if not STATE.warned:
            STATE.warned = True
            LOGGER.warning(
                "processes are not preempted: %s\na process that never waits stops the others"
                " of its event loop; run(..., preempt=None) says that this is meant",
                problem,
            )
        return
    if len(STATE.runtimes) == 0:
        STATE.previous = signal.signal(_SIGNAL, on_signal)  # type: ignore[arg-type]
    STATE.runtimes.add(runtime)
    runtime.watched = True
    Beat(runtime)()


def _problem() -> str | None:
    if _SIGNAL is None or not hasattr(signal, "pthread_kill"):
        return "this system has no signals for threads"
    if threading.current_thread() is not threading.main_thread():
        name = threading.current_thread().name
        return f"the event loop runs on thread {name!r}, not on the main thread"
    handler = signal.getsignal(_SIGNAL)
    if handler not in (signal.SIG_DFL, signal.SIG_IGN, on_signal):
        return f"the program has a handler of its own for SIGURG: {handler!r}"
    return None


def stop(runtime: Any) -> None:
    """Undo `start`."""
    if not runtime.watched:
        return
    runtime.watched = False
    STATE.runtimes.discard(runtime)
    if len(STATE.runtimes) == 0:
        watchdog.stop(stacks.WATCH)
        signal.signal(_SIGNAL, STATE.previous)  # type: ignore[arg-type]


def on_signal(number: Any, frame: Any) -> None:
    """Handle SIGURG: take the process off whose step lasts too long, if it may be."""
    between = watchdog.between()  # which any code of Python that runs here would change
    found = process.current()
    if found is None:
        look_at_loop(frame)
        return
    held = watchdog.held(stacks.WATCH)
    if held <= 0.0 or STATE.frame is not None:
        return  # the signal was for a step that is over, or met this handler at work
    p: process.Process = found
    runtime: Runtime = p.runtime
    where: str | None
    if frame is None:  # a function of C was spawned as it is
        if p.initial_call is time.sleep and runtime.may_take_off(p):
            runtime.take_off(p)
        return
    STATE.frame = frame
    try:
        where = _guard(p, runtime, frame)
    finally:
        STATE.frame = None
    if where is None:
        if between or places.is_operator(frame) or places.is_asleep(frame):
            try:
                runtime.take_off(p)
            except (ProcessExit, KeyboardInterrupt) as error:
                if raising.is_covered(frame):
                    raise
                raising.raise_next(frame, error)
        else:
            if held >= LONG:
                holds.report_process(p, frame, "a call of C code", held)
            # Not before the report: it would be called in the midst of that.
            watchdog.again(stacks.WATCH)
        return
    runtime.budget = 0  # it gives way when it receives
    if held >= LONG:
        holds.report_process(p, frame, where, held)


def _guard(p: process.Process, runtime: Runtime, frame: Any) -> str | None:
    """Return what keeps `p` from being taken off at `frame`, None if nothing does."""
    if collecting.is_collecting():
        return "the garbage collector"
    if not runtime.may_take_off(p):
        return "a part of the runtime"
    if p.rare is not None and p.rare.guards > 0:
        return "no_preempt"
    if watchdog.traced():  # others would not be traced meanwhile
        return "a trace function"
    return places.barred(frame)


def interrupted(frame: Any) -> Any:
    """Return the frame that a signal has interrupted, given the one its handler was given.

    That may be one of ours: the signal came while `on_signal` looked at a process.
    """
    return frame if STATE.frame is None else STATE.frame


def look_at_loop(frame: Any) -> None:
    """Report a callback that keeps the event loop from its turns."""
    seconds = watchdog.silent(stacks.WATCH)
    if seconds <= 0.0:
        return
    if asyncio._get_running_loop() is None:
        watchdog.rest(stacks.WATCH)
    else:
        living = sum(runtime.alive for runtime in STATE.runtimes)
        holds.report_loop(frame, seconds, living)
