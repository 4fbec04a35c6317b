"""Running a program: the runtime from its first process to an orderly end.

Elixir: the virtual machine; System.halt/1.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib.util
import inspect
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar, TypeVarTuple, overload

from aquavit.core import loops
from aquavit.core.exits import ProcessExit, brief
from aquavit.core.process import current
from aquavit.process.report_rate import flush_reports

__all__ = ["run"]

T = TypeVar("T")
A = TypeVarTuple("A")


@overload
def run(
    main: Callable[[*A], Awaitable[T]],
    *args: *A,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
    preempt: float | None = 0.01,
) -> T: ...
@overload
def run(
    main: Callable[[*A], T],
    *args: *A,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
    preempt: float | None = 0.01,
) -> T: ...
def run(
    main: Callable[[*A], Any],
    *args: *A,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
    preempt: float | None = 0.01,
) -> Any:
    """Start a runtime, run `main(*args)` as its first process, and return its result.

    When main ends, trees of supervisors stop first, in order; then every other process
    gets the exit signal `"shutdown"` and may clean up. Ctrl-C does the same to main, and a
    second one waits for no clean-up.

    Args:
        main: an `async def` function or a plain function.
        args: its arguments.
        loop_factory: makes the event loop; uvloop's when it is installed, else asyncio's.
        preempt: seconds that a process may run without waiting before it is taken off the
            core; None for no preemption. Off the main thread there is none.

    Returns:
        What main returns.

    Raises:
        Exception: what main raised.
        ProcessExit: main was ended by an exit signal, or raised it, with a reason other
            than "normal"; if the reason is an exception it is the cause.
        RuntimeError: an event loop is running already.
        TypeError, ValueError: `main` or `preempt` is wrong.
        KeyboardInterrupt, SystemExit: as raised in any process.

    Example:
        >>> async def main(name):
        ...     return f"hello {name}"
        >>> run(main, "world")
        'hello world'

    Elixir: what `elixir script.exs` does with the script.
    """
    if not callable(main):
        if inspect.iscoroutine(main):
            main.close()
        raise TypeError(f"run: expected a function, got {brief(main)}\ncall run(main, *args)")
    _check_slice(preempt)
    if asyncio._get_running_loop() is not None:
        raise RuntimeError(
            "run: expected no running event loop, got one on this thread\n"
            "inside a loop use `await main()` or spawn(main); the runtime comes to life by itself\n"
            "a script that calls run is started with `python script.py`, not with `aquavit run`"
        )
    with asyncio.Runner(loop_factory=loop_factory or _best_loop()) as runner:
        driving = _drive(main, args, preempt)
        try:
            return runner.run(driving)
        except KeyboardInterrupt:
            if inspect.getcoroutinestate(driving) != inspect.CORO_CLOSED:  # the second one
                loops.stop_at_once(runner.get_loop())
            raise


def _best_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if importlib.util.find_spec("uvloop") is None:
        return None
    import uvloop  # pyright: ignore[reportMissingImports]

    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def _check_slice(seconds: Any) -> None:
    if seconds is None:
        return
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise TypeError(f"run: expected preempt in seconds or None, got {brief(seconds)}")
    if not 0.001 <= seconds <= 60:
        raise ValueError(f"run: expected preempt from 0.001 to 60 seconds, got {seconds!r}")


async def _drive(main: Callable[..., Any], args: tuple[Any, ...], preempt: float | None) -> Any:
    """Run main as a process; this asyncio task stays outside the runtime."""
    runtime = loops.runtime_of(asyncio.get_running_loop(), preempt)
    over = runtime.loop.create_future()
    outcome = _Outcome()

    def finish(reason: object) -> None:
        if not over.done():
            over.set_result(reason)
        elif over.cancelled() and isinstance(reason, KeyboardInterrupt):
            runtime.kill_all()  # the second Ctrl-C found a process that computes

    # The first process has no parent and shares with its caller: nothing is copied. Its
    # initial call is main.
    first = functools.update_wrapper(functools.partial(outcome.keep, main), main)
    process = runtime.spawn(None, first, args)
    process.extras().on_end = finish
    runtime.on_fatal = finish
    try:
        reason = await over
    finally:
        runtime.begin_exit(process, "shutdown")
        await loops.stop(runtime)
        flush_reports()
        del process  # see `_leave_to_run`
    if runtime.fatal is not None:
        raise runtime.fatal
    return outcome.of(reason)


class _Outcome:
    """What main returned or raised."""

    def __init__(self) -> None:
        self.result: Any = None
        self.error: BaseException | None = None

    def keep(self, main: Callable[..., Any], *args: Any) -> Any:
        """Run main and remember how it ended."""
        with self._remembered():
            made = main(*args)
            if inspect.isawaitable(made):
                return self._keep_awaited(made)
            self.result = made
        return None

    async def _keep_awaited(self, made: Awaitable[Any]) -> None:
        with self._remembered():
            self.result = await made

    @contextlib.contextmanager
    def _remembered(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self.error = error
            _leave_to_run()
            raise

    def of(self, reason: object) -> Any:
        """Return or raise what `run` does for the exit reason of main."""
        if type(reason) is str and reason == "normal":
            return self.result
        if self.error is not None and reason is self.error:
            raise self.error
        raise ProcessExit(reason) from (reason if isinstance(reason, BaseException) else None)


def _leave_to_run() -> None:
    """Let no report tell what `run` raises."""
    # In a function of its own: where an exception passes, a variable must not lead to the
    # process that it ends, which leads to it, unseen by the collector.
    process = current()
    if process is not None and not process.exiting:
        process.extras().report = {"kind": "told"}
