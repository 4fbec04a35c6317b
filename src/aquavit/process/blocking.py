"""Code that blocks, on a thread.

Elixir: none; what blocks there is a port, a NIF on a dirty scheduler, or another process.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar, TypeVarTuple

from aquavit.core.exits import brief

__all__ = ["THREADS", "blocking"]

T = TypeVar("T")
A = TypeVarTuple("A")

#: So many calls of `blocking` run at once; further ones wait for a free thread.
THREADS = min(32, (os.cpu_count() or 1) + 4)


class _Call:
    """One call, on its way to a thread and back."""

    def __init__(self, fn: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self.fn = fn
        self.args = args
        self.context = contextvars.copy_context()
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()

    def run(self) -> None:
        """Do it, unless nobody waits any more; a thread calls this."""
        if self.future.cancelled():
            return
        result: Any = None
        error: BaseException | None = None
        try:
            result = self.context.run(self.fn, *self.args)
        except StopIteration as raised:  # a future cannot hold it
            error = RuntimeError("blocking: the function raised StopIteration")
            error.__cause__ = raised
        except BaseException as raised:
            error = raised
        try:
            self.loop.call_soon_threadsafe(self.finish, result, error)
        except RuntimeError:
            if not self.loop.is_closed():  # the program has gone on without it
                raise

    def finish(self, result: Any, error: BaseException | None) -> None:
        """Hand over the outcome; the loop calls this."""
        if self.future.done():
            return
        if error is not None:
            self.future.set_exception(error)
        else:
            self.future.set_result(result)


class _Pool:
    """Threads that are started when they are needed, and that no exit waits for."""

    def __init__(self) -> None:
        self.calls: queue.SimpleQueue[_Call] = queue.SimpleQueue()
        self.lock = threading.Lock()
        self.threads = 0
        self.pending = 0

    def submit(self, call: _Call) -> None:
        """Let a thread run `call`."""
        with self.lock:
            if self.pending >= self.threads and self.threads < THREADS:
                threading.Thread(target=self.work, name="aquavit-blocking", daemon=True).start()
                self.threads += 1
            self.pending += 1
        self.calls.put(call)

    def work(self) -> None:
        """Run calls for ever."""
        while True:
            self.calls.get().run()
            with self.lock:
                self.pending -= 1


_POOL = _Pool()


def _forget_threads() -> None:
    global _POOL
    _POOL = _Pool()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_threads)


async def blocking(fn: Callable[[*A], T], *args: *A) -> T:
    """Call `fn(*args)` on a thread and wait for it, while other processes run.

    For what blocks in C and cannot be taken off the core: a driver, a file, a long
    computation that lets other threads run. The call has a copy of the context variables.
    There is no current process on the thread; `send` works there.

    An exit signal, a kill or a timeout ends the wait at once and not the call: nothing can
    end a thread. A call that has not begun by then is dropped. The end of the program does
    not wait for calls either.

    Args:
        fn: a function that may block.
        args: its arguments, as they are.

    Returns:
        What `fn` returns.

    Raises:
        TypeError: `fn` is not callable.
        BaseException: what `fn` raised.

    Example:
        >>> import time
        >>> async def main():
        ...     await blocking(time.sleep, 0.001)
        ...     return await blocking(sum, [1, 2, 3])
        >>> run(main)
        6

    Elixir: none.
    """
    if not callable(fn):
        raise TypeError(
            f"blocking: expected a function, got {brief(fn)}"
            f"\npass the function and its arguments: await blocking(fn, *args)"
        )
    call = _Call(fn, args)
    _POOL.submit(call)
    return await call.future  # type: ignore[no-any-return]
