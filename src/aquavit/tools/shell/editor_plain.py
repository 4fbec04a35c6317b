"""The plainest editor: `input`, and what the terminal itself can do.

For a Python without readline, and for a terminal that can do nothing but print
(`TERM=dumb`). The terminal drops the line on Ctrl-C by itself.

Elixir: the "old shell" of Erlang.
"""

from __future__ import annotations

import contextlib
import os
import sys

from aquavit.tools.shell.editor import Editor
from aquavit.tools.shell.statements import ends_here

__all__ = ["PlainEditor"]


class PlainEditor(Editor):
    """Reads statements from the terminal, line by line.

    Elixir: the old shell.
    """

    def read(self, number: int) -> str:
        """Return the next statement; a block ends with an empty line."""
        prompt = f"aquavit({number})> "
        try:
            return self._statement(prompt)
        except EOFError:
            with contextlib.suppress(OSError):  # the terminal may be gone
                os.write(sys.stdout.fileno(), b"\n")  # `print` may write above the line
            raise

    def _statement(self, prompt: str) -> str:
        lines = [self.line(prompt)]
        while not ends_here("\n".join(lines)) or (not lines[-1] and self.is_pasted()):
            lines.append(self.line("...".rjust(len(prompt) - 2) + "> "))
        return "\n".join(lines)

    def is_pasted(self) -> bool:
        """Tell whether a blank line stands in the midst of what is pasted: it ends no block."""
        return False

    def line(self, prompt: str) -> str:
        """Return one line."""
        return input(prompt)

    def interrupted(self) -> None:
        """Say how the shell is left: the terminal has dropped the line."""
        print("\nCtrl-D leaves the shell")
