"""`aquavit run package.module:App`: start, wait, stop in order, and how that ends."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.tools.command import COMMAND, aquavit_command, environment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
Write = Callable[..., Path]

PROGRAM = """
from aquavit import *

class Worker(GenServer):
    def init(self, name, doing="waits"):
        trap_exit(True)
        self.name, self.doing = name, doing
        return Continue()

    def handle_continue(self, argument):
        print("ready", self.name, flush=True)
        if self.doing == "fails":
            raise ProcessExit("failed")
        while self.doing == "computes":
            pass

    async def terminate(self, reason):
        if self.doing == "lingers":
            await sleep(None)
        print("end of", self.name, reason, flush=True)

class Database(Application):
    name = "database"
    def init(self):
        return Supervisor.spec([Worker.child_spec("database")])

class Shop(Application):
    name = "shop"
    dependencies = (Database,)
    async def init(self, doing="waits"):
        if doing == "hangs":
            for name in ("first", "second", "last"):
                print("ready", name, flush=True)
            await sleep(None)
        first, second = (Worker.child_spec(name, id=name) for name in ("first", "second"))
        last = Worker.child_spec("last", doing, shutdown=None, id="last")
        return Supervisor.spec([first, second, last], max_restarts=0)
    def terminate(self):
        print("end of the shop", flush=True)
"""
NAMES = ["database", "first", "second", "last"]


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path, write: Write) -> Iterator[Start]:
    """Return a function that starts the application, and waits until it runs."""
    programs: list[subprocess.Popen[str]] = []

    def run(*args: str) -> subprocess.Popen[str]:
        write(PROGRAM, "shop.py")
        program = subprocess.Popen(
            [*COMMAND, "run", *args],
            cwd=tmp_path,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        programs.append(program)
        assert program.stdout is not None
        lines = [program.stdout.readline() for _ in NAMES]
        assert lines == [f"ready {name}\n" for name in NAMES], program.communicate(timeout=15)
        return program

    yield run
    for program in programs:
        program.kill()
        program.communicate()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_stops_it_in_order(start: Start, number: int, status: int) -> None:
    program = start("shop:Shop")
    program.send_signal(number)
    stdout, stderr = program.communicate(timeout=15)
    assert stdout.splitlines() == [
        *("end of last shutdown", "end of second shutdown", "end of first shutdown"),
        *("end of the shop", "end of database shutdown"),
    ]
    assert (program.returncode, stderr) == (status, "")


def test_what_does_not_stop_in_time_is_ended(start: Start) -> None:
    program = start("--stop-within", "0.2", "shop:Shop", "lingers")
    program.send_signal(signal.SIGTERM)
    _, stderr = program.communicate(timeout=15)
    assert "aquavit run: not stopped within 0.2 s: database, shop\n" in stderr
    assert program.returncode == 1


def test_a_start_that_hangs_can_be_stopped(start: Start) -> None:
    program = start("--stop-within", "0.2", "shop:Shop", "hangs")
    program.send_signal(signal.SIGTERM)
    _, stderr = program.communicate(timeout=15)
    assert "aquavit run: not stopped within 0.2 s: database, shop\n" in stderr
    assert program.returncode == 1


def test_a_process_that_computes_does_not_hold_it_up_for_ever(start: Start) -> None:
    program = start("--stop-within", "0.2", "shop:Shop", "computes")
    program.send_signal(signal.SIGTERM)
    _, stderr = program.communicate(timeout=15)
    assert "aquavit run: not stopped within 0.2 s: database, shop\n" in stderr
    assert program.returncode == 1


def test_a_tree_that_ends_by_itself_ends_the_program(tmp_path: Path, write: Write) -> None:
    write(PROGRAM, "shop.py")
    done = aquavit_command("run", "shop:Shop", "fails", cwd=tmp_path)
    assert done.returncode == 1
    assert "end of database shutdown" in done.stdout
    assert "Application shop exited: 'shutdown'" in done.stderr


def test_an_application_that_cannot_start_says_why(tmp_path: Path, write: Write) -> None:
    write(PROGRAM + "\n\nclass Bad(Shop):\n    def init(self):\n        1 / 0\n", "shop.py")
    done = aquavit_command("run", "shop:Bad", cwd=tmp_path)
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
    refused = aquavit_command("run", "shop:Bad", "argument", cwd=tmp_path)
    assert refused.returncode == 2
    assert "expected arguments for shop:Bad()" in refused.stderr
    wrong = aquavit_command("run", "--stop-within", "soon", "shop:Bad", cwd=tmp_path)
    assert wrong.returncode == 2
