"""The session that the shell was made for, typed in a terminal, and the screen after it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.tools.command import ROOT
from tests.tools.shell.terminal import Terminal, needs_tmux

pytestmark = [needs_tmux, pytest.mark.slow]

# What is typed stands behind its prompt; a blank line comes before each report.
SESSION = """\
aquavit(1)> pid = spawn(lambda: sleep(None))
aquavit(2)> is_alive(pid)
True
aquavit(3)> send(self(), "hello")
'hello'
aquavit(4)> await receive()
'hello'
aquavit(5)> oops = lambda: 1 / 0
aquavit(6)> me = self()
aquavit(7)> spawn(oops)
#PID<...>

00:00:00.000 [error] Process #PID<...> raised an exception
** (ZeroDivisionError) division by zero
    aquavit(5):1: <lambda>  |  oops = lambda: 1 / 0
aquavit(8)> spawn_link(oops)
#PID<...>

00:00:00.000 [error] Process #PID<...> raised an exception
** (ZeroDivisionError) division by zero
    aquavit(5):1: <lambda>  |  oops = lambda: 1 / 0
** (EXIT from #PID<...>) shell process exited with reason: an exception was raised:
    ** (ZeroDivisionError) division by zero
        aquavit(5):1: <lambda>  |  oops = lambda: 1 / 0
aquavit(9)> me == self(), is_alive(pid)
(False, True)
aquavit(10)> c("examples/tutorial/kv.py")
<module 'kv' from '{ROOT}/examples/tutorial/kv.py'>
aquavit(11)> store = kv.start_link()
aquavit(12)> send(store, ("put", "answer", 42))
('put', 'answer', 42)
aquavit(13)> send(store, ("get", "answer", self()))
('get', 'answer', #PID<...>)
aquavit(14)> flush()
42
"""


def test_the_seed_session_looks_as_it_should(
    terminal: Callable[..., Terminal], editor: dict[str, str]
) -> None:
    shell = terminal(**editor)
    shell.follow(SESSION.replace("{ROOT}", str(ROOT)))
    shell.wait_for(r"^aquavit\(15\)>$")
    shell.type("C-d")
    assert shell.end(0).splitlines()[-2:] == ["aquavit(15)>", "status 0"]
