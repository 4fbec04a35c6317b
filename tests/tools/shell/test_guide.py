"""The sessions of the guide, typed: the screen must look as the page says."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable

import pytest

from aquavit.tools.shell.helpers import Helpers
from tests.tools.command import COMMAND, ROOT, environment, steady
from tests.tools.shell.terminal import Terminal, needs_tmux

PAGE = (ROOT / "docs" / "guide" / "shell.md").read_text(encoding="utf-8")
SESSIONS = re.findall(r"^```console\n(aquavit\(1\)> .*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
TITLES = [re.sub(r"\W+", "_", session.split("\n", 1)[0])[10:40] for session in SESSIONS]


@needs_tmux
@pytest.mark.slow
@pytest.mark.parametrize("session", SESSIONS, ids=TITLES)
def test_a_session_of_the_guide_looks_as_it_says(
    session: str, terminal: Callable[..., Terminal]
) -> None:
    terminal().follow(steady(session))


def test_the_guide_has_every_helper() -> None:
    shown = set(re.findall(r"`(\w+)\(", PAGE.partition("## The helpers")[2]))
    assert set(Helpers({}).names()) - shown - {"info"} == set()


def test_the_command_for_a_pipe_works() -> None:
    line = re.search(r"^(echo .*) \| aquavit shell$", PAGE, re.MULTILINE)
    assert line is not None
    done = subprocess.run(
        ["sh", "-c", f"{line[1]} | {shlex.join(COMMAND)} shell"],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=15,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "42\n", "")
