"""The wait as a generator: how CPython 3.12 and later await a Receive.

This file is never compiled: the interpreter resumes a generator of its own kind without
raising StopIteration, and only that is faster than a compiled awaitable.
"""

from __future__ import annotations

import types
from collections.abc import Generator
from typing import Any, Final

__all__ = ["PENDING", "wait"]


class _Pending:
    def __repr__(self) -> str:
        return "PENDING"


#: What `Receive.step` returns while the wait goes on.
PENDING: Final = _Pending()


@types.coroutine
def wait(receive: Any) -> Generator[Any, Any, Any]:
    """Await `receive`."""
    result = receive.step(None)
    while result is PENDING:
        result = receive.step((yield receive.future))
    return result
