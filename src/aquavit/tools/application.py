"""Running an `Application` from the command line until it is told to stop.

Elixir: mix run --no-halt, and the script that starts a release.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from typing import Any

from aquavit.otp.application import Application
from aquavit.otp.application_master import stop_all
from aquavit.process import Pid, receive, send, share, spawn
from aquavit.process import self as current_pid
from aquavit.tools.program import INTERRUPTED, Signals, run_program

__all__ = ["STOP_WITHIN", "names_application", "run_application"]

#: Seconds that the applications get to stop after a signal.
STOP_WITHIN = 30.0


def names_application(found: object) -> bool:
    """Tell whether `found` is the class of an application."""
    return isinstance(found, type) and issubclass(found, Application) and found is not Application


def run_application(
    signals: Signals, app: type[Application], args: list[str], within: float
) -> int:
    """Start an application and all it needs, wait for a signal, and stop them in order.

    Args:
        signals: told how to ask for the end.
        app: what to run.
        args: for its `init`.
        within: seconds that stopping may take.

    Returns:
        The exit status: 0 after SIGTERM, 130 after Ctrl-C, 1 when stopping took too long.

    Raises:
        SystemExit: a tree has ended by itself.
    """
    life = _Life(signals, app, args, within)
    status = run_program(signals, life.main)
    return status or life.status


class _Life:
    """The main process of a program that is an application."""

    #: Seconds beyond the deadline, which the event loop sees first if it runs.
    EXTRA = 1.0

    def __init__(
        self, signals: Signals, app: type[Application], args: list[str], within: float
    ) -> None:
        self.signals = signals
        self.app = app
        self.args = args
        self.within = within
        self.status = 0
        self.backstop: threading.Timer | None = None

    async def main(self) -> None:
        """Start, wait, stop."""
        pid, loop = current_pid(), asyncio.get_running_loop()

        def stop(number: int) -> None:
            # A process that computes lets nothing else run: then a second signal ends all.
            self.backstop = threading.Timer(self.within + self.EXTRA, _raise_again, [number])
            self.backstop.daemon = True
            self.backstop.start()
            loop.call_soon_threadsafe(send, pid, ("stop", number))

        self.signals.stop = stop
        spawn(self.start, share(self), pid)
        what, value = await receive(("started", ...), ("stop", int))
        if what == "started":
            if value is not None:
                raise value
            _, value = await receive(("stop", int))
        await self.stop(value)

    @staticmethod
    async def start(life: _Life, main: Pid[Any]) -> None:
        """Start all, and tell the main process, which listens to signals meanwhile."""
        failure = None
        try:
            await Application.ensure_all_started(life.app.dependencies, "permanent")
            await Application.start(life.app, *life.args, type="permanent")
        except Exception as error:
            failure = error
        send(main, ("started", failure))

    async def stop(self, number: int) -> None:
        """Stop the applications, the last started first."""
        self.status = INTERRUPTED if number == signal.SIGINT else 0
        try:
            async with asyncio.timeout(self.within):
                await stop_all()
        except TimeoutError:
            left = ", ".join(Application.started_applications())
            print(f"aquavit run: not stopped within {self.within:g} s: {left}", file=sys.stderr)
            self.status = 1
        if self.backstop is not None:
            self.backstop.cancel()


def _raise_again(number: int) -> None:
    if hasattr(signal, "pthread_kill"):  # interrupts a call that blocks, too
        signal.pthread_kill(threading.main_thread().ident or 0, number)
    else:
        signal.raise_signal(number)
