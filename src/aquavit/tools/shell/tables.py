"""Tables and panes as text.

Pure: values in, lines out.

Elixir: IEx.Info, and the tables of :observer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["cut", "fields", "size", "table"]

_UNITS = ("KiB", "MiB", "GiB", "TiB")


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], width: int = 0) -> list[str]:
    """Return a table: numbers to the right, text to the left, cut to `width` columns.

    Example:
        >>> table(["name", "count"], [["kv", 3], ["counter", 12]])
        ['name     count', 'kv           3', 'counter     12']
    """
    cells = [list(map(_text, row)) for row in rows]
    right = [
        bool(cells) and all(cell[at].replace(",", "").isdigit() for cell in cells)
        for at in range(len(heads))
    ]
    lines = []
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    for cell in [list(heads), *cells]:
        parts = [
            text.rjust(wide) if to_right else text.ljust(wide)
            for text, wide, to_right in zip(cell, widths, right, strict=True)
        ]
        line = "  ".join(parts).rstrip()
        lines.append(cut(line, width) if width else line)
    return lines


def fields(pairs: Iterable[tuple[str, object]]) -> list[str]:
    """Return one line for each name and value, the values below each other.

    Example:
        >>> fields([("name", "kv"), ("messages", 3)])
        ['name      kv', 'messages  3']
    """
    listed = [(name, _text(value)) for name, value in pairs]
    wide = max((len(name) for name, _ in listed), default=0)
    return [f"{name.ljust(wide)}  {value}".rstrip() for name, value in listed]


def cut(text: str, width: int) -> str:
    """Return `text` in at most `width` characters."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def size(count: int) -> str:
    """Return a number of bytes as one reads it.

    Example:
        >>> size(999), size(2_768), size(12_345_678)
        ('999 B', '2.7 KiB', '11.8 MiB')
    """
    if count < 1024:
        return f"{count} B"
    exponent = min((count.bit_length() - 1) // 10, len(_UNITS))
    return f"{count / 1024**exponent:.1f} {_UNITS[exponent - 1]}"


def _text(value: object) -> str:
    return f"{value:,}" if type(value) is int else str(value)
