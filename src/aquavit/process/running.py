"""Running a program: the runtime from its first process to an orderly end.

Elixir: the virtual machine; System.halt/1.
"""

from __future__ import annotations

import asyncio
import functools
import importlib.util
import inspect
from collections.abc import Callable
from typing import Any

from aquavit.core import loops
from aquavit.core.exits import ProcessExit, brief
from aquavit.core.process import current
from aquavit.process.report_rate import flush_reports

__all__ = ["run"]


def run(
    main: Callable[..., Any],
    *args: Any,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> Any:
    """Start a runtime, run `main(*args)` as its first process, and return its result.

    When main ends, trees of supervisors stop first, in order; then every other process
    gets the exit signal `"shutdown"` and may clean up. Ctrl-C does the same to main.

    Args:
        main: an `async def` function or a plain function.
        args: its arguments.
        loop_factory: makes the event loop; uvloop's when it is installed, else asyncio's.

    Returns:
        What main returns.

    Raises:
        Exception: what main raised.
        ProcessExit: main was ended by an exit signal, or raised it, with a reason other
            than "normal"; if the reason is an exception it is the cause.
        RuntimeError: an event loop is running already.
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
    if asyncio._get_running_loop() is not None:
        raise RuntimeError(
            "run: expected no running event loop, got one on this thread\n"
            "inside a loop use spawn(...); the runtime comes to life by itself"
        )
    with asyncio.Runner(loop_factory=loop_factory or _best_loop()) as runner:
        return runner.run(_drive(main, args))


def _best_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if importlib.util.find_spec("uvloop") is None:
        return None
    import uvloop  # pyright: ignore[reportMissingImports]

    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


async def _drive(main: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """Run main as a process; this asyncio task stays outside the runtime."""
    runtime = loops.runtime_of(asyncio.get_running_loop())
    over = runtime.loop.create_future()
    outcome = _Outcome()

    def finish(reason: object) -> None:
        if not over.done():
            over.set_result(reason)

    # The first process has no parent and shares with its caller: nothing is copied.
    process = runtime.spawn(None, functools.partial(outcome.keep, main), args)
    process.extras().on_end = finish
    runtime.on_fatal = finish
    try:
        reason = await over
    finally:
        runtime.begin_exit(process, "shutdown")
        await loops.stop(runtime)
        flush_reports()
    if runtime.fatal is not None:
        raise runtime.fatal
    return outcome.of(reason)


class _Outcome:
    """What main returned or raised."""

    def __init__(self) -> None:
        self.result: Any = None
        self.error: BaseException | None = None

    async def keep(self, main: Callable[..., Any], *args: Any) -> None:
        """Run main and remember how it ended."""
        try:
            made = main(*args)
            self.result = await made if inspect.isawaitable(made) else made
        except BaseException as error:
            self.error = error
            process = current()
            if process is not None and not process.exiting:
                # `run` raises it: a report on top would tell it twice.
                process.extras().report = {"kind": "told"}
            raise

    def of(self, reason: object) -> Any:
        """Return or raise what `run` does for the exit reason of main."""
        if reason == "normal":
            return self.result
        if self.error is not None and reason is self.error:
            raise self.error
        raise ProcessExit(reason) from (reason if isinstance(reason, BaseException) else None)
