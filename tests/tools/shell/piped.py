"""A shell without a terminal: run as a user does, or, which is quicker, in this process."""

from __future__ import annotations

import builtins
import contextlib
import io
import subprocess
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aquavit
from aquavit.tools.shell.editor import Editor
from aquavit.tools.shell.names import fill
from aquavit.tools.shell.session import Session
from aquavit.tools.shell.statements import Statements
from tests.support import loop_factory
from tests.tools.command import COMMAND, ROOT, environment

__all__ = ["Done", "piped", "typed"]


def piped(
    source: str, *args: str | Path, cwd: Path = ROOT, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run `aquavit shell args...` to its end, with `source` as its input."""
    return subprocess.run(
        [*COMMAND, "shell", *map(str, args)],
        cwd=cwd,
        env=environment(**more),
        input=textwrap.dedent(source),
        capture_output=True,
        text=True,
        timeout=15,
        check=False,
    )


@dataclass
class Done:
    """How a session has ended, and what it has written."""

    returncode: int | None
    stdout: str
    stderr: str


class Script(Editor):
    """Types what is written in a text."""

    interactive = False

    def __init__(self, source: str) -> None:
        statements = Statements()
        self.left = [each for line in source.splitlines() for each in statements.push(line)]
        self.left += statements.rest()

    def read(self, number: int) -> str:
        """Return the next statement."""
        if not self.left:
            raise EOFError
        return self.left.pop(0)


def typed(source: str) -> Done:
    """Run a session with `source` as its input in this process, on the loop under test."""
    names: dict[str, Any] = {"__name__": "__main__", "__builtins__": builtins}
    session = Session(Script(textwrap.dedent(source)), names, fill(names).values)
    stdout, stderr = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        aquavit.run(session.main, loop_factory=loop_factory())
    return Done(session.status, stdout.getvalue(), stderr.getvalue())
