"""Group 7: exit signals by exit(pid, reason)."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

import aquavit
from aquavit import (
    Down,
    Exit,
    flush,
    is_alive,
    receive,
    register,
    self,
    send,
    spawn,
    spawn_monitor,
    trap_exit,
    unregister,
)
from tests.support import died, end, idle, info, outcome, process_test, settled

#: Reasons that are neither "normal" nor "kill".
OTHERS = ["killed", "shutdown", ("shutdown", 1), None, "other", 0, ("normal",)]


async def trapping() -> None:
    """Trap exits and wait for ever."""
    trap_exit(True)
    await idle()


@process_test
async def test_fact_084_normal_is_ignored_by_a_process_that_does_not_trap() -> None:
    pid = spawn(idle)
    await settled()
    aquavit.exit(pid, "normal")
    await settled()
    assert is_alive(pid)
    assert info(pid).messages == ()
    await end(pid)


@process_test
async def test_fact_084_normal_is_ignored_by_a_process_that_has_not_started() -> None:
    main = self()
    pid = spawn(lambda: send(main, "ran"))
    aquavit.exit(pid, "normal")
    assert await receive(timeout=1.0) == "ran"


@process_test
async def test_fact_084_normal_is_a_message_to_a_process_that_traps() -> None:
    pid = spawn(trapping)
    await settled()
    aquavit.exit(pid, "normal")
    await settled()
    assert info(pid).messages == (Exit(self(), "normal"),)
    await end(pid)


@pytest.mark.parametrize("fn", [idle, trapping])
@process_test
async def test_fact_085_kill_ends_a_process_whether_it_traps_or_not(fn: Any) -> None:
    pid, ref = spawn_monitor(fn)
    await settled()
    assert aquavit.exit(pid, "kill") is True
    assert await receive(timeout=1.0) == Down(ref, pid, "killed")


@process_test
async def test_fact_085_kill_cannot_be_caught() -> None:
    main = self()

    async def stubborn() -> None:
        while True:
            try:
                await receive("never")
            except Exception as caught:
                send(main, ("caught", caught))

    pid, ref = spawn_monitor(stubborn)
    await settled()
    aquavit.exit(pid, "kill")
    assert await receive(timeout=1.0) == Down(ref, pid, "killed")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@process_test
async def test_fact_085_kill_ends_a_process_that_catches_everything() -> None:
    async def stubborn() -> None:
        while True:
            with contextlib.suppress(BaseException):
                await receive("never")

    pid, ref = spawn_monitor(stubborn)
    await settled()
    aquavit.exit(pid, "kill")
    assert (await receive(Down(ref, pid, ...), timeout=1.0)).reason == "killed"


@process_test
async def test_fact_085_kill_ends_a_process_that_has_not_started() -> None:
    main = self()
    pid, ref = spawn_monitor(lambda: send(main, "ran"))
    aquavit.exit(pid, "kill")
    assert await receive(timeout=1.0) == Down(ref, pid, "killed")
    assert flush() == []


@pytest.mark.parametrize("reason", OTHERS)
@process_test
async def test_fact_086_any_other_reason_ends_a_process_that_does_not_trap(reason: Any) -> None:
    pid, ref = spawn_monitor(idle)
    await settled()
    aquavit.exit(pid, reason)
    assert await receive(timeout=1.0) == Down(ref, pid, reason)


@pytest.mark.parametrize("reason", OTHERS)
@process_test
async def test_fact_086_any_other_reason_is_a_message_to_a_process_that_traps(reason: Any) -> None:
    pid = spawn(trapping)
    await settled()
    aquavit.exit(pid, reason)
    await settled()
    assert info(pid).messages == (Exit(self(), reason),)
    await end(pid)


@pytest.mark.parametrize("reason", ["normal", "kill", "other"])
@process_test
async def test_fact_087_exit_returns_true_for_a_dead_process_too(reason: Any) -> None:
    dead = spawn(lambda: None)
    await died(dead)
    assert aquavit.exit(dead, reason) is True
    assert flush() == []


@process_test
async def test_fact_088_the_pid_in_the_message_is_the_sender_of_the_signal() -> None:
    pid = spawn(trapping)
    await settled()
    sender = spawn(aquavit.exit, pid, "signal")
    await settled()
    assert info(pid).messages == (Exit(sender, "signal"),)
    await end(pid)


@process_test
async def test_fact_089_normal_to_self_ends_a_process_that_does_not_trap() -> None:
    main = self()

    async def leave() -> None:
        aquavit.exit(self(), "normal")
        send(main, "still here")

    assert await outcome(leave) == "normal"
    assert flush() == []


@pytest.mark.parametrize("reason", ["normal", *OTHERS])
@process_test
async def test_fact_090_to_self_while_trapping_is_a_message_that_is_there_at_once(
    reason: Any,
) -> None:
    trap_exit(True)
    assert aquavit.exit(self(), reason) is True
    assert flush() == [Exit(self(), reason)]


@pytest.mark.parametrize("trap", [False, True])
@process_test
async def test_fact_091_kill_to_self_ends_with_killed(trap: bool) -> None:
    main = self()

    def leave() -> None:
        trap_exit(trap)
        aquavit.exit(self(), "kill")
        send(main, "still here")

    assert await outcome(leave) == "killed"
    assert flush() == []


@pytest.mark.parametrize("reason", OTHERS)
@process_test
async def test_fact_091_any_other_reason_to_self_ends_without_trapping(reason: Any) -> None:
    main = self()

    def leave() -> None:
        aquavit.exit(self(), reason)
        send(main, "still here")

    assert await outcome(leave) == reason
    assert flush() == []


@process_test
async def test_fact_091_except_exception_does_not_see_an_exit_to_self() -> None:
    main = self()

    def leave() -> None:
        try:
            aquavit.exit(self(), "die")
        except Exception:
            send(main, "caught")

    assert await outcome(leave) == "die"
    assert flush() == []


@pytest.mark.parametrize("reason", ["die", "kill", "normal"])
@process_test
async def test_fact_091_unlike_elixir_an_exit_to_self_that_is_caught_is_not_outlived(
    reason: Any,
) -> None:
    main = self()

    async def leave() -> None:
        with contextlib.suppress(BaseException):
            aquavit.exit(self(), reason)
        await receive(timeout=1.0, default="outlived")
        send(main, "outlived")

    assert await outcome(leave) == {"kill": "killed"}.get(reason, reason)
    assert flush() == []


@pytest.mark.parametrize("wrong", ["me", None, 7])
@process_test
async def test_fact_092_a_target_that_is_no_pid_raises(wrong: Any) -> None:
    register(self(), "me")
    with pytest.raises(TypeError, match="exit: expected a Pid"):
        aquavit.exit(wrong, "x")
    unregister("me")


@process_test
async def test_fact_093_a_waiting_process_is_hit_before_it_runs_again() -> None:
    main = self()

    async def wait() -> None:
        await receive("go")
        send(main, "went on")

    pid, ref = spawn_monitor(wait)
    await settled()
    aquavit.exit(pid, "now")
    send(pid, "go")
    assert await receive(timeout=1.0) == Down(ref, pid, "now")
    assert flush() == []


@process_test
async def test_fact_094_an_exit_message_made_by_hand_is_an_ordinary_message() -> None:
    fake = Exit(self(), "fake")
    send(self(), fake)
    assert await receive(timeout=0) == fake
    assert is_alive(self())
