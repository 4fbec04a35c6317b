"""What is logged while a test runs.

Elixir: ExUnit.CaptureLog.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

__all__ = ["CapturedLog", "capture_log"]


class CapturedLog(logging.Handler):
    """The records of one `capture_log`.

    `records` are the LogRecords, `text` is what they say, a line `[level] message` each.

    Elixir: the string that capture_log/2 returns.
    """

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        self.records.append(record)

    @property
    def text(self) -> str:
        """Return the text of all records."""
        return "\n".join(f"[{r.levelname.lower()}] {r.getMessage()}" for r in self.records)

    def __repr__(self) -> str:
        return f"<CapturedLog: {self.text or 'nothing'}>"

    def __contains__(self, text: str) -> bool:
        return text in self.text


@contextlib.contextmanager
def capture_log(logger: str = "", level: int = logging.DEBUG) -> Iterator[CapturedLog]:
    """Capture what is logged inside the `with` block.

    Other handlers get the records as well, pytest's `caplog` among them.

    Args:
        logger: the name of the logger; "" is the root, which gets everything.
        level: the lowest level to capture.

    Example:
        >>> async def main():
        ...     with capture_log() as log:
        ...         pid, ref = spawn_monitor(lambda: 1 / 0)
        ...         await receive(Down(ref, ..., ...))
        ...     return "(ZeroDivisionError) division by zero" in log
        >>> run(main)
        True

    Elixir: capture_log/2.
    """
    source, captured = logging.getLogger(logger), CapturedLog()
    captured.setLevel(level)
    before = source.level
    source.addHandler(captured)
    source.setLevel(min(level, before) if before else level)
    try:
        yield captured
    finally:
        source.setLevel(before)
        source.removeHandler(captured)
