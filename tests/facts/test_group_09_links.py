"""Group 9: links."""

from __future__ import annotations

from typing import Any

import pytest

import aquavit
from aquavit import (
    Exit,
    NoProcess,
    Pid,
    flush,
    is_alive,
    kill,
    link,
    receive,
    register,
    self,
    send,
    spawn,
    spawn_link,
    trap_exit,
    unlink,
    unregister,
)
from tests.support import died, end, idle, info, outcome, process_test, settled


async def dead_process() -> Pid[Any]:
    """Return the Pid of a process that is gone."""
    pid = spawn(lambda: None)
    await died(pid)
    return pid


@process_test
async def test_fact_100_links_are_symmetric() -> None:
    pid = spawn(idle)
    assert link(pid) is True
    assert info(self()).links == (pid,)
    assert info(pid).links == (self(),)
    await end(pid)


@process_test
async def test_fact_100_there_is_at_most_one_link_between_two_processes() -> None:
    pid = spawn_link(idle)
    assert link(pid) is True
    assert info(self()).links == (pid,)
    unlink(pid)
    assert info(self()).links == info(pid).links == ()
    await end(pid)


@process_test
async def test_fact_101_linking_a_dead_process_while_trapping_gives_an_exit_noproc() -> None:
    trap_exit(True)
    dead = await dead_process()
    assert link(dead) is True
    assert await receive(timeout=1.0) == Exit(dead, "noproc")


@process_test
async def test_fact_101_linking_a_dead_process_without_trapping_raises_noproc() -> None:
    dead = await dead_process()
    with pytest.raises(NoProcess) as caught:
        link(dead)
    assert caught.value.reason == "noproc"
    await settled()
    assert flush() == []


@process_test
async def test_fact_101_if_it_is_not_caught_the_process_dies_of_it() -> None:
    reason = await outcome(link, await dead_process())
    assert isinstance(reason, NoProcess)
    assert reason.reason == "noproc"


@process_test
async def test_fact_101_a_process_that_was_just_killed_counts_as_dead() -> None:
    pid = spawn(idle)
    await settled()
    kill(pid)
    with pytest.raises(NoProcess):
        link(pid)
    await died(pid)


@process_test
async def test_fact_103_linking_oneself_does_nothing() -> None:
    assert link(self()) is True
    assert info(self()).links == ()


@process_test
async def test_fact_104_unlink_returns_true_for_a_dead_process_and_one_never_linked() -> None:
    pid = spawn(idle)
    assert unlink(pid) is True
    assert unlink(await dead_process()) is True
    assert unlink(self()) is True
    await end(pid)


@process_test
async def test_fact_104_unlink_works_from_either_end() -> None:
    main = self()

    async def cut() -> None:
        unlink(main)
        await idle()

    pid = spawn_link(cut)
    await settled()
    assert info(main).links == info(pid).links == ()
    aquavit.exit(pid, "alone")
    assert await died(pid) in ("alone", "noproc")
    assert is_alive(main)


@process_test
async def test_fact_105_after_unlink_no_exit_of_that_link_arrives() -> None:
    trap_exit(True)
    pid = spawn_link(idle)
    await settled()
    unlink(pid)
    aquavit.exit(pid, "later")
    await settled()
    assert flush() == []


@process_test
async def test_fact_105_an_exit_that_is_in_the_mailbox_stays() -> None:
    trap_exit(True)
    pid = spawn_link(lambda: None)
    await settled()
    unlink(pid)
    assert await receive(Exit(pid, ...), timeout=0) == Exit(pid, "normal")
    assert flush() == []


@process_test
async def test_fact_105_unlink_of_a_process_that_is_exiting_holds() -> None:
    trap_exit(True)
    pid = spawn_link(idle)
    await settled()
    aquavit.exit(pid, "now")
    unlink(pid)
    await settled()
    await receive(Exit(pid, ...), timeout=0, default=None)
    await settled()
    assert flush() == []


@pytest.mark.parametrize("change", [link, unlink])
@pytest.mark.parametrize("wrong", ["me", None, 7])
@process_test
async def test_fact_106_a_name_raises(change: Any, wrong: Any) -> None:
    register(self(), "me")
    with pytest.raises(TypeError, match="expected a Pid"):
        change(wrong)
    unregister("me")


@process_test
async def test_fact_107_process_info_lists_the_peers_of_both_sides() -> None:
    first, second = spawn_link(idle), spawn_link(idle)
    assert set(info(self()).links) == {first, second}
    assert info(first).links == info(second).links == (self(),)
    await end(first, second)


@process_test
async def test_fact_108_a_link_that_is_lost_to_a_death_is_reported_exactly_once() -> None:
    trap_exit(True)
    pids = [spawn_link(lambda: None) for _ in range(100)]
    await settled()
    assert sorted(message.pid for message in flush()) == pids


@process_test
async def test_fact_109_linking_and_unlinking_many_times_keeps_no_residue() -> None:
    pid = spawn(idle)
    for _ in range(1000):
        link(pid)
        unlink(pid)
    assert info(self()).links == info(pid).links == ()
    send(pid, "still there")
    await end(pid)
