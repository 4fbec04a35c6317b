"""Group 10: monitors."""

from __future__ import annotations

from typing import Any

import pytest

import aquavit
from aquavit import (
    Down,
    Exit,
    Ref,
    demonitor,
    flush,
    is_alive,
    kill,
    make_ref,
    monitor,
    node,
    receive,
    register,
    self,
    send,
    spawn,
    spawn_link,
    spawn_monitor,
    trap_exit,
    unregister,
)
from tests.support import died, end, idle, info, process_test, settled


@process_test
async def test_fact_110_monitor_returns_a_new_ref_each_time() -> None:
    pid = spawn(idle)
    first, second = monitor(pid), monitor(pid)
    assert isinstance(first, Ref)
    assert first != second
    demonitor(first)
    demonitor(second)
    await end(pid)


@pytest.mark.parametrize("reason", ["why", "shutdown", ("a", 1), None])
@process_test
async def test_fact_110_a_death_gives_one_down_with_ref_pid_and_reason(reason: Any) -> None:
    pid = spawn(idle)
    ref = monitor(pid)
    aquavit.exit(pid, reason)
    await settled()
    assert flush() == [Down(ref, pid, reason)]


@process_test
async def test_fact_110_a_normal_end_gives_a_down_too() -> None:
    pid = spawn(lambda: "value")
    ref = monitor(pid)
    await settled()
    assert flush() == [Down(ref, pid, "normal")]


@process_test
async def test_fact_111_monitoring_a_dead_process_gives_noproc() -> None:
    dead = spawn(lambda: None)
    await settled()
    ref = monitor(dead)
    assert await receive(timeout=1.0) == Down(ref, dead, "noproc")


@process_test
async def test_fact_111_monitoring_a_name_that_nobody_has_gives_noproc() -> None:
    ref = monitor("nobody")
    assert await receive(timeout=1.0) == Down(ref, ("nobody", node()), "noproc")
    ref = monitor(("nobody", node()))
    assert await receive(timeout=1.0) == Down(ref, ("nobody", node()), "noproc")


@process_test
async def test_fact_112_monitors_are_one_way() -> None:
    main = self()
    target = spawn(idle)

    async def watch() -> None:
        monitor(target)
        send(main, "watching")
        await idle()

    watcher = spawn(watch)
    await receive("watching", timeout=1.0)
    assert info(target).monitored_by == (watcher,)
    aquavit.exit(watcher, "crash")
    await settled()
    assert is_alive(target)
    assert info(target).monitored_by == ()
    await end(target)


@process_test
async def test_fact_113_each_monitor_gives_a_down_of_its_own() -> None:
    pid = spawn(idle)
    refs = [monitor(pid), monitor(pid), monitor(pid)]
    aquavit.exit(pid, "why")
    await settled()
    assert sorted(message.ref for message in flush()) == refs


@pytest.mark.parametrize("target", ["target", ("target", node())])
@process_test
async def test_fact_114_a_monitor_by_name_shows_name_and_node(target: Any) -> None:
    pid = spawn(idle, name="target")
    ref = monitor(target)
    kill(pid)
    assert await receive(timeout=1.0) == Down(ref, ("target", node()), "killed")


@process_test
async def test_fact_114_a_name_is_looked_up_when_the_monitor_is_made() -> None:
    first, second = spawn(idle, name="target"), spawn(idle)
    ref = monitor("target")
    unregister("target")
    register(second, "target")
    aquavit.exit(second, "second")
    await settled()
    assert flush() == []
    aquavit.exit(first, "first")
    assert await receive(timeout=1.0) == Down(ref, ("target", node()), "first")


@process_test
async def test_fact_115_monitoring_oneself_gives_a_ref_that_never_fires() -> None:
    ref = monitor(self())
    assert isinstance(ref, Ref)
    await settled()
    assert flush() == []
    assert demonitor(ref) is True


@process_test
async def test_fact_116_demonitor_returns_true_also_when_repeated() -> None:
    pid = spawn(idle)
    ref = monitor(pid)
    assert [demonitor(ref), demonitor(ref), demonitor(make_ref())] == [True, True, True]
    aquavit.exit(pid, "unseen")
    await settled()
    assert flush() == []


