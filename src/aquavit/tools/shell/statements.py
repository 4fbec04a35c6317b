"""Where a statement ends, in lines that come one after the other.

Pure: text in, text out. A pipe has no blank line behind each block, so a block ends where
the next line begins at the margin; who types at a prompt ends a block by an empty line.

Elixir: the parser loop of IEx.Server.
"""

from __future__ import annotations

import ast
import codeop
import re
import warnings

__all__ = ["Statements", "ends_here", "is_open"]

#: What goes on with the block before it.
_GOES_ON = re.compile(r"(else|elif|except|finally)\b")
_COMPILER = codeop.CommandCompiler()
_COMPILER.compiler.flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


def is_open(source: str) -> bool:
    """Tell whether more lines could make `source` valid; False if it is, or never can be.

    Example:
        >>> is_open("f("), is_open("f()"), is_open("f)")
        (True, False, False)
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they come when it is compiled to be run
        try:
            return _COMPILER(source, "<shell>", "exec") is None
        except (SyntaxError, ValueError, OverflowError):
            return False


def ends_here(source: str) -> bool:
    """Tell whether what was typed at a prompt is to be run: a block needs an empty line.

    Example:
        >>> ends_here("x = 1"), ends_here("if x:\\n    y = 1"), ends_here("if x:\\n    y = 1\\n")
        (True, False, True)
    """
    if is_open(source):
        return False
    return source.endswith("\n") or not _is_block(source)


def _is_block(source: str) -> bool:
    """Tell whether the last statement has a body, which may go on."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError):
        return False
    return bool(body) and hasattr(body[-1], "body")


class Statements:
    """Takes lines as they come and gives the statements that they make.

    Elixir: what `iex < file` does.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []

    def push(self, line: str) -> list[str]:
        """Take one line, without its end; return the statements that are complete by now.

        Example:
            >>> statements = Statements()
            >>> [statements.push(line) for line in ["x = 1", "if x:", "    y = 2", "z = 3"]]
            [['x = 1'], [], [], ['if x:\\n    y = 2', 'z = 3']]
        """
        ready = []
        if self.lines and self._ends_before(line):
            ready += self.rest()
        if self.lines or (line.strip() and not line.lstrip().startswith("#")):
            self.lines.append(line)
            source = "\n".join(self.lines)
            if not is_open(source) and not _is_block(source):
                ready += self.rest()
        return ready

    def rest(self) -> list[str]:
        """Return what is left as the last statement, at the end of the input."""
        lines, self.lines = self.lines, []
        return ["\n".join(lines)] if lines else []

    def _ends_before(self, line: str) -> bool:
        if not line.strip() or line[0] in " \t#)]}" or _GOES_ON.match(line):
            return False
        return not is_open("\n".join(self.lines))
