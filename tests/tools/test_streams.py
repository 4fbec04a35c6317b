"""The standard streams of a program: closed ones, and those without a buffer."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tools.command import COMMAND, environment

Write = Callable[..., Path]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals and a shell")

SIGNALLED = """\
import os, signal
signal.signal(signal.SIGALRM, lambda *_: os.write(2, b"!"))
signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
print("x" * 300_000)
"""


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_long_text_is_written_whole_if_signals_interrupt_it(
    unbuffered: str, write: Write, tmp_path: Path
) -> None:
    path = write(SIGNALLED)
    program = subprocess.Popen(
        [*COMMAND, "run", str(path)],
        cwd=tmp_path,
        env=environment(PYTHONUNBUFFERED=unbuffered),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with program:
        assert program.stdout is not None
        assert program.stderr is not None
        assert program.stderr.read(3) == b"!!!"  # the pipe is full by then
        assert len(program.stdout.read()) == 300_001


def test_without_a_buffer_a_text_is_written_at_once(write: Write, tmp_path: Path) -> None:
    path = write("import os\nprint('half a line', end='')\nos._exit(0)\n")
    done = subprocess.run(
        [*COMMAND, "run", str(path)],
        cwd=tmp_path,
        env=environment(PYTHONUNBUFFERED="1"),
        capture_output=True,
        text=True,
        timeout=15,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "half a line", "")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("command", ["run script.py", "shell"])
def test_a_closed_stream_is_none_that_ends_the_program(
    command: str, closed: str, write: Write, tmp_path: Path
) -> None:
    write("print(1)\n")
    done = subprocess.run(
        ["sh", "-c", f"{shlex.join(COMMAND)} {command} {closed}"],
        cwd=tmp_path,
        env=environment(),
        input="",
        capture_output=True,
        text=True,
        timeout=15,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
