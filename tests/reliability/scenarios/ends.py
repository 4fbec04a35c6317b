"""Links, exit signals and monitors."""

from __future__ import annotations

from typing import Any

import aquavit
from aquavit import Down, Exit, exit, kill, link, monitor, receive, self, send, sleep, spawn
from tests.reliability.scenarios.invariants import scenario, small


async def idle() -> None:
    await sleep(None)


def quit_with(reason: object) -> None:
    raise aquavit.ProcessExit(reason)


async def traps() -> None:
    aquavit.trap_exit(True)
    await sleep(None)


async def nothing_more() -> None:
    """Assert that nothing is in the mailbox, and that nothing comes."""
    assert await receive(timeout=1.0, default="nothing") == "nothing"


@small
async def a_linked_process_that_ends_sends_one_exit() -> None:
    aquavit.trap_exit(True)
    pid = aquavit.spawn_link(quit_with, "r")
    assert await receive() == Exit(pid, "r")
    await nothing_more()


@small
async def a_link_to_one_that_may_be_dead_gives_one_exit() -> None:
    aquavit.trap_exit(True)
    pid = spawn(quit_with, "r")
    await sleep(0)
    link(pid)
    found = await receive(Exit(pid, ...))
    assert found.reason in ("r", "noproc")
    await nothing_more()


@small
async def no_exit_comes_after_unlink() -> None:
    aquavit.trap_exit(True)
    pid = aquavit.spawn_link(quit_with, "r")
    await sleep(0)
    aquavit.unlink(pid)
    aquavit.flush()
    await nothing_more()


@small
async def a_link_taken_away_and_made_again_tells_once() -> None:
    aquavit.trap_exit(True)
    pid = aquavit.spawn_link(idle)
    aquavit.unlink(pid)
    link(pid)
    exit(pid, "r")
    assert await receive() == Exit(pid, "r")
    await nothing_more()


@small
async def a_link_made_twice_is_one() -> None:
    aquavit.trap_exit(True)
    pid = aquavit.spawn_link(idle)
    link(pid)
    aquavit.unlink(pid)
    exit(pid, "r")
    await nothing_more()
    assert not aquavit.is_alive(pid)


@small
async def a_normal_end_leaves_its_links_alive() -> None:
    me = self()

    async def parent() -> None:
        send(me, aquavit.spawn_link(idle))

    spawn(parent)
    child = await receive()
    await sleep(1.0)
    assert aquavit.is_alive(child)
    assert aquavit.process_info(child).links == ()  # type: ignore[union-attr]


@small
async def a_parent_that_crashes_takes_its_link_along() -> None:
    me = self()

    async def parent() -> None:
        send(me, aquavit.spawn_link(idle))
        quit_with("r")

    spawn(parent)
    child = await receive()
    ref = monitor(child)
    assert (await receive(Down(ref, child, ...))).reason in ("r", "noproc")


@small
async def two_linked_processes_that_are_killed_both_end() -> None:
    a = spawn(idle)
    b = spawn(lambda: link_and_wait(a))
    refs = {monitor(a), monitor(b)}
    kill(a)
    kill(b)
    for _ in range(2):
        down = await receive(Down)
        refs.remove(down.ref)
        assert down.reason in ("killed", "noproc") or isinstance(down.reason, aquavit.NoProcess)


async def link_and_wait(pid: Any) -> None:
    link(pid)
    await sleep(None)


@scenario
async def a_chain_of_links_ends_as_a_whole() -> None:
    me = self()

    async def part(left: int) -> None:
        send(me, self())
        if left:
            aquavit.spawn_link(part, left - 1)
        await sleep(None)

    spawn(part, 3)
    chain = [await receive() for _ in range(4)]
    refs = [monitor(pid) for pid in chain]
    exit(chain[2], "r")
    for ref in refs:
        assert (await receive(Down(ref, ..., ...))).reason == "r"


@scenario
async def a_star_of_links_ends_as_a_whole() -> None:
    hub = spawn(idle)
    rays = [spawn(link_and_wait, hub) for _ in range(4)]
    await sleep(1.0)
    refs = [monitor(pid) for pid in (hub, *rays)]
    exit(rays[0], "r")
    for ref in refs:
        assert (await receive(Down(ref, ..., ...))).reason == "r"


