"""What supervisors log, beside the words: those are compared in the port of scenario 48."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from aquavit import (
    DynamicSupervisor,
    GenServer,
    Stop,
    Supervisor,
    self,
    send,
)
from tests.supervised import pid_of
from tests.support import died, process_test, settled


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
