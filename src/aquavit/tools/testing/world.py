"""One run of a program in a simulation.

loop, runtime  made for it, and thrown away
error          what made it fail, or None
result         what main returned
log            what happened, if it was asked for
"""

from __future__ import annotations

import asyncio
import inspect
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aquavit.core import ids, loops
from aquavit.core.hooks import HOOKS, CrashReport
from aquavit.core.simulated import SimulatedRuntime
from aquavit.process.wording import exit_lines
from aquavit.tools.testing.describing import process_lines
from aquavit.tools.testing.schedules import Pruned, Strategy
from aquavit.tools.testing.sealing import ACTIVE
from aquavit.tools.testing.simulated_loop import SimulatedLoop

__all__ = ["Deadlock", "EndedByExit", "Faults", "InjectedCrash", "Livelock", "Settings", "World"]


class Deadlock(AssertionError):
    """Raised when main waits, and nothing can happen any more; it says who waits where."""


class Livelock(AssertionError):
    """Raised when a simulation makes more moves than it may."""


class EndedByExit(AssertionError):
    """Raised when an exit signal ends main, in Elixir's words."""


class InjectedCrash(Exception):
    """What `Faults` lets a process crash with."""


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong by itself in a simulation; the seed says when.

    Args:
        kill: the probability that some process, but never main, is killed before a move.
        crash: the number of the move before which some process, but never main, crashes
            with `InjectedCrash`; None for no crash.
        delay: seconds of virtual time for which a message may be under way.

    Example:
        >>> Faults(kill=0.01).delay
        0.0

    Elixir: none.
    """

    kill: float = 0.0
    crash: int | None = None
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for all runs of one exploration."""

    main: Callable[..., Any]
    args: tuple[Any, ...] = ()
    delays: bool = True
    lag: float = 0.001
    faults: Faults | None = None
    max_moves: int = 10_000

    def options(self) -> str:
        """Return those that are not the usual ones, as they are written in a call."""
        usual = Settings(self.main)
        names = ("delays", "lag", "faults", "max_moves")
        given = [name for name in names if getattr(self, name) != getattr(usual, name)]
        return "".join(f", {name}={getattr(self, name)!r}" for name in given)


class World:
    """One run; `go` makes it."""

    def __init__(self, settings: Settings, strategy: Strategy, number: int, seed: int) -> None:
        self.settings = settings
        self.result: Any = None
        self.error: BaseException | None = None
        self.log: list[Any] | None = None
        loop = self.loop = SimulatedLoop()  # type: ignore[abstract]
        faults = settings.faults
        lag = settings.lag if faults is None else max(settings.lag, faults.delay)
        ids.set_counters(0, 0)
        choose = strategy.begin(number)
        runtime = SimulatedRuntime(loop, loop.callbacks, choose, settings.delays, lag)
        self.runtime = loop.runtime = strategy.runtime = runtime
        runtime.asks_always = strategy.asks_always
        runtime.most_moves = settings.max_moves
        random.seed(seed)
        if faults is not None and (faults.kill or faults.crash is not None):
            runtime.before_move = _Injector(faults, seed).before

    def go(self) -> None:
        """Run main to its end, then stop all others in order."""
        loop, runtime = self.loop, self.runtime
        runtime.log = self.log
        HOOKS.crash_reporter = None if self.log is None else self._crashed
        loops.install(runtime)
        asyncio._set_running_loop(loop)
        ACTIVE.loop = loop
        try:
            self._run()
            self._stop()
        except Pruned:
            self._stop()
            raise
        else:
            if isinstance(self.error, KeyboardInterrupt):
                raise self.error
        finally:
            ACTIVE.loop = None
            asyncio._set_running_loop(None)
            loops.forget(runtime)
            runtime.abandon()
            loop.close()

    def _run(self) -> None:
        runtime = self.runtime
        if self.log is not None:
            runtime.choose = self._noting(runtime.choose)
        first = runtime.spawn(None, self._main, ())
        first.extras().on_end = self._ended
        runtime.on_fatal = self._fail
        if not runtime.run():
            if runtime.moves > runtime.most_moves:
                self.error = Livelock(
                    f"it goes on after {runtime.most_moves:,} moves\n"
                    "the end of the chart shows what goes on; max_moves=... allows more"
                )
            else:
                self.error = Deadlock("\n".join(self._waiting()))
        if self.loop.failure is not None:
            self.error = self.loop.failure
        if self.log is not None:
            for process in runtime.processes():
                self.log.append(("alive", 0.0, process.pid, runtime.known_as(process)))

    def _noting(self, choose: Callable[[int], int]) -> Callable[[int], int]:
        """Return `choose`, which then writes down where it leaves the usual order."""
        log = self.log
        assert log is not None

        def noted(total: int) -> int:
            move = choose(total)
            if move:
                log.append(("switch", self.runtime.virtual))
            return move

        return noted

    async def _main(self) -> None:
        try:
            made = self.settings.main(*self.settings.args)
            self.result = await made if inspect.isawaitable(made) else made
        except Exception as error:
            self.error = error
            raise

    def _fail(self, error: BaseException) -> None:
        """End the simulation: some process has raised SystemExit or KeyboardInterrupt."""
        self.error = error
        self.runtime.over = True

    def _ended(self, reason: object) -> None:
        self.runtime.over = True
        if not (type(reason) is str and reason == "normal") and self.error is None:
            self.error = EndedByExit("\n".join(["** (EXIT from main)", *exit_lines(reason)]))
            self.error.__cause__ = reason if isinstance(reason, BaseException) else None

    def _stop(self) -> None:
        runtime = self.runtime
        runtime.over = False
        runtime.log = runtime.before_move = None
        runtime.asks_always = False
        runtime.choose = _first
        runtime.most_moves = runtime.moves + self.settings.max_moves
        runtime.stop_all(self._emptied)
        if not runtime.over:
            runtime.run()

    def _emptied(self) -> None:
        self.runtime.over = True

    def _waiting(self) -> list[str]:
        lines = ["nothing can happen any more, but main waits:"]
        for number, process in enumerate(self.runtime.processes()):
            who = "" if number else "main"
            lines += [f"    {line}" for line in process_lines(process.pid, who)]
        return lines

    def _crashed(self, report: CrashReport) -> None:
        if self.log is not None:
            self.log.append(("crash", self.runtime.virtual, report.pid, report.reason))


def _first(total: int) -> int:
    return 0


class _Injector:
    """Lets processes die as `Faults` says."""

    def __init__(self, faults: Faults, seed: int) -> None:
        self.faults = faults
        self.draw = random.Random(seed * 2 + 1).random

    def before(self, runtime: Any) -> None:
        """Called before each move."""
        if self.faults.kill and self.draw() < self.faults.kill:
            victim = self.victim(runtime)
            if victim is not None:
                runtime.kill(victim)
        if runtime.moves == self.faults.crash:
            victim = self.victim(runtime)
            if victim is not None and not victim.exiting:
                runtime.interrupt(victim, InjectedCrash("injected"))

    def victim(self, runtime: Any) -> Any:
        """Return some process, but never main, or None."""
        others = runtime.processes()[1:]
        return others[int(self.draw() * len(others))] if others else None
