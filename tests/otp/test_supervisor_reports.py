"""What supervisors log, against what Elixir logged in the oracle's scenario 48.

The words are Elixir's; an atom shows as a string's repr, milliseconds as seconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from aquavit import (
    ChildSpec,
    DynamicSupervisor,
    GenServer,
    StartError,
    Stop,
    Supervisor,
    Task,
    receive,
    self,
    send,
    trap_exit,
    unlink,
)
from tests.clock import VirtualClock
from tests.supervised import deaf, pid_of
from tests.support import died, process_test, settled

#: The `.out` file, block by block, as it reads here.
ORACLE = {
    "terminated": """\
Child 'kid' of Supervisor SUP (Supervisor) terminated
** (exit) 'boom'
Pid: CHILD
Start Call: W.start_link(FUN)
Restart: 'permanent'
Shutdown: 5.0
Type: 'worker'""",
    "intensity reached": """\
Child 'kid' of Supervisor my_sup terminated
** (exit) 'boom'
Pid: CHILD
Start Call: W.start_link(FUN)
Restart: 'permanent'
Shutdown: 5.0
Type: 'worker'
Child 'kid' of Supervisor my_sup caused shutdown
** (exit) 'reached_max_restart_intensity'
Start Call: W.start_link(FUN)
Restart: 'permanent'
Shutdown: 5.0
Type: 'worker'""",
    "start error": """\
Child 'bad' of Supervisor sup3 failed to start
** (exit) 'nope'
Start Call: W.start_link(FUN)
Restart: 'permanent'
Shutdown: 5.0
Type: 'worker'""",
    "shutdown error": """\
Child 'stub' of Supervisor sup4 shut down abnormally
** (exit) killed
Pid: CHILD
Start Call: Task.start_link(FUN)
Restart: 'permanent'
Shutdown: 0.02
Type: 'worker'""",
}


class W(GenServer):
    """A child that stops when it is told to."""

    def init(self, fn: Callable[[], Any]) -> Any:
        return fn()

    def handle_cast(self, request: Any) -> Stop:
        return Stop(request)


def ok() -> None:
    """Start well."""


def logged(caplog: pytest.LogCaptureFixture, sup: Any, child: Any) -> str:
    """Return the reports on children, with labels in place of what differs each time."""
    texts = [record.getMessage() for record in caplog.records]
    text = "\n".join(text for text in texts if text.startswith("Child"))
    text = text.replace(repr(sup), "SUP").replace(repr(child), "CHILD")
    return re.sub(r"<function .*? at 0x[0-9a-f]+>", "FUN", text)


async def crashed(sup: Any, reason: Any = "boom") -> Any:
    """Stop the child with `reason`; return the Pid that it had."""
    pid = await pid_of(sup, "kid")
    GenServer.cast(pid, reason)
    await died(pid)
    await settled()
    return pid


@process_test
async def test_a_child_that_ends_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    sup = await Supervisor.start_link([W.child_spec(ok, id="kid")])
    pid = await crashed(sup)
    assert logged(caplog, sup, pid) == ORACLE["terminated"]
    await Supervisor.stop(sup)


@process_test
async def test_too_many_restarts_are_reported(caplog: pytest.LogCaptureFixture) -> None:
    trap_exit(True)
    child = W.child_spec(ok, id="kid")
    sup = await Supervisor.start_link([child], max_restarts=0, name="my_sup")
    pid = await crashed(sup)
    assert logged(caplog, sup, pid) == ORACLE["intensity reached"]
    await receive()


@process_test
async def test_a_child_that_does_not_start_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(StartError):
        await Supervisor.start_link([W.child_spec(lambda: Stop("nope"), id="bad")], name="sup3")
    assert logged(caplog, None, None) == ORACLE["start error"]


@process_test
async def test_a_child_that_has_to_be_killed_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    clock = VirtualClock()
    stub = ChildSpec("stub", (Task.start_link, deaf), shutdown=0.02)
    sup = await Supervisor.start_link([stub], name="sup4")
    pid = await pid_of(sup, "stub")
    unlink(sup)
    stopping = Task.start(Supervisor.stop, sup)
    await clock.advance(0.03)
    await died(stopping)
    assert logged(caplog, sup, pid) == ORACLE["shutdown error"]


@process_test
async def test_the_end_of_a_transient_child_is_not_reported(
    caplog: pytest.LogCaptureFixture,
) -> None:
    sup = await Supervisor.start_link([W.child_spec(ok, id="kid", restart="transient")])
    await crashed(sup, "shutdown")
    assert logged(caplog, sup, None) == ""
    await Supervisor.stop(sup)


@process_test
async def test_the_facts_stand_in_the_record(caplog: pytest.LogCaptureFixture) -> None:
    sup = await Supervisor.start_link([W.child_spec(ok, id="kid")], name="my_sup")
    pid = await crashed(sup)
    record: Any = caplog.records[-1]
    assert (record.supervisor, record.child, record.pid) == ("my_sup", "kid", pid)
    assert (record.event, record.exit_reason) == ("terminated", "boom")
    await Supervisor.stop(sup)


@process_test
async def test_a_dynamic_supervisor_reports_in_the_same_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    sup = await DynamicSupervisor.start_link(name="dyn")
    pid = await DynamicSupervisor.start_child(sup, (W, ok))
    GenServer.cast(pid, "boom")
    await died(pid)
    await settled()
    assert logged(caplog, sup, pid).startswith(
        "Child 'W' of Supervisor dyn terminated\n** (exit) 'boom'\nPid: CHILD\n"
    )
    await DynamicSupervisor.stop(sup)


@process_test
async def test_a_message_of_no_use_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    sup = await Supervisor.start_link([])
    send(sup, ("what", self()))
    GenServer.cast(sup, "why")
    await settled()
    assert [record.getMessage() for record in caplog.records] == [
        f"Supervisor received unexpected message: ('what', {self()!r})",
        "Supervisor received unexpected message: 'why'",
    ]
    await Supervisor.stop(sup)
