"""Ctrl-C: back to the prompt, whatever the evaluator does; SIGTERM and SIGHUP: the end.

    it runs the user's code      KeyboardInterrupt there, at once
    it waits, or was taken off   KeyboardInterrupt where it waits, or when it goes on
    it does not react            the next Ctrl-C kills it, and there is a new one
    another process keeps the core from all others, and cannot be taken off:
                                 the next Ctrl-C ends that process

Elixir: Ctrl-G, then i.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from types import FrameType
from typing import TYPE_CHECKING, Any

from aquavit.core import preemption, raising
from aquavit.core.process import current
from aquavit.process import Pid, ProcessExit, kill, send
from aquavit.tools import streams
from aquavit.tools.shell import output

if TYPE_CHECKING:
    from aquavit.tools.shell.session import Session

__all__ = ["Interrupts"]

#: Signals that end the shell; the second comes when the window is closed.
_ENDING = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
#: What comes after Ctrl-Z and `fg`.
_RESUMED = getattr(signal, "SIGCONT", None)


class Interrupts:
    """The signals of the program while the shell runs.

    Elixir: none; the emulator has its own break handler.
    """

    def __init__(self) -> None:
        self.session: Session | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self.owner: Pid[Any] | None = None
        self.cell: object = None
        self.pending = self.ending = False
        self.before: dict[int, Any] = {}

    def begin(self, session: Session) -> None:
        """Take the signals over for `session`, which runs on this thread's loop."""
        self.session = session
        self.loop = asyncio.get_running_loop()
        self.owner = session.evaluation.owner
        if threading.current_thread() is threading.main_thread():
            self.before[signal.SIGINT] = signal.signal(signal.SIGINT, self.interrupt)
            for number in _ENDING:
                if signal.getsignal(number) is signal.SIG_DFL:
                    self.before[number] = signal.signal(number, self.terminate)
            if _RESUMED is not None:
                self.before[_RESUMED] = signal.signal(_RESUMED, lambda *_: session.editor.resumed())

    def end(self) -> None:
        """Give the signals back."""
        for number, before in self.before.items():
            signal.signal(number, before)
        self.before.clear()

    def terminate(self, number: int, frame: FrameType | None) -> None:
        """Take a SIGTERM, or the end of the terminal: the shell ends in order."""
        if self.ending:  # a second one ends it at once
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
            return
        self.ending = True
        self.let_go()
        if self.loop is not None and self.owner is not None:
            self.loop.call_soon_threadsafe(send, self.owner, ("leave", 128 + number))

    def input_ended(self) -> None:
        """Take the end of the input: if the terminal is gone, SIGHUP will only say the same."""
        number = getattr(signal, "SIGHUP", None)
        if self.let_go() and number in self.before:
            self.before[number] = signal.SIG_IGN  # the processes still tidy up

    def let_go(self) -> bool:
        """Let go of a terminal that is gone; tell whether it is."""
        typing = self.session is not None and self.session.editor.interactive
        if not typing or os.isatty(0):
            return False
        streams.let_go()  # nobody sees the rest, and nobody is to fail of it
        return True

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        """Take a Ctrl-C; Python calls this between two instructions."""
        session, loop = self.session, self.loop
        if session is None or loop is None:
            raise KeyboardInterrupt
        running, frame = current(), preemption.interrupted(frame)
        if running is not None and frame is not None and _is_users(frame):
            if self.pending:  # the loop has not come round since the last one
                self.pending = False
                text = f"** {running.pid!r} kept the core from all others, and was interrupted"
                loop.call_soon_threadsafe(output.tell, text)
                _raise(frame, ProcessExit("interrupted"))
                return
            if running.pid == session.evaluator and session.evaluation.cell is not self.cell:
                self.cell = session.evaluation.cell
                _raise(frame, KeyboardInterrupt())
                return
        cell = session.evaluation.cell
        again, self.cell = cell is self.cell, cell
        self.pending = True
        loop.call_soon_threadsafe(self.reach, session, cell, again)

    def reach(self, session: Session, cell: object, again: bool) -> None:
        """Interrupt the evaluator if it is still at that cell; the loop calls this."""
        self.pending = False
        if cell is None and not session.busy:
            session.editor.interrupted()
        process: Any = session.evaluator.process
        if process is None or cell is None or session.evaluation.cell is not cell:
            return
        if again:
            kill(session.evaluator)
        elif process.interrupt is None:
            process.runtime.interrupt(process, KeyboardInterrupt())


def _is_users(frame: FrameType) -> bool:
    """Tell whether the code at `frame` is neither ours nor the event loop's."""
    name = str(frame.f_globals.get("__name__"))
    return name.partition(".")[0] not in ("aquavit", "asyncio")


def _raise(frame: FrameType, error: BaseException) -> None:
    """Raise `error` in `frame`, where its handlers and `finally` see it."""
    if raising.is_covered(frame):
        raise error
    raising.raise_next(frame, error)
