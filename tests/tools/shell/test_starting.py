"""Which editor a shell begins with."""

from __future__ import annotations

import io
import sys
import types

import pytest

from aquavit.tools.shell import starting
from aquavit.tools.shell.editor import PipeReader
from aquavit.tools.shell.editor_plain import PlainEditor


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("stream", "editor"), [(Terminal, PlainEditor), (io.StringIO, PipeReader)])
def test_a_dumb_terminal_has_the_plain_editor_and_a_pipe_none(
    stream: type[io.StringIO], editor: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", stream())
    monkeypatch.setattr(sys, "stdout", stream())
    monkeypatch.setenv("TERM", "dumb")
    assert type(starting._editor(types.ModuleType("empty"))) is editor
