"""The shell typed at in a real terminal, with IPython's editor and with the plain one."""

from __future__ import annotations

import importlib.util
import os
import re
import select
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tools.shell.terminal import Terminal, needs_tmux

termios = pytest.importorskip("termios")
Start = Callable[..., Terminal]
pytestmark = [needs_tmux, pytest.mark.slow]

SLOW_CRASH = "async def slow(): await sleep(0.5); log.error('soon'); raise RuntimeError('oops')"
LOGGING = "import logging; logging.basicConfig(); log = logging.getLogger('mine')"
TIDY = """\
async def tidy():
    try:
        await sleep(None)
    finally:
        print("to nobody", flush=True)
        open({fifo!r}, "w").write("tidied up")
pid = spawn(tidy)
await sleep(0)
"""


def test_what_others_print_stands_above_the_line(terminal: Start, editor: dict[str, str]) -> None:
    shell = terminal(**editor)
    shell.enter(1, f'exec("{SLOW_CRASH}"); me = self()')
    shell.enter(2, f"{LOGGING}; spawn(slow)")
    shell.type("half a li")
    screen = shell.wait_for(r"\*\* \(RuntimeError\) oops(.|\n)*^aquavit\(3\)> half a li$")
    assert screen.count("half a li") == 1
    assert screen.count("ERROR:mine:soon\n") == 1
    shell.type("ne")
    shell.wait_for(r"^aquavit\(3\)> half a line$")
    shell.type("C-c")
    shell.enter(3, "spawn_link(slow); kept = 1")
    shell.type("more")
    shell.wait_for(r"\*\* \(EXIT from #PID<[\d.]+>\) shell process.*\n(.|\n)*^aquavit\(4\)> more$")
    shell.type("C-c")
    assert "(False, True)" in shell.enter(4, "me == self(), kept == 1").splitlines()


def test_ctrl_c_gives_the_prompt_back(terminal: Start, editor: dict[str, str]) -> None:
    shell = terminal(**editor)
    shell.enter(1, "import time; ticks = []")
    cells = ["any(x for x in iter(int, 1))", "await receive()", "time.sleep(60)", "wait(receive())"]
    for number, cell in enumerate(cells, 2):
        shell.wait_for(rf"^aquavit\({number}\)>$")
        shell.type(f"print('runs', {number}); {cell}", "Enter")
        shell.wait_for(rf"^runs {number}$")
        shell.type("C-c")
        # Within a second, of which a busy machine makes more.
        shell.wait_for(rf"interrupted\n+aquavit\({number + 1}\)>$", timeout=5)
    shell.type("typed in vain", "C-c")
    shell.enter(6, "'alive'")
    shell.type("C-d")
    assert shell.end(0).count("interrupted") == 4


def test_ctrl_c_ends_a_process_that_keeps_the_core_from_all_others(terminal: Start) -> None:
    shell = terminal()
    hold = "def hold():", "with no_preempt():", "any(x for x in iter(int, 1))"
    shell.wait_for(r"^aquavit\(1\)>$")
    for line in hold:
        shell.type("-l", line)
        shell.type("Enter")
    shell.wait_for(r"iter\(int, 1\)\)\n")
    shell.type("Enter")
    shell.wait_for(r"^aquavit\(2\)>$")
    shell.type("-l", "pid, ref = spawn_monitor(hold)")
    shell.type("Enter")
    shell.wait_for("held the core")
    for _ in range(10):  # two that come at once are one
        shell.type("C-c")
        if "and was interrupted" in shell.screen():
            break
    shell.wait_for(r"#PID<[\d.]+> kept the core from all others, and was interrupted$")
    shell.wait_for(r"aquavit\(3\)>$")
    shell.type("-l", "(await receive(Down)).reason")
    shell.type("Enter")
    shell.wait_for("^'interrupted'$")


def test_top_is_shown_anew_until_ctrl_c(terminal: Start, tmp_path: Path) -> None:
    script = tmp_path / "busy.py"
    script.write_text("async def busy():\n    while True: await sleep(0.01)\npid = spawn(busy)\n")
    shell = terminal(str(script))
    shell.wait_for(r"^aquavit\(1\)>$")
    shell.type("top('reductions', every=0.2)", "Enter")
    shell.wait_for(r"__main__\.busy +0 .*B +[1-9]\d* ")
    shell.wait_for("^Ctrl-C ends it$")
    shell.type("C-c")
    assert shell.wait_for(r"aquavit\(2\)>$").count("most reductions first") == 1


def test_a_block_is_typed_over_several_lines(terminal: Start, editor: dict[str, str]) -> None:
    shell = terminal(**editor)
    shell.wait_for(r"^aquavit\(1\)>$")
    shell.type("def twice(x):", "Enter")
    shell.wait_for(r"^ +\.\.\.>")
    shell.type("return 2 * x" if not editor else "    return 2 * x", "Enter")
    shell.wait_for(r"return 2 \* x\n +\.\.\.>")
    shell.type("Enter")
    assert "42" in shell.enter(2, "twice(21)").splitlines()
    shell.paste("if True:\n    print('pasted')\n\n    print('at once')\n")
    shell.type("Enter")
    shell.wait_for(r"^pasted\nat once\n+aquavit\(4\)>$")
    shell.type("C-d")
    shell.end(0)


