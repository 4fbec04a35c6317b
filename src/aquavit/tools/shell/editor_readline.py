"""A line editor from the standard library: arrows, history, completion.

While a line is typed, Ctrl-C is a key and no signal, because nobody could wake `input` on
its thread; and what others print is written above the line.

Elixir: edlin, the line editor of the Erlang shell.
"""

from __future__ import annotations

import contextlib
import os
import readline
import rlcompleter
import select
import sys
import termios
from collections.abc import Iterator
from typing import Any

from aquavit.tools.shell.above import Above, rows_above
from aquavit.tools.shell.completing import helpers_for
from aquavit.tools.shell.editor_plain import PlainEditor
from aquavit.tools.shell.history import history_file

__all__ = ["ReadlineEditor"]

#: What Ctrl-C leaves on the line: the key itself, which nobody can type otherwise.
_DROPPED = "\x03"
_KEYS = (
    "tab: complete",
    r'"\C-c": "\C-e\C-u\C-v\C-c\C-m"',
    # A line of one row, which `Above` can push down: a longer one moves sideways.
    "set horizontal-scroll-mode on",
)
_LINES_KEPT = 10_000
#: Columns of a terminal that does not tell.
_WIDTH = 80


class _Completer(rlcompleter.Completer):
    """Completes names and attributes, and a Pid to the helpers that take it."""

    namespace: dict[str, Any]

    def attr_matches(self, text: str) -> list[str]:
        """Return what `name.part` may become."""
        return helpers_for(text, self.namespace)[1] or super().attr_matches(text)


class ReadlineEditor(PlainEditor):
    """Reads statements with readline.

    Elixir: edlin.
    """

    def __init__(self, names: dict[str, Any]) -> None:
        self.typing = False
        self.prompt = ""
        self.state: list[Any] | None = None
        self.stream = sys.stdout
        self.file = history_file("history")
        readline.set_completer(_Completer(names).complete)
        readline.set_pre_input_hook(self._begun)
        for key in _KEYS:
            readline.parse_and_bind(key)
        if self.file is not None and os.path.exists(self.file):
            with contextlib.suppress(OSError):  # no history, or not one of readline's
                readline.read_history_file(self.file)
        readline.set_history_length(_LINES_KEPT)

    def line(self, prompt: str) -> str:
        """Return one line.

        Raises:
            KeyboardInterrupt: Ctrl-C was typed.
        """
        self.typing, self.prompt = True, prompt
        try:
            with self._keys():
                line = input(prompt)
        finally:
            self.typing = False
        if line.endswith(_DROPPED):
            readline.remove_history_item(readline.get_current_history_length() - 1)
            raise KeyboardInterrupt
        return line

    @contextlib.contextmanager
    def _keys(self) -> Iterator[None]:
        """Make Ctrl-C a key while a line is typed."""
        before = termios.tcgetattr(sys.stdin)
        special = [*before[6]]
        special[termios.VINTR] = b"\0"  # what stands for no key
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, [*before[:6], special])
        try:
            yield
        finally:
            with contextlib.suppress(termios.error):  # it may be gone
                termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)

    def _begun(self) -> None:
        self.state = termios.tcgetattr(sys.stdin)  # in which readline reads keys

    def resumed(self) -> None:
        """Let keys be keys again, and show the line: the shell has used the terminal."""
        if self.typing and self.state is not None:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self.state)
            line = f"{self.prompt}{readline.get_line_buffer()}"
            os.write(self.stream.fileno(), line.encode(self.stream.encoding, "replace"))

    def begin(self) -> None:
        """Let what others print appear above the line; `input` has the terminal itself."""
        if self.above is None:
            if self.in_line:
                self.stream.write("\n")
            self.stream.flush()
            self.above = Above(self.stream, self._show)

    def _show(self, text: str) -> None:
        columns = os.get_terminal_size(self.stream.fileno()).columns or _WIDTH
        self.stream.write(rows_above(text.split("\n"), columns))
        self.stream.flush()

    def end(self) -> None:
        """Undo `begin`."""
        if self.above is not None:
            self.in_line = self.above.finish()
            self.above = None

    def is_pasted(self) -> bool:
        """Tell whether more has come already: a paste comes at once."""
        return bool(select.select([sys.stdin], [], [], 0)[0])

    def interrupted(self) -> None:
        """Do nothing: a SIGINT from elsewhere is not for who types."""

    def prepare(self, number: int, source: str) -> str:
        """Return `source`, and write the history to its file."""
        if self.file is not None:
            readline.write_history_file(self.file)
        return source

    def close(self) -> bool:
        """Leave the line; nothing can wake `input` in its midst."""
        if self.typing:
            os.write(sys.stdout.fileno(), b"\n")
        return not self.typing
