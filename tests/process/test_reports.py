"""Crash reports: their text, their record, and where they go."""

from __future__ import annotations

import functools
import logging
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import aquavit
from aquavit import (
    DynamicSupervisor,
    GenServer,
    Pid,
    ProcessExit,
    Supervisor,
    Task,
    kill,
    send,
    set_label,
    set_mailbox_warning,
    spawn,
)
from aquavit.core.hooks import CrashReport
from aquavit.process.reports import format_report
from tests.support import died, end, idle, process_test, settled
from tests.tools.command import call, environment, steady

PID: Pid = aquavit.run(aquavit.self)
CRASH = """
from aquavit import *
def oops(): raise RuntimeError("oops")
async def main():
    spawn(oops)
    await sleep(0)
"""


def told_by(tmp_path: Path, source: str, **more: str) -> str:
    """Return the stderr of a program in which a process crashes."""
    (tmp_path / "program.py").write_text(CRASH + textwrap.dedent(source))
    done = call(sys.executable, "-W", "error", "program.py", cwd=tmp_path, **more)
    assert done.returncode == 0, done.stderr
    return steady(done.stderr)


class Unshowable(Exception):
    """An exception, or an argument, that cannot be shown."""

    def __str__(self) -> str:
        raise ValueError("no text")

    __repr__ = __str__


def fail(error: BaseException) -> None:
    """Raise `error`."""
    raise error


# --- text


def test_a_name_and_a_label_are_shown() -> None:
    report = CrashReport(PID, RuntimeError("oops"), name="till", label=("till", 3))
    assert format_report(report).splitlines() == [
        f"Process till ({PID!r}) raised an exception",
        "** (RuntimeError) oops",
        "Process Label: ('till', 3)",
    ]


def test_a_task_shows_its_function_and_arguments_last() -> None:
    report = CrashReport(
        PID, ProcessExit("bad"), initial_call=fail, kind="task", parent=PID, args=(1, "x"), label=7
    )
    assert format_report(report).splitlines() == [
        f"Task {PID!r} started from {PID!r} terminating",
        "** (stop) 'bad'",
        "Process Label: 7",
        f"Function: {__name__}.fail",
        "    Args: [1, 'x']",
    ]


def test_colour_is_red_for_title_and_banner() -> None:
    lines = format_report(CrashReport(PID, RuntimeError("oops")), colour=True).splitlines()
    assert lines[0] == f"\x1b[31mProcess {PID!r} raised an exception\x1b[0m"
    assert lines[1] == "\x1b[31m** (RuntimeError) oops\x1b[0m"


# --- the record


@process_test
async def test_the_record_has_the_exception_and_the_report(
    caplog: pytest.LogCaptureFixture,
) -> None:
    error = RuntimeError("oops")
    pid = spawn(fail, error)
    await died(pid)
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("aquavit", "ERROR")
    assert record.__dict__["pid"] == pid
    assert record.__dict__["crash_reason"] is record.__dict__["report"].reason is error