@process_test
async def test_fact_117_without_flush_a_down_in_the_mailbox_stays() -> None:
    pid, ref = spawn_monitor(lambda: None)
    await settled()
    assert demonitor(ref) is True
    assert flush() == [Down(ref, pid, "normal")]


@process_test
async def test_fact_117_flush_takes_the_down_of_that_ref_and_no_other() -> None:
    pid, ref = spawn_monitor(lambda: None)
    other = monitor(pid)
    send(self(), "before")
    await settled()
    send(self(), "after")
    demonitor(ref, flush=True)
    assert flush() == ["before", Down(other, pid, "normal"), "after"]


@pytest.mark.parametrize("tag", ["tag", ("custom", 1)])
@process_test
async def test_fact_117_flush_takes_a_down_with_a_tag_too(tag: Any) -> None:
    pid = spawn(lambda: None)
    ref = monitor(pid, tag=tag)
    await settled()
    demonitor(ref, flush=True)
    assert flush() == []


@process_test
async def test_fact_117_flush_of_a_monitor_that_has_not_fired_removes_it() -> None:
    pid = spawn(idle)
    demonitor(monitor(pid), flush=True)
    aquavit.exit(pid, "unseen")
    await settled()
    assert flush() == []


@process_test
async def test_fact_118_info_tells_whether_the_monitor_was_there() -> None:
    pid = spawn(idle)
    ref = monitor(pid)
    assert demonitor(ref, info=True) is True
    assert demonitor(ref, info=True) is False
    await end(pid)


@process_test
async def test_fact_118_info_with_flush_is_false_after_a_down_was_flushed() -> None:
    _, ref = spawn_monitor(lambda: None)
    await settled()
    assert demonitor(ref, flush=True, info=True) is False
    assert flush() == []


@pytest.mark.parametrize("wrong", ["ref", None, 7])
@process_test
async def test_fact_119_demonitor_of_what_is_no_ref_raises(wrong: Any) -> None:
    with pytest.raises(TypeError, match="demonitor: expected a Ref"):
        demonitor(wrong)


@pytest.mark.parametrize("wrong", [None, 7, 1.5, ("a", 1), ("a", "b", "c")])
@process_test
async def test_fact_119_monitor_of_what_is_no_process_raises(wrong: Any) -> None:
    with pytest.raises(TypeError, match="monitor: expected a Pid"):
        monitor(wrong)


@process_test
async def test_fact_119_a_ref_of_another_process_is_ignored() -> None:
    main = self()
    pid = spawn(idle)
    ref = monitor(pid)
    spawn(lambda: send(main, demonitor(ref, info=True)))
    assert await receive(timeout=1.0) is False
    aquavit.exit(pid, "seen")
    assert await receive(timeout=1.0) == Down(ref, pid, "seen")


@process_test
async def test_fact_120_process_info_lists_monitors_of_both_sides_one_for_each() -> None:
    pid = spawn(idle)
    refs = [monitor(pid), monitor(pid)]
    assert info(self()).monitors == (pid, pid)
    assert info(pid).monitored_by == (self(), self())
    demonitor(refs[0])
    assert info(self()).monitors == (pid,)
    demonitor(refs[1])
    assert info(self()).monitors == info(pid).monitored_by == ()
    await end(pid)


@process_test
async def test_fact_121_a_tag_makes_the_message_a_tuple() -> None:
    pid = spawn(idle)
    ref = monitor(pid, tag=("custom", 1))
    aquavit.exit(pid, "t")
    assert await receive(timeout=1.0) == (("custom", 1), ref, pid, "t")


@process_test
async def test_fact_122_the_reason_is_the_one_that_links_see() -> None:
    trap_exit(True)
    pid = spawn_link(idle)
    ref = monitor(pid)
    kill(pid)
    await settled()
    assert sorted(flush(), key=repr) == [Down(ref, pid, "killed"), Exit(pid, "killed")]


@process_test
async def test_fact_123_a_crash_gives_the_exception_with_its_traceback() -> None:
    pid, ref = spawn_monitor(lambda: 1 / 0)
    message = await receive(Down(ref, pid, ZeroDivisionError), timeout=1.0)
    assert message.reason.__traceback__ is not None
    assert await died(pid) == "noproc"
