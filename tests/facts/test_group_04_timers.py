"""Group 4: timers."""

from __future__ import annotations

from typing import Any

import pytest

import aquavit
from aquavit import (
    Pid,
    cancel_timer,
    flush,
    make_ref,
    read_timer,
    receive,
    register,
    self,
    send,
    send_after,
    sleep,
    spawn,
    unregister,
)
from aquavit.core import loops
from tests.support import died, end, idle, outcome, process_test, settled


@process_test
async def test_fact_050_send_after_returns_a_ref_and_sends_not_before_its_time() -> None:
    before = now()
    ref = send_after(self(), "tick", 0.02)
    assert isinstance(ref, aquavit.Ref)
    assert await receive(timeout=1.0) == "tick"
    assert now() - before >= 0.02


@process_test
async def test_fact_051_cancel_timer_of_a_running_timer_returns_the_time_left() -> None:
    left = cancel_timer(send_after(self(), "never", 60))
    assert isinstance(left, float)
    assert 59 < left <= 60


@process_test
async def test_fact_051_cancel_timer_is_none_when_it_was_cancelled_before() -> None:
    ref = send_after(self(), "never", 60)
    cancel_timer(ref)
    assert cancel_timer(ref) is None


@process_test
async def test_fact_051_cancel_timer_is_none_when_it_has_fired() -> None:
    ref = send_after(self(), "tick", 0.001)
    await receive("tick", timeout=1.0)
    assert cancel_timer(ref) is None


@process_test
async def test_fact_051_a_cancelled_timer_sends_nothing() -> None:
    cancel_timer(send_after(self(), "cancelled", 0.001))
    send_after(self(), "kept", 0.01)
    assert await receive(timeout=1.0) == "kept"
    assert flush() == []


@process_test
async def test_fact_052_cancelling_after_it_fired_leaves_the_message() -> None:
    first = send_after(self(), "first", 0.001)
    send_after(self(), "second", 0.005)
    await receive("second", timeout=1.0)
    assert cancel_timer(first) is None
    assert flush() == ["first"]


@process_test
async def test_fact_053_read_timer_gives_the_time_left_or_none() -> None:
    ref = send_after(self(), "never", 60)
    left = read_timer(ref)
    assert left is not None
    assert 59 < left <= 60
    cancel_timer(ref)
    assert read_timer(ref) is None


@process_test
async def test_fact_054_a_delay_of_0_is_still_asynchronous() -> None:
    send_after(self(), "soon", 0)
    assert await receive(timeout=0, default="missed") == "missed"
    assert await receive(timeout=1.0) == "soon"


@process_test
async def test_fact_055_timers_fire_by_time_and_not_by_creation() -> None:
    send_after(self(), "third", 0.015)
    send_after(self(), "first", 0.001)
    send_after(self(), "second", 0.008)
    fired = [await receive(timeout=1.0), await receive(timeout=1.0), await receive(timeout=1.0)]
    assert fired == ["first", "second", "third"]


@pytest.mark.parametrize(
    ("delay", "error"),
    [
        *((-1, ValueError), (float("nan"), ValueError), (float("inf"), ValueError)),
        *(("soon", TypeError), (None, TypeError), (True, TypeError)),
    ],
)
@process_test
async def test_fact_057_a_bad_delay_raises(delay: Any, error: Any) -> None:
    with pytest.raises(error, match="send_after: expected a delay"):
        send_after(self(), "x", delay)


@pytest.mark.parametrize("dest", [7, None, (1, 2)])
@process_test
async def test_fact_057_a_bad_destination_raises(dest: Any) -> None:
    with pytest.raises(TypeError, match="send_after: expected a Pid"):
        send_after(dest, "x", 0)


@process_test
async def test_fact_058_a_timer_to_a_dead_process_vanishes() -> None:
    dead = spawn(lambda: None)
    await died(dead)
    assert read_timer(send_after(dead, "x", 60)) is None


@process_test
async def test_fact_058_a_timer_vanishes_when_its_destination_dies() -> None:
    pid = spawn(idle)
    ref = send_after(pid, "x", 60)
    assert read_timer(ref) is not None
    await end(pid)
    assert read_timer(ref) is None
    assert cancel_timer(ref) is None


@process_test
async def test_fact_059_a_name_is_looked_up_when_the_timer_fires() -> None:
    send_after("late", "tick", 0.01)
    register(self(), "late")
    assert await receive(timeout=1.0) == "tick"
    unregister("late")


@process_test
async def test_fact_059_a_missing_name_is_silent_when_the_timer_fires() -> None:
    send_after("nobody", "lost", 0)
    send_after(self(), "after it", 0.002)
    assert await receive(timeout=1.0) == "after it"


@process_test
async def test_fact_060_a_timer_survives_its_creator() -> None:
    main = self()
    creator = spawn(lambda: send_after(main, "from the dead", 0.005))
    assert await died(creator) == "normal"
    assert await receive(timeout=1.0) == "from the dead"


@process_test
async def test_fact_060_any_process_may_read_and_cancel_a_timer() -> None:
    main = self()
    ref = send_after(main, "never", 60)
    assert await outcome(lambda: send(main, (read_timer(ref), cancel_timer(ref)))) == "normal"
    seen, left = await receive((float, float), timeout=1.0)
    assert 59 < left <= seen <= 60
    assert cancel_timer(ref) is None


@pytest.mark.parametrize("wrong", [7, "ref", None])
@process_test
async def test_fact_063_cancel_timer_of_what_is_no_ref_raises(wrong: Any) -> None:
    with pytest.raises(TypeError, match="expected a Ref"):
        cancel_timer(wrong)


@process_test
async def test_fact_063_cancel_timer_of_an_unrelated_ref_is_none() -> None:
    assert cancel_timer(make_ref()) is None
    assert read_timer(make_ref()) is None


@process_test
async def test_fact_064_sleep_returns_none_after_its_time() -> None:
    before = now()
    assert await sleep(0.005) is None
    assert now() - before >= 0.005
    assert await sleep(0) is None


@pytest.mark.parametrize(("seconds", "error"), [(-1, ValueError), ("x", TypeError)])
@process_test
async def test_fact_064_a_bad_sleep_raises(seconds: Any, error: Any) -> None:
    with pytest.raises(error, match="sleep: expected"):
        await sleep(seconds)


@process_test
async def test_fact_064_sleep_leaves_the_mailbox_alone() -> None:
    main: Pid[Any] = self()
    spawn(lambda: send(main, "x"))
    await sleep(0.001)
    await settled()
    assert flush() == ["x"]


def now() -> float:
    """Return the time on the runtime's clock."""
    clock: float = loops.the_runtime("now").clock()
    return clock
