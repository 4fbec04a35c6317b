"""The session that the shell was made for, typed in a terminal, and the screen after it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.tools.command import steady
from tests.tools.shell.terminal import Terminal, needs_tmux

pytestmark = [needs_tmux, pytest.mark.slow]

TYPED = """\
pid = spawn(lambda: sleep(None))
is_alive(pid)
send(self(), "hello")
await receive()
oops = lambda: 1 / 0
me = self()
spawn(oops)
spawn_link(oops)
me == self(), is_alive(pid)
c("examples/tutorial/kv.py")
store = kv.start_link()
send(store, ("put", "answer", 42))
send(store, ("get", "answer", self()))
flush()
"""
# What is typed stands behind its prompt; a blank line comes before each report.
SHOWN = """\
aquavit VERSION: h() shows the helpers, Ctrl-D leaves
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
<module 'kv' from 'ROOT/examples/tutorial/kv.py'>
aquavit(11)> store = kv.start_link()
aquavit(12)> send(store, ("put", "answer", 42))
('put', 'answer', 42)
aquavit(13)> send(store, ("get", "answer", self()))
('get', 'answer', #PID<...>)
aquavit(14)> flush()
42
aquavit(15)>
status 0
"""


def test_the_seed_session_looks_as_it_should(
    terminal: Callable[..., Terminal], editor: dict[str, str]
) -> None:
    shell = terminal(**editor)
    for number, statement in enumerate(TYPED.splitlines(), 1):
        shell.enter(number, statement)
        if "spawn(oops)" in statement:  # what it prints comes when it comes
            shell.wait_for(r"division by zero\n.*\n(.*\n)*aquavit\(8\)>$")
        elif "spawn_link(oops)" in statement:
            shell.wait_for(r"EXIT from (.*\n)+aquavit\(9\)>$")
    shell.type("C-d")
    screen = steady(shell.end(0))
    screen = re.sub(r"(?<=^aquavit )\d.*(?=: h\(\))", "VERSION", screen)
    screen = re.sub(r"(?<=from ').*(?=/examples)", "ROOT", screen)
    assert screen.splitlines() == SHOWN.splitlines()
