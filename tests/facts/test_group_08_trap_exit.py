"""Group 8: trap_exit."""

from __future__ import annotations

from typing import Any

import pytest

import aquavit
from aquavit import (
    Exit,
    Pid,
    ProcessExit,
    flush,
    receive,
    self,
    send,
    spawn,
    spawn_link,
    spawn_monitor,
    trap_exit,
)
from tests.support import end, idle, info, outcome, process_test, settled


@process_test
async def test_fact_095_trap_exit_returns_what_it_was_and_starts_false() -> None:
    assert [trap_exit(True), trap_exit(True), trap_exit(False)] == [False, True, True]


@process_test
async def test_fact_095_children_do_not_inherit_it() -> None:
    trap_exit(True)
    main = self()
    spawn(lambda: send(main, trap_exit(False)))
    assert await receive(timeout=1.0) is False


@process_test
async def test_fact_096_messages_that_came_while_trapping_stay_messages() -> None:
    main = self()

    async def stop_trapping() -> None:
        trap_exit(True)
        send(main, "ready")
        await receive("stop trapping")
        trap_exit(False)
        await idle()

    pid, _ = spawn_monitor(stop_trapping)
    await receive("ready", timeout=1.0)
    aquavit.exit(pid, "first")
    send(pid, "stop trapping")
    await settled()
    assert info(pid).messages == (Exit(main, "first"),)
    aquavit.exit(pid, "second")
    assert (await receive(timeout=1.0)).reason == "second"


@process_test
async def test_fact_097_process_info_shows_it() -> None:
    assert info(self()).trap_exit is False
    trap_exit(True)
    assert info(self()).trap_exit is True


@pytest.mark.parametrize("wrong", ["yes", 1, None])
@process_test
async def test_fact_097_a_value_that_is_no_bool_raises(wrong: Any) -> None:
    with pytest.raises(TypeError, match="trap_exit: expected True or False"):
        trap_exit(wrong)
    assert info(self()).trap_exit is False


@process_test
async def test_fact_098_a_process_that_traps_dies_of_what_it_raises() -> None:
    def leave(reason: object) -> None:
        trap_exit(True)
        raise ProcessExit(reason)

    assert await outcome(leave, "other") == "other"
    assert await outcome(leave, "kill") == "kill"
    assert await outcome(leave, "normal") == "normal"


@process_test
async def test_fact_099_exit_messages_take_part_in_selective_receive() -> None:
    trap_exit(True)
    first: Pid[Any] = spawn_link(idle)
    second: Pid[Any] = spawn_link(idle)
    send(self(), "before")
    aquavit.exit(first, "a")
    aquavit.exit(second, "b")
    await settled()
    assert await receive(Exit(second, ...), timeout=0) == Exit(second, "b")
    assert flush() == ["before", Exit(first, "a")]
    await end(first, second)
