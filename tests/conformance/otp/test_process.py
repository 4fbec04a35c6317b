"""What process_SUITE checks of spawning, exits and looking at processes, and no fact does."""

from __future__ import annotations

import random
from typing import Any

import pytest

from aquavit import (
    Down,
    Exit,
    Pid,
    ProcessExit,
    exit,
    flush,
    is_alive,
    link,
    make_ref,
    monitor,
    process_dict,
    process_info,
    processes,
    receive,
    register,
    self,
    send,
    send_after,
    sleep,
    spawn,
    spawn_link,
    spawn_monitor,
    trap_exit,
    unregister,
    whereis,
)
from tests.clock import VirtualClock
from tests.support import died, end, idle, info, process_test, settled

LARGE = ["x" * 1000, {"key": list(range(1000))}, b"\0" * 100_000]


@process_test
async def test_many_large_arguments_arrive_whole_and_apart() -> None:
    test = self()
    arguments = [make_ref(), LARGE, test, ("hej", "hopp"), {"a": 1}, *range(250)]

    def tells(*args: Any) -> None:
        args[1][0] = "changed there"
        send(test, args)

    pid = spawn(tells, *arguments)
    got = await receive(tuple)
    assert LARGE[0] == "x" * 1000
    assert got[1] == ["changed there", *LARGE[1:]]
    assert (got[0], got[2:]) == (arguments[0], tuple(arguments[2:]))
    await died(pid)
    for _ in range(50):
        spawn(lambda data: None, LARGE)
    await settled()


@pytest.mark.parametrize("how", ["leaves", "is told", "raises"])
@process_test
async def test_large_reasons_arrive_whole(how: str) -> None:
    trap_exit(True)

    async def ends() -> None:
        if how == "leaves":
            raise ProcessExit(LARGE)
        if how == "raises":
            raise ValueError(*LARGE)
        await idle()

    for _ in range(5):
        pid = spawn_link(ends)
        if how == "is told":
            exit(pid, LARGE)
        reason = (await receive(Exit(pid, ...))).reason
        assert (list(reason.args) if how == "raises" else reason) == LARGE


@process_test
async def test_an_exit_signal_and_a_timeout_at_one_moment() -> None:
    clock, test = VirtualClock(), self()

    async def waits() -> None:
        await receive("never", timeout=1.0, default=None)
        send(test, "timed out")

    pid, ref = spawn_monitor(waits)
    await settled()
    clock.now += 1.0  # the time is over, and nobody has noticed
    exit(pid, ("you", "are", "dead"))
    down = await receive(Down(ref, ..., ...))
    assert down.reason == ("you", "are", "dead")
    assert flush() == []


@process_test
async def test_of_two_exit_signals_the_first_counts() -> None:
    pid, ref = spawn_monitor(idle)
    await settled()
    exit(pid, ("first",))
    exit(pid, ("second",))
    assert await receive() == Down(ref, pid, ("first",))
    assert flush() == []


@pytest.mark.parametrize("reason", ["normal", ("compound", "reason")])
@pytest.mark.parametrize("tag", ["immediate", ("compound", 1), None])
@process_test
async def test_a_monitor_is_tagged_by_any_value(tag: Any, reason: Any) -> None:
    async def leaves() -> None:
        await receive("go")
        raise ProcessExit(reason)

    pid = spawn(leaves)
    ref = monitor(pid) if tag is None else monitor(pid, tag=tag)
    send(pid, "go")
    expected = Down(ref, pid, reason) if tag is None else (tag, ref, pid, reason)
    assert await receive() == expected


@process_test
async def test_giving_way_lets_each_other_process_have_a_turn() -> None:
    ran: list[int] = []

    async def runs(number: int) -> None:
        for _ in range(3):
            send(test, number)
            await sleep(0)

    test = self()
    for number in range(3):
        spawn(runs, number)
    for _ in range(4):
        await sleep(0)
    ran = flush()
    assert ran[:6] == [0, 1, 2, 0, 1, 2]
    assert sorted(ran) == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    await settled()


