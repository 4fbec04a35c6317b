"""The Python twin of the oracle's `_log.exs`: reports as lines of a trace.

A record is one line of the trace: its tag, and its text with labels for pids. The `.out` file
has `--- tag [error]` and then each line of the text behind a bar. The mapping, all of it:

    Python                          printed as
    'shutdown'                      an atom, `:shutdown`
    a frame, or several             `    STACK`
    <function f at 0x...>           FUN, and so is the name that follows `Function: `
    Cast(request=r)                 `{:"$gen_cast", r}`
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


class Listener(logging.Handler):
    """Keeps what is logged until it is printed."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.records.append(record)

    def print(self, tag: str) -> None:
        """Print what has been logged."""
        for record in self.records:
            trace.lines.append((f"{tag} [{record.levelname.lower()}]", normal(record.getMessage())))
        self.records.clear()


def normal(text: str) -> str:
    """Return the text of a report as the mapping states it."""
    text = trace.labelled(text)
    for pattern, replacement in _MAPPING:
        text = pattern.sub(replacement, text)
    return text.rstrip("\n")


def blocks(path: Path) -> list[tuple[str, str]]:
    """Return the reports of an `.out` file as (tag, text)."""
    _, *parts = f"\n{path.read_text(encoding='utf-8')}".split("\n--- ")
    found = []
    for part in parts:
        tag, *lines = part.rstrip("\n").split("\n")
        found.append((tag, "\n".join(line.removeprefix("| ") for line in lines).rstrip("\n")))
    return found
