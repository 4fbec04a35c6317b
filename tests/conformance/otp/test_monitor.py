"""What monitor_SUITE checks and the facts do not."""

from __future__ import annotations

from typing import Any

import pytest

from aquavit import (
    Down,
    Pid,
    alias,
    demonitor,
    exit,
    flush,
    make_ref,
    monitor,
    node,
    receive,
    register,
    self,
    send,
    sleep,
    spawn,
    spawn_link,
    spawn_monitor,
    unalias,
    unregister,
    whereis,
)
from tests.support import died, end, idle, info, outcome, process_test, settled


@pytest.mark.parametrize("at_once", [True, False])
@process_test
async def test_who_is_monitored_may_end_who_monitors(at_once: bool) -> None:
    async def strikes(parent: Pid[Any]) -> None:
        await receive("go")
        exit(parent, "foo")

    async def watches() -> None:
        if at_once:
            pid, _ = spawn_monitor(strikes, self())
        else:
            pid = spawn(strikes, self())
            monitor(pid)
        send(pid, "go")
        await idle()

    assert await outcome(watches) == "foo"
    await settled()


@pytest.mark.parametrize("at_once", [True, False])
@process_test
async def test_who_is_monitored_cannot_end_the_monitor(at_once: bool) -> None:
    test = self()

    async def cuts() -> None:
        send(test, demonitor(await receive()))

    if at_once:
        pid, ref = spawn_monitor(cuts)
    else:
        pid = spawn(cuts)
        ref = monitor(pid)
    send(pid, ref)
    assert await receive() is True
    assert await receive() == Down(ref, pid, "normal")


@process_test
async def test_a_monitor_ends_before_or_after_what_it_watches() -> None:
    pid = spawn(sleep, 0)
    assert await receive(Down(monitor(pid), pid, ...)) is not None
    pid = spawn(idle)
    demonitor(monitor(pid))
    exit(pid, "frop")
    await died(pid)
    assert flush() == []
    pid = spawn(idle, name="jeeves")
    ref = monitor("jeeves")
    exit(pid, "frop")
    assert await receive() == Down(ref, ("jeeves", node()), "frop")
    ref = monitor("jeeves")
    assert await receive() == Down(ref, ("jeeves", node()), "noproc")


@process_test
async def test_flush_at_demonitor_leaves_the_downs_of_others() -> None:
    pid = spawn(idle)
    one, two, three, four = [monitor(pid) for _ in range(4)]
    demonitor(one, flush=True)
    exit(pid, "bang")
    assert await receive(Down(two, ..., ...)) == Down(two, pid, "bang")
    await settled()
    demonitor(three, flush=True)
    demonitor(four)
    assert flush() == [Down(four, pid, "bang")]


@process_test
async def test_an_alias_that_is_no_monitor_can_be_given_to_demonitor() -> None:
    plain = alias()
    demonitor(plain)
    demonitor(plain, flush=True)
    dead = spawn(lambda: None)
    for watched in (dead, dead):
        ref = monitor(watched, alias="explicit_unalias")
        assert (await receive(Down(ref, ..., ...))).pid == dead
        demonitor(ref)
        demonitor(ref, flush=True)
    assert flush() == []


@process_test
async def test_a_down_is_there_when_demonitor_says_that_it_came_too_late() -> None:
    async def group(number: int) -> tuple[int, int]:
        refs = []
        for _ in range(50):
            refs.append(monitor(spawn(sleep, 0)))
            if number % 3 == 0:
                await sleep(0)
        await sleep(0)
        in_time = 0
        for ref in refs:
            was_there = demonitor(ref, info=True)
            down = await receive(Down(ref, ..., ...), timeout=0, default=None)
            assert (down is None) is was_there
            in_time += was_there
        return in_time, len(refs) - in_time

    found = [await group(number) for number in range(10)]
    assert sum(some for some, _ in found) > 0
    assert sum(late for _, late in found) > 0
    await settled()


@process_test
async def test_a_large_reason_arrives_whole() -> None:
    inner = ("big", "tuple", ["list", 4563784278] * 1000, b"x" * 100_000)
    for reason in [(inner, repr(inner))] * 10:
        pid, ref = spawn_monitor(idle)
        exit(pid, reason)
        assert await receive() == Down(ref, pid, reason)


