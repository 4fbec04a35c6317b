"""How a program ends: what stands on stderr, and the exit status."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tools.command import aquavit_command, call, steady

Run = Callable[..., subprocess.CompletedProcess[str]]
Write = Callable[..., Path]
NO_PROCESS = (
    "no process: the process is not alive or there's no process currently associated with the"
    " given name, possibly because its application isn't started"
)
#: name: (script here, script in Elixir, exit status, first line on stderr)
ENDS = {
    "it returns": ("1", "1", 0, None),
    "it raises": (
        'raise RuntimeError("oops")',
        'raise "oops"',
        1,
        "** (RuntimeError) oops",
    ),
    "it exits": ('raise ProcessExit("bad")', "exit(:bad)", 1, "** (exit) 'bad'"),
    "it exits: normal": ('raise ProcessExit("normal")', "exit(:normal)", 0, None),
    "it exits: shutdown": ('raise ProcessExit("shutdown")', "exit(:shutdown)", 0, None),
    "it exits: shutdown, 3": (
        'raise ProcessExit(("shutdown", 3))',
        "exit({:shutdown, 3})",
        3,
        None,
    ),
    "it exits: shutdown, 300": (
        'raise ProcessExit(("shutdown", 300))',
        "exit({:shutdown, 300})",
        300 & 255,
        None,
    ),
    "it exits: shutdown, x": (
        'raise ProcessExit(("shutdown", "x"))',
        "exit({:shutdown, :x})",
        0,
        None,
    ),
    "it exits: shutdown in a list": (
        'raise ProcessExit(["shutdown", 3])',
        "exit([:shutdown, 3])",
        1,
        "** (exit) ['shutdown', 3]",
    ),
    "it exits: noproc": (
        'raise ProcessExit("noproc")',
        "exit(:noproc)",
        1,
        f"** (exit) {NO_PROCESS}",
    ),
    "a link crashes": (
        'def oops(): raise RuntimeError("oops")\nspawn_link(oops)\nawait sleep(5)',
        'spawn_link(fn -> raise "oops" end)\nProcess.sleep(5000)',
        1,
        "** (EXIT from #PID<...>) an exception was raised:",
    ),
    "a link exits": (
        'def leave(): raise ProcessExit("bad")\nspawn_link(leave)\nawait sleep(5)',
        "spawn_link(fn -> exit(:bad) end)\nProcess.sleep(5000)",
        1,
        "** (EXIT from #PID<...>) 'bad'",
    ),
    "a link exits: shutdown": (
        'def leave(): raise ProcessExit("shutdown")\nspawn_link(leave)\nawait sleep(5)',
        "spawn_link(fn -> exit(:shutdown) end)\nProcess.sleep(5000)",
        1,
        "** (EXIT from #PID<...>) shutdown",
    ),
    "a link exits: shutdown, 3": (
        'def leave(): raise ProcessExit(("shutdown", 3))\nspawn_link(leave)\nawait sleep(5)',
        "spawn_link(fn -> exit({:shutdown, 3}) end)\nProcess.sleep(5000)",
        1,
        "** (EXIT from #PID<...>) shutdown: 3",
    ),
    "a link exits: nodedown": (
        'def leave(): raise ProcessExit(("nodedown", "x"))\nspawn_link(leave)\nawait sleep(5)',
        "spawn_link(fn -> exit({:nodedown, :x}) end)\nProcess.sleep(5000)",
        1,
        "** (EXIT from #PID<...>) no connection to x",
    ),
    "a link is killed": (
        "kill(spawn_link(sleep, None))\nawait sleep(5)",
        "Process.exit(spawn_link(fn -> Process.sleep(5000) end), :kill)\nProcess.sleep(5000)",
        1,
        "** (EXIT from #PID<...>) killed",
    ),
    "it is killed": (
        "kill(self())\nawait sleep(5)",
        "Process.exit(self(), :kill)\nProcess.sleep(5000)",
        1,
        "** (EXIT from #PID<...>) killed",
    ),
    "it gets a signal": (
        'exit(self(), "bad")\nawait sleep(5)',
        "Process.exit(self(), :bad)\nProcess.sleep(5000)",
        1,
        "** (EXIT from #PID<...>) 'bad'",
    ),
    "a link ends normally": (
        "spawn_link(lambda: 1)\nawait sleep(0.01)",
        "spawn_link(fn -> 1 end)\nProcess.sleep(10)",
        0,
        None,
    ),
    "another crashes": (
        "spawn(lambda: 1 / 0)\nawait sleep(0.01)",
        'spawn(fn -> raise "x" end)\nProcess.sleep(10)',
        0,
        None,
    ),
}


def first_line(stderr: str) -> str | None:
    """Return the first line about the main process; reports are about others."""
    kinds = "EXIT" if "[error]" in stderr else "EXIT|exit|RuntimeError"
    found = re.search(rf"^\*\* \(({kinds}).*$", stderr, re.MULTILINE)
    return steady(found[0]) if found else None


@pytest.mark.parametrize("name", ENDS)
def test_an_end_has_its_words_and_its_status(run_script: Run, name: str) -> None:
    source, _, status, said = ENDS[name]
    done = run_script(source)
    assert done.returncode == status, done.stderr
    assert first_line(done.stderr) == said
    assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("elixir") is None, reason="Elixir is not installed")
@pytest.mark.parametrize("name", ENDS)
def test_elixir_ends_the_same_way(write: Write, tmp_path: Path, name: str) -> None:
    _, source, status, said = ENDS[name]
    write(source, "script.exs")
    done = call("elixir", "script.exs", cwd=tmp_path)
    assert done.returncode == status
    found = first_line(done.stderr)
    assert (found and re.sub(r":(bad|shutdown)\b", r"'\1'", found)) == said


def test_a_linked_crash_takes_the_script_down(run_script: Run) -> None:
    done = run_script("""
        def oops():
            raise RuntimeError("oops")

        spawn_link(oops)
        try:
            await sleep(None)
            print("never printed")
        finally:
            print("cleaned up")
    """)
    assert (done.returncode, done.stdout) == (1, "cleaned up\n")
    frame = 'script.py:4: oops  |  raise RuntimeError("oops")'
    assert steady(done.stderr).splitlines() == [
        "",
        "00:00:00.000 [error] Process #PID<...> raised an exception",
        "** (RuntimeError) oops",
        f"    {frame}",
        "** (EXIT from #PID<...>) an exception was raised:",
        "    ** (RuntimeError) oops",
        f"        {frame}",
    ]


def test_an_error_of_the_script_is_told_once_with_its_frames(run_script: Run) -> None:
    done = run_script("""
        async def fail():
            await sleep(0)
            raise ValueError("two\\nlines")
        await fail()
    """)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "** (ValueError) two",
        "lines",
        '    script.py:5: fail  |  raise ValueError("two\\nlines")',
        "    script.py:6: <module>  |  await fail()",
    ]


def test_an_exit_of_the_script_shows_where(run_script: Run) -> None:
    done = run_script('def leave(): raise ProcessExit(["bad"])\nleave()')
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "** (exit) ['bad']",
        '    script.py:2: leave  |  def leave(): raise ProcessExit(["bad"])',
        "    script.py:3: <module>  |  leave()",
    ]


def test_an_error_in_the_clean_up_is_reported_too(run_script: Run) -> None:
    done = run_script("""
        def leave(): raise ProcessExit("bad")
        spawn_link(leave)
        try:
            await sleep(None)
        finally:
            raise KeyError("clean-up")
    """)
    assert done.returncode == 1
    lines = steady(done.stderr).splitlines()
    assert "** (KeyError) 'clean-up'" in lines
    assert lines[-1] == "** (EXIT from #PID<...>) 'bad'"


def test_the_program_may_show_errors_its_own_way(run_script: Run) -> None:
    done = run_script("""
        import sys
        sys.excepthook = lambda kind, error, traceback: print("mine:", kind.__name__, error)
        raise ValueError("oops")
    """)
    assert (done.returncode, done.stdout, done.stderr) == (1, "mine: ValueError oops\n", "")


@pytest.mark.parametrize(
    ("call_", "status", "said"),
    [
        ("sys.exit()", 0, ""),
        ("sys.exit(0)", 0, ""),
        ("sys.exit(7)", 7, ""),
        ("sys.exit('no milk')", 1, "no milk\n"),
        ("spawn(sys.exit, 7)\nawait sleep(None)", 7, ""),
        ("spawn(sys.exit, 'no milk')\nawait sleep(None)", 1, "no milk\n"),
    ],
)
def test_sys_exit_gives_the_status(run_script: Run, call_: str, status: int, said: str) -> None:
    done = run_script(f"import sys\n{call_}\nprint('never printed')")
    assert (done.returncode, done.stdout, done.stderr) == (status, "", said)


def test_sys_exit_lets_everybody_clean_up(run_script: Run) -> None:
    done = run_script("""
        import sys
        async def worker():
            try:
                await sleep(None)
            finally:
                print("worker cleans up")
        spawn(worker)
        await sleep(0)
        try:
            sys.exit(3)
        finally:
            print("main cleans up")
    """)
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout == "main cleans up\nworker cleans up\n"


def test_a_function_ends_as_a_script_does(write: Write, tmp_path: Path) -> None:
    write("def main():\n    raise RuntimeError('oops')", "shop.py")
    done = aquavit_command("run", "shop:main", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "** (RuntimeError) oops",
        "    shop.py:2: main  |  raise RuntimeError('oops')",
    ]


def test_a_plain_function_waits_as_a_process_of_its_own_stack(write: Write, tmp_path: Path) -> None:
    write(
        """
        from aquavit import receive, self, send, wait

        def main(word):
            send(self(), word)
            print(wait(receive(str)))
            raise LookupError(word)
        """,
        "plain.py",
    )
    done = aquavit_command("run", "plain:main", "hello", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "hello\n")
    assert done.stderr.startswith("** (LookupError) hello\n    plain.py:7: main")
