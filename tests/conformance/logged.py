"""The Python twin of the oracle's `_log.exs`: reports as lines of a trace.

A record is one line of the trace: its tag, and its text with labels for pids. The `.out` file
has `--- tag [error]` and then each line of the text behind a bar; the second record of a tag
has the tag `tag [error] 2`. The mapping, all of it:

    Python                          printed as
    'shutdown'                      an atom, `:shutdown`
    a frame, or several             `    STACK`
    <function f at 0x...>           FUN, and so is the name that follows `Function: `
    Cast(request=r)                 `{:"$gen_cast", r}`
    Shutdown: 5.0                   `Shutdown: 5000`; seconds are milliseconds
"""

from __future__ import annotations

import logging
import re
from pathlib import Path

from tests.conformance import trace

__all__ = ["Listener", "blocks", "normal"]

_MAPPING = (
    (re.compile(r"^    [^ ].*:\d+: .*$", re.MULTILINE), "    STACK"),
    (re.compile(r"(    STACK\n)(?:    STACK(?:\n|$))+"), r"\1"),
    (re.compile(r"<function .*? at 0x[0-9a-f]+>|(?<=Function: ).*"), "FUN"),
    (re.compile(r"Cast\(request=(.*)\)$", re.MULTILINE), r'{:"$gen_cast", \1}'),
    (re.compile(r"'([a-z_]+)'"), r":\1"),
)
_SHUTDOWN = re.compile(r"(?<=^Shutdown: )([\d.]+)$", re.MULTILINE)


class Listener(logging.Handler):
    """Keeps what is logged, if it begins with `beginning`, until it is printed."""

    def __init__(self, beginning: str = "") -> None:
        super().__init__()
        self.beginning = beginning
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        if record.getMessage().startswith(self.beginning):
            self.records.append(record)

    def print(self, tag: str) -> None:
        """Print what has been logged."""
        for record in self.records:
            full = f"{tag} [{record.levelname.lower()}]"
            trace.lines.append((_numbered(full, trace.lines), normal(record.getMessage())))
        self.records.clear()


def normal(text: str) -> str:
    """Return the text of a report as the mapping states it."""
    text = trace.labelled(text)
    for pattern, replacement in _MAPPING:
        text = pattern.sub(replacement, text)
    return _SHUTDOWN.sub(lambda found: f"{float(found[1]) * 1000:.0f}", text).rstrip("\n")


def _numbered(tag: str, lines: list[tuple[str, str]]) -> str:
    """Return the tag, or with a number if there are lines that have it."""
    times = sum(re.fullmatch(re.escape(tag) + r"( \d+)?", each) is not None for each, _ in lines)
    return tag if times == 0 else f"{tag} {times + 1}"


def blocks(path: Path) -> list[tuple[str, str]]:
    """Return the reports of an `.out` file as (tag, text)."""
    _, *parts = f"\n{path.read_text(encoding='utf-8')}".split("\n--- ")
    found: list[tuple[str, str]] = []
    for part in parts:
        tag, *lines = part.rstrip("\n").split("\n")
        text = "\n".join(line.removeprefix("| ") for line in lines if line.startswith("|"))
        found.append((_numbered(tag, found), text.rstrip("\n")))
        for line in lines:
            if not line.startswith("|"):  # a line of the trace
                found.append((line.partition(": ")[0], line.partition(": ")[2]))
    return found