@process_test
async def test_what_cannot_be_shown_does_not_break_the_report(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def labelled() -> None:
        set_label(Unshowable())
        raise Unshowable

    await died(spawn(labelled))
    await died(Task.start(fail, Unshowable()))
    first, second = (record.getMessage().splitlines() for record in caplog.records)
    assert first[1] == f"** ({__name__}.Unshowable) <Unshowable whose str fails>"
    assert first[-1].startswith("Process Label: ")
    assert second[1] == first[1]
    assert second[-1].startswith("    Args: [")


@process_test
async def test_a_broken_handler_does_not_harm_the_scheduler(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(record: logging.LogRecord) -> bool:
        raise RuntimeError("broken filter")

    logger = logging.getLogger("aquavit")
    logger.addFilter(refuse)
    try:
        reason = RuntimeError("oops")
        pid = spawn(fail, reason)
        other = spawn(lambda: None)
        await settled()
        assert not aquavit.is_alive(pid)
        assert not aquavit.is_alive(other)
    finally:
        logger.removeFilter(refuse)
    said = capsys.readouterr().err
    assert f"Process {pid!r} raised RuntimeError; its report failed: " in said
    assert "broken filter" in said


class Broken(logging.Handler):
    """A handler that fails."""

    def emit(self, record: logging.LogRecord) -> None:
        """Fail."""
        raise OSError("the log server is down")


class Fails(GenServer):
    """Fails when it is told to."""

    def handle_cast(self, request: object) -> None:
        """Fail."""
        raise ValueError("crash")


@pytest.mark.parametrize("kind", [Supervisor, DynamicSupervisor])
@process_test
async def test_a_broken_handler_does_not_harm_a_supervisor_or_server(
    kind: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    logger = logging.getLogger("aquavit")
    handler = Broken()
    logger.addHandler(handler)
    try:
        supervisor = await kind.start_link(*([[]] if kind is Supervisor else []))
        server = await kind.start_child(supervisor, Fails)
        send(server, "stray")
        send(supervisor, "stray")
        await settled()
        assert aquavit.is_alive(server)
        GenServer.cast(server, "fail")
        await settled()
        [child] = await kind.which_children(supervisor)
        assert child.pid != server
        assert aquavit.is_alive(supervisor)
        await end(supervisor)
    finally:
        logger.removeHandler(handler)
    said = capsys.readouterr().err
    assert said.count("its report failed: OSError: the log server is down") >= 3


@process_test
async def test_a_broken_handler_does_not_harm_who_sends(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logger = logging.getLogger("aquavit")
    handler = Broken()
    logger.addHandler(handler)
    set_mailbox_warning(1)
    try:
        pid = spawn(idle)
        for number in range(3):
            send(pid, number)
    finally:
        logger.removeHandler(handler)
    assert aquavit.process_info(pid).messages == (0, 1, 2)  # type: ignore[union-attr]
    await end(pid)
    said = capsys.readouterr().err
    assert f"The mailbox of {pid!r} has 1 messages; its report failed: OSError" in said


def test_a_closed_stderr_does_not_harm_the_program(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(
        "import sys\nfrom aquavit import *\n"
        "def oops(): raise RuntimeError('oops')\n"
        "async def main():\n    sys.stderr.close()\n    _, ref = spawn_monitor(oops)\n"
        "    print((await receive(Down(ref, ..., ...))).reason)\nrun(main)\n"
    )
    done = call(sys.executable, "program.py", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "oops\n")


class Leaving(Exception):
    def __str__(self) -> str:
        raise SystemExit(5)


async def cleans_up(last: Callable[[], None]) -> None:
    """Wait for ever; call `last` at the end."""
    try:
        await idle()
    finally:
        last()


@pytest.mark.parametrize("kills", [False, True])
def test_a_report_that_ends_the_program_ends_it_in_order(
    capsys: pytest.CaptureFixture[str], kills: bool
) -> None:
    async def main() -> None:
        spawn(cleans_up, lambda: print("bystander"))
        await settled()
        crashing = functools.partial(fail, Leaving())
        pid = spawn(cleans_up, crashing) if kills else spawn(crashing)
        await settled()
        kill(pid)
        await idle()

    with pytest.raises(SystemExit) as caught:
        aquavit.run(main)
    assert caught.value.code == 5
    assert capsys.readouterr().out == "bystander\n"


# --- where it goes


def test_without_logging_set_up_it_goes_to_stderr(tmp_path: Path) -> None:
    assert told_by(tmp_path, "run(main)").splitlines() == [
        "",
        "00:00:00.000 [error] Process #PID<...> raised an exception",
        "** (RuntimeError) oops",
        '    program.py:3: oops  |  def oops(): raise RuntimeError("oops")',
    ]


def test_it_is_coloured_if_asked_for(tmp_path: Path) -> None:
    said = told_by(tmp_path, "run(main)", FORCE_COLOR="1")
    assert "\x1b[31m[error]\x1b[0m \x1b[31mProcess" in said
    assert '\x1b[1m    program.py:3: oops  |  def oops(): raise RuntimeError("oops")\x1b[0m' in said


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("quiet", [False, True])
def test_it_is_coloured_on_a_terminal(tmp_path: Path, quiet: bool) -> None:
    import os
    import pty

    (tmp_path / "program.py").write_text(f"{CRASH}\nrun(main)")
    master, slave = pty.openpty()
    more = {"TERM": "xterm", **({"NO_COLOR": "1"} if quiet else {})}
    subprocess.run(
        [sys.executable, "program.py"],
        cwd=tmp_path,
        env=environment(**more),
        stderr=slave,
        timeout=15,
        check=True,
    )
    said = os.read(master, 65536).decode()
    os.close(master)
    os.close(slave)
    assert "** (RuntimeError) oops" in said
    assert ("\x1b[31m" in said) is not quiet


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("logging.basicConfig(format='%(levelname)s %(process_name)s %(message)s')", "ERROR None"),
        (
            "handler = logging.StreamHandler()\n"
            "handler.setFormatter(logging.Formatter('mine %(pid)s'))\n"
            "logging.getLogger('aquavit').addHandler(handler)",
            "mine #PID<...>",
        ),
        (
            "import logging.config\n"
            "logging.config.dictConfig({'version': 1, 'disable_existing_loggers': False,\n"
            "    'formatters': {'own': {'format': 'own %(message)s'}},\n"
            "    'handlers': {'err': {'class': 'logging.StreamHandler', 'formatter': 'own'}},\n"
            "    'root': {'handlers': ['err']}})",
            "own Process #PID<...> raised an exception",
        ),
    ],
)
def test_the_programs_own_logging_takes_over(tmp_path: Path, source: str, expected: str) -> None:
    said = told_by(tmp_path, f"import logging\n{source}\nrun(main)")
    assert said.startswith(expected)
    assert said.count("** (RuntimeError) oops") == (0 if expected.startswith("mine") else 1)
    assert "[error]" not in said


@pytest.mark.parametrize(
    "source",
    [
        "logging.getLogger('aquavit').setLevel(logging.CRITICAL)",
        "logging.getLogger('aquavit').disabled = True",
        "logging.disable()",
        "sys.stderr = None",
    ],
)
def test_it_can_be_silenced(tmp_path: Path, source: str) -> None:
    assert told_by(tmp_path, f"import logging, sys\n{source}\nrun(main)") == ""
