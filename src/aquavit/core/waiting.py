"""Waits that are Python's own generators and coroutines.

The generators are what `await` drives in the interpreted build; the compiled one has slots
for that (see native.h). `run` is used by both.
"""

from __future__ import annotations

import types
from collections.abc import Generator
from typing import Any

__all__ = ["ask", "run", "wait"]


@types.coroutine
def wait(receive: Any) -> Generator[Any, Any, Any]:
    """Await `receive`; its `step` returns the Receive itself while the wait goes on."""
    result = receive.step()
    while result is receive:
        yield receive.future
        result = receive.step()
    return result


@types.coroutine
def ask(asking: Any) -> Generator[Any, Any, Any]:
    """Await `asking`, a request; whatever ends the wait, nothing of it stays."""
    try:
        result = asking.step()
        while result is asking:
            yield asking.future
            result = asking.step()
        return result
    except BaseException:
        asking.abandon()
        raise


async def run(awaitable: Any) -> object:
    """Await what is no coroutine. A compiled coroutine could not be hidden (see native.h)."""
    # It leads to its process, and that to the exception that has ended it: in a variable,
    # which the traceback keeps, it would close a circle that the collector does not see.
    return await (awaitable, awaitable := None)[0]
