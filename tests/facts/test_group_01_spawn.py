"""Group 1: spawn, self, is_alive."""

from __future__ import annotations

from typing import Any

import pytest

import aquavit
from aquavit import (
    Down,
    Exit,
    is_alive,
    monitor,
    process_dict,
    processes,
    receive,
    self,
    send,
    sleep,
    spawn,
    spawn_link,
    spawn_monitor,
    trap_exit,
)
from tests.support import died, end, idle, info, outcome, process_test, settled


@process_test
async def test_fact_001_spawn_returns_a_pid_before_the_function_runs() -> None:
    main = self()
    pid = spawn(lambda: send(main, "ran"))
    assert info(main).message_count == 0
    assert isinstance(pid, aquavit.Pid)
    assert await receive(timeout=1.0) == "ran"


@process_test
async def test_fact_001_the_return_value_is_dropped_and_the_reason_is_normal() -> None:
    pid, ref = spawn_monitor(lambda: 2 * 2)
    assert await receive(timeout=1.0) == Down(ref, pid, "normal")


@process_test
async def test_fact_001_what_the_function_returns_is_awaited() -> None:
    async def work() -> int:
        await sleep(0)
        return 4

    assert await outcome(work) == "normal"
    assert await outcome(lambda: work()) == "normal"


@pytest.mark.parametrize("value", [None, False, ..., NotImplemented, (), "kill"], ids=repr)
@process_test
async def test_fact_001_any_return_value_is_dropped(value: Any) -> None:
    async def work() -> Any:
        return value

    assert await outcome(lambda: value) == "normal"
    assert await outcome(work) == "normal"


@process_test
async def test_fact_001_a_wait_that_the_function_returns_is_awaited() -> None:
    send(self(), "stays")
    pid, ref = spawn_monitor(lambda: receive("go"))
    await settled()
    assert is_alive(pid)
    send(pid, "go")
    assert await receive(Down, timeout=1.0) == Down(ref, pid, "normal")
    assert aquavit.flush() == ["stays"]


@process_test
async def test_fact_001_spawn_does_not_wait_for_a_function_that_never_ends() -> None:
    pid = spawn(idle)
    await settled()
    assert is_alive(pid)
    await end(pid)


@process_test
async def test_fact_002_a_process_whose_function_returned_is_dead() -> None:
    pid = spawn(lambda: 2 * 2)
    await settled()
    assert not is_alive(pid)


@process_test
async def test_fact_002_the_caller_itself_is_alive() -> None:
    assert is_alive(self())


@process_test
async def test_fact_002_a_process_that_has_not_run_yet_is_alive() -> None:
    pid = spawn(lambda: None)
    assert is_alive(pid)
    await died(pid)


@process_test
async def test_fact_003_self_in_the_child_is_the_pid_that_spawn_returned() -> None:
    main = self()
    pid = spawn(lambda: send(main, self()))
    assert await receive(timeout=1.0) == pid


@process_test
async def test_fact_004_spawn_calls_the_function_with_the_arguments() -> None:
    spawn(send, self(), ("mfa", 1))
    assert await receive(timeout=1.0) == ("mfa", 1)


@process_test
async def test_fact_005_spawn_link_links_before_an_instant_crash() -> None:
    trap_exit(True)
    pid = spawn_link(_raise, RuntimeError("at once"))
    message = await receive(Exit(pid, ...), timeout=1.0)
    assert isinstance(message.reason, RuntimeError)


@process_test
async def test_fact_006_spawn_monitor_sees_the_reason_of_an_instant_death() -> None:
    error = RuntimeError("at once")
    pid, ref = spawn_monitor(_raise, error)
    assert await receive(timeout=1.0) == Down(ref, pid, error)


@process_test
async def test_fact_007_an_unknown_option_raises_at_the_caller() -> None:
    with pytest.raises(TypeError):
        spawn(idle, bad_option=True)


@pytest.mark.parametrize("start", [spawn, spawn_link, spawn_monitor])
@process_test
async def test_fact_008_spawn_of_what_is_not_callable_raises_at_the_caller(start: Any) -> None:
    with pytest.raises(TypeError, match="expected a function, got 'not_a_function'"):
        start("not_a_function")


@process_test
async def test_fact_008_a_function_of_wrong_arity_dies_in_the_child() -> None:
    pid, ref = spawn_monitor(lambda required: required)
    message = await receive(Down(ref, pid, ...), timeout=1.0)
    assert isinstance(message.reason, TypeError)


@pytest.mark.parametrize("wrong", ["name", 7, None])
@process_test
async def test_fact_009_is_alive_takes_only_a_pid(wrong: Any) -> None:
    with pytest.raises(TypeError, match="expected a Pid"):
        is_alive(wrong)


@process_test
async def test_fact_010_is_alive_is_false_right_after_a_kill_by_the_same_process() -> None:
    pid = spawn(idle)
    await settled()
    aquavit.exit(pid, "kill")
    assert not is_alive(pid)
    assert pid not in processes()
    await died(pid)


@process_test
async def test_fact_010_is_alive_is_false_right_after_an_exit_signal_that_kills() -> None:
    pid = spawn(idle)
    aquavit.exit(pid, "enough")
    assert not is_alive(pid)
    await died(pid)


@process_test
async def test_fact_011_pids_are_never_used_again() -> None:
    first = spawn(lambda: None)
    await died(first)
    second = spawn(lambda: None)
    await died(second)
    assert first != second


@process_test
async def test_fact_012_a_child_inherits_neither_links_nor_monitors_nor_flags() -> None:
    trap_exit(True)
    process_dict()["key"] = 1
    linked = spawn_link(idle)
    monitor(linked)
    send(self(), "for main")
    aquavit.register(self(), "main")
    child = spawn(idle)
    known = info(child)
    assert (known.links, known.monitors, known.monitored_by) == ((), (), ())
    assert (known.trap_exit, known.dictionary, known.messages) == (False, {}, ())
    assert known.name is None
    aquavit.unregister("main")
    await end(linked, child)
    aquavit.flush()


@process_test
async def test_fact_013_the_death_of_the_parent_does_not_touch_an_unlinked_child() -> None:
    main = self()

    def parent() -> None:
        send(main, spawn(idle))
        raise aquavit.ProcessExit("parent crashed")

    assert await outcome(parent) == "parent crashed"
    child = await receive(aquavit.Pid, timeout=1.0)
    await settled()
    assert is_alive(child)
    await end(child)


@process_test
async def test_fact_014_processes_lists_the_living_and_not_the_dead() -> None:
    living, dead = spawn(idle), spawn(lambda: None)
    await died(dead)
    assert processes() == [self(), living]
    await end(living)


def _raise(error: Exception) -> None:
    raise error
