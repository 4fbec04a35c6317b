"""What proc_lib_SUITE checks of starts that wait and of reports."""

from __future__ import annotations

from typing import Any

import pytest

from aquavit import (
    GenServer,
    Pid,
    flush,
    kill,
    process_dict,
    receive,
    self,
    send,
    spawn,
)
from tests.support import died, end, idle, process_test, settled


class Slow(GenServer):
    """Is ready when it is told to go on."""

    async def init(self, test: Pid[Any]) -> None:
        send(test, ("init", self_pid()))
        await receive("go on")


self_pid = self


@pytest.mark.parametrize("start", [Slow.start, Slow.start_link])
@process_test
async def test_a_start_returns_when_the_process_says_that_it_is_ready(start: Any) -> None:
    async def starts(test: Pid[Any]) -> None:
        send(test, ("started", await start(test)))
        await idle()

    starter = spawn(starts, self())
    _, pid = await receive(("init", ...))
    await settled()
    assert flush() == []
    send(pid, "go on")
    assert await receive() == ("started", pid)
    await end(starter)
    kill(pid)
    await died(pid)


@process_test
async def test_a_crash_is_reported_though_the_dictionary_has_been_emptied(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def tampers() -> None:
        process_dict().clear()
        raise RuntimeError("abnormal")

    await died(spawn(tampers))
    assert len(caplog.records) == 1
    assert "abnormal" in caplog.text


@process_test
async def test_names_in_any_script_are_reported(caplog: pytest.LogCaptureFixture) -> None:
    def чайник() -> None:
        raise RuntimeError("кипит")

    await died(spawn(чайник))
    assert "кипит" in caplog.text
    assert "чайник" in caplog.text
