"""Crash reports in Elixir's words, through `logging`.

The record carries the facts as `extra`: `pid`, `process_name`, `label`. Without any
logging configuration the report goes to stderr, coloured on a terminal.

Elixir: Logger.Translator.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from typing import Any

from aquavit.core import hooks
from aquavit.core.exits import brief
from aquavit.core.hooks import CrashReport

__all__ = ["ReportHandler", "format_report"]

LOGGER = logging.getLogger("aquavit")
_RED, _DIM, _BOLD, _PLAIN = "\x1b[31m", "\x1b[2m", "\x1b[1m", "\x1b[0m"
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def format_report(report: CrashReport, *, colour: bool = False) -> str:
    """Return the text of a crash report.

    Args:
        report: the facts.
        colour: True to let the user's own frames stand out with terminal colours.

    Example:
        >>> from aquavit.core.hooks import CrashReport
        >>> pid = run(self)
        >>> text = format_report(CrashReport(pid, RuntimeError("oops")))
        >>> text.splitlines()[1]
        '** (RuntimeError) oops'

    Elixir: Logger.Translator.translate/4.
    """
    lines = [_title(report)]
    if report.label is not None:
        lines.append(f"Label: {report.label!r}")
    error = report.reason
    lines.append(_paint(f"** ({type(error).__name__}) {error}", _RED, colour))
    lines += _frames(error, colour)
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        lines.append(f"    caused by ** ({type(cause).__name__}) {cause}")
        lines += _frames(cause, colour)
    if report.kind == "task":
        lines.append(f"Function: {_function(report.initial_call)}")
        lines.append(f"    Args: {brief(list(report.args))}")
    return "\n".join(lines)


def _title(report: CrashReport) -> str:
    shown = repr(report.pid) if report.name is None else report.name
    if report.kind == "task":
        return f"Task {shown} started from {report.parent!r} terminating"
    return f"Process {shown} raised an exception"


def _function(fn: Any) -> str:
    return f"{getattr(fn, '__module__', '?')}.{getattr(fn, '__qualname__', repr(fn))}"


def _frames(error: BaseException, colour: bool) -> list[str]:
    """Return a line for each frame, innermost first as in Elixir, the user's own bold."""
    lines = []
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename.startswith(_PACKAGE):
            continue
        own = "site-packages" not in frame.filename and not _is_standard(frame.filename)
        text = f"    {os.path.relpath(frame.filename)}:{frame.lineno}: {frame.name}"
        if frame.line:
            text += f"  |  {frame.line}"
        lines.append(_paint(text, _BOLD if own else _DIM, colour))
    return lines


def _is_standard(filename: str) -> bool:
    return filename.startswith((os.path.dirname(os.__file__), "<frozen"))


def _paint(text: str, code: str, colour: bool) -> str:
    return f"{code}{text}{_PLAIN}" if colour else text


def _report(report: CrashReport) -> None:
    LOGGER.error(
        "%s",
        format_report(report),
        extra={
            "pid": report.pid,
            "process_name": report.name,
            "label": report.label,
            "report": report,
        },
    )


class ReportHandler(logging.StreamHandler[Any]):
    """Writes records as Elixir's console does: time, level, text.

    It is used while the program has configured no logging of its own.

    Elixir: the console backend of Logger.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter("%(asctime)s.%(msecs)03d", "%H:%M:%S"))

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record to the present stderr."""
        self.stream = sys.stderr
        super().emit(record)

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of one record, coloured if stderr is a terminal."""
        colour = self.stream.isatty() and "NO_COLOR" not in os.environ
        report = getattr(record, "report", None)
        text = (
            format_report(report, colour=colour)
            if isinstance(report, CrashReport)
            else record.getMessage()
        )
        if record.exc_info:
            text += "\n" + logging.Formatter().formatException(record.exc_info)
        level = _paint(f"[{record.levelname.lower()}]", _RED, colour and record.levelno >= 40)
        return f"\n{super().format(record)} {level} {text}"


class _LastResort(ReportHandler):
    """Steps back as soon as anybody else handles the record."""

    def emit(self, record: logging.LogRecord) -> None:
        if not logging.getLogger().handlers and len(LOGGER.handlers) == 1:
            super().emit(record)


def install() -> None:
    """Make this module the crash reporter."""
    hooks.HOOKS.crash_reporter = _report
    if not any(isinstance(handler, _LastResort) for handler in LOGGER.handlers):
        LOGGER.addHandler(_LastResort())