@process_test
async def test_a_process_sees_itself_as_others_see_it() -> None:
    test = self()

    async def looks() -> None:
        process_dict()["key"] = "value"
        trap_exit(True)
        link(test)
        send(test, process_info(self()))
        await receive("bye")

    pid = spawn(looks, name="seen")
    own = await receive()
    await settled()
    other = info(pid)
    for field in ("pid", "name", "initial_call", "links", "monitors", "monitored_by", "trap_exit"):
        assert getattr(own, field) == getattr(other, field), field
    for field in ("parent", "ancestors", "started_at", "label", "dictionary", "messages"):
        assert getattr(own, field) == getattr(other, field), field
    assert (own.status, other.status) == ("running", "waiting")
    send(pid, "bye")
    await died(pid)


@process_test
async def test_the_mailbox_of_another_is_seen_as_it_fills() -> None:
    async def other() -> None:
        send(self(), ("my", "own"))
        await receive("empty")
        flush()
        await receive("stop")

    pid = spawn(other)
    await settled()
    expected: list[Any] = [("my", "own")]
    for letter in "abcde":
        assert info(pid).messages == tuple(expected)
        expected.append((letter, LARGE))
        send(pid, expected[-1])
    assert info(pid).messages == tuple(expected)
    assert info(pid).message_count == 6
    send(pid, "empty")
    await settled()
    assert info(pid).messages == ()
    send(pid, "stop")
    await died(pid)


@process_test
async def test_the_count_and_the_messages_agree_under_load() -> None:
    async def takes() -> None:
        while True:
            await receive(timeout=0, default=None)
            await sleep(0)

    async def sends(to: Pid[Any]) -> None:
        for number in range(300):
            send(to, number)
            ref = monitor(to)
            if number % 3 == 0:
                await sleep(0)
            exit(to, "normal")
            assert ref is not None

    taker = spawn(takes)
    senders = [spawn_monitor(sends, taker) for _ in range(5)]
    for _ in range(50):
        seen = info(taker)
        assert seen.message_count == len(seen.messages)
        await sleep(0)
    for pid, ref in senders:
        assert (await receive(Down(ref, pid, ...))).reason == "normal"
    await end(taker)


@process_test
async def test_what_one_has_sent_to_oneself_is_seen_at_once() -> None:
    async def spams(to: Pid[Any]) -> None:
        for _ in range(200):
            exit(to, "normal")
            monitor(to)
            await sleep(0)

    spammers = [spawn(spams, self()) for _ in range(5)]
    for number in range(100):
        send(self(), number)
        own = info(self())
        assert (own.messages, own.message_count) == ((number,), 1)
        assert await receive() == number
        await sleep(0)
    await end(*spammers)


@process_test
async def test_all_there_is_to_know_can_be_read_in_any_state() -> None:
    rng = random.Random(1)
    test = self()

    async def lives(kind: int) -> None:
        match kind:
            case 0:
                await idle()
            case 1:
                await receive("never", timeout=1000.0)
            case 2:
                trap_exit(True)
                monitor(test)
                await receive("never")
            case 3:
                while True:
                    await sleep(0)
            case 4:
                register(self(), f"named {self()}")
                process_dict()["self"] = self()
                await idle()

    pids = [spawn(lives, number % 5) for number in range(100)]
    for pid in pids:
        for _ in range(rng.randrange(3)):
            link(pid)
            send(pid, LARGE)
            send_after(pid, "later", 1000.0)
    for _ in range(3):
        await sleep(0)
        for pid in [*pids, test]:
            found = info(pid)
            assert found.reductions >= 0
            assert found.memory > 0
            assert found.message_count == len(found.messages)
            assert found.status in ("running", "runnable", "waiting")
            assert all(getattr(found, name) is not NotImplemented for name in found.__slots__)
    await end(*pids)


