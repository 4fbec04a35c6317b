"""Timers: the heap against a sorted list, and `send_after` on a clock moved by hand."""

from __future__ import annotations

import gc
import time
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from aquavit import (
    alias,
    cancel_timer,
    flush,
    is_alive,
    read_timer,
    receive,
    register,
    self,
    send,
    send_after,
    sleep,
    spawn,
    unalias,
    unregister,
)
from aquavit.core import loops, timers
from tests.clock import VirtualClock
from tests.support import end, idle, process_test

_DEADLINES = st.sampled_from([0.0, 1.0, 1.0, 2.0, 3.5]) | st.floats(0, 100)
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), _DEADLINES),
        st.tuples(st.just("add"), _DEADLINES),
        st.tuples(st.just("remove"), st.integers(0, 50)),
        st.tuples(st.just("earliest"), st.none()),
    ),
    max_size=80,
)


@settings(max_examples=200)
@given(_STEPS)
def test_the_heap_is_like_a_sorted_list(steps: list[tuple[str, Any]]) -> None:
    heap = timers.TimerHeap()
    model: list[Any] = []
    made: list[Any] = []
    for what, value in steps:
        if what == "add":
            timer = timers.new_timer(None, None, None)
            heap.add(timer, value)
            model.append(timer)
            made.append(timer)
        elif what == "remove" and made:
            timer = made[value % len(made)]
            assert heap.remove(timer) == (timer in model)
            assert timer.index == -1
            model = [each for each in model if each is not timer]
        elif what == "earliest":
            earliest = heap.earliest()
            assert earliest is min(model, key=_order, default=None)
            if earliest is not None:
                assert heap.remove(earliest)
                model = [each for each in model if each is not earliest]
        assert len(heap) == len(model)
        for timer in model:
            assert heap.items[timer.index] is timer
    assert {id(each) for each in heap.items if each is not None} == {id(each) for each in model}


def _order(timer: Any) -> tuple[float, int]:
    return timer.deadline, timer.id


def test_a_timer_of_another_heap_is_not_removed() -> None:
    mine, other = timers.TimerHeap(), timers.TimerHeap()
    for heap in (mine, other):
        heap.add(timers.new_timer(None, None, None), 1.0)
    timer: Any = other.earliest()
    assert mine.remove(timer) is False
    assert len(mine) == len(other) == 1
    assert other.remove(timer) is True


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("set"), st.floats(0, 10)),
            st.tuples(st.just("cancel"), st.integers(0, 20)),
            st.tuples(st.just("read"), st.integers(0, 20)),
            st.tuples(st.just("advance"), st.floats(0, 5)),
        ),
        max_size=25,
    )
)
def test_send_after_is_like_a_table_of_deadlines(steps: list[tuple[str, Any]]) -> None:
    @process_test
    async def run() -> None:
        clock = VirtualClock()
        refs: list[Any] = []
        due: dict[int, float] = {}  # number -> deadline of those that are set
        for what, value in steps:
            if what == "set":
                refs.append(send_after(self(), len(refs), value))
                due[len(refs) - 1] = clock.now + value
            elif what == "advance":
                await clock.advance(value)
                fired = sorted((at, number) for number, at in due.items() if at <= clock.now)
                assert flush() == [number for _, number in fired]
                for _, number in fired:
                    del due[number]
            elif refs:
                number = value % len(refs)
                left = max(0.0, due[number] - clock.now) if number in due else None
                act = cancel_timer if what == "cancel" else read_timer
                assert act(refs[number]) == left
                if what == "cancel":
                    due.pop(number, None)
        for ref in refs:
            cancel_timer(ref)
        flush()

    run()


@process_test
async def test_many_timers_that_are_cancelled_do_not_linger() -> None:
    heap = loops.the_runtime("test").timers

    class Message:
        """Something that can be counted."""

    for _ in range(3):
        made = [send_after(self(), (number, "text" * 10), 1000) for number in range(10_000)]
        assert len(heap) == len(made)
        for timer in made:
            assert cancel_timer(timer) is not None
        assert len(heap) == 0
        assert all(each is None for each in heap.items)
    send_after(self(), [Message()], 1000)
    for timer in [each for each in heap.items if each is not None]:
        cancel_timer(timer)
    gc.collect()
    assert not [each for each in gc.get_objects() if type(each) is Message]


@process_test
async def test_timers_of_waits_that_end_early_do_not_linger() -> None:
    heap = loops.the_runtime("test").timers
    me = self()
    for number in range(1000):
        spawn(lambda number=number: send(me, number))
        assert await receive(number, timeout=1000) == number
        assert len(heap) == 0


@process_test
async def test_a_timer_leads_to_a_pid_a_name_or_an_alias_at_its_time() -> None:
    clock = VirtualClock()
    through, ended = alias(), alias()
    send_after("later", "by name", 1)
    send_after("nobody", "to nobody", 1)
    send_after(through, "by alias", 2)
    send_after(ended, "to an alias that has ended", 2)
    other = spawn(idle)
    send_after(other, "to the dead", 3)
    unalias(ended)
    register(self(), "later")
    await clock.advance(1)
    assert flush() == ["by name"]
    unregister("later")
    await end(other)
    await clock.advance(5)
    assert flush() == ["by alias"]
    unalias(through)


@process_test
async def test_timers_that_are_due_together_fire_in_the_order_made() -> None:
    clock = VirtualClock()
    for number in range(100):
        send_after(self(), number, 1)
    await clock.advance(1)
    assert flush() == list(range(100))


@process_test
async def test_an_errand_is_done_when_its_time_has_come_if_the_process_is_alive() -> None:
    clock = VirtualClock()
    runtime: Any = loops.the_runtime("test")
    done: list[str] = []
    pid = spawn(idle)
    for dest in (self(), pid):
        timer = timers.new_timer(None, dest, timers.Errand(lambda: done.append("done")))
        dest.process.keep_timer(timer)
        runtime.set_timer(timer, 1.0)
    await end(pid)
    await clock.advance(1.0)
    assert done == ["done"]
    assert flush() == []


def busy() -> None:
    until = time.monotonic() + 0.1
    while time.monotonic() < until:
        pass


@process_test
async def test_nobody_is_taken_off_the_core_while_the_clock_stands_still() -> None:
    VirtualClock()
    pid = spawn(busy)
    await sleep(0)
    assert not is_alive(pid)
