"""Plain functions as processes: waiting anywhere down a call stack.

What `wait` is given runs on the stack of the process, as if awaited there; where it must
wait, the whole stack is parked (see `stacks`), and others run.

Erlang: none; every process there has a stack, and `receive` may stand anywhere.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable
from typing import Any, TypeVar

from aquavit.core import loops, process
from aquavit.core.exits import ProcessExit, brief
from aquavit.core.runtime import Runtime

__all__ = ["wait"]

T = TypeVar("T")


def wait(awaitable: Awaitable[T]) -> T:
    """Wait for `awaitable` in a process that is a plain function, and return its result.

    It may be called anywhere down the call stack. Other processes run meanwhile. Exit
    signals and kill are raised here, as they are where a coroutine awaits.

    Args:
        awaitable: what an `async def` function would await: `receive()`, `sleep(1)`, a
            coroutine, an asyncio future.

    Returns:
        What `await` would return.

    Raises:
        RuntimeError: called in an `async def` process, where `await` is the way.
        NotInProcess: there is no current process.
        TypeError: the argument cannot be awaited.
        ProcessExit: an exit signal has come.
        BaseException: what `awaitable` raises.

    Example:
        >>> def greeter():
        ...     caller, name = wait(receive())
        ...     send(caller, f"hello {name}")
        >>> async def main():
        ...     send(spawn(greeter), (self(), "world"))
        ...     return await receive()
        >>> run(main)
        'hello world'

    Elixir: none; see receive/1.
    """
    p = process.current()
    if p is None:
        p = loops.here("wait")
    runtime: Runtime = p.runtime
    if p.adopted or p.coroutine is not None:
        raise RuntimeError(_misplaced(p, awaitable))
    if not inspect.isawaitable(awaitable):
        raise TypeError(f"wait: expected something to await, got {brief(awaitable)}")
    if not runtime.may_park(p):
        raise RuntimeError(
            "wait: expected to be called on the stack of its process, got another greenlet, "
            "a context of `Context.run`, a task that runs eagerly or what the garbage collector "
            "calls"
        )
    if p.killed:
        runtime.refuse_to_wait(p)
        raise ProcessExit(p.reason)
    outcome = _Outcome()
    p.coroutine = outcome.of(awaitable)
    try:
        runtime.drive(p)
    finally:
        p.coroutine = None
    return outcome.value  # type: ignore[no-any-return]


class _Outcome:
    value: Any = None

    async def of(self, awaitable: Any) -> None:
        self.value = await awaitable


def _misplaced(p: Any, awaitable: Any) -> str:
    if inspect.iscoroutine(awaitable):
        awaitable.close()
    where = "an asyncio task" if p.adopted else "an `async def` process"
    if getattr(p.coroutine, "cr_code", None) is _Outcome.of.__code__:
        where = "what another `wait` waits for"
    return (
        f"wait: expected to be called in a process that is a plain function, got {where}\n"
        f"use `await` there; for plain code that waits, spawn a plain function"
    )
