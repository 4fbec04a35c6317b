"""What the tests of the command line share: scripts that are written where they are run."""

from __future__ import annotations

import subprocess
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tools.command import aquavit_command

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a file of that name, `script.py` if none is given."""

    def write_file(source: str, name: str = "script.py") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source), encoding="utf-8")
        return path

    return write_file


@pytest.fixture
def run_script(tmp_path: Path, write: Callable[..., Path]) -> Run:
    """Return a function that runs the source of a script with `aquavit run`."""

    def run(source: str, *args: str, **environment: str) -> subprocess.CompletedProcess[str]:
        write(f"from aquavit import *\n{textwrap.dedent(source)}")
        return aquavit_command("run", "script.py", *args, cwd=tmp_path, **environment)

    return run
