"""Calling into the runtime from an ordinary thread.

Elixir: none; all Elixir code runs in processes.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import inspect
import threading
import weakref
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, TypeVarTuple, overload

from aquavit.core import isolation, loops, requests
from aquavit.core.exits import ProcessExit, brief

__all__ = ["call"]

T = TypeVar("T")
A = TypeVarTuple("A")


@overload
def call(fn: Callable[[*A], Awaitable[T]], *args: *A, timeout: float | None = None) -> T: ...
@overload
def call(fn: Callable[[*A], T], *args: *A, timeout: float | None = None) -> T: ...
def call(fn: Callable[[*A], Any], *args: *A, timeout: float | None = None) -> Any:
    """Run `fn(*args)` in a new process and wait for it, from a thread without a loop.

    Args:
        fn: an `async def` function or a plain function.
        args: its arguments, copied as for `spawn`.
        timeout: seconds to wait, None for ever.

    Returns:
        What `fn` returns.

    Raises:
        TimeoutError: the time is over; the process is killed.
        ProcessExit: the process was ended by an exit signal, as all are when the runtime
            stops.
        RuntimeError: called on the runtime's own thread, where it would wait for itself.
        TypeError, ValueError: `fn` is not callable, or cannot be copied; `timeout` is no
            number, or negative.
        Exception: what `fn` raised.

    Example:
        >>> import asyncio
        >>> async def main():
        ...     return await asyncio.to_thread(from_thread.call, abs, -3)
        >>> run(main)
        3

    Elixir: none.
    """
    if not callable(fn):
        raise TypeError(
            f"from_thread.call: expected a function, got {brief(fn)}"
            f"\npass the function and its arguments: from_thread.call(fn, *args)"
        )
    seconds = requests.check_timeout(timeout, "from_thread.call")
    runtime = loops.the_runtime("from_thread.call")
    if runtime.is_here():
        raise RuntimeError(
            "from_thread.call: expected to be called from another thread, got the runtime's own"
            "\nin a process call the function itself, or await it"
        )
    over: concurrent.futures.Future[Any] = concurrent.futures.Future()
    own_fn, own_args = isolation.isolate_callable(fn), isolation.isolate(args, "args")
    started: list[Any] = []

    def work() -> Any:
        try:
            made = own_fn(*own_args)
        except Exception as error:
            over.set_exception(error)
            return None
        if inspect.isawaitable(made):
            return finish(made)
        over.set_result(made)
        return None

    async def finish(made: Awaitable[Any]) -> None:
        try:
            over.set_result(await made)
        except Exception as error:
            over.set_exception(error)

    def end(reason: object) -> None:
        with contextlib.suppress(concurrent.futures.InvalidStateError):  # it is over already
            over.set_exception(ProcessExit(reason))

    def begin() -> None:
        if runtime.stopping:  # the loop may end before a process has had its turn
            end("shutdown")
            return
        process = runtime.spawn(None, work, ())
        process.extras().on_end = end
        started.append(process)

    def dropped() -> None:
        if not started:  # the loop was closed before it came to that
            end("shutdown")

    # What a loop has not called when it is closed, it drops; what it gets later, it keeps.
    weakref.finalize(begin, dropped).atexit = False
    runtime.post(begin)
    if runtime.loop.is_closed():
        dropped()
    del begin
    try:
        return over.result(min(seconds, threading.TIMEOUT_MAX))
    except TimeoutError:
        if over.done():  # it is the function's own, or the result has just come
            return over.result()
        raise TimeoutError(f"from_thread.call: no result within {timeout} s") from None
    finally:
        if not over.done():
            runtime.post(lambda: runtime.kill(started[0]))
