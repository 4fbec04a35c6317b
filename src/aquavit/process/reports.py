"""Crash reports in Elixir's words, through `logging`.

The record carries the facts as extra fields: `pid`, `process_name`, `label`,
`crash_reason` (the exception) and `report`. While the program has set up no logging of
its own, reports go to stderr, in colour on a terminal.

The `kind` "told" marks a process whose end is told to whoever has started it; it is not
reported here as well.

Elixir: Logger.Translator.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

from aquavit.core import hooks
from aquavit.core.hooks import CrashReport
from aquavit.core.ids import Pid
from aquavit.core.reporting import LOGGER, report_of
from aquavit.process.report_rate import write_report
from aquavit.process.wording import RED, error_lines, paint, shown, wants_colour

__all__ = ["ReportHandler", "format_report"]


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
    lines = [paint(_title(report), RED, colour), *error_lines(report.reason, colour=colour)]
    if report.label is not None:
        lines.append(f"Process Label: {shown(report.label)}")
    if report.kind == "task":
        lines.append(f"Function: {_function(report.initial_call)}")
        lines.append(f"    Args: {shown(list(report.args))}")
    lines += report.notes
    return "\n".join(lines)


def _title(report: CrashReport) -> str:
    if report.title is not None:
        return report.title
    who = repr(report.pid) if report.name is None else f"{report.name} ({report.pid!r})"
    if report.kind != "task":
        return f"Process {who} raised an exception"
    starter = "" if report.parent is None else f" started from {_name_or_pid(report.parent)}"
    return f"Task {who}{starter} terminating"


def _name_or_pid(pid: Pid) -> str:
    process: Any = pid.process
    name = None if process is None or process.rare is None else process.rare.name
    return repr(pid) if name is None else str(name)


def _function(fn: Any) -> str:
    name = getattr(fn, "__qualname__", None)
    return shown(fn) if name is None else f"{getattr(fn, '__module__', '?')}.{name}"


def _report(report: CrashReport) -> None:
    """Log a crash; what fails on the way must not reach the scheduler."""
    if report.kind == "told" or not LOGGER.isEnabledFor(logging.ERROR):
        return
    with report_of(f"Process {report.pid!r} raised {type(report.reason).__name__}"):
        facts = {
            "pid": report.pid,
            "process_name": report.name,
            "label": report.label,
            "crash_reason": report.reason,
            "report": report,
        }
        write_report(format_report(report), facts)


class ReportHandler(logging.StreamHandler[Any]):
    """Writes records as Elixir's console does: time, level, text.

    It is used while the program has configured no logging of its own.

    Elixir: the console backend of Logger.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter("%(asctime)s.%(msecs)03d", "%H:%M:%S"))

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record to the present stderr; without one that is open it is lost."""
        if sys.stderr is not None and not getattr(sys.stderr, "closed", False):
            self.stream = sys.stderr
            super().emit(record)

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of one record, coloured if stderr is a terminal."""
        colour = wants_colour(self.stream)
        report = getattr(record, "report", None)
        if colour and isinstance(report, CrashReport):
            text = format_report(report, colour=True)
        else:
            text = record.getMessage()
        if record.exc_info:
            text += "\n" + logging.Formatter().formatException(record.exc_info)
        level = paint(f"[{record.levelname.lower()}]", RED, colour and record.levelno >= 40)
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