@small
async def links_of_a_killed_process_see_killed() -> None:
    aquavit.trap_exit(True)
    pid = aquavit.spawn_link(traps)
    kill(pid)
    assert await receive() == Exit(pid, "killed")


@small
async def an_exit_signal_normal_of_another_changes_nothing() -> None:
    pid = spawn(idle)
    exit(pid, "normal")
    await sleep(1.0)
    assert aquavit.is_alive(pid)


@small
async def an_exit_signal_becomes_a_message_where_exits_are_trapped() -> None:
    me = self()

    async def trapping() -> None:
        aquavit.trap_exit(True)
        send(me, "ready")
        send(me, await receive())

    pid = spawn(trapping)
    await receive("ready")
    exit(pid, "normal")
    assert await receive() == Exit(me, "normal")


@small
async def messages_come_before_the_exit_signal_sent_after_them() -> None:
    me = self()

    async def trapping() -> None:
        aquavit.trap_exit(True)
        send(me, "ready")
        send(me, [await receive(), await receive()])

    pid = spawn(trapping)
    await receive("ready")
    send(pid, "first")
    exit(pid, "second")
    assert await receive(list) == ["first", Exit(me, "second")]


@small
async def a_monitor_tells_once() -> None:
    pid, ref = aquavit.spawn_monitor(quit_with, "r")
    assert await receive() == Down(ref, pid, "r")
    await nothing_more()


@small
async def a_monitor_of_one_that_may_be_dead_tells_once() -> None:
    pid = spawn(quit_with, "r")
    await sleep(0)
    ref = monitor(pid)
    assert (await receive(Down(ref, pid, ...))).reason in ("r", "noproc")
    await nothing_more()


@small
async def two_monitors_tell_twice() -> None:
    pid = spawn(idle)
    refs = {monitor(pid), monitor(pid)}
    exit(pid, "r")
    assert {(await receive(Down(..., pid, "r"))).ref for _ in range(2)} == refs
    await nothing_more()


@small
async def no_down_comes_after_demonitor_and_flush() -> None:
    _, ref = aquavit.spawn_monitor(quit_with, "r")
    await sleep(0)
    aquavit.demonitor(ref, flush=True)
    await nothing_more()


@small
async def demonitor_says_whether_the_down_is_out() -> None:
    _, ref = aquavit.spawn_monitor(quit_with, "r")
    await sleep(0)
    if aquavit.demonitor(ref, info=True):
        await nothing_more()


@small
async def one_of_two_monitors_can_be_taken_away() -> None:
    pid = spawn(idle)
    first, second = monitor(pid), monitor(pid)
    aquavit.demonitor(first)
    exit(pid, "r")
    assert await receive() == Down(second, pid, "r")
    await nothing_more()


@small
async def the_last_words_come_before_the_down() -> None:
    me = self()
    pid, _ = aquavit.spawn_monitor(lambda: send(me, "last words"))
    assert await receive() == "last words"
    assert (await receive()).pid == pid


@scenario
async def a_watcher_that_dies_leaves_no_monitor() -> None:
    pid = spawn(idle)

    async def watch() -> None:
        monitor(pid)
        await sleep(0)

    watchers = [spawn(watch) for _ in range(3)]
    kill(watchers[0])
    await sleep(1.0)
    info = aquavit.process_info(pid)
    assert info is not None
    assert info.monitored_by == ()


@scenario
async def a_monitor_with_a_tag_tells_with_it() -> None:
    pid = spawn(idle)
    ref = monitor(pid, tag="gone")
    other = monitor(pid, tag="too")
    aquavit.demonitor(other, flush=True)
    exit(pid, "r")
    assert await receive() == ("gone", ref, pid, "r")
    await nothing_more()


@scenario
async def a_clean_up_runs_once_for_two_exit_signals() -> None:
    me = self()

    async def cleans_up() -> None:
        try:
            await sleep(None)
        finally:
            send(me, "cleaned")

    pid, ref = aquavit.spawn_monitor(cleans_up)
    await sleep(0)
    await sleep(0.1)
    exit(pid, "one")
    spawn(exit, pid, "two")
    assert (await receive(Down(ref, pid, ...))).reason in ("one", "two")
    assert aquavit.flush() == ["cleaned"]


@small
async def the_first_of_two_exit_signals_counts() -> None:
    pid, ref = aquavit.spawn_monitor(idle)
    exit(pid, "one")
    exit(pid, "two")
    assert await receive() == Down(ref, pid, "one")
