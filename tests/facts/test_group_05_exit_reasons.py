"""Group 5: exit reasons."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

import aquavit
from aquavit import (
    Down,
    Exit,
    NoProcess,
    ProcessExit,
    Task,
    flush,
    link,
    receive,
    self,
    send,
    sleep,
    spawn_link,
    spawn_monitor,
    trap_exit,
)
from tests.support import died, idle, outcome, process_test, settled


@process_test
async def test_fact_065_a_return_gives_normal() -> None:
    assert await outcome(lambda: "value") == "normal"


@process_test
async def test_fact_065_process_exit_gives_its_reason() -> None:
    assert await outcome(_leave, "bye") == "bye"


@process_test
async def test_fact_065_process_exit_without_a_reason_gives_normal() -> None:
    def leave() -> None:
        raise ProcessExit

    assert await outcome(leave) == "normal"


@process_test
async def test_fact_065_an_exception_is_itself_the_reason_with_its_traceback() -> None:
    def fail() -> None:
        raise RuntimeError("oops")

    reason = await outcome(fail)
    assert isinstance(reason, RuntimeError)
    assert str(reason) == "oops"
    assert reason.__traceback__ is not None


@process_test
async def test_fact_065_an_exception_behind_an_await_is_the_reason_too() -> None:
    async def fail() -> None:
        await sleep(0)
        raise KeyError("k")

    assert isinstance(await outcome(fail), KeyError)


@process_test
async def test_fact_066_an_error_of_the_interpreter_is_the_reason() -> None:
    assert isinstance(await outcome(lambda: 1 / 0), ZeroDivisionError)


@process_test
async def test_fact_067_raising_kill_is_an_ordinary_reason() -> None:
    trap_exit(True)
    pid = spawn_link(_leave, "kill")
    assert await receive(timeout=1.0) == Exit(pid, "kill")


@process_test
async def test_fact_068_a_kill_signal_gives_killed() -> None:
    pid, _ = spawn_monitor(idle)
    aquavit.exit(pid, "kill")
    assert (await receive(timeout=1.0)).reason == "killed"


@process_test
async def test_fact_069_noproc_stands_for_what_does_not_exist() -> None:
    pid, _ = spawn_monitor(lambda: None)
    await receive(timeout=1.0)
    assert await died(pid) == "noproc"
    with pytest.raises(NoProcess) as caught:
        link(pid)
    assert caught.value.reason == "noproc"


@pytest.mark.parametrize("reason", ["normal", "shutdown", ("shutdown", 1)])
@process_test
async def test_fact_070_quiet_reasons_are_not_logged_and_links_let_only_normal_pass(
    caplog: pytest.LogCaptureFixture, reason: Any
) -> None:
    async def linked() -> None:
        Task.start_link(_leave, reason)
        await idle()

    pid, ref = spawn_monitor(linked)
    await settled()
    if reason == "normal":
        assert aquavit.is_alive(pid)
        aquavit.exit(pid, "end of the test")
        reason = "end of the test"
    assert (await receive(Down(ref, pid, ...), timeout=2.0)).reason == reason
    assert caplog.records == []


REASONS = [None, "text", ("shutdown", 1), 17, ("a", ("b", (1, 2))), frozenset({1}), b"x", 1.5]


@pytest.mark.parametrize("reason", REASONS)
@process_test
async def test_fact_071_any_value_may_be_a_reason(reason: Any) -> None:
    assert await outcome(_leave, reason) == reason


@pytest.mark.parametrize("reason", REASONS)
@process_test
async def test_fact_071_any_value_may_be_the_reason_of_a_signal(reason: Any) -> None:
    pid, _ = spawn_monitor(idle)
    aquavit.exit(pid, reason)
    assert (await receive(timeout=1.0)).reason == reason


@pytest.mark.parametrize("error", [RuntimeError("x"), ProcessExit("e")])
@process_test
async def test_fact_072_finally_runs_when_a_process_raises(error: BaseException) -> None:
    main = self()

    def fail() -> None:
        try:
            raise error
        finally:
            send(main, "clean-up")

    await outcome(fail)
    assert flush() == ["clean-up"]


@process_test
async def test_fact_072_process_exit_can_be_caught_in_the_process_that_raises_it() -> None:
    main = self()

    def fail() -> None:
        try:
            raise ProcessExit("x")
        except ProcessExit as caught:
            send(main, caught.reason)

    assert await outcome(fail) == "normal"
    assert flush() == ["x"]


@process_test
async def test_fact_072_except_exception_does_not_catch_process_exit() -> None:
    def fail() -> None:
        try:
            raise ProcessExit("x")
        except Exception:
            raise AssertionError("caught") from None

    assert await outcome(fail) == "x"


@process_test
async def test_fact_072_unlike_elixir_finally_runs_on_an_exit_signal() -> None:
    main = self()

    async def wait() -> None:
        try:
            await sleep(None)
        finally:
            send(main, "clean-up")

    pid, _ = spawn_monitor(wait)
    await settled()
    aquavit.exit(pid, "die")
    assert (await receive(aquavit.Down, timeout=1.0)).reason == "die"
    assert flush() == ["clean-up"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@process_test
async def test_fact_072_unlike_elixir_an_exit_signal_that_is_swallowed_kills_all_the_same() -> None:
    async def stubborn() -> None:
        while True:
            with contextlib.suppress(BaseException):
                await sleep(None)

    pid, _ = spawn_monitor(stubborn)
    await settled()
    aquavit.exit(pid, "die")
    assert (await receive(aquavit.Down, timeout=2.0)).reason == "die"


@process_test
async def test_fact_072_unlike_elixir_a_process_may_await_in_its_clean_up() -> None:
    main = self()

    async def wait() -> None:
        try:
            await sleep(None)
        finally:
            done = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_soon(done.set_result, "awaited")
            send(main, await done)

    pid, _ = spawn_monitor(wait)
    await settled()
    aquavit.exit(pid, "die")
    assert (await receive(aquavit.Down, timeout=1.0)).reason == "die"
    assert flush() == ["awaited"]


@process_test
async def test_fact_072_an_await_of_this_package_raises_again_in_the_clean_up() -> None:
    main = self()

    async def wait() -> None:
        try:
            await sleep(None)
        finally:
            try:
                await receive()
            except ProcessExit as again:
                send(main, ("again", again.reason))
                raise

    pid, _ = spawn_monitor(wait)
    await settled()
    aquavit.exit(pid, "die")
    assert (await receive(aquavit.Down, timeout=1.0)).reason == "die"
    assert flush() == [("again", "die")]


@process_test
async def test_fact_073_large_and_nested_reasons_pass_unchanged() -> None:
    trap_exit(True)
    reason = ("deep", tuple(range(10_000)), ("x" * 100_000,))
    pid = spawn_link(_leave, reason)
    ref = aquavit.monitor(pid)
    messages = [await receive(timeout=1.0), await receive(timeout=1.0)]
    assert [message.reason == reason for message in messages] == [True, True]
    assert aquavit.demonitor(ref)


@process_test
async def test_fact_073_a_mutable_reason_is_each_receivers_own() -> None:
    trap_exit(True)
    pid = spawn_link(_leave, ["data"])
    refs = [aquavit.monitor(pid), aquavit.monitor(pid)]
    await settled()
    messages = flush()
    assert len(messages) == len(refs) + 1
    messages[0].reason.append("changed")
    assert [message.reason for message in messages[1:]] == [["data"], ["data"]]


def _leave(reason: object) -> None:
    raise ProcessExit(reason)
