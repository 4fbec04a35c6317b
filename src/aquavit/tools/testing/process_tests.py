"""Running a test as a process: a fresh runtime for each, and a look at what it left.

Elixir: ExUnit.Runner.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import random
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from aquavit.core import loops, preemption
from aquavit.process import ProcessExit, run
from aquavit.process import self as current_pid
from aquavit.process.wording import exit_lines
from aquavit.tools.testing.describing import process_lines
from aquavit.tools.testing.leaks import Leak, check_leaks
from aquavit.tools.testing.supervised import stop_all
from aquavit.tools.testing.tracing import TracedRuntime

__all__ = ["TestExit", "TestTimeout", "process_test", "run_test"]

LoopFactory = Callable[[], asyncio.AbstractEventLoop]
_INNER = ("aquavit", "asyncio", "contextlib")


class TestExit(AssertionError):
    """Raised when an exit signal ends a test; it says whose, in Elixir's words."""

    __test__ = False


class TestTimeout(AssertionError):
    """Raised when a test takes longer than it may; it says where each process waits."""

    __test__ = False


@dataclass
class Options:
    """How a test runs: `timeout` in seconds, `seed` for `random`, `leaks` to look for them."""

    timeout: float | None = 60.0
    seed: int | None = None
    leaks: bool = True
    loop_factory: LoopFactory | None = None


def process_test(
    body: Callable[..., Any] | None = None,
    *,
    timeout: float | None = 60.0,
    seed: int | None = None,
    leaks: bool = True,
    loop_factory: LoopFactory | None = None,
) -> Any:
    """Make a test of an `async def`: each call runs it as the first process of a runtime.

    At its end whatever is linked to the test is stopped, and what is left then (processes,
    names, timers, monitors) fails the test. pytest users need no decorator: they mark the
    test with `@pytest.mark.process`.

    Args:
        body: the test; it may be a method of a unittest.TestCase.
        timeout: seconds that it may take; None for no limit.
        seed: what `random` is seeded with before it.
        leaks: False to let it leave things behind.
        loop_factory: makes the event loop; asyncio's by default.

    Raises:
        AssertionError: what the test raised; an exit signal ended it; it left something.

    Example:
        >>> @process_test
        ... async def test_echo():
        ...     send(self(), "hello")
        ...     await assert_receive("hello")
        >>> test_echo()

    Elixir: test/3 of ExUnit.Case.
    """
    if body is None:
        return functools.partial(
            process_test, timeout=timeout, seed=seed, leaks=leaks, loop_factory=loop_factory
        )
    options = Options(timeout, seed, leaks, loop_factory)
    test = body

    @functools.wraps(test)
    def call(*args: Any, **kwargs: Any) -> None:
        __tracebackhide__ = True
        run_test(functools.partial(test, *args, **kwargs), options)

    return call


def run_test(body: Callable[[], Any], options: Options) -> None:
    """Run `body` as a test, and raise what makes it fail."""
    __tracebackhide__ = True
    if options.seed is not None:
        random.seed(options.seed)
    test = _Test(body, options)
    try:
        run(test.main, loop_factory=test.make_loop)
        return
    except ProcessExit as end:
        failure: BaseException = test.exit(end)
        cause = end.reason if isinstance(end.reason, BaseException) else None
    except Leak as leak:
        failure, cause = leak.with_traceback(None), None
    except BaseException as error:
        failure, cause = error.with_traceback(_own_part(error.__traceback__)), error.__cause__
    raise failure from cause


class _Test:
    """One run of a test."""

    def __init__(self, body: Callable[[], Any], options: Options) -> None:
        self.body = body
        self.options = options
        self.pid: Any = None
        self.late: TestTimeout | None = None

    def make_loop(self) -> asyncio.AbstractEventLoop:
        """Make the event loop, with a runtime that can be traced."""
        loop = (self.options.loop_factory or asyncio.new_event_loop)()
        runtime = TracedRuntime(loop)
        loops.install(runtime)
        preemption.start(runtime, preemption.SLICE)
        return loop

    async def main(self) -> None:
        """Run the body and clean up after it."""
        self.pid = current_pid()
        alarm = None
        if self.options.timeout is not None:
            loop = asyncio.get_running_loop()
            alarm = loop.call_later(self.options.timeout, self.stop)
        try:
            made = self.body()
            if inspect.isawaitable(made):
                await made
            await stop_all()
            if self.options.leaks:
                await check_leaks()
        finally:
            if alarm is not None:
                alarm.cancel()

    def stop(self) -> None:
        """End a test that takes too long."""
        process = self.pid.process
        if process is not None:
            lines = [f"test timed out after {self.options.timeout} s"]
            for each in process.runtime.processes():
                who = "the test" if each.pid == self.pid else ""
                lines += [f"    {line}" for line in process_lines(each.pid, who)]
            self.late = TestTimeout("\n".join(lines))
            process.runtime.begin_exit(process, self.late)

    def exit(self, end: ProcessExit) -> BaseException:
        """Return what to raise when an exit signal, or its own exit, ended the test."""
        if self.late is not None:
            return self.late
        first, *rest = exit_lines(end.reason)
        return TestExit("\n".join([f"** (EXIT from {self.pid!r}) {first}", *rest]))


def _own_part(traceback: TracebackType | None) -> TracebackType | None:
    """Return the traceback without the frames that lead to the test."""
    found = traceback
    while found is not None:
        module = str(found.tb_frame.f_globals.get("__name__"))
        if module.partition(".")[0] not in _INNER:
            return found
        found = found.tb_next
    return traceback
