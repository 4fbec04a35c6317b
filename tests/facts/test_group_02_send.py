"""Group 2: send and the order of signals."""

from __future__ import annotations

from typing import Any

import pytest

import aquavit
from aquavit import (
    Down,
    Exit,
    NoProcess,
    ProcessExit,
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
    trap_exit,
    unregister,
)
from tests.support import died, end, idle, info, outcome, process_test, settled


@process_test
async def test_fact_015_send_returns_the_message() -> None:
    message = ("hello", "world")
    assert send(self(), message) is message
    assert await receive(timeout=0) == message


@process_test
async def test_fact_015_send_to_a_dead_process_returns_the_message() -> None:
    dead = spawn(lambda: None)
    await died(dead)
    assert send(dead, "into the void") == "into the void"


@process_test
async def test_fact_015_send_does_not_wait_for_the_receiver() -> None:
    pid = spawn(idle)
    assert [send(pid, number) for number in range(1000)] == list(range(1000))
    assert info(pid).message_count == 1000
    await end(pid)


@process_test
async def test_fact_016_send_to_an_unknown_name_raises() -> None:
    with pytest.raises(NoProcess) as caught:
        send("nobody_here", "x")
    assert isinstance(caught.value, LookupError)
    assert caught.value.reason == "noproc"


@process_test
async def test_fact_016_send_to_an_unknown_name_at_a_node_is_silent() -> None:
    assert send(("nobody_here", node()), "x") == "x"


@process_test
async def test_fact_016_send_to_a_known_name_at_this_node_arrives() -> None:
    register(self(), "main")
    send(("main", node()), "x")
    assert await receive(timeout=0) == "x"
    unregister("main")


@pytest.mark.parametrize("wrong", [7, None, 1.5, (1, 2), ("a", "b", "c"), ["name"], object()])
@process_test
async def test_fact_018_send_to_what_is_no_destination_raises(wrong: Any) -> None:
    with pytest.raises(TypeError, match="expected a Pid, a name"):
        send(wrong, "x")


@pytest.mark.parametrize("value", [None, False, 0, "", [], (), {}, set(), b"", 1.5, {"a": [1]}])
@process_test
async def test_fact_019_any_value_is_a_message(value: Any) -> None:
    send(self(), value)
    assert await receive(timeout=0) == value


@process_test
async def test_fact_020_a_message_to_self_is_there_when_send_returns() -> None:
    send(self(), "x")
    assert info(self()).messages == ("x",)
    assert flush() == ["x"]


@process_test
async def test_fact_021_messages_between_two_processes_keep_their_order() -> None:
    main = self()

    async def talk() -> None:
        for number in range(300):
            send(main, number)
            if number % 7 == 0:
                await sleep(0)

    assert await outcome(talk) == "normal"
    assert flush() == list(range(300))


@process_test
async def test_fact_021_messages_keep_their_order_with_the_exit_of_a_link() -> None:
    trap_exit(True)
    main = self()

    def talk() -> None:
        send(main, 1)
        send(main, 2)
        raise ProcessExit("done")

    pid = spawn_link(talk)
    await settled()
    assert flush() == [1, 2, Exit(pid, "done")]


@process_test
async def test_fact_021_messages_keep_their_order_with_exit_signals() -> None:
    trap_exit(True)
    main = self()

    def talk() -> None:
        send(main, 1)
        aquavit.exit(main, "a")
        send(main, 2)
        aquavit.exit(main, "b")

    pid = spawn(talk)
    await settled()
    assert flush() == [1, Exit(pid, "a"), 2, Exit(pid, "b")]


@process_test
async def test_fact_021_an_unlink_holds_against_an_exit_sent_after_it() -> None:
    pid = spawn_link(idle)
    await settled()
    aquavit.unlink(pid)
    aquavit.exit(pid, "later")
    assert await died(pid) in ("later", "noproc")


@process_test
async def test_fact_022_a_message_sent_after_an_exit_signal_is_never_handled() -> None:
    main = self()

    async def echo() -> None:
        while True:
            send(main, await receive())

    pid, ref = spawn_monitor(echo)
    await settled()
    send(pid, "before")
    aquavit.exit(pid, "enough")
    send(pid, "after")
    await receive(Down(ref, pid, "enough"), timeout=1.0)
    assert flush() in (["before"], [])


@process_test
async def test_fact_023_messages_sent_before_dying_precede_down() -> None:
    main = self()

    def last_words() -> None:
        for number in range(50):
            send(main, number)

    pid, ref = spawn_monitor(last_words)
    await settled()
    assert flush() == [*range(50), Down(ref, pid, "normal")]


@process_test
async def test_fact_023_messages_sent_before_a_crash_precede_exit() -> None:
    trap_exit(True)
    main = self()

    async def last_words() -> None:
        send(main, "one")
        await sleep(0)
        send(main, "two")
        raise ProcessExit("crash")

    pid = spawn_link(last_words)
    await settled()
    assert flush() == ["one", "two", Exit(pid, "crash")]


@process_test
async def test_fact_024_the_receiver_does_not_see_later_changes_of_the_sender() -> None:
    data = {"numbers": [1, 2]}
    send(self(), data)
    data["numbers"].append(3)
    assert await receive(timeout=0) == {"numbers": [1, 2]}


@process_test
async def test_fact_025_an_exit_and_a_down_of_one_death_both_come() -> None:
    trap_exit(True)
    pid = spawn_link(idle)
    ref = monitor(pid)
    aquavit.exit(pid, "both")
    await settled()
    assert sorted(flush(), key=repr) == [Down(ref, pid, "both"), Exit(pid, "both")]


@process_test
async def test_fact_026_send_to_a_plain_ref_is_silent() -> None:
    assert send(make_ref(), "x") == "x"


@process_test
async def test_fact_028_a_name_is_looked_up_when_it_is_sent_to() -> None:
    main = self()
    first, second = spawn(_forward, main, 1), spawn(_forward, main, 2)
    register(first, "target")
    send("target", "x")
    unregister("target")
    register(second, "target")
    send("target", "y")
    await settled()
    assert flush() == [(1, "x"), (2, "y")]


async def _forward(to: aquavit.Pid[Any], label: int) -> None:
    send(to, (label, await receive()))
