"""What timer_bif_SUITE checks and the facts do not."""

from __future__ import annotations

from typing import Any

import pytest

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
    spawn,
    unregister,
)
from aquavit.core import loops
from tests.clock import VirtualClock
from tests.support import died, end, idle, process_test, settled


def pending() -> int:
    """Return how many timers there are."""
    runtime: Any = loops.the_runtime("test")
    return len(runtime.timers)


@process_test
async def test_timers_come_in_the_order_of_their_delays() -> None:
    clock = VirtualClock()
    for delay in (5.0, 0, 0.2, 0.1, 0.5, 0.3, 0.4):
        send_after(self(), delay, delay)
    await clock.advance(6.0)
    assert flush() == [0, 0.1, 0.2, 0.3, 0.4, 0.5, 5.0]


@pytest.mark.parametrize("seconds", [2.0**21, 2.0**31, 2.0**40])
@process_test
async def test_a_timer_may_run_for_years(seconds: float) -> None:
    clock = VirtualClock()
    ref = send_after(self(), "hej", seconds)
    await clock.advance(0.2)
    left = read_timer(ref)
    assert left is not None
    assert seconds - left == pytest.approx(0.2, abs=0.01)
    assert cancel_timer(ref) == left
    assert read_timer(ref) is None


@pytest.mark.parametrize("wrong", [42, "ab", None, self])
@process_test
async def test_what_is_no_ref_has_no_timer(wrong: Any) -> None:
    for look in (read_timer, cancel_timer):
        with pytest.raises(TypeError, match="expected"):
            look(wrong)
        assert look(make_ref()) is None


@process_test
async def test_no_timer_outlives_its_use() -> None:
    clock = VirtualClock()
    dead = spawn(lambda: None)
    await settled()
    late = send_after(dead, "hej", 2.0)
    await clock.advance(3.0)
    assert (read_timer(late), pending()) == (None, 0)
    living = spawn(idle)
    refs = [send_after(living, "hej", 2.0) for _ in range(2)]
    assert pending() == 2
    assert None not in map(read_timer, refs)
    await end(living)
    assert pending() == 0
    assert [read_timer(ref) for ref in refs] == [None, None]
    ref = send_after(self(), "hej", 2.0)
    assert cancel_timer(ref) is not None
    assert (read_timer(ref), pending()) == (None, 0)
    send_after(self(), "hej", 2.0)
    await clock.advance(2.1)
    assert flush() == ["hej"]
    assert pending() == 0


@pytest.mark.parametrize("message", ["immediate", None])
@pytest.mark.parametrize("elsewhere", [False, True])
@process_test
async def test_hundreds_of_timers_with_large_messages_all_come(
    elsewhere: bool, message: Any
) -> None:
    clock = VirtualClock()
    test, ref = self(), make_ref()
    if message is None:
        message = [b"x" * 10_000, {"pids": [test], "ref": ref}, ("tuple", [10**30])]

    def start() -> None:
        for number in range(200):
            send_after(test, (number, message), number / 1000)

    if elsewhere:
        await died(spawn(start))
    else:
        start()
    await clock.advance(1.0)
    found = flush()
    assert found == [(number, message) for number in range(200)]
    if message != "immediate":  # each has a copy of its own
        assert len({id(each) for _, each in found}) == 200


@process_test
async def test_a_name_may_be_given_before_or_after_the_timer_starts() -> None:
    clock = VirtualClock()
    ref = send_after("timed", "never", 1.0)
    assert cancel_timer(ref) is not None
    assert pending() == 0
    send_after("timed", "first", 1.0)
    register(self(), "timed")
    await clock.advance(1.1)
    send_after("timed", "second", 1.0)
    await clock.advance(1.1)
    assert flush() == ["first", "second"]
    unregister("timed")


@pytest.mark.parametrize("by_another", [False, True])
@process_test
async def test_many_timers_due_at_once_of_which_half_are_cancelled(by_another: bool) -> None:
    clock = VirtualClock()
    refs = [send_after(self(), number, 20.0) for number in range(3000)]
    await clock.advance(19.999)
    results: list[Any] = []

    def cancel() -> None:
        results.extend(cancel_timer(ref) is not None for ref in refs[::2])

    if by_another:
        test = self()

        def other(these: list[Any]) -> None:
            send(test, [cancel_timer(ref) is not None for ref in these])

        spawn(other, refs[::2])
        results = await receive(list)
    else:
        cancel()
    assert results == [True] * 1500
    await clock.advance(1.0)
    assert flush() == list(range(1, 3000, 2))


@process_test
async def test_the_timers_of_a_process_that_dies_are_gone() -> None:
    test = self()

    async def many() -> None:
        for number in range(3000):
            send_after(self(), "hej", 1000.0 + number)
        send(test, self())
        await idle()

    spawn(many)
    pid = await receive(Pid)
    assert pending() == 3000
    await end(pid)
    assert pending() == 0
