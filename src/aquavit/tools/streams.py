"""The standard streams of a program, made fit for its processes.

A closed descriptor 0, 1 or 2 is opened on the null device: the event loop would else get
that number for its own, and uvloop ends the program when it closes such a one.

Without a buffer (`python -u`, PYTHONUNBUFFERED) Python drops the rest of a text whose write
a signal has interrupted, and processes are taken off by signals. A buffer that is emptied
after each write goes on until all is written.

Elixir: the group leader and its user driver.
"""

from __future__ import annotations

import io
import os
import sys
from typing import Any, TextIO

__all__ = ["let_go", "prepare"]

_STREAMS = (("stdin", os.O_RDONLY), ("stdout", os.O_WRONLY), ("stderr", os.O_WRONLY))


class _Whole(io.BufferedWriter):
    """Writes at once, and all of it."""

    def write(self, data: Any, /) -> int:
        """Write and flush."""
        written = super().write(data)
        self.flush()
        return written


def prepare() -> None:
    """Open the closed ones of the standard streams; write whole texts to the others.

    Elixir: none.
    """
    for number, (name, flags) in enumerate(_STREAMS):
        stream: TextIO | None = getattr(sys, name)
        if stream is None:
            _open(number, flags)
            setattr(sys, name, os.fdopen(number, "w" if number else "r", closefd=False))
        elif number and isinstance(getattr(stream, "buffer", None), io.FileIO):
            setattr(sys, name, _buffered(stream))


def let_go() -> None:
    """Put the null device in the place of a terminal that is gone, where all writes fail.

    Elixir: none.
    """
    device = os.fstat(0).st_rdev
    null = os.open(os.devnull, os.O_RDWR)
    for number in range(len(_STREAMS)):
        if os.fstat(number).st_rdev == device:
            os.dup2(null, number)
    os.close(null)


def _open(number: int, flags: int) -> None:
    """Open the null device as the descriptor of that number, if nothing else is."""
    try:
        os.fstat(number)
    except OSError:
        null = os.open(os.devnull, flags)
        if null != number:
            os.dup2(null, number)
            os.close(null)


def _buffered(stream: TextIO) -> TextIO:
    """Return a stream that writes to the same place."""
    raw = io.FileIO(stream.fileno(), "w", closefd=False)
    return io.TextIOWrapper(
        _Whole(raw), encoding=stream.encoding, errors=stream.errors, write_through=True
    )
