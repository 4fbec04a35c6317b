"""Group 14: what is logged when a process crashes."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

import aquavit
from aquavit import (
    ProcessExit,
    Task,
    flush,
    receive,
    register,
    self,
    send,
    set_label,
    spawn,
    spawn_link,
    trap_exit,
    unregister,
)
from tests.support import died, end, idle, outcome, process_test, settled


def reports(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """Return the records of the package's logger."""
    return [record for record in caplog.records if record.name == "aquavit"]


def only_report(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the lines of the one record there is."""
    (record,) = reports(caplog)
    assert record.levelno == logging.ERROR
    return record.getMessage().splitlines()


def fail() -> None:
    """Raise."""
    raise RuntimeError("oops")


@process_test
async def test_fact_154_a_crash_is_logged_with_pid_exception_and_indented_frames(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pid = spawn(fail)
    await died(pid)
    lines = only_report(caplog)
    assert lines[:2] == [f"Process {pid!r} raised an exception", "** (RuntimeError) oops"]
    assert len(lines) >= 3
    assert all(line.startswith("    ") for line in lines[2:])
    assert "test_group_14_crash_reports.py:" in lines[2]
    assert "fail" in lines[2]


@process_test
async def test_fact_154_a_registered_process_is_shown_by_its_pid_too(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pid = spawn(fail, name="named")
    await died(pid)
    assert repr(pid) in only_report(caplog)[0]


@process_test
async def test_fact_154_the_record_carries_pid_name_and_label(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def labelled() -> None:
        set_label("my label")
        raise RuntimeError("oops")

    pid = spawn(labelled, name="named")
    await died(pid)
    (record,) = reports(caplog)
    extra: Any = record
    assert (extra.pid, extra.process_name, extra.label) == (pid, "named", "my label")


@process_test
async def test_fact_154_a_crash_is_logged_once_and_not_for_those_it_takes_along(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def parent() -> None:
        spawn_link(fail)
        await idle()

    assert isinstance(await outcome(parent), RuntimeError)
    assert len(reports(caplog)) == 1


@process_test
async def test_fact_154_a_crash_is_logged_for_a_trapping_parent_too(
    caplog: pytest.LogCaptureFixture,
) -> None:
    trap_exit(True)
    spawn_link(fail)
    await settled()
    assert len(flush()) == len(reports(caplog)) == 1


@process_test
async def test_fact_154_the_frames_of_the_package_are_left_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def wrong() -> None:
        await receive(timeout=-1)

    await outcome(wrong)
    lines = only_report(caplog)
    assert lines[1].startswith("** (ValueError) receive: expected a timeout")
    assert [line for line in lines[2:] if "test_group_14_crash_reports.py:" not in line] == []


@process_test
async def test_fact_155_an_error_of_the_interpreter_is_shown_as_its_exception(
    caplog: pytest.LogCaptureFixture,
) -> None:
    await outcome(lambda: 1 / 0)
    assert only_report(caplog)[1] == "** (ZeroDivisionError) division by zero"


@pytest.mark.parametrize("reason", ["normal", "shutdown", "kill", "bad", ("shutdown", 1), None])
@process_test
async def test_fact_156_a_process_that_leaves_by_process_exit_logs_nothing(
    caplog: pytest.LogCaptureFixture, reason: Any
) -> None:
    assert await outcome(_leave, reason) == reason
    assert reports(caplog) == []


@pytest.mark.parametrize("reason", ["shutdown", "kill", "bad", None])
@process_test
async def test_fact_156_a_process_that_a_signal_ends_logs_nothing(
    caplog: pytest.LogCaptureFixture, reason: Any
) -> None:
    pid = spawn(idle)
    await settled()
    aquavit.exit(pid, reason)
    await died(pid)
    assert reports(caplog) == []


@process_test
async def test_fact_156_a_killed_process_whose_clean_up_awaits_logs_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def wait() -> None:
        try:
            await idle()
        finally:
            await asyncio.wait_for(asyncio.Event().wait(), 0)

    pid = spawn(wait)
    await settled()
    aquavit.kill(pid)
    await died(pid)
    assert reports(caplog) == []


@process_test
async def test_fact_156_a_process_that_ends_normally_logs_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert await outcome(lambda: "value") == "normal"
    assert reports(caplog) == []


@process_test
async def test_fact_157_a_task_crash_is_logged_with_function_and_arguments(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pid = Task.start(_fail_with, "oops", 2)
    await died(pid)
    lines = only_report(caplog)
    assert lines[0] == f"Task {pid!r} started from {self()!r} terminating"
    assert lines[1] == "** (RuntimeError) oops"
    frames, tail = lines[2:-2], lines[-2:]
    assert frames
    assert all(line.startswith("    ") for line in frames)
    assert tail[0].startswith("Function: ")
    assert "_fail_with" in tail[0]
    assert tail[1] == "    Args: ['oops', 2]"


@process_test
async def test_fact_157_a_linked_task_is_logged_the_same_way(
    caplog: pytest.LogCaptureFixture,
) -> None:
    trap_exit(True)
    pid = Task.start_link(fail)
    await receive(aquavit.Exit(pid, ...), timeout=1.0)
    lines = only_report(caplog)
    assert lines[0] == f"Task {pid!r} started from {self()!r} terminating"
    assert lines[-1] == "    Args: []"


@process_test
async def test_fact_157_a_task_of_a_named_process_shows_that_name(
    caplog: pytest.LogCaptureFixture,
) -> None:
    register(self(), "boss")
    pid = Task.start(fail)
    await died(pid)
    line = only_report(caplog)[0].replace("'boss'", "boss")
    assert line == f"Task {pid!r} started from boss terminating"
    unregister("boss")


@process_test
async def test_fact_157_a_task_that_leaves_by_process_exit_is_logged_as_a_stop(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pid = Task.start(_leave, "bad")
    await died(pid)
    lines = only_report(caplog)
    assert lines[0] == f"Task {pid!r} started from {self()!r} terminating"
    assert lines[1].replace("'bad'", "bad") == "** (stop) bad"
    assert lines[-1] == "    Args: ['bad']"


@pytest.mark.parametrize("reason", ["normal", "shutdown", ("shutdown", "why")])
@process_test
async def test_fact_157_a_task_that_leaves_quietly_logs_nothing(
    caplog: pytest.LogCaptureFixture, reason: Any
) -> None:
    pid = Task.start(_leave, reason)
    await died(pid)
    assert reports(caplog) == []


@process_test
async def test_fact_157_a_task_that_a_signal_ends_logs_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pid = Task.start(idle)
    await settled()
    send(pid, "x")
    aquavit.exit(pid, "bad")
    await died(pid)
    assert reports(caplog) == []
    await end(pid)


def _leave(reason: object) -> None:
    raise ProcessExit(reason)


def _fail_with(text: str, number: int) -> None:
    raise RuntimeError(text)
