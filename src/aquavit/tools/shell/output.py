"""How results and errors look.

Elixir: IEx's colours and its inspect options.
"""

from __future__ import annotations

import inspect
import linecache
import re
import sys
import traceback
import types
from typing import Any

from aquavit.core.receiving import Receive
from aquavit.core.requests import Asking
from aquavit.process.wording import RED, error_lines, exit_lines, paint, wants_colour

__all__ = ["CYAN", "coloured", "heading", "show_error", "show_exit", "show_result", "tell"]

GREEN, YELLOW, MAGENTA, CYAN = "\x1b[32m", "\x1b[33m", "\x1b[35m", "\x1b[36m"
BOLD = "\x1b[1m"
_TOKENS = re.compile(
    r"""(?P<identity>\#(?:PID|Reference)<[\d.]+>)
    |(?P<string>[rbuf]{0,2}(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"))
    |(?P<word>\b(?:None|True|False)\b)
    |(?P<number>(?<![\w.])\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?(?![\w]))
    |(?P<field>\b\w+(?==[^=]))""",
    re.VERBOSE,
)
_COLOURS = {
    "identity": CYAN,
    "string": GREEN,
    "word": MAGENTA,
    "number": YELLOW,
    "field": "\x1b[2m",
}
#: The modules that helpers are from.
_HELPERS = "aquavit.tools.shell."
#: What does nothing before it is awaited; the interpreted core gives generators.
_BEGUN_BY_AWAIT = (types.CoroutineType, types.GeneratorType, Receive, Asking)
#: A longer text is not worth the time.
_LONGEST = 100_000


def coloured(text: str) -> str:
    """Return a repr in a terminal's colours."""
    if len(text) > _LONGEST:
        return text
    return _TOKENS.sub(lambda found: paint(found[0], _COLOURS[found.lastgroup or ""], True), text)


def heading(text: str) -> str:
    """Return the heading of a pane or table, bold on a terminal."""
    return paint(text, BOLD + CYAN, wants_colour(sys.stdout))


def show_result(value: object) -> None:
    """Print the value of an expression as Python does; None is not printed."""
    if value is None:
        return
    text = repr(value)
    print(coloured(text) if wants_colour(sys.stdout) else text)
    if isinstance(value, _BEGUN_BY_AWAIT) and inspect.isawaitable(value):
        tell("it has not run: write `await` in front of the call")
    elif (
        inspect.isroutine(value)
        and str(value.__module__).startswith(_HELPERS)
        and value.__name__.isidentifier()
    ):
        tell(f"it has not been called: write `{value.__name__}()`")


def tell(text: str) -> None:
    """Print what the shell itself has to say."""
    print(paint(text, YELLOW, wants_colour(sys.stdout)))


def show_error(error: BaseException) -> None:
    """Print an uncaught exception, in Elixir's words; a SyntaxError as Python shows it."""
    colour = wants_colour(sys.stderr)
    sys.last_type, sys.last_value = type(error), error  # for pdb.pm and %debug
    sys.last_traceback = error.__traceback__
    if isinstance(error, KeyboardInterrupt):
        lines = [paint("** interrupted", YELLOW, colour)]
    elif isinstance(error, SyntaxError) and error.__cause__ is None:
        if error.text is None and error.filename and error.lineno:  # from a syntax tree
            error.text = linecache.getline(error.filename, error.lineno) or None
        text = "".join(traceback.format_exception_only(error)).rstrip("\n")
        lines = [paint(line, RED, colour) for line in text.split("\n")]
    else:
        lines = error_lines(error, colour=colour)
    _write(lines)


def show_exit(pid: Any, reason: object) -> None:
    """Print that the evaluator has died of an exit signal."""
    colour = wants_colour(sys.stderr)
    first, *rest = exit_lines(reason, colour=colour)
    lead = f"** (EXIT from {pid}) shell process exited with reason: {first}"
    _write([paint(lead, RED, colour), *rest])


def _write(lines: list[str]) -> None:
    """Write lines to stderr in one piece, which a prompt cannot come into."""
    sys.stderr.write("\n".join([*lines, ""]))
    sys.stderr.flush()