@process_test
async def test_reductions_grow_with_the_work_and_never_shrink() -> None:
    async def works() -> None:
        while True:
            await receive()

    pid = spawn(works)
    await settled()
    before = info(pid).reductions
    for turn in range(10):
        for _ in range(turn):
            send(pid, "work")
        await settled()
        after = info(pid).reductions
        assert after >= before
        assert (after > before) is (turn > 0)
        before = after
    await end(pid)


@process_test
async def test_processes_lists_all_that_live_and_none_that_is_dead() -> None:
    rng = random.Random(2)
    lasting = [spawn(idle) for _ in range(300)]
    gone: set[Pid[Any]] = set()
    for _ in range(20):
        passing = [spawn(sleep, 0) for _ in range(rng.randrange(100))]
        listed = processes()
        assert len(set(listed)) == len(listed)
        assert {self(), *lasting, *passing} <= set(listed)
        assert not gone & set(listed)
        await settled()
        gone |= set(passing)
    assert processes() == [self(), *lasting]
    await end(*lasting)


@process_test
async def test_what_has_just_been_spawned_can_be_sent_to() -> None:
    test = self()

    async def spawns() -> None:
        for _ in range(50):
            spawn(sleep, 0)
            if len(processes()) % 5 == 0:
                await sleep(0)

    async def sends() -> None:
        while is_alive(spawner):
            for pid in processes():
                if pid != test:
                    send(pid, "hello")
            await sleep(0)

    spawner = spawn(spawns)
    sender = spawn(sends)
    await died(spawner)
    await died(sender)
    await settled()
    assert processes() == [test]


@process_test
async def test_a_name_is_gone_with_its_process_however_much_it_leaves_behind() -> None:
    async def owns() -> None:
        register(self(), "owner")
        for _ in range(1000):
            send_after(self(), ("a", "b", "c"), 1_000_000.0)
        await receive("die")

    for _ in range(10):
        pid, ref = spawn_monitor(owns)
        await settled()
        assert whereis("owner") == pid
        send(pid, "die")
        await receive(Down(ref, ..., ...))
        assert whereis("owner") is None
        assert process_info(pid) is None


@pytest.mark.parametrize("wrong", ["name", 7, None, make_ref(), [], ("bad", "process"), b""])
@process_test
async def test_only_processes_get_names(wrong: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        register(wrong, "a long and unused name")
    with pytest.raises((TypeError, ValueError)):
        register(self(), wrong if wrong != "name" else "undefined")
    assert whereis("a long and unused name") is None
    with pytest.raises((TypeError, ValueError)):
        unregister("a long and unused name")


@pytest.mark.parametrize("reason", ["normal", ("compound", "reason")])
@pytest.mark.parametrize("mode", ["explicit_unalias", "demonitor", "reply_demonitor"])
@process_test
async def test_a_process_is_started_with_a_monitor_that_is_an_alias(mode: Any, reason: Any) -> None:
    async def answers() -> None:
        to = await receive()
        for number in range(2):
            send(to, number)
        raise ProcessExit(reason)

    pid, ref = spawn_monitor(answers, alias=mode, tag="tagged")
    send(pid, ref)
    await died(pid)
    down = ("tagged", ref, pid, reason)
    assert flush() == ([0] if mode == "reply_demonitor" else [0, 1, down])
    send(ref, "later")
    assert flush() == (["later"] if mode == "explicit_unalias" else [])
    with pytest.raises(ValueError, match="expected alias to be one of"):
        spawn_monitor(answers, alias="sometimes")  # type: ignore[arg-type]


@process_test
async def test_a_tag_for_a_process_that_ends_at_once() -> None:
    pid, ref = spawn_monitor(lambda: None, tag=("a", 1))
    assert await receive() == (("a", 1), ref, pid, "normal")
