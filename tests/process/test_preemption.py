"""Preemption: no process can stop the others."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

import aquavit
from aquavit import (
    Pid,
    ProcessExit,
    exit,
    kill,
    monitor,
    receive,
    self,
    send,
    share,
    sleep,
    spawn,
    spawn_monitor,
)
from tests.support import died, info, loop_factory, outcome, process_test

VARIABLE: contextvars.ContextVar[int] = contextvars.ContextVar("VARIABLE", default=-1)


def hog() -> None:
    while True:
        pass


async def async_hog() -> None:
    while True:
        pass


def spin(seconds: float) -> int:
    """Compute for so long, in code of our own; time of others on the core does not count."""
    rounds, until = 0, time.thread_time() + seconds
    while time.thread_time() < until:
        rounds += 1
    return rounds


@process_test
async def test_endless_loops_do_not_stop_the_others() -> None:
    hogs = [spawn(fn) for fn in (hog, async_hog, hog, async_hog)]
    for _ in range(20):
        await sleep(0.001)
    for pid in hogs:
        assert info(pid).status == "runnable"
        kill(pid)
        assert await died(pid) == "killed"


def formats() -> None:
    table = {}
    for number in range(10**12):
        table["key %s" % (number % 10)] = f"{number}:{number + 1!r}"


def formats_items() -> None:
    while True:
        [f"{number:5d}" for number in range(10)]


def computes_with_long_numbers() -> None:
    number, modulus = 4, (1 << 44_497) - 1
    while True:
        number = (number * number - 2) % modulus


@pytest.mark.parametrize("way", [kill, lambda pid: exit(pid, "killed")], ids=["kill", "exit"])
@pytest.mark.parametrize("hogs", [formats, formats_items, computes_with_long_numbers])
@process_test
async def test_what_looks_for_signals_itself_is_taken_off_too(hogs: Any, way: Any) -> None:
    async def runs(main: Pid) -> None:
        try:
            hogs()
        finally:
            send(main, "cleaned up")

    pid = spawn(runs, self())
    for _ in range(5):
        await sleep(0.005)
    way(pid)
    assert await died(pid) == "killed"
    assert await receive() == "cleaned up"


@process_test
async def test_the_event_loop_has_its_turns() -> None:
    hogs = [spawn(hog), spawn(async_hog)]
    loop = asyncio.get_running_loop()
    for _ in range(5):
        future = loop.create_future()
        loop.call_later(0.001, future.set_result, None)
        await future
    for pid in hogs:
        kill(pid)
        await died(pid)


@process_test
async def test_a_sleep_that_blocks_is_left_in_the_middle() -> None:
    def blocks(main: Pid[Any]) -> None:
        time.sleep(0.3)  # noqa: TID251
        send(main, "slept")

    spawn(blocks, self())
    ticks = 0
    while await receive(timeout=0.005, default=None) is None:
        ticks += 1
    assert ticks >= 3


@process_test
async def test_a_lock_that_a_parked_process_holds_is_no_deadlock() -> None:
    lock = share(threading.Lock())

    def locks(main: Pid[Any], name: str, lock: Any) -> None:
        with lock:
            send(main, ("got", name))
            spin(0.03)
            send(main, ("left", name))

    for name in ("a", "b", "c"):
        spawn(locks, self(), name, lock)
    seen = [await receive(timeout=5.0) for _ in range(6)]
    for first, second in zip(seen[::2], seen[1::2], strict=True):
        assert (first[0], second[0], first[1]) == ("got", "left", second[1])


@process_test
async def test_an_exit_signal_is_raised_where_it_was_parked_and_clean_up_runs() -> None:
    def body(main: Pid[Any]) -> None:
        try:
            hog()
        finally:
            send(main, "finally")

    pid = spawn(body, self())
    await sleep(0.03)
    exit(pid, "enough")
    assert await died(pid) == "enough"
    assert await receive(timeout=1.0) == "finally"


@pytest.mark.parametrize("plain", [True, False])
def test_a_kill_is_not_outlived_by_swallowing_it(
    plain: bool, caplog: pytest.LogCaptureFixture
) -> None:
    def swallows() -> None:
        while True:  # twice: what is raised at the end of a loop is raised outside its `try`
            try:
                while True:
                    try:  # noqa: SIM105
                        hog()
                    except BaseException:
                        pass
            except BaseException:
                pass

    async def swallows_too() -> None:
        swallows()

    async def main() -> None:
        pid = spawn(swallows if plain else swallows_too)
        await sleep(0.03)
        kill(pid)
        assert await died(pid) == "killed"

    aquavit.run(main, loop_factory=loop_factory())
    assert "left behind by force" in caplog.text


@process_test
async def test_an_endless_clean_up_of_a_killed_process_is_ended() -> None:
    async def body() -> None:
        try:
            await receive()
        finally:
            hog()

    started = time.perf_counter()
    pid = spawn(body)
    await sleep(0)
    kill(pid)
    assert await died(pid) == "killed"
    assert time.perf_counter() - started < 5


@process_test
async def test_those_that_give_way_go_before_those_that_were_taken_off() -> None:
    hogs = [spawn(hog) for _ in range(4)]
    await sleep(0.1)
    order: list[float] = []

    async def polite(main: Pid[Any], order: Any) -> None:
        for _ in range(50):
            await sleep(0)
        order.append(time.perf_counter())
        send(main, "done")

    started = time.perf_counter()
    spawn(polite, self(), share(order))
    await receive(timeout=5.0)
    # Fifty turns, each behind four hogs, would be two seconds.
    assert order[0] - started < 0.5
    for pid in hogs:
        kill(pid)
        await died(pid)


@process_test
async def test_those_that_were_taken_off_keep_a_share() -> None:
    rounds = share([0])

    def counts(rounds: Any) -> None:
        while True:
            rounds[0] += 1

    async def chatty() -> None:
        while True:
            await sleep(0)

    pids = [spawn(counts, rounds), spawn(chatty), spawn(chatty)]
    await sleep(0.1)
    before = rounds.value[0]
    await sleep(0.3)
    assert rounds.value[0] > before
    for pid in pids:
        kill(pid)
        await died(pid)


@process_test
async def test_what_a_process_has_in_hand_survives_each_switch() -> None:
    """Exceptions in flight, contexts, generators, `with` blocks and sys.exc_info."""

    def generator(count: int) -> Iterator[int]:
        for number in range(count):
            spin(0.001)
            yield number

    class Block:
        def __enter__(self) -> int:
            spin(0.005)
            return 1

        def __exit__(self, *_: object) -> None:
            spin(0.005)

    async def body(main: Pid[Any], number: int) -> None:
        VARIABLE.set(number)
        try:
            raise KeyError(number)
        except KeyError as error:
            with Block() as one:
                total = sum(generator(20)) + one
            handled = sys.exc_info()[1] is error
            spin(0.02)
            await sleep(0)
            spin(0.02)
        try:
            try:
                raise ValueError(number)
            finally:
                spin(0.02)
        except ValueError as error:
            inner = error.args
        send(main, (number, VARIABLE.get(), total, handled, inner))

    for number in range(5):
        spawn(body, self(), number)
    for _ in range(5):
        number, variable, total, handled, inner = await receive(timeout=10.0)
        assert (variable, total, handled, inner) == (number, 191, True, (number,))
    assert VARIABLE.get() == -1


@process_test
async def test_asyncios_timeout_waits_for_the_next_await() -> None:
    async def body() -> str:
        try:
            async with asyncio.timeout(0.005):
                spin(0.05)
                await sleep(None)
        except TimeoutError:
            return "timeout"
        return "none"

    async def tells(main: Pid[Any]) -> None:
        send(main, await body())

    spawn(tells, self())
    assert await receive(timeout=5.0) == "timeout"


def test_preempt_none_turns_it_off() -> None:
    async def main() -> list[str]:
        parent = self()

        async def quick() -> None:
            send(parent, "quick")

        spawn(lambda: (spin(0.05), send(parent, "slow")))
        spawn(quick)
        return [await receive(timeout=5.0), await receive(timeout=5.0)]

    assert aquavit.run(main, preempt=None, loop_factory=loop_factory()) == ["slow", "quick"]
    assert aquavit.run(main, preempt=0.01, loop_factory=loop_factory()) == ["quick", "slow"]
    assert signal.getsignal(signal.SIGURG) == signal.SIG_DFL


@pytest.mark.parametrize(("value", "error"), [("x", TypeError), (True, TypeError), (0, ValueError)])
def test_a_bad_time_slice_is_an_error(value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="preempt"):
        aquavit.run(sleep, 0, preempt=value)


def test_off_the_main_thread_there_is_none_and_one_warning(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aquavit.core import preemption

    monkeypatch.setattr(preemption.STATE, "warned", False)
    for _ in range(2):
        thread = threading.Thread(
            target=aquavit.run, args=(sleep, 0), kwargs={"loop_factory": loop_factory()}
        )
        thread.start()
        thread.join()
    assert [record.message.count("not preempted") for record in caplog.records] == [1]


def test_a_program_with_a_handler_of_its_own_keeps_it(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aquavit.core import preemption

    monkeypatch.setattr(preemption.STATE, "warned", False)

    def own(*_: object) -> None:
        raise AssertionError("nobody sends it")

    before = signal.signal(signal.SIGURG, own)
    try:
        aquavit.run(sleep, 0, loop_factory=loop_factory())
        assert signal.getsignal(signal.SIGURG) is own
    finally:
        signal.signal(signal.SIGURG, before)
    assert "handler of its own for SIGURG" in caplog.text


@process_test
async def test_a_crash_after_a_switch_is_the_processes_own() -> None:
    def fails() -> None:
        spin(0.03)
        raise LookupError("late")

    other = spawn(hog)
    reason = await outcome(fails)
    assert isinstance(reason, LookupError)
    ref = monitor(other)
    kill(other)
    assert (await receive(timeout=5.0)) == aquavit.Down(ref, other, "killed")


def loops_in_try(main: Pid[Any], go: list[int]) -> None:
    try:
        while go:
            go[0] += 1
    finally:
        send(main, "finally")


def loops_in_with(main: Pid[Any], go: list[int]) -> None:
    with contextlib.ExitStack() as stack:
        stack.callback(send, main, "finally")
        while go:
            go[0] += 1


def loops_in_except(main: Pid[Any], go: list[int]) -> None:
    try:
        while go:
            go[0] += 1
    except ProcessExit as error:
        send(main, "finally" if sys.exc_info()[1] is error else "another one")
        raise


ONE_LINE = """
def loops_on_one_line(main, go):
    try:
        while True: pass
    finally:
        send(main, "finally")

