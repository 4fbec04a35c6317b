"""Output above the line that is being typed.

Screen stands for stdout and for stderr as long as the shell has the terminal: whoever has
got hold of it, as a handler of `logging` does, writes above the line. While one is typed,
its Above takes whole lines, and keeps half a line until the next one or the end.

`rows_above` is how that is done without the help of whoever edits the line: rows are made
below the cursor (the screen scrolls if it must), the line is pushed down, and the cursor
comes back to its column.

Elixir: none; there a report lands on the line.
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
import threading
import unicodedata
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from aquavit.tools.shell.editor import Editor

__all__ = ["Above", "Screen", "rows_above", "screens"]

_COLOUR = re.compile(r"\x1b\[[\d;]*m")
#: What shows nothing: colours, and moves of the cursor.
_CONTROL = re.compile(r"\x1b\[[\d;?]*[A-Za-z]")


class Above:
    """Takes what others write while one line is being typed.

    Args:
        stream: what shows the text once the line has been typed.
        show: shows whole lines above it.

    Elixir: none.
    """

    def __init__(self, stream: TextIO, show: Callable[[str], None]) -> None:
        self.stream = stream
        self.show = show
        self.rest = ""
        self.typed = False
        self.lock = threading.Lock()

    def write(self, text: str) -> None:
        """Show whole lines above; keep the beginning of the next one."""
        with self.lock:
            if self.typed:
                self.stream.write(text)
                return
            whole, newline, self.rest = (self.rest + text).rpartition("\n")
            if newline:
                self.show(whole)

    def finish(self) -> bool:
        """Show what is left, when the line has been typed; return whether there was any."""
        with self.lock:
            self.typed = True
            self.stream.write(self.rest)
            self.stream.flush()
            return bool(self.rest)


class Screen(io.TextIOBase):
    """Stands for stdout or stderr of a shell.

    Elixir: the group leader.
    """

    def __init__(self, stream: TextIO, editor: Editor) -> None:
        self._stream = stream
        self._editor = editor

    def write(self, text: str) -> int:
        """Write, above the line if one is being typed."""
        above = self._editor.above
        if above is None:
            visible = text if text[-1:] == "\n" else _CONTROL.sub("", text)
            if visible:
                self._editor.in_line = visible[-1] != "\n"
            return self._stream.write(text)
        above.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush; while a line is typed whole lines are shown at once, and no others."""
        if self._editor.above is None:
            self._stream.flush()

    def writable(self) -> bool:
        """Tell that it can be written to."""
        return True

    def isatty(self) -> bool:
        """Tell that it is a terminal."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """Return the terminal's file descriptor."""
        return self._stream.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The terminal's encoding."""
        return self._stream.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        """What the terminal does with a character that it cannot show."""
        return self._stream.errors

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def screens(editor: Editor) -> Iterator[None]:
    """Let a Screen stand for stdout, and one for stderr, if somebody sits at a terminal."""
    before = sys.stdout, sys.stderr
    if editor.interactive:
        sys.stdout, sys.stderr = (Screen(stream, editor) for stream in before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


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
