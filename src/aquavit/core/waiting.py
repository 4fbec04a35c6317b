"""The wait as a generator: what `await` drives in the interpreted build.

Only the interpreted build uses it; the compiled one has slots for that (see native.h).
"""

from __future__ import annotations

import types
from collections.abc import Generator
from typing import Any

__all__ = ["ask", "wait"]


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
