"""Running a program from the command line: its signals, its end, its exit status.

An error of the program itself is written to stderr, and so is the exit signal that ended
it, in the words that Elixir uses for a script. Everybody else's crash is a report on the
log.

Elixir: Kernel.CLI.
"""

from __future__ import annotations

import _thread
import asyncio
import contextlib
import functools
import inspect
import signal
import sys
import threading
import warnings
from collections.abc import Awaitable, Callable, Iterator
from types import FrameType, TracebackType
from typing import Any

from aquavit.core import preemption, telling
from aquavit.core.process import current
from aquavit.process import ProcessExit, is_alive, run, spawn
from aquavit.process import self as current_pid
from aquavit.process.wording import (
    RED,
    error_lines,
    exit_lines,
    frame_lines,
    paint,
    wants_colour,
)

__all__ = ["INTERRUPTED", "Signals", "run_program", "show_error"]

#: Seconds that the event loop has to take up a signal.
_AGAIN = 0.1
#: Exit status after Ctrl-C, as shells count.
INTERRUPTED = 128 + signal.SIGINT


def run_program(signals: Signals, main: Callable[..., Any], *args: Any) -> int:
    """Run `main(*args)` as the main process and return the exit status.

    Args:
        signals: told where the program runs.
        main: what to run.
        args: its arguments.

    Raises:
        SystemExit: as raised by the program.
    """
    first = _Main(signals, main)
    try:
        run(functools.update_wrapper(functools.partial(first.body), main), *args)
    except KeyboardInterrupt:
        _silence_unawaited()  # for good: its traceback goes now, with what it holds
        return INTERRUPTED
    except SystemExit:
        raise
    except ProcessExit as end:
        return first.ended(end.reason)
    except BaseException as error:
        show_error(error.with_traceback(first.traceback))
        return 1
    # The program may have ended before the process that was to stop it had its turn.
    return 128 + signals.overtaken if signals.overtaken else 0


class _Main:
    """The main process, and whether its end was its own doing."""

    def __init__(self, signals: Signals, fn: Callable[..., Any]) -> None:
        self.signals = signals
        self.fn = fn
        self.pid: Any = None
        self.raised: BaseException | None = None
        self.traceback: TracebackType | None = None

    def body(self, *args: Any) -> Awaitable[None] | None:
        """Run the function, in an `async def` process if it is such a function."""
        self.pid = current_pid()
        self.signals.loop = asyncio.get_running_loop()
        with self._noticed():
            made = self.fn(*args)
        return self._awaited(made) if inspect.isawaitable(made) else None

    async def _awaited(self, made: Awaitable[Any]) -> None:
        with self._noticed():
            await made

    @contextlib.contextmanager
    def _noticed(self) -> Iterator[None]:
        """Notice the end if it is the function's own doing."""
        try:
            yield
        except BaseException as error:
            if is_alive(self.pid):  # no exit signal has been accepted
                self.raised, self.traceback = error, error.__traceback__
                # It is shown by this command: no report on the log as well.
                self.pid.process.extras().report = {"kind": "told"}
            raise

    def ended(self, reason: object) -> int:
        """Say how the main process ended and return the exit status."""
        colour = wants_colour(sys.stderr)
        if self.raised is None:
            lead, frames = f"** (EXIT from {self.pid!r}) ", []
        else:
            if type(reason) is str and reason == "shutdown":
                return 0
            if type(reason) is tuple and len(reason) == 2 and telling.is_quiet(reason):
                return reason[1] & 0xFF if type(reason[1]) is int else 0
            lead = "** (exit) "
            frames = frame_lines(self.traceback, colour=colour)
        first, *rest = exit_lines(reason, colour=colour)
        _write([paint(lead + first, RED, colour), *rest, *frames])
        return 1


def show_error(error: BaseException) -> None:
    """Write an uncaught exception of the program to stderr."""
    if sys.excepthook is not sys.__excepthook__:  # the program has its own way
        sys.excepthook(type(error), error, error.__traceback__)
    else:
        _write(error_lines(error, colour=wants_colour(sys.stderr)))


def _write(lines: list[str]) -> None:
    print("\n".join(lines), file=sys.stderr)


class Signals:
    """Ctrl-C and SIGTERM stop the program in order; a second one ends it at once.

    A process that computes is interrupted where it is. While all wait, a new process
    raises what stops the runtime. A program that has set `stop` is not interrupted: that
    is called, wherever the signal finds it.

    Elixir: init:stop/0.
    """

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.asked = False
        self.overtaken = 0
        self.again: threading.Timer | None = None
        self.stop: Callable[[int], Any] | None = None
        self.before: dict[int, Any] = {}

    def __enter__(self) -> Signals:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                before = signal.getsignal(number)
                if before in (signal.SIG_DFL, signal.default_int_handler):
                    self.before[number] = signal.signal(number, self.handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.forget()
        for number, before in self.before.items():
            signal.signal(number, before)

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Take a signal; Python calls this between two instructions."""
        if self.asked:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        elif self.stop is not None and self.loop is not None and not self.loop.is_closed():
            self.asked = True
            self.stop(number)
        elif self.loop is None or self.loop.is_closed():
            _stop(number)
        elif _computes(frame):
            silence = warnings.catch_warnings()
            silence.__enter__()
            _silence_unawaited()
            self.loop.call_soon_threadsafe(silence.__exit__, None, None, None)
            _stop(number)
        else:
            self.asked = True
            self.overtaken = number
            # It may be a process in code of ours, about to read or to compute for long.
            self.again = threading.Timer(_AGAIN, self.repeat, (number, threading.get_ident()))
            self.again.daemon = True
            self.again.start()
            self.loop.call_soon_threadsafe(self.reach, number)

    def reach(self, number: int) -> None:
        """Stop the program by a process of its own; the loop calls this."""
        if self.asked:
            self.forget()
            spawn(_stop, number)

    def repeat(self, number: int, thread: int) -> None:
        """Send the signal again: the loop has not had its turn. A thread calls this."""
        self.asked = False
        if sys.platform == "win32":
            _thread.interrupt_main(number)
        else:
            signal.pthread_kill(thread, number)  # which also ends a call that waits in C

    def forget(self) -> None:
        """Let no signal come again."""
        if self.again is not None:
            self.again.cancel()


def _stop(number: int) -> None:
    raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)


def _silence_unawaited() -> None:
    """Keep Python from warning of what the interrupt itself kept from being awaited."""
    warnings.filterwarnings("ignore", ".* was never awaited", RuntimeWarning)


def _computes(frame: FrameType | None) -> bool:
    """Tell whether a process runs code that is neither ours nor the event loop's."""
    frame = preemption.interrupted(frame)
    if current() is None or frame is None:
        return False
    return str(frame.f_globals.get("__name__")).partition(".")[0] not in ("aquavit", "asyncio")