@process_test
async def test_both_sides_are_cleared_however_a_monitor_ends() -> None:
    register(self(), "bertie")
    jeeves = spawn(idle, name="jeeves")

    def relations() -> tuple[Any, ...]:
        own, other = info(self()), info(jeeves)
        return own.monitors, own.monitored_by, other.monitors, other.monitored_by

    assert relations() == ((), (), (), ())
    ref = monitor(jeeves)
    assert relations() == ((jeeves,), (), (), (self(),))
    demonitor(ref)
    assert relations() == ((), (), (), ())
    ref = monitor("jeeves")
    assert relations()[3] == (self(),)
    exit(jeeves, "stop")
    await receive(Down(ref, ..., ...))
    assert info(self()).monitors == ()

    async def watches() -> None:
        monitor("bertie")
        await idle()

    watcher = spawn(watches)
    await settled()
    assert info(self()).monitored_by == (watcher,)
    exit(watcher, "frop")
    await died(watcher)
    assert info(self()).monitored_by == ()
    unregister("bertie")


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("ends", [False, True])
@process_test
async def test_many_monitors_from_and_to_one_process(back: bool, ends: bool) -> None:
    test = self()

    async def watches() -> None:
        ref = monitor(test)
        await receive("stop")
        demonitor(ref)
        send(test, "cut")
        await idle()

    pids = [spawn(watches) for _ in range(10)]
    await settled()
    refs = [monitor(pid) for pid in pids] if back else []
    own = info(self())
    assert sorted(own.monitored_by) == pids
    assert sorted(own.monitors) == (pids if back else [])
    if ends:
        for pid in pids:
            exit(pid, "flaff")
        await settled()
        assert len([m for m in flush() if isinstance(m, Down)]) == len(refs)
    else:
        for pid in pids:
            send(pid, "stop")
            await receive("cut")
        assert sorted(info(self()).monitors) == (pids if back else [])
        for ref in refs:
            demonitor(ref)
    assert info(self()).monitored_by == info(self()).monitors == ()
    if not ends:
        await end(*pids)


@process_test
async def test_a_name_is_free_when_the_down_of_a_busy_process_comes() -> None:
    async def busy() -> None:
        for _ in range(100):
            await sleep(0)

    others = [spawn_link(busy) for _ in range(20)]
    named = spawn(idle, name="named")
    ref = monitor("named")
    exit(named, "bang")
    await receive(Down(ref, ..., "bang"))
    assert whereis("named") is None
    register(self(), "named")
    unregister("named")
    for pid in others:
        await died(pid)


@process_test
async def test_a_thousand_tagged_downs_wait_in_the_mailbox() -> None:
    tag = make_ref()
    pids = [spawn(idle) for _ in range(1000)]
    refs = {monitor(pid, tag=tag): pid for pid in pids}
    for pid in pids:
        exit(pid, "bang")
    await settled()
    found = flush()
    assert len(found) == 1000
    assert all(m[0] == tag and refs[m[1]] == m[2] and m[3] == "bang" for m in found)


@process_test
async def test_demonitor_ends_the_alias_of_the_monitor() -> None:
    async def answers() -> None:
        _, to = await receive(("alias", ...))
        send(to, ("hello", self()))

    pid = spawn(answers)
    plain = monitor(pid)
    aliased = monitor(pid, alias="reply_demonitor")
    demonitor(aliased, flush=True)
    send(pid, ("alias", aliased))
    assert await receive() == Down(plain, pid, "normal")
    assert flush() == []


@pytest.mark.parametrize("reason", ["bang", ("a", "compound", ["reason"])])
@process_test
async def test_no_down_comes_after_demonitor_of_an_alias_that_lives_on(reason: Any) -> None:
    for turn in range(20):
        pid = spawn(idle)
        ref = monitor(pid, alias="explicit_unalias")
        exit(pid, reason)
        for _ in range(turn % 4):
            await sleep(0)
        demonitor(ref)
        flush()
        send(ref, "still an alias")
        await died(pid)
        assert flush() == ["still an alias"]


@pytest.mark.parametrize("aliased", [False, True])
@pytest.mark.parametrize("tag", [None, "tag"])
@pytest.mark.parametrize("has_been", [False, True])
@process_test
async def test_options_count_for_a_name_that_nobody_has_too(
    has_been: bool, tag: str | None, aliased: bool
) -> None:
    if has_been:
        await end(spawn(idle, name="nobody"))
    options: dict[str, Any] = {"tag": tag} if tag else {}
    if aliased:
        options["alias"] = "explicit_unalias"
    for target in ("nobody", ("nobody", node())):
        ref = monitor(target, **options)
        shown = ("nobody", node())
        expected = (tag, ref, shown, "noproc") if tag else Down(ref, shown, "noproc")
        assert await receive() == expected
        send(ref, "by alias")
        assert flush() == (["by alias"] if aliased else [])
        unalias(ref)
        send(ref, "too late")
        assert flush() == []