def test_a_long_line_is_not_torn(terminal: Start, editor: dict[str, str]) -> None:
    shell = terminal(**editor, width=80)
    shell.enter(1, "late = lambda: wait(sleep(0.3)) or print('late')")
    shell.enter(2, "spawn(late); print('half a line', end='')")
    shell.wait_for("^half a line$")
    shell.type("-l", f"text = '{'x' * 90}'")
    shell.wait_for(r"^late\n.*(\n.*)?x'$")
    shell.type("Left", "Left", "y", "Enter")
    shell.wait_for(r"^aquavit\(4\)>$")
    shell.enter(4, "text == 'x' * 89 + 'yx'")
    shell.wait_for("^True$")


def test_the_end_of_the_terminal_ends_the_shell_in_order(
    terminal: Start, editor: dict[str, str], tmp_path: Path
) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    script = tmp_path / "tidy.py"
    script.write_text(TIDY.format(fifo=str(fifo)))
    shell = terminal(str(script), **editor)
    shell.wait_for(r"^aquavit\(1\)>$")
    reading = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        shell.tmux("kill-pane", "-t", "test")
        assert select.select([reading], [], [], 5)[0]
        assert os.read(reading, 100) == b"tidied up"
    finally:
        os.close(reading)


def test_the_history_comes_back_in_the_next_session(
    terminal: Start, editor: dict[str, str]
) -> None:
    shell = terminal(**editor)
    shell.enter(1, "first = 'session'")
    shell.type("C-d")
    shell.end(0)
    shell.start()
    shell.wait_for(r"^aquavit\(1\)>$")
    shell.type("Up")
    shell.wait_for(r"^aquavit\(1\)> first = 'session'$")


def test_tab_completes_what_there_is(terminal: Start, editor: dict[str, str]) -> None:
    shell = terminal(**editor)
    shell.enter(1, "me = self(); number_of_things = 5")
    shell.type("number_of", "Tab")
    shell.wait_for(r"^aquavit\(2\)> number_of_things$")
    shell.type("C-c")
    shell.wait_for(r"^aquavit\(2\)>$")
    shell.type("me.", "Tab")
    if editor:
        shell.type("Tab")
    screen = shell.wait_for(r"process_info\(me\)")
    assert "kill(me)" in screen
    shell.type("C-c", "C-c")  # the first may just close the menu
    shell.wait_for(r"^aquavit\(2\)>$")
    shell.type("me.proc", "Tab")
    shell.wait_for(r"^aquavit\(2\)> process_info\(me\)$")


def test_sigterm_gives_the_terminal_back(terminal: Start, editor: dict[str, str]) -> None:
    shell = terminal(**editor)
    pid = re.search(r"^\d+$", shell.enter(1, "__import__('os').getpid()"), re.MULTILINE)
    assert pid is not None
    shell.type("half a line")
    shell.wait_for("half a line$")
    os.kill(int(pid[0]), signal.SIGTERM)
    shell.end(143)
    shell.type("echoed")  # by the terminal itself, which is as it was
    shell.wait_for("echoed$")


def test_after_ctrl_z_and_fg_the_line_is_edited_as_before(
    terminal: Start, editor: dict[str, str]
) -> None:
    shell = terminal(**editor)
    pid = re.search(r"^\d+$", shell.enter(1, "__import__('os').getpid()"), re.MULTILINE)
    assert pid is not None
    shell.type("half")
    shell.wait_for(r"^aquavit\(2\)> half$")
    tty = os.open(
        shell.tmux("display-message", "-p", "#{pane_tty}").strip(), os.O_RDWR | os.O_NOCTTY
    )
    try:  # what a shell with job control does
        state = termios.tcgetattr(tty)
        state[3] |= termios.ICANON | termios.ECHO | termios.ISIG
        termios.tcsetattr(tty, termios.TCSANOW, state)
        os.write(tty, b"\r\nfg\r\n")
    finally:
        os.close(tty)
    os.kill(int(pid[0]), signal.SIGCONT)
    shell.wait_for(r"^fg\n+aquavit\(2\)> half$")
    shell.type("BSpace", "f")
    shell.wait_for(r"^aquavit\(2\)> half$")
    shell.type("C-c")
    assert "3" in shell.enter(2, "1 + 2").splitlines()


@pytest.mark.skipif(importlib.util.find_spec("IPython") is None, reason="needs IPython")
def test_magics_work_and_a_reset_leaves_the_helpers(terminal: Start) -> None:
    shell = terminal()
    shell.enter(1, "mine = 5")
    assert "mine" in shell.enter(2, "%who").splitlines()
    shell.enter(3, "%reset -f")
    assert "** (NameError) name 'mine' is not defined" in shell.enter(4, "mine")
    assert "#PID<" in shell.enter(5, "self()").partition("self()")[2]
    shell.enter(6, "!exit 3")
    assert "3" in shell.enter(7, "_exit_code").splitlines()
