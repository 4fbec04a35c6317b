"""How results look, and output above a line that is being typed."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from aquavit.tools.shell.above import Above, rows_above
from aquavit.tools.shell.output import coloured


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("'it\\'s'", "\x1b[32m'it\\'s'\x1b[0m"),
        ("[1, 2.5]", "[\x1b[33m1\x1b[0m, \x1b[33m2.5\x1b[0m]"),
        ("#PID<0.58.0>", "\x1b[36m#PID<0.58.0>\x1b[0m"),
        ("(None, True)", "(\x1b[35mNone\x1b[0m, \x1b[35mTrue\x1b[0m)"),
        ("Down(pid=1)", "Down(\x1b[2mpid\x1b[0m=\x1b[33m1\x1b[0m)"),
        ("x1 a_2", "x1 a_2"),
    ],
)
def test_a_repr_is_coloured(text: str, shown: str) -> None:
    assert coloured(text) == shown


def test_a_very_long_repr_is_not_coloured() -> None:
    assert coloured("1, " * 50_000) == "1, " * 50_000


def test_rows_are_opened_above_the_cursor() -> None:
    assert rows_above(["text"], 80) == "\x1bD\x1b[1A\x1b7\x1b[1L\rtext\x1b8\x1b[1B"
    assert rows_above(["x" * 81], 80).startswith("\x1bD\x1bD\x1b[2A\x1b7\x1b[2L\r")
    assert rows_above(["\x1b[31m" + "x" * 80 + "\x1b[0m"], 80).startswith("\x1bD\x1b[1A")
    assert rows_above(["日" * 41], 80).startswith("\x1bD\x1bD\x1b[2A")
    assert rows_above(["a\tb"], 80).count("a       b") == 1


@pytest.fixture
def screen() -> Iterator[tuple[Above, int]]:
    """Return a stream that writes above the line of a terminal, and what reads there."""
    if os.name == "nt":
        pytest.skip("needs a pseudo-terminal")
    import pty

    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as stream:
        yield Above(stream), ours
    os.close(ours)


def test_only_whole_lines_are_written_above(screen: tuple[Above, int]) -> None:
    above, terminal = screen
    assert above.isatty()
    assert above.encoding == "utf-8"
    above.write("half a ")
    above.write("line\nand")
    assert os.read(terminal, 1000).decode().count("half a line") == 1
    above.finish()
    assert os.read(terminal, 1000).decode() == "and"
