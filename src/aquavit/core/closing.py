"""Closing the coroutine of a killed process, which may not want to end.

Erlang: none; a killed process there runs no code of its own.
"""

from __future__ import annotations

import asyncio
from typing import Any

from aquavit.core.exits import ProcessExit

__all__ = ["close"]

#: How many waits in its clean-up a process is closed at before it is abandoned.
_CLOSES = 100


def close(coroutine: Any, error: ProcessExit) -> BaseException | None:
    """Raise `error` in a coroutine and close it; return what it raised on its own account.

    Each wait in its clean-up is one more place where it must be closed. What is raised
    first is no GeneratorExit: asynchronous generators and asyncio would not clean up.
    """
    if coroutine is None:
        return None
    try:
        coroutine.throw(error)
    except StopIteration:
        return None
    except BaseException as raised:
        return _own(raised)
    finally:
        del error  # its traceback leads to this frame, and to all that the process held
    for _ in range(_CLOSES):
        try:
            coroutine.close()
            return None
        except RuntimeError as raised:
            if str(raised) != "coroutine ignored GeneratorExit":
                return raised
        except BaseException as raised:
            return _own(raised)
    return RuntimeError("it swallows its exit and was closed by force")


def _own(error: BaseException) -> BaseException | None:
    """Return `error` unless it is an end that came from outside."""
    return None if isinstance(error, (ProcessExit, asyncio.CancelledError)) else error
