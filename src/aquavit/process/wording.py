"""The words for errors and exit reasons, as Elixir writes them.

Text only: nothing here knows of processes, logging or streams. Frames come innermost
first; those of this package are left out, the user's own stand out in colour. A broken
`__str__` or `__repr__` is written down as such: a report must not fail.

Elixir: Exception.format/3, Exception.format_exit/1.
"""

from __future__ import annotations

import linecache
import os
import re
import sys
from collections.abc import Iterable
from itertools import groupby
from types import CodeType, FrameType, TracebackType
from typing import Any

from aquavit.core.exits import ProcessExit, brief
from aquavit.core.reporting import ENDS

__all__ = [
    "RED",
    "error_lines",
    "exit_lines",
    "frame_lines",
    "paint",
    "shown",
    "stack_lines",
    "wants_colour",
]

RED, DIM, BOLD, _PLAIN = "\x1b[31m", "\x1b[2m", "\x1b[1m", "\x1b[0m"
_INDENT = "    "
#: Frames shown of a long traceback: the innermost and the outermost.
_INNER, _OUTER = 30, 10
#: Members shown of an exception group, and groups within groups.
_WIDTH, _DEPTH = 15, 10
#: Exceptions shown at either end of a long chain of causes.
_CAUSES = 10
_LEFT_OUT = ("aquavit.", "importlib._bootstrap")
_STANDARD = os.path.dirname(os.__file__) + os.sep
_INSTALLED = re.compile(r".*[\\/](?:site|dist)-packages[\\/]")
_REASONS = {
    "normal": "normal",
    "shutdown": "shutdown",
    "killed": "killed",
    "timeout": "time out",
    "noconnection": "no connection",
    "calling_self": "process attempted to call itself",
    "noproc": "no process: the process is not alive or there's no process currently associated"
    " with the given name, possibly because its application isn't started",
}


def wants_colour(stream: Any) -> bool:
    """Tell whether text for `stream` is to be coloured.

    A terminal is, unless NO_COLOR is set; FORCE_COLOR asks for it anywhere.

    Elixir: IO.ANSI.enabled?/0.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    if os.environ.get("TERM") == "dumb":
        return False
    try:
        return bool(stream.isatty()) and (os.name != "nt" or "WT_SESSION" in os.environ)
    except (AttributeError, ValueError):  # no stream, or a closed one
        return False


def paint(text: str, code: str, colour: bool) -> str:
    """Return `text`, in a terminal's colours if `colour` is true."""
    return f"{code}{text}{_PLAIN}" if colour and text else text


def shown(value: object) -> str:
    """Return `repr(value)`, cut at 80 characters, whatever its `__repr__` does."""
    try:
        return brief(value)
    except ENDS:
        raise
    except BaseException:
        return f"<{type(value).__name__} whose repr fails>"


def exit_lines(reason: object, *, colour: bool = False) -> list[str]:
    """Return an exit reason in words: one line, or more for an exception.

    Elixir: Exception.format_exit/1.
    """
    if isinstance(reason, BaseException):
        lines = error_lines(reason, colour=colour)
        return ["an exception was raised:", *(_INDENT + line for line in lines)]
    if isinstance(reason, str):
        return [_REASONS.get(reason) or shown(reason)]
    # A reason may hold anything, also what cannot be compared.
    match reason if isinstance(reason, tuple) and reason and isinstance(reason[0], str) else ():
        case ("shutdown", (str(what), id, why)) if what == "failed_to_start_child":
            first, *rest = exit_lines(why, colour=colour)
            lines = [f"** (exit) {first}", *rest]
            return [
                f"shutdown: failed to start child: {shown(id)}",
                *(_INDENT + line for line in lines),
            ]
        case ("shutdown", why):
            return [f"shutdown: {shown(why)}"]
        case ("nodedown", node):
            return [f"no connection to {node if isinstance(node, str) else shown(node)}"]
        case ("bad_return_value", value):
            return [f"bad return value: {shown(value)}"]
    return [shown(reason)]


def error_lines(error: BaseException, *, colour: bool = False, depth: int = 0) -> list[str]:
    """Return an exception in words: its banner, its frames, and what caused it.

    Args:
        error: the exception; the members of a group are shown below it, indented.
        colour: True for a terminal's colours.
        depth: how many groups it lies in.

    Elixir: Exception.format/3.
    """
    parts: list[list[str]] = []
    seen: set[int] = set()
    lead, origin = "", error
    while origin is not None and id(origin) not in seen:
        seen.add(id(origin))
        banner = (lead + _banner(origin)).split("\n")
        lines = [paint(line, RED, colour) for line in banner]
        lines += [_INDENT + line for line in _notes(origin)]
        lines += frame_lines(origin.__traceback__, colour=colour)
        if isinstance(origin, BaseExceptionGroup):
            lines += _members(origin, colour, depth)
        parts.append(lines)
        lead, origin = _origin(origin)
    if len(parts) > 2 * _CAUSES + 1:
        parts[_CAUSES:-_CAUSES] = [[f"... {len(parts) - 2 * _CAUSES} more"]]
    return [line for lines in parts for line in lines]


