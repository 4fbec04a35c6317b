"""Group 6: exit signals over links."""

from __future__ import annotations

from typing import Any

import pytest

import aquavit
from aquavit import (
    Down,
    Exit,
    Pid,
    ProcessExit,
    flush,
    is_alive,
    kill,
    link,
    receive,
    self,
    send,
    spawn,
    spawn_link,
    spawn_monitor,
    trap_exit,
)
from tests.support import end, idle, info, outcome, process_test, settled

#: Reasons that end a linked process: all but "normal".
ABNORMAL = ["shutdown", ("shutdown", "x"), "kill", "killed", "noproc", "boom", None, 0]


async def linked_pair(reason: object, *, trap: bool) -> tuple[Pid[Any], Pid[Any], object]:
    """Let a peer die of `reason`; return survivor, peer and the survivor's end or None."""
    main = self()

    async def survive() -> None:
        trap_exit(trap)
        peer = spawn_link(wait_to_leave)
        send(main, peer)
        await idle()

    async def wait_to_leave() -> None:
        await receive("leave")
        raise ProcessExit(reason)

    survivor, ref = spawn_monitor(survive)
    peer = await receive(Pid, timeout=1.0)
    send(peer, "leave")
    await settled()
    down = await receive(Down(ref, ..., ...), timeout=0, default=None)
    if down is None:
        aquavit.demonitor(ref)
    return survivor, peer, None if down is None else ("died", down.reason)


@process_test
async def test_fact_074_a_normal_end_of_a_peer_does_not_touch_a_process_that_does_not_trap() -> (
    None
):
    survivor, peer, ended = await linked_pair("normal", trap=False)
    assert ended is None
    assert info(survivor).messages == ()
    assert not is_alive(peer)
    await end(survivor)


@process_test
async def test_fact_074_a_normal_end_of_a_peer_is_a_message_to_a_process_that_traps() -> None:
    survivor, peer, ended = await linked_pair("normal", trap=True)
    assert ended is None
    assert info(survivor).messages == (Exit(peer, "normal"),)
    await end(survivor)


@pytest.mark.parametrize("reason", [reason for reason in ABNORMAL if reason != "kill"])
@process_test
async def test_fact_075_any_other_reason_of_a_peer_kills_with_that_reason(reason: Any) -> None:
    survivor, _, ended = await linked_pair(reason, trap=False)
    assert ended == ("died", reason)
    assert not is_alive(survivor)


@process_test
async def test_fact_075_the_exception_of_a_peer_kills_with_that_exception() -> None:
    error = RuntimeError("oops")

    async def parent() -> None:
        spawn_link(_raise, error)
        await idle()

    assert await outcome(parent) is error


@pytest.mark.parametrize("reason", [reason for reason in ABNORMAL if reason != "kill"])
@process_test
async def test_fact_076_any_other_reason_of_a_peer_is_a_message_when_trapping(reason: Any) -> None:
    survivor, peer, ended = await linked_pair(reason, trap=True)
    assert ended is None
    assert info(survivor).messages == (Exit(peer, reason),)
    await end(survivor)


@process_test
async def test_fact_076_the_exception_of_a_peer_comes_with_the_message() -> None:
    trap_exit(True)
    pid = spawn_link(_raise, RuntimeError("oops"))
    message = await receive(Exit(pid, RuntimeError), timeout=1.0)
    assert str(message.reason) == "oops"


@process_test
async def test_fact_077_kill_over_a_link_kills_with_kill_and_not_killed() -> None:
    _, _, ended = await linked_pair("kill", trap=False)
    assert ended == ("died", "kill")


@process_test
async def test_fact_077_kill_over_a_link_can_be_trapped() -> None:
    survivor, peer, ended = await linked_pair("kill", trap=True)
    assert ended is None
    assert info(survivor).messages == (Exit(peer, "kill"),)
    await end(survivor)


@process_test
async def test_fact_078_a_killed_peer_reaches_links_as_killed_which_can_be_trapped() -> None:
    trap_exit(True)
    pid = spawn_link(idle)
    kill(pid)
    assert await receive(timeout=1.0) == Exit(pid, "killed")


@process_test
async def test_fact_078_a_killed_peer_kills_a_process_that_does_not_trap() -> None:
    async def parent() -> None:
        kill(spawn_link(idle))
        await idle()

    assert await outcome(parent) == "killed"


@process_test
async def test_fact_079_a_reason_passes_along_a_chain_of_links_unchanged() -> None:
    chain, ref = spawn_monitor(_chain, 20, ("leaf", 42))
    assert await receive(timeout=1.0) == Down(ref, chain, ("leaf", 42))


@process_test
async def test_fact_079_a_process_that_traps_stops_the_chain() -> None:
    main = self()

    async def trapping() -> None:
        trap_exit(True)
        spawn_link(_chain, 3, "crash")
        send(main, (self(), (await receive(Exit)).reason))
        await idle()

    outer = spawn(_beside, trapping)
    inner, reason = await receive((Pid, ...), timeout=1.0)
    assert reason == "crash"
    await settled()
    assert is_alive(outer)
    await end(outer, inner)


@process_test
async def test_fact_079_a_normal_end_does_not_pass_along_a_chain() -> None:
    outer = spawn(_beside, lambda: None)
    await settled()
    assert is_alive(outer)
    await end(outer)


@process_test
async def test_fact_080_exit_normal_from_outside_does_not_touch_the_peer_nor_its_links() -> None:
    trap_exit(True)
    pid = spawn_link(idle)
    aquavit.exit(pid, "normal")
    await settled()
    assert is_alive(pid)
    assert flush() == []
    await end(pid)


@process_test
async def test_fact_081_linking_twice_gives_one_message() -> None:
    trap_exit(True)
    main = self()

    async def link_back() -> None:
        link(main)
        await idle()

    pid = spawn_link(link_back)
    link(pid)
    link(pid)
    await settled()
    aquavit.exit(pid, "once")
    await settled()
    assert flush() == [Exit(pid, "once")]


@process_test
async def test_fact_082_a_dead_peer_is_gone_from_links() -> None:
    gone, stays = spawn_link(lambda: None), spawn_link(idle)
    assert set(info(self()).links) == {gone, stays}
    await settled()
    assert info(self()).links == (stays,)
    await end(stays)


@process_test
async def test_fact_083_the_first_fatal_signal_gives_the_reason() -> None:
    pid, _ = spawn_monitor(idle)
    await settled()
    aquavit.exit(pid, "first")
    aquavit.exit(pid, "second")
    kill(pid)
    assert (await receive(timeout=1.0)).reason == "first"


def _raise(error: Exception) -> None:
    raise error


async def _chain(depth: int, reason: object) -> None:
    if depth == 0:
        raise ProcessExit(reason)
    spawn_link(_chain, depth - 1, reason)
    await idle()


async def _beside(fn: Any) -> None:
    spawn_link(fn)
    await idle()
