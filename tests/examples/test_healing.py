"""The example of a tree that heals: as text where it is piped, live on a terminal."""

from __future__ import annotations

import os
import re
import subprocess
from typing import Any

import pytest

from tests.tools.command import COMMAND, ROOT, aquavit_command, environment

SCRIPT = "examples/healing/healing.py"
FOUR = """\
opening time
● bakery
  ● kitchen
    ● oven
    ● baker-1
    ● baker-2
  ● shop
    ● counter-1
    ● counter-2
    ● counter-3

1. baker-2 drops a plate
● bakery
  ● kitchen  1 of 5 restarts
    ● oven  started again
    ● baker-1  started again
    ● baker-2  started again
  ● shop
    ● counter-1
    ● counter-2
    ● counter-3

2. counter-1 vanishes
● bakery
  ● kitchen  1 of 5 restarts
    ● oven
    ● baker-1
    ● baker-2
  ● shop  1 of 2 restarts
    ● counter-1  started again
    ● counter-2
    ● counter-3

3. oven drops a plate
● bakery
  ● kitchen  2 of 5 restarts
    ● oven  started again
    ● baker-1  started again
    ● baker-2  started again
  ● shop  1 of 2 restarts
    ● counter-1
    ● counter-2
    ● counter-3

4. all counters go home
● bakery  1 of 100 restarts
  ● kitchen  2 of 5 restarts
    ● oven
    ● baker-1
    ● baker-2
  ● shop  started again
    ● counter-1  started again
    ● counter-2  started again
    ● counter-3  started again

closing time: all have gone home, the last one first
"""


def test_it_writes_the_tree_as_text_where_it_is_piped() -> None:
    done = aquavit_command("run", SCRIPT, "4")
    assert done.stdout == FOUR
    assert done.stderr == ""
    assert done.returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
def test_it_draws_the_tree_in_place_and_in_colour_on_a_terminal() -> None:
    import pty

    ours, theirs = pty.openpty()
    command = [*COMMAND, "run", SCRIPT, "4", "0.02"]
    settings = environment(TERM="xterm")
    with subprocess.Popen(command, cwd=ROOT, env=settings, stdout=theirs) as process:
        os.close(theirs)
        text = _all_of(ours)
    assert process.returncode == 0
    assert text.count("\x1b[10A\x1b[J") == 4, "each picture is drawn over the one before"
    assert "\x1b[33m●\x1b[0m baker-2\x1b[33m  started again\x1b[0m" in text
    plain = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text).replace("\r", "")
    assert plain == FOUR.replace("\n\n", "\n")


def _all_of(terminal: Any) -> str:
    """Read a terminal until the program has closed it."""
    read = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # Linux says so when the other side is closed
            part = b""
        if not part:
            os.close(terminal)
            return read.decode()
        read += part
