"""`aquavit run script.py`: the script's top-level code is the main process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tools.command import aquavit_command, call

Run = Callable[..., subprocess.CompletedProcess[str]]
Write = Callable[..., Path]

SEEN_BY_A_SCRIPT = """
import json, sys
print(json.dumps([
    sys.argv, sys.path[0], __file__, __name__, __doc__, __package__, __spec__,
    globals().get("__cached__", "not set"),
    type(__loader__).__name__, type(__builtins__).__name__, sys.modules["__main__"].__file__,
]))
"""


def printed(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Return the lines of a program that went well."""
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_the_top_level_code_is_a_process_that_may_await(run_script: Run) -> None:
    done = run_script("""
        import asyncio
        send(self(), "hello")
        print(await receive(), is_alive(self()), whereis("x"))
        async with asyncio.timeout(1):
            print([await one for one in (receive("no", timeout=0, default=1),)])
        async def numbers():
            yield 1
            yield 2
        async for number in numbers():
            print(number)
        print([number async for number in numbers()])
    """)
    assert printed(done) == ["hello True None", "[1]", "1", "2", "[1, 2]"]


def test_a_script_without_await_is_a_process_too(run_script: Run) -> None:
    assert printed(run_script("print(self() in processes())")) == ["True"]


def test_functions_of_a_script_run_in_processes(run_script: Run) -> None:
    done = run_script("""
        async def echo(factor):
            while True:
                number, caller = await receive((int, Pid))
                send(caller, factor * number)

        echoing = spawn(echo, 2)
        send(echoing, (21, self()))
        print(await receive())
        spawn(lambda: send(parent, "from a lambda")) if (parent := self()) else None
        print(await receive())
    """)
    assert printed(done) == ["42", "from a lambda"]


def test_the_rest_stops_when_the_script_ends(run_script: Run) -> None:
    done = run_script("""
        async def worker():
            try:
                await sleep(None)
            except ProcessExit as end:
                print("worker:", end.reason)
                raise
        spawn(worker)
        await sleep(0)
        print("the script ends")
    """)
    assert printed(done) == ["the script ends", "worker: shutdown"]


@pytest.mark.parametrize("path", ["script.py", "./script.py", "folder/../script.py", "link.py"])
def test_a_script_sees_what_python_shows_it(write: Write, tmp_path: Path, path: str) -> None:
    script = write(SEEN_BY_A_SCRIPT)
    (tmp_path / "folder").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link.py").symlink_to(script.rename(tmp_path / "elsewhere" / "real.py"))
    if path != "link.py":
        write(SEEN_BY_A_SCRIPT)
    args = [path, "-x", "--", "--help", "two words"]
    done = aquavit_command("run", *args, cwd=tmp_path)
    python = call(sys.executable, *args, cwd=tmp_path)
    assert printed(done) == printed(python)
    assert json.loads(done.stdout)[0] == args


def test_a_script_may_have_any_name_and_encoding(tmp_path: Path) -> None:
    (tmp_path / "naïve:script").write_bytes(
        "# coding: latin-1\nprint(ascii('é'))".encode("latin-1")
    )
    assert printed(aquavit_command("run", "naïve:script", cwd=tmp_path)) == ["'\\xe9'"]


def test_a_script_imports_its_neighbours(write: Write, tmp_path: Path) -> None:
    write("VALUE = 42", "project/neighbour.py")
    script = write("import neighbour\nprint(neighbour.VALUE)", "project/script.py")
    assert printed(aquavit_command("run", script, cwd=tmp_path)) == ["42"]


def test_what_a_script_defines_can_be_pickled_and_inspected(run_script: Run) -> None:
    done = run_script("""
        import dataclasses, inspect, pickle
        @dataclasses.dataclass
        class Point:
            x: int
        def double(x): return 2 * x
        print(pickle.loads(pickle.dumps(Point(1))) == Point(1))
        print(pickle.loads(pickle.dumps(double)) is double)
        print(inspect.getsource(double).strip())
    """)
    assert printed(done) == ["True", "True", "def double(x): return 2 * x"]


def test_the_main_guard_is_true(run_script: Run) -> None:
    done = run_script("""
        async def main():
            print("main", await receive("x", timeout=0, default="nothing"))

        if __name__ == "__main__":
            await main()
    """)
    assert printed(done) == ["main nothing"]


def test_future_imports_hold(write: Write, tmp_path: Path) -> None:
    write("from __future__ import annotations\ndef f(x: nope): ...\nprint(f.__annotations__)")
    done = aquavit_command("run", "script.py", cwd=tmp_path)
    assert printed(done) == ["{'x': 'nope'}"]


def test_a_script_in_a_deep_process_keeps_its_traceback(run_script: Run) -> None:
    done = run_script("""
        import traceback
        def fail():
            raise ValueError("here")
        try:
            fail()
        except ValueError:
            print(traceback.format_exc())
    """)
    assert '    raise ValueError("here")' in done.stdout


# --- functions


def test_a_function_gets_its_arguments_as_strings(write: Write, tmp_path: Path) -> None:
    write(
        """
        import sys
        from aquavit import processes, receive, self
        async def main(name, *rest):
            print(name, rest, await receive(timeout=0, default="-"), self() in processes())
            print(sys.argv)
            return 17
        """,
        "shop/till.py",
    )
    done = aquavit_command("run", "shop.till:main", "a", "--b", "-h", cwd=tmp_path)
    assert printed(done) == [
        "a ('--b', '-h') - True",
        "['shop.till:main', 'a', '--b', '-h']",
    ]


def test_a_function_may_be_plain_and_lie_in_a_class(write: Write, tmp_path: Path) -> None:
    write("class Till:\n    @classmethod\n    def open(cls): print(cls.__name__)", "shop.py")
    assert printed(aquavit_command("run", "shop:Till.open", cwd=tmp_path)) == ["Till"]


def test_a_builtin_function_runs() -> None:
    assert printed(aquavit_command("run", "builtins:print", "a", "b")) == ["a b"]
