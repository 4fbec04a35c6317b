"""Reports: what is logged must not fail whoever logs it.

A handler of the user's may raise, and so may the `__repr__` of what a report shows. That is
told on stderr, in one line, and goes no further: a supervisor does not die of a log server.

Erlang: logger, which removes a handler that fails.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import Iterator

from aquavit.core import process
from aquavit.core.exits import ProcessExit

__all__ = ["ENDS", "LOGGER", "report_of"]

LOGGER = logging.getLogger("aquavit")
#: What ends the program, or the process that runs: it is not the failure of a report.
ENDS = (ProcessExit, asyncio.CancelledError, GeneratorExit, KeyboardInterrupt, SystemExit)
_ENDS_OF_ALL = (KeyboardInterrupt, SystemExit)


@contextlib.contextmanager
def report_of(what: str) -> Iterator[None]:
    """Make a report of `what` inside this; if that fails, stderr has a line about it."""
    try:
        yield
    except BaseException as problem:
        if isinstance(problem, _ENDS_OF_ALL if process.current() is None else ENDS):
            raise
        # Where stderr is closed, or its reader gone, nobody is left to be told.
        with contextlib.suppress(OSError, ValueError):
            print(f"{what}; its report failed: {_shown(problem)}", file=sys.stderr)


def _shown(problem: BaseException) -> str:
    try:
        return f"{type(problem).__name__}: {problem}"
    except Exception:
        return f"{type(problem).__name__}, whose str fails"