def loops_after_with(main, go):
    with contextlib.ExitStack() as stack:
        stack.callback(send, main, "finally")
        with contextlib.nullcontext():
            while True: pass
"""
exec(ONE_LINE)  # no formatter shall make two lines of one
ONE_LINERS = [globals()[name] for name in ("loops_on_one_line", "loops_after_with")]


@pytest.mark.parametrize("body", [loops_in_try, loops_in_with, loops_in_except, *ONE_LINERS])
@pytest.mark.parametrize("end", [kill, lambda pid: exit(pid, "killed")])
@process_test
async def test_an_exit_at_the_end_of_a_loop_is_caught_around_it(body: Any, end: Any) -> None:
    """CPython has that jump outside its table of handlers."""
    go = share([1])
    for _ in range(5):
        pid = spawn(body, self(), go)
        while info(pid).reductions < 2:
            await sleep(0)
        end(pid)
        assert await died(pid) == "killed"
        assert await receive(timeout=1.0) == "finally"
    assert sys.gettrace() is None


@process_test
async def test_a_trace_function_stays_when_an_exit_is_raised() -> None:
    calls: list[str] = []

    def trace(frame: Any, event: str, argument: Any) -> None:
        calls.append(frame.f_code.co_name)

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        pid = spawn(loops_in_try, self(), share([1]))
        while info(pid).reductions < 2:
            await sleep(0)
        kill(pid)
        assert await died(pid) == "killed"
        assert sys.gettrace() is trace
    finally:
        sys.settrace(before)
    assert await receive(timeout=1.0) == "finally"
    assert "loops_in_try" in calls


@process_test
async def test_an_exit_is_not_raised_while_the_result_is_looked_at() -> None:
    class Slow:
        @property  # type: ignore[misc]
        def __class__(self) -> type:
            spin(0.02)
            return object

    said: list[Any] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: said.append(context))
    for end in (kill, lambda pid: exit(pid, "late")):
        pid = spawn(Slow)
        ref = monitor(pid)
        await sleep(0.005)
        end(pid)
        assert (await receive(aquavit.Down(ref, ..., ...))).reason in ("normal", "noproc")
    assert said == []


@process_test
async def test_a_function_of_c_may_be_spawned_as_it_is() -> None:
    started = time.perf_counter()
    sleeping = spawn(time.sleep, 0.2)  # noqa: TID251
    _, ref = spawn_monitor(sum, range(3_000_000))
    assert (await receive(aquavit.Down(ref, ..., ...), timeout=15.0)).reason == "normal"
    assert await outcome(time.sleep, 0.03) == "normal"  # noqa: TID251
    assert time.perf_counter() - started < 15
    kill(sleeping)
    assert await died(sleeping) in ("killed", "noproc")
