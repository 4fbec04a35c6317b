"""Group 11: aliases."""

from __future__ import annotations

from typing import Any

import pytest

import aquavit
from aquavit import (
    Alias,
    Down,
    Pid,
    Ref,
    alias,
    demonitor,
    flush,
    kill,
    monitor,
    receive,
    self,
    send,
    spawn,
    unalias,
)
from tests.support import died, end, idle, info, outcome, process_test, settled


@process_test
async def test_fact_125_an_alias_is_a_ref_that_can_be_sent_to() -> None:
    made = alias()
    assert isinstance(made, Alias)
    assert isinstance(made, Ref)
    assert send(made, "to alias") == "to alias"
    assert await outcome(lambda: send(made, "from another")) == "normal"
    assert flush() == ["to alias", "from another"]


@process_test
async def test_fact_125_after_unalias_messages_are_dropped_silently() -> None:
    made = alias()
    assert [unalias(made), unalias(made)] == [True, False]
    assert send(made, "lost") == "lost"
    assert flush() == []


@process_test
async def test_fact_125_the_alias_of_a_dead_process_drops_messages() -> None:
    main = self()
    pid = spawn(lambda: send(main, alias()))
    made = await receive(Alias, timeout=1.0)
    await died(pid)
    assert send(made, "lost") == "lost"


@process_test
async def test_fact_126_a_reply_alias_ends_with_the_first_message() -> None:
    made = alias(reply=True)
    send(made, 1)
    send(made, 2)
    assert flush() == [1]
    assert unalias(made) is False


@process_test
async def test_fact_127_only_the_owner_can_end_an_alias() -> None:
    main = self()
    made = alias()
    assert await outcome(lambda: send(main, unalias(made))) == "normal"
    assert await receive(timeout=0) is False
    send(made, "still")
    assert flush() == ["still"]


@process_test
async def test_fact_128_reply_demonitor_ends_alias_and_monitor_with_the_first_message() -> None:
    pid = spawn(idle)
    ref = monitor(pid, alias="reply_demonitor")
    assert isinstance(ref, Alias)
    send(ref, "reply")
    send(ref, "second reply")
    assert info(pid).monitored_by == ()
    kill(pid)
    await settled()
    assert flush() == ["reply"]


@process_test
async def test_fact_128_reply_demonitor_ends_the_alias_with_the_down() -> None:
    pid = spawn(idle)
    ref = monitor(pid, alias="reply_demonitor")
    aquavit.exit(pid, "gone")
    await settled()
    send(ref, "late")
    assert flush() == [Down(ref, pid, "gone")]


@process_test
async def test_fact_128_a_monitor_of_a_dead_process_ends_the_alias_too() -> None:
    pid = spawn(lambda: None)
    await settled()
    ref = monitor(pid, alias="reply_demonitor")
    send(ref, "late")
    assert flush() == [Down(ref, pid, "noproc")]


@process_test
async def test_fact_129_a_demonitor_alias_outlives_a_message_but_not_demonitor() -> None:
    pid = spawn(idle)
    ref = monitor(pid, alias="demonitor")
    send(ref, 1)
    send(ref, 2)
    demonitor(ref)
    send(ref, 3)
    assert flush() == [1, 2]
    await end(pid)


@process_test
async def test_fact_129_a_demonitor_alias_ends_with_the_down() -> None:
    pid = spawn(idle)
    ref = monitor(pid, alias="demonitor")
    aquavit.exit(pid, "gone")
    await settled()
    send(ref, "late")
    assert flush() == [Down(ref, pid, "gone")]


@process_test
async def test_fact_130_explicit_unalias_outlives_demonitor_and_down() -> None:
    pid = spawn(idle)
    ref = monitor(pid, alias="explicit_unalias")
    demonitor(ref)
    send(ref, "after demonitor")
    second = monitor(pid, alias="explicit_unalias")
    kill(pid)
    await settled()
    send(second, "after down")
    assert flush() == ["after demonitor", Down(second, pid, "killed"), "after down"]
    assert isinstance(ref, Alias)
    assert isinstance(second, Alias)
    assert [unalias(ref), unalias(ref), unalias(second)] == [True, False, True]
    send(ref, "lost")
    assert flush() == []


@pytest.mark.parametrize("wrong", ["reply", True, 1])
@process_test
async def test_fact_130_an_unknown_alias_mode_raises(wrong: Any) -> None:
    with pytest.raises(ValueError, match="monitor: expected alias"):
        monitor(self(), alias=wrong)
    assert info(self()).monitors == ()


async def _call(server: Pid[Any], request: object, timeout: float) -> Any:
    """Ask as a GenServer call does: by a monitor whose Ref is the reply address."""
    ref = monitor(server, alias="reply_demonitor")
    send(server, (ref, request))
    reply = await receive((ref, ...), Down(ref, ..., ...), timeout=timeout, default="timeout")
    if reply == "timeout":
        demonitor(ref, flush=True)
    return reply


@process_test
async def test_fact_131_a_reply_after_the_timeout_is_dropped() -> None:
    async def slow() -> None:
        ref, request = await receive((Alias, ...))
        await receive("go on")
        send(ref, (ref, request))
        await idle()

    server = spawn(slow)
    assert await _call(server, "question", 0.005) == "timeout"
    send(server, "go on")
    await settled()
    assert flush() == []
    assert info(server).monitored_by == ()
    await end(server)


@process_test
async def test_fact_131_a_reply_in_time_leaves_neither_monitor_nor_alias() -> None:
    async def quick() -> None:
        ref, request = await receive((Alias, ...))
        send(ref, (ref, request))
        send(ref, (ref, "twice"))
        await idle()

    server = spawn(quick)
    reply = await _call(server, "question", 1.0)
    assert reply[1] == "question"
    await settled()
    assert flush() == []
    assert info(server).monitored_by == ()
    await end(server)
