"""Closing the coroutine of a killed process, which may not want to end.

Erlang: none; a killed process there runs no code of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from aquavit.core.exits import ProcessExit

__all__ = ["close"]

#: At how many waits in its clean-up a process is ended before it is closed by force.
_CLOSES = 100


def close(coroutine: Any, error: ProcessExit) -> BaseException | None:
    """Raise `error` in a coroutine until it ends; return what it raised on its own account.

    Each wait in its clean-up is one more place where its exit is raised. That is no GeneratorExit:
    asyncio would not clean up, nor, before Python 3.13, an asynchronous generator that waits.
    """
    if coroutine is None:
        return None
    reason = error.reason
    try:
        for _ in range(_CLOSES):
            try:
                coroutine.throw(error)
            except StopIteration:
                return None
            except BaseException as raised:
                return _own(raised)
            error = ProcessExit(reason)
    finally:
        del error  # its traceback leads to this frame, and to all that the process held
    with contextlib.suppress(BaseException):  # whether it obeys or not, it is told the same
        coroutine.close()
    return RuntimeError("it swallows its exit and was closed by force")


def _own(error: BaseException) -> BaseException | None:
    """Return `error` unless it is an end that came from outside."""
    return None if isinstance(error, (ProcessExit, asyncio.CancelledError)) else error