def _banner(error: BaseException) -> str:
    """Return `** (RuntimeError) oops`; an exit is a `** (stop) reason`."""
    if isinstance(error, ProcessExit):
        return "** (stop) " + "\n".join(exit_lines(error.reason))
    name, module = type(error).__qualname__, str(type(error).__module__)
    if module not in ("builtins", "__main__") and not module.startswith("aquavit."):
        name = f"{module}.{name}"
    return f"** ({name}) {_text(error)}".rstrip()


def _text(value: object) -> str:
    try:
        return str(value)
    except ENDS:
        raise
    except BaseException:
        return f"<{type(value).__name__} whose str fails>"


def _notes(error: BaseException) -> list[str]:
    notes = getattr(error, "__notes__", ())
    if not isinstance(notes, (list, tuple)):
        return []
    return [line for note in notes for line in _text(note).splitlines()]


def _members(group: BaseExceptionGroup[Any], colour: bool, depth: int) -> list[str]:
    if depth >= _DEPTH:
        return [f"{_INDENT}... groups within it"]
    lines = []
    for number, member in enumerate(group.exceptions[:_WIDTH], 1):
        first, *rest = error_lines(member, colour=colour, depth=depth + 1)
        lines.append(f"{_INDENT}{number}. {first}")
        lines += [f"{_INDENT}   {line}" for line in rest]
    if len(group.exceptions) > _WIDTH:
        lines.append(f"{_INDENT}... {len(group.exceptions) - _WIDTH} more")
    return lines


def _origin(error: BaseException) -> tuple[str, Any]:
    """Return the exception that `error` came from, and how."""
    if error.__cause__ is not None:
        return "caused by ", error.__cause__
    return "while handling ", None if error.__suppress_context__ else error.__context__


def frame_lines(traceback: TracebackType | None, *, colour: bool = False) -> list[str]:
    """Return a line for each frame of a traceback, the innermost first.

    Elixir: Exception.format_stacktrace/1.
    """
    frames = []
    while traceback is not None:
        frames.append((traceback.tb_frame, traceback.tb_lineno))
        traceback = traceback.tb_next
    return stack_lines(frames, colour=colour)


def stack_lines(frames: Iterable[tuple[FrameType, int]], *, colour: bool = False) -> list[str]:
    """Return a line for each frame and line number, the last given first.

    Elixir: Exception.format_stacktrace/1.
    """
    lines = []
    for frame, number in frames:
        module = str(frame.f_globals.get("__name__"))
        if not f"{module}.".startswith(_LEFT_OUT):
            lines.append(_frame(frame, number, colour))
    found: list[str] = []
    for line, same in groupby(reversed(lines)):
        times = len(list(same))
        found.append(line)
        if times > 1:
            found.append(f"{_INDENT}... {times - 1} more of the same")
    if len(found) > _INNER + _OUTER + 1:
        left_out = f"{_INDENT}... {len(found) - _INNER - _OUTER} more"
        found[_INNER:-_OUTER] = [left_out]
    return found


def _frame(frame: FrameType, number: int, colour: bool) -> str:
    code = frame.f_code
    linecache.checkcache(code.co_filename)
    source = linecache.getline(code.co_filename, number, frame.f_globals).strip()
    place, own = _place(code)
    text = f"{_INDENT}{place}:{number}: {code.co_qualname.rpartition('<locals>.')[2]}"
    return paint(f"{text}  |  {source}" if source else text, BOLD if own else DIM, colour)


def _place(code: CodeType) -> tuple[str, bool]:
    """Return the file in short, and whether it is the user's own."""
    name = code.co_filename
    installed = _INSTALLED.match(name)
    if installed:
        return f"(site-packages) {name[installed.end() :]}", False
    if name.startswith(_STANDARD):
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        return f"(python {version}) {name[len(_STANDARD) :]}", False
    try:
        here = os.path.join(os.getcwd(), "")
    except OSError:  # it is gone
        here = os.sep
    return name.removeprefix(here), not name.startswith("<frozen")
