"""Output above the line that is being typed.

Rows are made below the cursor (the screen scrolls if it must), the line is pushed down,
and the cursor comes back to its column: whoever edits the line notices nothing.

Elixir: none; there a report lands on the line.
"""

from __future__ import annotations

import io
import os
import re
import threading
import unicodedata
from typing import TextIO

__all__ = ["Above", "rows_above"]

#: Columns of a terminal that does not tell.
_WIDTH = 80
_COLOUR = re.compile(r"\x1b\[[\d;]*m")


class Above(io.TextIOBase):
    """Stands for stdout and stderr while a line is being typed.

    Elixir: none.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.rest = ""
        self.lock = threading.Lock()

    # What `input` asks for before it lets readline read.

    def isatty(self) -> bool:
        """Tell that it is a terminal."""
        return self.stream.isatty()

    def fileno(self) -> int:
        """Return the terminal's file descriptor."""
        return self.stream.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The terminal's encoding."""
        return self.stream.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        """What the terminal does with a character that it cannot show."""
        return self.stream.errors

    def writable(self) -> bool:
        """Tell that it can be written to."""
        return True

    def write(self, text: str) -> int:
        """Write whole lines above; keep the beginning of the next one."""
        with self.lock:
            whole, newline, self.rest = (self.rest + text).rpartition("\n")
            if newline:
                width = os.get_terminal_size(self.stream.fileno()).columns or _WIDTH
                self.stream.write(rows_above(whole.split("\n"), width))
                self.stream.flush()
        return len(text)

    def flush(self) -> None:
        """Do nothing: whole lines are written at once, and half a line is torn."""

    def finish(self) -> None:
        """Write what is left, when the line has been typed."""
        with self.lock:
            self.stream.write(self.rest)
            self.stream.flush()
            self.rest = ""


def rows_above(lines: list[str], width: int) -> str:
    """Return what makes a terminal of `width` columns show `lines` above the cursor's row."""
    parts = []
    for line in lines:
        line = line.expandtabs()
        rows = max(1, -(-_columns(line) // width))
        # Down and up again, in the same column; then open the rows and fill them.
        parts.append("\x1bD" * rows + f"\x1b[{rows}A\x1b7\x1b[{rows}L\r{line}\x1b8\x1b[{rows}B")
    return "".join(parts)


def _columns(line: str) -> int:
    """Return how many columns a line takes; colours take none, some characters two."""
    text = _COLOUR.sub("", line)
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)
