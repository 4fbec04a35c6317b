"""The wait as a generator: how CPython 3.12 and later await a Receive.

This file is never compiled: the interpreter resumes a generator of its own kind without
raising StopIteration, and only that is faster than a compiled awaitable.
"""

from __future__ import annotations

import types
from collections.abc import Generator
from typing import Any

__all__ = ["ask", "wait"]


@types.coroutine
def wait(receive: Any) -> Generator[Any, Any, Any]:
    """Await `receive`; its `step` returns the Receive itself while the wait goes on."""
    result = receive.step(None)
    while result is receive:
        result = receive.step((yield receive.future))
    return result


@types.coroutine
def ask(asking: Any) -> Generator[Any, Any, Any]:
    """Await `asking`, a request; whatever ends the wait, nothing of it stays."""
    try:
        result = asking.step(None)
        while result is asking:
            result = asking.step((yield asking.future))
        return result
    except BaseException:
        asking.abandon()
        raise
