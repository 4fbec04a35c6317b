"""The shell without a terminal: statements in, results out, an exit status."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tools.command import steady
from tests.tools.shell.piped import piped, typed

Write = Callable[..., Path]


def test_results_are_printed_as_python_does() -> None:
    done = typed("""\
        x = 20
        x + 1
        None
        "text"
        [x, {"a": 1}]
        if x:
            print("yes")
        else:
            print("no")
        _
        """)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["21", "'text'", "[20, {'a': 1}]", "yes", "[20, {'a': 1}]"]


def test_the_evaluator_is_a_process() -> None:
    done = typed("""\
        me = self()
        send(me, "hello")
        await receive()
        process_info(me).label
        child = spawn_link(lambda: sleep(None))
        process_info(me).links == (child,)
        register(me, "shell")
        whereis("shell") == self()
        pid, ref = spawn_monitor(lambda: exit(self(), "done"))
        (await receive(Down(ref, ..., ...))).reason
        """)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        *("'hello'", "'hello'", "'evaluator'", "True", "True", "True", "'done'"),
    ]


def test_what_has_not_begun_because_it_is_not_awaited_is_pointed_out() -> None:
    done = typed("""\
        sleep(0)
        receive()
        agent = await Agent.start(dict)
        asking = Agent.get(agent, len)
        asking
        await asking
        (number for number in [])
        task = Task.async_(int)
        task
        await task
        """)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[1::2][:3] == ["it has not run: write `await` in front of the call"] * 3
    assert [lines[6], lines[9]] == ["0", "0"]
    assert lines[7].startswith("<generator object")
    assert lines[8].startswith("Task(function='int'")
    assert len(lines) == 10


def test_await_async_with_and_async_for_work_at_the_top_level() -> None:
    done = typed("""\
        import asyncio
        async with asyncio.timeout(5):
            await sleep(0)
        async def numbers():
            yield 1
            yield 2
        [each async for each in numbers()]
        """)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[1, 2]\n", "")


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("1/0", "** (ZeroDivisionError) division by zero\n    aquavit(1):1: <module>  |  1/0\n"),
        ("raise ProcessExit('x')", "** (stop) 'x'"),
        ("f)", "SyntaxError: unmatched ')'"),
        ("f(", "SyntaxError: '(' was never closed"),
        ("exit(self(), 'enough')", "** (EXIT from #PID<...>) shell process exited with reason: "),
    ],
)
def test_an_uncaught_error_ends_the_shell(source: str, error: str) -> None:
    done = typed(f"{source}\nprint('not reached')\n")
    assert (done.returncode, done.stdout) == (1, "")
    assert error in steady(done.stderr)


def test_a_linked_crash_ends_the_shell() -> None:
    done = piped("""\
        def oops():
            raise RuntimeError("oops")
        pid = spawn_link(oops)
        await receive()
        """)
    assert (done.returncode, done.stdout) == (1, "")
    assert "[error] Process #PID<...> raised an exception" in steady(done.stderr)
    assert "shell process exited with reason: an exception was raised:" in done.stderr


def test_an_unlinked_crash_is_reported_and_no_more() -> None:
    done = piped("""\
        def oops():
            raise RuntimeError("oops")
        pid, ref = spawn_monitor(oops)
        (await receive()).reason
        """)
    assert (done.returncode, done.stdout) == (0, "RuntimeError('oops')\n")
    assert "** (RuntimeError) oops" in done.stderr


@pytest.mark.parametrize(
    ("code", "status", "error"), [("", 0, ""), ("3", 3, ""), ("'bad'", 1, "bad\n")]
)
def test_sys_exit_gives_the_exit_status(code: str, status: int, error: str) -> None:
    done = typed(f"import sys\nsys.exit({code})\nprint('not reached')\n")
    assert (done.returncode, done.stdout, done.stderr) == (status, "", error)


def test_a_script_is_run_in_the_evaluator(write: Write, tmp_path: Path) -> None:
    write("""\
        import sys
        from aquavit import self, sleep, spawn_link

        me = self()
        child = spawn_link(lambda: sleep(None))
        await sleep(0)
        print(__name__, sys.argv)
        """)
    done = piped(
        "me == self(), is_alive(child), child in process_info(me).links\n",
        *("script.py", "a", "-b"),
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "__main__ ['script.py', 'a', '-b']",
        "(True, True, True)",
    ]


def test_a_script_that_imports_everything_leaves_the_helpers_alone(
    write: Write, tmp_path: Path
) -> None:
    write("from aquavit import *\nsend(self(), 1)\ndef pid(): return 'own'\n")
    done = piped("flush()\npid()\nexit()\n", "script.py", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n'own'\n", "")


def test_a_script_that_fails_ends_the_shell(write: Write, tmp_path: Path) -> None:
    write("1/0\n", "fails.py")
    write("f)\n", "wrong.py")
    fails, wrong = (piped("1\n", f"{name}.py", cwd=tmp_path) for name in ("fails", "wrong"))
    none = piped("1\n", "none.py", cwd=tmp_path)
    assert (fails.returncode, fails.stdout) == (1, "")
    assert "fails.py:1: <module>  |  1/0" in fails.stderr
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "SyntaxError" in wrong.stderr
    assert (none.returncode, none.stdout) == (2, "")
    assert none.stderr.startswith("aquavit shell: expected a script, got 'none.py'")


def test_a_coroutine_that_was_not_awaited_is_explained() -> None:
    done = typed("async def f(): pass\nmade = f()\nmade\nmade.close()\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert "write `await` in front of the call" in done.stdout


def test_a_helper_that_was_not_called_is_explained() -> None:
    done = typed("flush\nh\nprint\n")
    assert (done.returncode, done.stderr) == (0, "")
    hints = [line for line in done.stdout.splitlines() if line.startswith("it ")]
    assert hints == [f"it has not been called: write `{name}()`" for name in ("flush", "h")]


def test_an_error_that_the_compiler_finds_is_shown_in_its_line() -> None:
    done = typed("1\ndef f(): await sleep(1)\n")
    assert done.returncode == 1
    assert "\n    def f(): await sleep(1)\n             ^" in done.stderr


def test_a_feature_of_the_future_stays_on() -> None:
    done = typed("""\
        from __future__ import annotations
        def f(x: unknown): pass
        f.__annotations__
        """)
    assert (done.returncode, done.stdout, done.stderr) == (0, "{'x': 'unknown'}\n", "")


def test_at_the_end_servers_clean_up_even_if_the_evaluator_traps_exits() -> None:
    done = typed("""\
        class Server(GenServer):
            def init(self): trap_exit(True)
            def terminate(self, reason): print("ended", reason)
        server = await Server.start_link()
        loose = await Server.start()
        was = trap_exit(True)
        """)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["ended shutdown"] * 2


def test_the_end_of_the_main_process_is_the_end() -> None:
    done = piped("kill(pid('0.1.0'))\nawait sleep(None)\n")
    assert (done.returncode, done.stdout) == (1, "True\n")
    assert (
        done.stderr == "** (EXIT from the shell itself) shell process exited with reason: killed\n"
    )
