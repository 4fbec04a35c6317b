"""Group 12: registered names."""

from __future__ import annotations

from typing import Any

import pytest

import aquavit
from aquavit import (
    Down,
    Exit,
    Pid,
    is_alive,
    kill,
    link,
    monitor,
    process_info,
    receive,
    register,
    registered,
    self,
    send,
    spawn,
    spawn_link,
    spawn_monitor,
    trap_exit,
    unregister,
    whereis,
)
from tests.support import died, end, idle, info, outcome, process_test


@process_test
async def test_fact_132_a_registered_name_leads_to_the_process() -> None:
    assert register(self(), "main") is True
    assert whereis("main") == self()
    send("main", "by name")
    assert await receive(timeout=0) == "by name"
    unregister("main")


@process_test
async def test_fact_132_whereis_of_a_name_that_nobody_has_is_none() -> None:
    assert whereis("nobody") is None


@process_test
async def test_fact_132_a_name_works_in_monitor() -> None:
    pid = spawn(idle)
    register(pid, "target")
    ref = monitor("target")
    kill(pid)
    assert await receive(timeout=1.0) == Down(ref, ("target", aquavit.node()), "killed")


@pytest.mark.parametrize("start", [spawn, spawn_link, spawn_monitor])
@process_test
async def test_fact_132_spawn_can_register_the_name(start: Any) -> None:
    start(idle, name="child")
    pid = whereis("child")
    assert pid is not None
    assert info(pid).name == "child"
    await end(pid)
    aquavit.flush()


@pytest.mark.parametrize("start", [spawn, spawn_link, spawn_monitor])
@process_test
async def test_fact_133_spawn_with_a_name_that_is_taken_raises_and_starts_nothing(
    start: Any,
) -> None:
    register(self(), "taken")
    before = aquavit.processes()
    with pytest.raises(ValueError, match="taken"):
        start(idle, name="taken")
    assert aquavit.processes() == before
    unregister("taken")


@process_test
async def test_fact_133_a_name_that_is_taken_raises() -> None:
    pid = spawn(idle)
    register(self(), "taken")
    with pytest.raises(ValueError, match="already taken"):
        register(pid, "taken")
    assert whereis("taken") == self()
    unregister("taken")
    await end(pid)


@process_test
async def test_fact_133_the_same_pid_and_name_again_raises() -> None:
    register(self(), "main")
    with pytest.raises(ValueError, match=r"taken|name"):
        register(self(), "main")
    unregister("main")


@process_test
async def test_fact_133_a_dead_pid_raises() -> None:
    pid = spawn(lambda: None)
    await died(pid)
    with pytest.raises(ValueError, match="not alive"):
        register(pid, "late")
    assert whereis("late") is None


@pytest.mark.parametrize(("name", "error"), [(None, TypeError), (True, TypeError), (7, TypeError)])
@process_test
async def test_fact_134_a_name_that_is_no_string_raises(name: Any, error: Any) -> None:
    with pytest.raises(error):
        register(self(), name)


@process_test
async def test_fact_134_the_reserved_name_undefined_raises() -> None:
    with pytest.raises(ValueError, match="undefined"):
        register(self(), "undefined")


@process_test
async def test_fact_135_a_process_has_one_name_at_most() -> None:
    register(self(), "first")
    with pytest.raises(ValueError, match="name"):
        register(self(), "second")
    assert registered() == ["first"]
    unregister("first")
    register(self(), "second")
    assert (whereis("first"), whereis("second")) == (None, self())
    unregister("second")


@process_test
async def test_fact_136_unregister_returns_true_and_the_process_lives_on() -> None:
    pid = spawn(idle, name="target")
    assert unregister("target") is True
    assert whereis("target") is None
    assert is_alive(pid)
    await end(pid)


@process_test
async def test_fact_136_unregister_of_a_name_that_nobody_has_raises() -> None:
    with pytest.raises(ValueError, match="nobody"):
        unregister("nobody")


@process_test
async def test_fact_136_any_process_may_register_and_unregister_any_other() -> None:
    main = self()
    assert await outcome(register, main, "by other") == "normal"
    assert whereis("by other") == main
    assert await outcome(unregister, "by other") == "normal"
    assert whereis("by other") is None


@process_test
async def test_fact_137_a_name_is_free_when_the_down_is_seen() -> None:
    pid, ref = spawn_monitor(idle, name="target")
    kill(pid)
    await receive(Down(ref, ..., ...), timeout=1.0)
    assert whereis("target") is None
    register(self(), "target")
    unregister("target")


@process_test
async def test_fact_137_a_name_is_free_when_the_exit_is_seen() -> None:
    trap_exit(True)
    pid = spawn_link(lambda: None, name="target")
    await receive(Exit(pid, ...), timeout=1.0)
    assert whereis("target") is None
    assert registered() == []


@process_test
async def test_fact_137_a_name_is_free_for_a_new_process_at_once() -> None:
    first, ref = spawn_monitor(lambda: None, name="target")
    await receive(Down(ref, first, ...), timeout=1.0)
    second: Pid[Any] = spawn(idle, name="target")
    assert whereis("target") == second
    await end(second)


@process_test
async def test_fact_138_registered_lists_the_names() -> None:
    pid = spawn(idle, name="child")
    register(self(), "main")
    assert sorted(registered()) == ["child", "main"]
    assert info(pid).name == "child"
    assert info(self()).name == "main"
    unregister("main")
    assert info(self()).name is None
    await end(pid)


@pytest.mark.parametrize("call", [link, is_alive, process_info, kill])
@process_test
async def test_fact_139_other_calls_do_not_take_names(call: Any) -> None:
    register(self(), "main")
    with pytest.raises(TypeError, match="expected a Pid"):
        call("main")
    unregister("main")


@process_test
async def test_fact_140_the_error_of_register_names_pid_and_name() -> None:
    pid = spawn(lambda: None)
    await died(pid)
    with pytest.raises(ValueError, match="could not register") as caught:
        register(pid, "late")
    assert str(caught.value).startswith(f"could not register {pid!r} with name 'late' because")
