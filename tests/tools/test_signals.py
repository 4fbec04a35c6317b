"""Ctrl-C and SIGTERM: the program stops in order, quietly, and says so in its status."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.tools.command import COMMAND, aquavit_command, environment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")

PROGRAM = """
import asyncio, functools, sys
from aquavit import *

async def worker():
    try:
        await sleep(None)
    finally:
        await asyncio.sleep(0)
        print("worker cleaned up", flush=True)

async def main(doing):
    spawn(worker)
    await sleep(0)
    try:
        if doing == "waits":
            print("ready", flush=True)
            await sleep(None)
        elif doing == "awaits asyncio":
            print("ready", flush=True)
            await asyncio.Event().wait()
        elif doing == "traps exits":
            trap_exit(True)
            print("ready", flush=True)
            while True:
                await receive()
        elif doing == "computes":
            print("ready", flush=True)
            while True:
                pass
        elif doing == "reads":
            print("ready", flush=True)
            sys.stdin.readline()
        elif doing == "leaves it to a worker that computes":
            spawn(computes)
            await sleep(None)
        elif doing == "cleans up for long":
            # The loop says it: by then every process waits.
            asyncio.get_running_loop().call_later(0, functools.partial(print, "ready", flush=True))
            try:
                await sleep(None)
            finally:
                print("cleaning", flush=True)
                await asyncio.Event().wait()
        elif doing == "lets another compute in its clean-up":
            spawn(computes_at_the_end)
            asyncio.get_running_loop().call_later(0, functools.partial(print, "ready", flush=True))
            try:
                await sleep(None)
            finally:
                await asyncio.Event().wait()
    finally:
        print("main cleaned up", flush=True)

async def computes_at_the_end():
    try:
        await sleep(None)
    finally:
        print("cleaning", flush=True)
        while True:
            pass

def computes():
    print("ready", flush=True)
    while True:
        pass
"""
DOING = [
    "waits",
    "awaits asyncio",
    "traps exits",
    "computes",
    "reads",
    "leaves it to a worker that computes",
]
Run = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., "subprocess.Popen[str]"]
Write = Callable[..., Path]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return a function that starts the program and waits until it is ready."""
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "script.py").write_text(f"{PROGRAM}\nawait main(sys.argv[1])")
    (tmp_path / "runs.py").write_text(f"{PROGRAM}\nrun(main, sys.argv[1])")
    started = []

    def start_it(
        *args: str, command: tuple[str, ...] = (*COMMAND, "run"), **options: object
    ) -> subprocess.Popen[str]:
        child: subprocess.Popen[str] = subprocess.Popen(
            [*command, *args],
            cwd=tmp_path,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,  # type: ignore[call-overload]
        )
        started.append(child)
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        return child

    yield start_it
    for child in started:
        child.kill()
        child.communicate()


@pytest.mark.parametrize("target", ["script.py", "program:main"])
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("doing", DOING)
def test_a_signal_stops_the_program_in_order(
    start: Start, target: str, number: int, status: int, doing: str
) -> None:
    child = start(target, doing)
    child.send_signal(number)
    child.wait(timeout=10)  # its input stays open: the end of that would be another reason
    stdout, stderr = child.communicate()
    assert (child.returncode, stderr) == (status, "")
    assert sorted(stdout.splitlines()) == ["main cleaned up", "worker cleaned up"]


WHILE_IT_IS_LOOKED_AT = """
import signal
import sys

from aquavit.core import places

CODE = '''
def barred(frame):
    places.barred = look
    signal.raise_signal(number)
    return look(frame)
'''
space = {"__name__": "aquavit.core.places", "places": places, "look": places.barred}
space |= {"signal": signal, "number": int(sys.argv[1])}
exec(CODE, space)
places.barred = space["barred"]
sys.stdin.readline()
"""


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_finds_a_process_that_is_just_looked_at(
    tmp_path: Path, number: int, status: int
) -> None:
    (tmp_path / "script.py").write_text(WHILE_IT_IS_LOOKED_AT)
    command = [*COMMAND, "run", str(tmp_path / "script.py"), str(int(number))]
    with subprocess.Popen(command, env=environment(), stdin=subprocess.PIPE) as child:
        assert child.wait(timeout=15) == status


