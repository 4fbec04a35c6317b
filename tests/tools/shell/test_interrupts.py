"""Ctrl-C, and SIGTERM: whatever the evaluator does, it gives way."""

from __future__ import annotations

import signal
import subprocess

import pytest

from tests.tools.command import COMMAND, environment


def start(source: str) -> subprocess.Popen[str]:
    """Start a shell with that block as its input; return when it has printed a line."""
    shell = subprocess.Popen(
        [*COMMAND, "shell"],
        env=environment(PYTHONUNBUFFERED="1"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert shell.stdin is not None
    assert shell.stdout is not None
    shell.stdin.write(f"{source}\n'the block ends'\n")
    shell.stdin.flush()
    shell.stdout.readline()
    return shell


WAITS = {
    "computes": "while True: pass",
    "computes in C": "while True: sorted(range(100_000))",
    "awaits": "await receive()",
    "waits": "wait(receive())",
    "sleeps": "time.sleep(60)",
    "waits for asyncio": "await asyncio.sleep(60)",
    "gives way": "while True: await sleep(0)",
    "in a group": "async with asyncio.TaskGroup() as g: g.create_task(asyncio.sleep(60))",
}


@pytest.mark.parametrize("source", WAITS.values(), ids=WAITS)
def test_ctrl_c_interrupts_a_cell(source: str) -> None:
    with start(f"import asyncio, time\nif True:\n    print('ready')\n    {source}") as shell:
        shell.send_signal(signal.SIGINT)
        stdout, stderr = shell.communicate("print('not reached')\n", timeout=15)
    assert (shell.returncode, stdout, stderr) == (1, "", "** interrupted\n")


def test_the_second_ctrl_c_kills_an_evaluator_that_does_not_react() -> None:
    with start("""\
while True:
    try:
        print("trying")
        while True:
            pass
    except KeyboardInterrupt:
        print("caught")
""") as shell:
        assert shell.stdout is not None
        shell.send_signal(signal.SIGINT)
        assert shell.stdout.readline() == "caught\n"
        shell.send_signal(signal.SIGINT)
        _, stderr = shell.communicate(timeout=15)
    assert shell.returncode == 1
    assert "shell process exited with reason: killed" in stderr


def test_ctrl_c_while_nothing_runs_does_nothing() -> None:
    with start("print('ready')") as shell:
        assert shell.stdout is not None
        assert shell.stdout.readline() == "'the block ends'\n"
        shell.send_signal(signal.SIGINT)
        stdout, stderr = shell.communicate("1 + 1\n", timeout=15)
    assert (shell.returncode, stdout, stderr) == (0, "2\n", "")


def test_a_second_signal_ends_the_shell_at_once() -> None:
    with start("""\
def hold():
    with no_preempt():
        print("holds the core")
        while True:
            pass
pid = spawn(hold)
await sleep(None)
""") as shell:
        while shell.poll() is None:  # two that come at once are one
            shell.send_signal(signal.SIGTERM)
    assert shell.returncode == -signal.SIGTERM


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_shell_in_order(number: signal.Signals) -> None:
    with start("""\
async def tidy():
    try:
        print("waits")
        await sleep(None)
    finally:
        print("tidied up")
pid = spawn(tidy)
await sleep(None)
""") as shell:
        shell.send_signal(number)
        stdout, stderr = shell.communicate(timeout=15)
    assert (shell.returncode, stdout, stderr) == (128 + number, "tidied up\n", "")
