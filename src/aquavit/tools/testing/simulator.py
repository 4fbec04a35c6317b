"""The simulator: a program under one schedule, or under thousands of them.

Time is virtual, chance is seeded, and the seed also says which of all possible moves
comes next: which process runs, which message arrives, which timer fires. So a run can be
repeated, a failure too, and the failing schedule can be made small.

Elixir: none; Concuerror and PULSE for Erlang are its like.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aquavit.process.wording import frame_lines
from aquavit.tools.testing.schedules import (
    Pruned,
    Replay,
    Schedule,
    Strategy,
    read_schedule,
    strategy_named,
    written,
)
from aquavit.tools.testing.sealing import sealed
from aquavit.tools.testing.sequence import Trace
from aquavit.tools.testing.shrinking import shrink
from aquavit.tools.testing.simulated_loop import SimulationError
from aquavit.tools.testing.world import Faults, Settings, World

__all__ = ["Exploration", "Simulation", "SimulationFailure", "explore", "simulate"]

_clock = time.perf_counter
_WAYWARD = (
    "the program depends on what the seed does not decide: what an earlier run has left in a"
    " global, datetime.now(), a random.Random() without a seed, the order of a set"
)


class SimulationFailure(AssertionError):
    """Raised when a simulated program fails; its cause is what the program raised.

    `seed` and `schedule` repeat it: `simulate(main, seed=..., schedule=...)`; the options of
    the simulation that matter are in `options`. `trace` shows what happened; `trace.svg()`
    is a picture of it. `repeats` is False if the same schedule did not fail once more.

    Elixir: none.
    """

    #: How a call that repeats it is written.
    form = "simulate(main, {})"

    def __init__(
        self, error: BaseException, seed: int, schedule: str, trace: Trace, runs: int
    ) -> None:
        super().__init__(error, seed, schedule)
        self.error = error
        self.seed = seed
        self.schedule = schedule
        self.trace = trace
        self.runs = runs
        self.options = ""
        self.repeats = True

    def __str__(self) -> str:
        lines = [f"{type(self.error).__name__}: {self.error}"]
        lines += frame_lines(self.error.__traceback__)
        which = f"schedule {self.runs} of this exploration" if self.runs else "this schedule"
        if not self.repeats:
            return "\n".join([*lines, f"{which} fails, but not when it is repeated", _WAYWARD])
        switches = len(self.schedule.split())
        call = self.form.format(f"seed={self.seed}, schedule={self.schedule!r}{self.options}")
        lines += [
            f"{which} fails, with {switches} switch{'' if switches == 1 else 'es'}"
            " from the order of the real runtime",
            f"to repeat it: {call}",
            "",
            self.trace.text(),
        ]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Simulation:
    """A run that did not fail: what main returned, after how many moves and how long.

    `seconds` is virtual time; `trace` shows what happened.

    Elixir: none.
    """

    result: Any
    moves: int
    seconds: float
    trace: Trace


@dataclass(frozen=True, slots=True)
class Exploration:
    """How many schedules were run without a failure.

    `complete` says that there are no others; `pruned` counts those that were cut short
    because they could bring nothing new; `seconds` is real time.

    Elixir: none.
    """

    schedules: int
    moves: int
    seconds: float
    complete: bool
    pruned: int


def simulate(
    main: Callable[..., Any],
    *args: Any,
    seed: int | None = None,
    schedule: str | None = None,
    strategy: str = "random",
    delays: bool = True,
    lag: float = 0.001,
    faults: Faults | None = None,
    max_moves: int = 10_000,
) -> Simulation:
    """Run `main(*args)` once in a simulation.

    Args:
        main: an `async def` function or a plain function; it runs as the first process.
        args: its arguments.
        seed: chooses the moves, seeds `random`, and says when faults come. Without it the
            moves are those of the real runtime.
        schedule: chooses the moves in place of the seed, see `SimulationFailure`.
        strategy: "random" or "pct": how the seed chooses.
        delays: False lets every message arrive at once.
        lag: seconds of virtual time that may pass while a process is ready to run.
        faults: what goes wrong by itself.
        max_moves: a run with more of them fails.

    Returns:
        What main returned, and the trace.

    Raises:
        SimulationFailure: main raised, was ended, or waits for ever.
        SimulationError: the program did what cannot be simulated.
        RuntimeError: an event loop runs already.

    Example:
        >>> async def main():
        ...     await sleep(3600)
        ...     return "an hour later"
        >>> simulate(main).result
        'an hour later'

    Elixir: none.
    """
    settings = _settings(main, args, delays, lag, faults, max_moves)
    chosen = read_schedule(schedule) if schedule is not None else {} if seed is None else None
    player: Strategy = Replay(chosen) if chosen is not None else strategy_named(strategy, seed or 0)
    with sealed():
        world = _run(settings, player, 0, seed or 0, log=True)
    trace = Trace(world.log or [], player.schedule())
    if world.error is not None:
        _raise(settings, world.error, seed or 0, player.schedule(), trace, 0)
    return Simulation(world.result, world.runtime.moves, world.runtime.virtual, trace)


def explore(
    main: Callable[..., Any],
    *args: Any,
    schedules: int = 1000,
    strategy: str = "random",
    seed: int = 0,
    delays: bool = True,
    lag: float = 0.001,
    faults: Faults | None = None,
    max_moves: int = 10_000,
) -> Exploration:
    """Run `main(*args)` under many schedules, until one fails.

    Args:
        main: an `async def` function or a plain function; it runs as the first process
            of each simulation.
        args: its arguments.
        schedules: how many to run at most.
        strategy: "random"; "pct", which follows priorities that hardly change;
            "exhaustive", which runs all schedules that can make a difference.
        seed: of the first schedule; each has the next.
        delays: False lets every message arrive at once.
        lag: seconds of virtual time that may pass while a process is ready to run.
        faults: what goes wrong by itself.
        max_moves: a run with more of them fails.

    Returns:
        How many schedules were run, when none failed.

    Raises:
        SimulationFailure: one failed; it was made as small as it goes.
        SimulationError: the program did what cannot be simulated.
        RuntimeError: an event loop runs already.

    Example:
        >>> async def main():
        ...     me = self()
        ...     for word in ("a", "b"):
        ...         spawn(send, me, word)
        ...     assert {await receive(), await receive()} == {"a", "b"}
        >>> explore(main, strategy="exhaustive").complete
        True

    Elixir: none.
    """
    settings = _settings(main, args, delays, lag, faults, max_moves)
    player = strategy_named(strategy, seed)
    start, moves, done, pruned = _clock(), 0, 0, 0
    with sealed():
        while done < schedules and not player.finished():
            try:
                world = _run(settings, player, done + pruned, seed + done)
            except Pruned:
                pruned += 1
                continue
            done += 1
            moves += world.runtime.moves
            if world.error is not None:
                _report(settings, world.error, seed + done - 1, player.schedule(), done)
    return Exploration(done, moves, _clock() - start, player.finished(), pruned)


def _settings(
    main: Any, args: tuple[Any, ...], delays: bool, lag: float, faults: Faults | None, moves: int
) -> Settings:
    if not callable(main):
        raise TypeError(f"simulate: expected a function, got {main!r}\ncall simulate(main, *args)")
    if asyncio._get_running_loop() is not None:
        raise RuntimeError(
            "simulate: expected no running event loop, got one on this thread\n"
            "a simulation has a loop of its own: start it from a plain function"
        )
    return Settings(main, args, delays, lag, faults, moves)


def _run(
    settings: Settings, strategy: Strategy, number: int, seed: int, *, log: bool = False
) -> World:
    world = World(settings, strategy, number, seed)
    if log:
        world.log = []
    world.go()
    return world


def _report(
    settings: Settings, error: BaseException, seed: int, schedule: Schedule, runs: int
) -> None:
    """Make a failing schedule small, and raise what it ends with."""
    __tracebackhide__ = True

    def fails(candidate: Schedule) -> Schedule | None:
        player = Replay(candidate)
        world = _run(settings, player, 0, seed)
        return player.schedule() if type(world.error) is type(error) else None

    if isinstance(error, SimulationError):
        raise error
    if fails(schedule) is not None:
        schedule = shrink(schedule, fails)
    player = Replay(schedule)
    world = _run(settings, player, 0, seed, log=True)
    trace = Trace(world.log or [], player.schedule())
    repeats = world.error is not None
    _raise(settings, world.error or error, seed, player.schedule(), trace, runs, repeats)


def _raise(
    settings: Settings,
    error: BaseException,
    seed: int,
    schedule: Schedule,
    trace: Trace,
    runs: int,
    repeats: bool = True,
) -> None:
    __tracebackhide__ = True
    if isinstance(error, SimulationError):
        raise error
    failure = SimulationFailure(error, seed, written(schedule), trace, runs)
    failure.options, failure.repeats = settings.options(), repeats
    raise failure from error