WHILE_IT_IS_IN_CODE_OF_OURS = """
import signal
import sys

exec("def ours(): signal.raise_signal(int(sys.argv[1]))", space := {"__name__": "aquavit.some"})
space |= {"signal": signal, "sys": sys}
space["ours"]()
sys.stdin.readline()
"""


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_that_finds_code_of_ours_comes_again_if_the_loop_has_no_turn(
    tmp_path: Path, number: int, status: int
) -> None:
    (tmp_path / "script.py").write_text(WHILE_IT_IS_IN_CODE_OF_OURS)
    command = [*COMMAND, "run", str(tmp_path / "script.py"), str(int(number))]
    with subprocess.Popen(command, env=environment(), stdin=subprocess.PIPE) as child:
        assert child.wait(timeout=15) == status


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_that_comes_as_the_program_ends_gives_its_status(
    run_script: Run, number: int, status: int
) -> None:
    done = run_script(f"""
        import asyncio, os
        asyncio.get_running_loop().call_soon(os.kill, os.getpid(), {int(number)})
    """)
    assert (done.returncode, done.stdout, done.stderr) == (status, "", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_the_program_at_once(start: Start, number: int) -> None:
    child = start("script.py", "cleans up for long")
    assert child.stdout is not None
    child.send_signal(number)
    assert child.stdout.readline() == "cleaning\n"
    child.send_signal(number)
    stdout, stderr = child.communicate(timeout=4)
    assert (child.returncode, stderr) == (-number, "")
    assert "main cleaned up" not in stdout


@pytest.mark.parametrize("doing", ["cleans up for long", "lets another compute in its clean-up"])
def test_a_second_ctrl_c_in_run_waits_for_no_clean_up(start: Start, doing: str) -> None:
    child = start("runs.py", doing, command=(sys.executable,))
    assert child.stdout is not None
    child.send_signal(signal.SIGINT)
    while child.stdout.readline() != "cleaning\n":
        pass
    child.send_signal(signal.SIGINT)
    stdout, stderr = child.communicate(timeout=4)
    assert child.returncode == -signal.SIGINT
    assert "main cleaned up" in stdout
    assert stderr.endswith("\nKeyboardInterrupt\n")


def test_an_ignored_interrupt_stays_ignored(start: Start) -> None:
    child = start("script.py", "waits", preexec_fn=_ignore_interrupts)
    child.send_signal(signal.SIGINT)
    child.send_signal(signal.SIGTERM)
    _, stderr = child.communicate(timeout=10)
    assert (child.returncode, stderr) == (143, "")


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def test_a_program_may_take_signals_itself(run_script: Run) -> None:
    done = run_script("""
        import asyncio, os, signal
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, send, self(), "terminated")
        os.kill(os.getpid(), signal.SIGTERM)
        print(await receive(timeout=5.0))
    """)
    assert (done.returncode, done.stdout, done.stderr) == (0, "terminated\n", "")


def test_a_program_may_catch_its_interrupts(run_script: Run) -> None:
    done = run_script("""
        import os, signal
        for _ in range(3):
            try:
                os.kill(os.getpid(), signal.SIGINT)
                sum(range(1000))
            except KeyboardInterrupt:
                print("caught")
    """)
    assert (done.returncode, done.stdout, done.stderr) == (0, "caught\n" * 3, "")


def test_ctrl_c_while_the_module_is_imported_is_quiet(write: Write, tmp_path: Path) -> None:
    write("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nmain = print\n", "slow.py")
    done = aquavit_command("run", "slow:main", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_an_interrupt_between_a_call_and_its_await_is_quiet(run_script: Run) -> None:
    done = run_script("""
        import os, signal

        class Server(GenServer):
            def init(self):
                trap_exit(True)

        def interrupted(awaitable):
            os.kill(os.getpid(), signal.SIGINT)
            return awaitable

        async def other():
            pass

        await Supervisor.start_link([(Server,)])
        server = await Server.start_link()
        await interrupted((GenServer.call(server, 1), other()))
    """)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_an_interrupt_in_a_server_is_no_crash(run_script: Run) -> None:
    done = run_script("""
        import os, signal

        class Server(GenServer):
            def init(self):
                trap_exit(True)

            def handle_cast(self, request):
                os.kill(os.getpid(), signal.SIGINT)
                sum(range(1000))

        async def trap(server, main):
            trap_exit(True)
            link(server)
            send(main, "linked")
            try:
                print((await receive(Exit)).reason)
            except ProcessExit as told:  # by the end of the program, if that is quicker
                print(told.reason)

        server = await Server.start_link()
        spawn(trap, server, self())
        await receive("linked")
        GenServer.cast(server, 1)
        await sleep(None)
    """)
    assert (done.returncode, done.stdout, done.stderr) == (130, "shutdown\n", "")
