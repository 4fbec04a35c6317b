"""Group 3: mailbox and selective receive."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import aquavit
from aquavit import (
    Down,
    flush,
    make_ref,
    receive,
    self,
    send,
    sleep,
    spawn,
    spawn_monitor,
)
from aquavit.core import loops
from tests.support import died, end, info, process_test, settled


def mail(*messages: object) -> None:
    """Put `messages` into the mailbox of the caller."""
    for message in messages:
        send(self(), message)


@process_test
async def test_fact_029_the_oldest_matching_message_wins_over_the_order_of_patterns() -> None:
    mail("second pattern", "first pattern")
    assert await receive("first pattern", "second pattern", timeout=0) == "second pattern"
    assert flush() == ["first pattern"]


@process_test
async def test_fact_029_the_match_is_taken_out_and_nothing_else() -> None:
    mail("a", ("b", 1), "c", ("b", 2))
    assert await receive(("b", ...), timeout=0) == ("b", 1)
    assert flush() == ["a", "c", ("b", 2)]


@process_test
async def test_fact_029_a_plain_function_may_return_the_receive_that_its_process_awaits() -> None:
    pid, ref = spawn_monitor(lambda: receive())
    send(pid, "there before it looks")
    assert (await receive(Down(ref, pid, ...), timeout=1.0)).reason == "normal"


@process_test
async def test_fact_030_messages_that_match_nothing_stay_in_order() -> None:
    mail("a", ("b", 1), "c", ("b", 2), "d")
    await receive(("b", ...), timeout=0)
    await receive(("b", ...), timeout=0)
    assert await receive(("b", ...), timeout=0, default="none") == "none"
    assert info(self()).messages == ("a", "c", "d")
    assert flush() == ["a", "c", "d"]


@process_test
async def test_fact_030_unmatched_messages_stay_before_those_that_come_during_the_wait() -> None:
    main = self()

    async def wait() -> None:
        await receive("go")
        send(main, ("left", flush()))

    pid = spawn(wait)
    send(pid, "x1")
    send(pid, "x2")
    await settled()
    send(pid, "x3")
    send(pid, "go")
    send(pid, "x4")
    assert await receive(timeout=1.0) == ("left", ["x1", "x2", "x3", "x4"])


@process_test
async def test_fact_031_within_one_message_the_first_case_that_fits_wins() -> None:
    mail(("a", 1))
    match await receive(("a", ...), (..., 1), timeout=0):
        case ("a", _):
            chosen = "first"
        case (_, 1):
            chosen = "second"
    assert chosen == "first"


@process_test
async def test_fact_032_messages_that_do_not_match_do_not_end_the_wait() -> None:
    main = self()

    async def wait() -> None:
        send(main, await receive(int))

    pid = spawn(wait)
    await settled()
    send(pid, "noise")
    send(pid, "more noise")
    await settled()
    assert info(pid).status == "waiting"
    assert info(pid).messages == ("noise", "more noise")
    send(pid, 7)
    assert await receive(timeout=1.0) == 7
    await died(pid)


@process_test
async def test_fact_033_each_receive_starts_from_the_oldest_message() -> None:
    mail(1, 2, 3, 4, 5)
    assert [await receive(wanted, timeout=0) for wanted in (3, 1, 5)] == [3, 1, 5]
    assert flush() == [2, 4]


@process_test
async def test_fact_034_a_guard_that_raises_counts_as_no_match() -> None:
    mail("not a list")
    assert await receive(lambda m: m[99] == 1, lambda m: m.absent, ..., timeout=0) == "not a list"


@process_test
async def test_fact_034_a_guard_that_raises_during_the_wait_does_not_crash_the_receiver() -> None:
    main = self()

    async def wait() -> None:
        send(main, await receive(lambda m: m > 10))

    pid, ref = spawn_monitor(wait)
    await settled()
    send(pid, "text")
    send(pid, None)
    send(pid, 11)
    assert await receive(11, Down(ref, ..., ...), timeout=1.0) == 11
    await receive(Down(ref, pid, "normal"), timeout=1.0)


@process_test
async def test_fact_034_unlike_elixir_another_error_of_a_guard_is_raised_and_nothing_lost() -> None:
    mail("a", 0, "b")
    with pytest.raises(ZeroDivisionError):
        await receive(lambda m: m == 0 and 1 / m, timeout=0)
    assert flush() == ["a", 0, "b"]


@process_test
async def test_fact_034_unlike_elixir_such_an_error_during_the_wait_is_the_receivers() -> None:
    main = self()

    async def wait() -> None:
        with pytest.raises(ZeroDivisionError):
            await receive(lambda m: m == 0 and 1 / m)
        send(main, flush())

    pid = spawn(wait)
    await settled()
    assert send(pid, "a") == "a"
    assert send(pid, 0) == 0
    send(pid, "b")
    assert await receive(timeout=1.0) == ["a", 0, "b"]
    await died(pid)


@pytest.mark.parametrize(
    ("pattern", "message"), [(1, 1.0), (1.0, 1), (1, True), (True, 1), (0, False)]
)
@process_test
async def test_fact_035_numbers_match_numbers_of_the_same_type_only(
    pattern: Any, message: Any
) -> None:
    mail(message)
    assert await receive(pattern, timeout=0, default="no match") == "no match"
    assert await receive((pattern,), timeout=0, default="no match") == "no match"
    assert flush() == [message]


@process_test
async def test_fact_035_a_value_in_a_pattern_matches_by_value() -> None:
    wanted = make_ref()
    mail((make_ref(), "wrong"), (wanted, "right"))
    assert await receive((wanted, ...), timeout=0) == (wanted, "right")
    assert len(flush()) == 1


@process_test
async def test_fact_036_the_value_of_receive_is_the_message_or_the_default() -> None:
    mail(7)
    assert await receive(timeout=0, default="none") == 7
    assert await receive(timeout=0, default="none") == "none"


@process_test
async def test_fact_037_a_message_is_consumed_even_if_its_case_raises() -> None:
    mail("boom")

    async def take() -> None:
        match await receive("boom", timeout=0):
            case "boom":
                raise RuntimeError("in body")

    with pytest.raises(RuntimeError, match="in body"):
        await take()
    assert flush() == []


@process_test
async def test_fact_038_timeout_0_scans_the_whole_mailbox() -> None:
    mail(*range(1000), "needle")
    assert await receive("needle", timeout=0) == "needle"
    assert flush() == list(range(1000))


@process_test
async def test_fact_038_timeout_0_ends_at_once_when_nothing_matches() -> None:
    mail("other")
    with pytest.raises(TimeoutError):
        await receive("wanted", timeout=0)
    assert flush() == ["other"]


@process_test
async def test_fact_038_timeout_0_prefers_a_match_to_the_default() -> None:
    mail("m")
    assert await receive("m", timeout=0, default="empty") == "m"


@process_test
async def test_fact_038_timeout_0_does_not_let_others_run() -> None:
    main = self()
    pid = spawn(lambda: send(main, "too late"))
    assert await receive(timeout=0, default="empty") == "empty"
    await died(pid)
    assert flush() == ["too late"]


@process_test
async def test_fact_039_a_timeout_waits_at_least_that_long() -> None:
    before = now()
    with pytest.raises(TimeoutError):
        await receive(timeout=0.02)
    assert now() - before >= 0.02


@process_test
async def test_fact_039_messages_that_do_not_match_do_not_restart_the_clock() -> None:
    main = self()

    async def make_noise() -> None:
        while True:
            send(main, "noise")
            await sleep(0.005)

    pid = spawn(make_noise)
    before = now()
    async with asyncio.timeout(5.0):
        assert await receive("wanted", timeout=0.03, default="timeout") == "timeout"
    assert now() - before >= 0.03
    await end(pid)
    assert set(flush()) == {"noise"}


@process_test
async def test_fact_039_a_match_ends_the_wait_early() -> None:
    aquavit.send_after(self(), "wanted", 0.001)
    before = now()
    assert await receive("wanted", timeout=10.0) == "wanted"
    assert now() - before < 5.0


@process_test
async def test_fact_040_timeout_none_is_no_timeout() -> None:
    aquavit.send_after(self(), "late", 0.01)
    assert await receive(timeout=None, default="timeout") == "late"


@process_test
async def test_fact_041_a_timeout_leaves_the_mailbox_in_order() -> None:
    mail("p", "q", "r")
    with pytest.raises(TimeoutError):
        await receive("none", timeout=0.001)
    assert flush() == ["p", "q", "r"]


@process_test
async def test_fact_042_a_process_that_sleeps_for_ever_dies_of_an_exit_signal() -> None:
    pid, ref = spawn_monitor(sleep, None)
    await settled()
    send(pid, "stays in the mailbox")
    await settled()
    assert info(pid).messages == ("stays in the mailbox",)
    aquavit.exit(pid, "enough")
    assert await receive(timeout=1.0) == Down(ref, pid, "enough")


@pytest.mark.parametrize(
    ("timeout", "error"),
    [
        *((-1, ValueError), (-0.5, ValueError), (float("nan"), ValueError)),
        *(("soon", TypeError), (True, TypeError), ([1], TypeError)),
    ],
)
@process_test
async def test_fact_043_a_bad_timeout_raises_when_the_wait_would_start(
    timeout: Any, error: Any
) -> None:
    mail("other")
    with pytest.raises(error, match="expected a timeout"):
        await receive("wanted", timeout=timeout)
    assert flush() == ["other"]


@pytest.mark.parametrize("timeout", [-1, "soon"])
@process_test
async def test_fact_043_a_matching_message_hides_a_bad_timeout(timeout: Any) -> None:
    mail("there")
    assert await receive("there", timeout=timeout) == "there"


@process_test
async def test_fact_044_the_timeout_expression_is_evaluated_once() -> None:
    evaluated = []

    def timeout() -> float:
        evaluated.append("yes")
        return 10.0

    mail("there")
    assert await receive("there", timeout=timeout()) == "there"
    assert evaluated == ["yes"]


@process_test
async def test_fact_045_a_match_takes_one_of_several_equal_messages() -> None:
    mail("dup", "dup", "dup")
    await receive("dup", timeout=0)
    assert flush() == ["dup", "dup"]


@process_test
async def test_fact_046_a_nested_receive_sees_what_the_outer_one_skipped() -> None:
    mail("skipped", ("inner", 1), "outer")
    await receive("outer", timeout=0)
    assert await receive(("inner", ...), timeout=0) == ("inner", 1)
    assert flush() == ["skipped"]


@process_test
async def test_fact_047_a_receive_on_a_fresh_ref_finds_the_reply_behind_a_full_mailbox() -> None:
    mail(*range(5000))
    ref = make_ref()
    mail((ref, "reply"))
    assert await receive((ref, ...), timeout=0) == (ref, "reply")
    assert flush() == list(range(5000))


@process_test
async def test_fact_048_the_mailbox_is_dropped_at_death_and_nobody_is_told() -> None:
    async def wait() -> None:
        await receive("go")

    pid = spawn(wait)
    send(pid, "left over")
    send(pid, "go")
    assert await died(pid) == "normal"
    assert aquavit.process_info(pid) is None
    assert flush() == []


@process_test
async def test_fact_049_exit_signals_reach_a_process_that_waits_in_receive() -> None:
    pid, ref = spawn_monitor(lambda: receive("never"))
    await settled()
    aquavit.exit(pid, "now")
    assert await receive(timeout=1.0) == Down(ref, pid, "now")


@process_test
async def test_fact_049_exit_signals_reach_a_process_that_has_not_started() -> None:
    main = self()
    pid, ref = spawn_monitor(lambda: send(main, "started"))
    aquavit.exit(pid, "now")
    assert await receive(timeout=1.0) == Down(ref, pid, "now")
    assert flush() == []


def now() -> float:
    """Return the time on the runtime's clock."""
    clock: float = loops.the_runtime("now").clock()
    return clock
