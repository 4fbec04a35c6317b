"""The command line: what it understands, and what it says when it does not."""

from __future__ import annotations

import importlib
import importlib.util
import platform
import re
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

import aquavit
from aquavit.tools import main
from tests.tools.command import ROOT, aquavit_command, call

Write = Callable[..., Path]


def test_version_tells_version_build_python_and_loop() -> None:
    done = aquavit_command("--version")
    build = "compiled" if aquavit.COMPILED else "interpreted"
    start = f"aquavit {aquavit.__version__} ({build}), Python {platform.python_version()}, "
    assert done.returncode == 0
    assert done.stdout.startswith(start)
    loop = done.stdout.removeprefix(start).strip()
    if importlib.util.find_spec("uvloop") is None:
        assert loop == "asyncio"
    else:
        assert re.fullmatch(r"uvloop \d[\w.]*", loop)


def test_ctrl_c_while_a_shell_starts_is_the_end_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("aquavit.tools.shell.run_shell", interrupted)
    assert main(["shell"]) == 130


def test_the_entry_point_leads_to_the_command() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, _, name = project["scripts"]["aquavit"].partition(":")
    assert getattr(importlib.import_module(module), name) is main


def test_no_command_shows_the_help() -> None:
    done = aquavit_command()
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage: aquavit" in done.stderr
    assert "run" in done.stderr


def test_help_is_printed() -> None:
    for args in ["--help"], ["run", "--help"], ["shell", "--help"]:
        done = aquavit_command(*args)
        assert (done.returncode, done.stderr) == (0, "")
        assert "package.module:name" in done.stdout or args != ["run", "--help"]


@pytest.mark.parametrize("args", [["walk"], ["run"], ["run", "--fast", "script.py"], ["--loud"]])
def test_an_unknown_command_line_is_refused(args: list[str]) -> None:
    done = aquavit_command(*args)
    assert (done.returncode, done.stdout) == (2, "")
    assert "aquavit" in done.stderr
    assert "error: " in done.stderr


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("nope.py", "expected a script, got 'nope.py', which does not exist"),
        ("folder", "expected a script, got 'folder', which is a directory"),
        (
            "nope",
            "expected a script, got 'nope', which does not exist\n"
            "a function is written package.module:function",
        ),
        ("nope:main", "expected a module, got 'nope': No module named 'nope'"),
        ("shop.nope:main", "expected a module, got 'shop.nope': No module named 'shop.nope'"),
        (
            "shop.till:pai",
            "expected a function of shop.till, got 'pai', which it does not have\n"
            "did you mean 'pay'?",
        ),
        ("shop.till:Till.nope", "expected a function of shop.till, got 'Till.nope', which it"),
        (
            "shop.till:OPEN",
            "expected a function or an Application, got '9 to 5' as shop.till:OPEN",
        ),
        (
            "shop.till:Till",
            "expected a function or an Application, got <class 'shop.till.Till'> as shop.till:Till",
        ),
        (
            "shop.till:pay",
            "expected arguments for shop.till:pay(price, currency), got []\n"
            "missing a required argument: 'price'",
        ),
        ("shop.till:", "expected a script, got 'shop.till:', which does not exist"),
        (":pay", "expected a script, got ':pay', which does not exist"),
        ("x" * 300, "expected a readable script, got 'xxx"),
    ],
)
def test_what_cannot_be_run_is_refused(
    write: Write, tmp_path: Path, target: str, said: str
) -> None:
    (tmp_path / "folder").mkdir()
    write("def pay(price, currency): ...\nOPEN = '9 to 5'\nclass Till: ...", "shop/till.py")
    done = aquavit_command("run", target, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"aquavit run: {said}")
    assert len(done.stderr.splitlines()) <= 2


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_a_script_that_cannot_be_read_is_refused(write: Write, tmp_path: Path) -> None:
    (tmp_path / "loop.py").symlink_to("loop.py")
    done = aquavit_command("run", "loop.py", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("aquavit run: expected a readable script, got 'loop.py': ")


@pytest.mark.parametrize("source", ["if True do\n", "x = (1,\n", "def f():\nreturn 1\n", "x = 'a"])
def test_a_syntax_error_is_shown_as_python_shows_it(
    write: Write, tmp_path: Path, source: str
) -> None:
    write(source)
    done = aquavit_command("run", "script.py", cwd=tmp_path)
    python = call(sys.executable, "script.py", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == python.stderr
    assert "SyntaxError: " in done.stderr or "IndentationError: " in done.stderr


@pytest.mark.parametrize("source", [b"x = '\xff'\n", b"x = '\0'\n"])
def test_a_file_that_is_no_text_is_a_syntax_error(tmp_path: Path, source: bytes) -> None:
    (tmp_path / "script.py").write_bytes(source)
    done = aquavit_command("run", "script.py", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("SyntaxError: ")
    assert "script.py" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_syntax_error_in_a_module_is_shown_as_python_shows_it(
    write: Write, tmp_path: Path
) -> None:
    path = write("def main(:\n", "broken.py")
    done = aquavit_command("run", "broken:main", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == f'  File "{path}", line 1'
    assert done.stderr.splitlines()[-1].startswith("SyntaxError: ")


def test_a_module_that_fails_shows_its_own_frames(write: Write, tmp_path: Path) -> None:
    write("import not_installed\n", "broken.py")
    done = aquavit_command("run", "broken:main", cwd=tmp_path)
    lines = done.stderr.splitlines()
    assert done.returncode == 1
    assert lines[0] == "** (ModuleNotFoundError) No module named 'not_installed'"
    assert lines[1] == "    broken.py:1: <module>  |  import not_installed"


def test_a_module_may_leave_while_it_is_imported(write: Write, tmp_path: Path) -> None:
    write("raise SystemExit(5)\n", "leaves.py")
    done = aquavit_command("run", "leaves:main", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (5, "", "")
