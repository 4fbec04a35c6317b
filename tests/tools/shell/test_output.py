"""How results look, and output above a line that is being typed."""

from __future__ import annotations

import io
import logging
import sys

import pytest

from aquavit.tools.shell.above import Above, Screen, rows_above, screens
from aquavit.tools.shell.editor import Editor, PipeReader
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
def stream() -> io.StringIO:
    """Return what stands for the terminal."""
    return io.StringIO()


def test_only_whole_lines_are_written_above(stream: io.StringIO) -> None:
    above = Above(stream, lambda text: stream.write(f"[{text}]"))
    above.write("half a ")
    above.write("line\none\nand")
    assert stream.getvalue() == "[half a line\none]"
    above.finish()
    above.write(" more\n")
    assert stream.getvalue() == "[half a line\none]and more\n"


def test_whoever_holds_a_screen_writes_above_the_line_that_is_typed(stream: io.StringIO) -> None:
    editor = Editor()
    screen = Screen(stream, editor)
    handler = logging.StreamHandler(screen)
    handler.emit(logging.makeLogRecord({"msg": "before"}))
    editor.above = Above(stream, lambda text: stream.write(f"[{text}]"))
    handler.emit(logging.makeLogRecord({"msg": "meanwhile"}))
    editor.above = None
    handler.emit(logging.makeLogRecord({"msg": "after"}))
    assert stream.getvalue() == "before\n[meanwhile]after\n"


def test_a_screen_is_otherwise_the_stream_for_which_it_stands() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), "latin-1", "replace")
    screen = Screen(stream, Editor())
    assert (screen.encoding, screen.errors, screen.isatty()) == ("latin-1", "replace", False)
    assert screen.buffer is stream.buffer
    assert screen.writable()


def test_only_a_terminal_has_screens() -> None:
    before = sys.stdout, sys.stderr
    with screens(PipeReader()):
        assert (sys.stdout, sys.stderr) == before
    with screens(Editor()):
        assert isinstance(sys.stdout, Screen)
        assert isinstance(sys.stderr, Screen)
    assert (sys.stdout, sys.stderr) == before


@pytest.mark.parametrize(
    ("texts", "in_line"),
    [
        (["a line", "\n"], False),
        (["a line\n", "half a line"], True),
        (["half a line", "\x1b[0m", ""], True),
        (["\x1b[31ma line\n\x1b[0m", "\x1b[H\x1b[2J"], False),
    ],
)
def test_a_screen_knows_whether_a_line_has_not_ended(texts: list[str], in_line: bool) -> None:
    editor = Editor()
    screen = Screen(io.StringIO(), editor)
    for text in texts:
        screen.write(text)
    assert editor.in_line == in_line
