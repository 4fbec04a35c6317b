"""What Python's cyclic garbage collector sees of processes, and that nothing is lost to it."""

import contextvars
import functools
import gc
import weakref
from collections.abc import Callable
from types import CoroutineType
from typing import Any

import pytest

import aquavit
from aquavit import (
    GenServer,
    Pid,
    exit,
    make_ref,
    monitor,
    receive,
    self,
    send,
    send_after,
    sleep,
    spawn,
    spawn_link,
)
from aquavit.core import loops
from tests.support import died, end, process_test, settled

compiled = pytest.mark.skipif(
    not aquavit.COMPILED, reason="only the compiled core hides its objects"
)


class Held:
    """Something in the hands of a process."""


#: The frames of the interpreted core keep the traceback of an exit, and it them.
ENDS: list[tuple[Callable[[Pid], object], str]] = [
    (lambda pid: send(pid, "end"), "normal"),
    (lambda pid: exit(pid, "kill"), "killed"),
    *([(lambda pid: exit(pid, "over"), "over")] if aquavit.COMPILED else []),
]
HELD: weakref.WeakSet[Held] = weakref.WeakSet()


async def holder() -> None:
    held = Held()
    HELD.add(held)
    await receive()


async def receive_one() -> None:
    await receive()


def in_empty_context(test: Callable[[], None]) -> Callable[[], None]:
    """Run `test` where no context variable is set: otherwise each process inherits a copy."""

    @functools.wraps(test)
    def run_there() -> None:
        contextvars.Context().run(test)

    return run_there


class Server(GenServer):
    """A server without a state."""

    def init(self) -> None: ...


async def parent(below: int) -> None:
    """Wait for what does not come, above `below` children that do the same."""
    for _ in range(below):
        spawn_link(parent, 0)
    send_after(self(), "never", 1e6)
    await receive("never", timeout=1e6)


def seen() -> tuple[int, int]:
    """Return how many objects the collector knows, and the length of the longest of them."""
    gc.collect()
    known = gc.get_objects()
    return len(known), max(len(thing) for thing in known if type(thing) in (list, dict, set))


@compiled
@process_test
async def test_living_processes_are_not_walked_by_the_collector() -> None:
    pids = [spawn(receive_one) for _ in range(1000)]
    await sleep(0)
    assert sum(type(thing) is CoroutineType for thing in gc.get_objects()) < 50
    core = (self(), make_ref(), pids[0], pids[0].process)
    assert not any(gc.is_tracked(thing) for thing in core)
    await end(*pids)


@compiled
@in_empty_context
@process_test
async def test_nothing_that_the_collector_sees_grows_with_processes() -> None:
    gc.collect()
    count, longest = seen()
    tops = tuple(spawn(parent, 99) for _ in range(100))
    for pid in tops:
        monitor(pid)
    await settled()
    assert len(aquavit.processes()) == 10_001
    count_now, longest_now = seen()
    assert count_now - count < 100
    assert longest_now == longest
    await end(*tops)
    await settled()


@compiled
@in_empty_context
@process_test
async def test_a_process_that_sleeps_is_not_walked_by_the_collector() -> None:
    count, _ = seen()
    pids = tuple(spawn(sleep, None) for _ in range(1000))
    await sleep(0)
    assert seen()[0] - count < 50
    await end(*pids)


@compiled
@in_empty_context
@process_test
async def test_a_server_is_five_objects_to_the_collector() -> None:
    pids = [await Server.start() for _ in range(10)]
    count, _ = seen()
    pids += [await Server.start() for _ in range(100)]
    # The server and its loop, an inner coroutine, a dict with a list.
    assert seen()[0] - count <= 5 * 100 + 20
    await end(*pids)


@process_test
async def test_what_a_process_held_is_freed_at_its_end_without_the_collector() -> None:
    gc.disable()
    try:
        for stop, reason in ENDS:
            pid = spawn(holder)
            await sleep(0)
            assert len(HELD) == 1
            stop(pid)
            assert await died(pid) == reason
            assert len(HELD) == 0
    finally:
        gc.enable()


@pytest.mark.usefixtures("no_reports")
@process_test
async def test_what_ends_a_function_that_returns_a_wait_is_freed() -> None:
    class Over(Exception):
        pass

    def over(message: object) -> bool:
        raise Over

    pid = spawn(lambda: receive(over))
    await sleep(0)
    send(pid, "message")
    assert type(await died(pid)) is Over
    await sleep(0)  # from Python 3.12 on the last message is held until the next wait
    gc.collect()
    assert not any(type(thing) is Over for thing in gc.get_objects())


@pytest.mark.usefixtures("no_reports")
@process_test
async def test_what_ends_a_process_with_a_wait_in_a_variable_is_freed() -> None:
    class Over(Exception):
        pass

    def over(message: object) -> bool:
        raise Over

    async def waits() -> None:
        wait = receive(over)
        await wait

    pid = spawn(waits)
    await sleep(0)
    send(pid, "message")
    assert type(await died(pid)) is Over
    await sleep(0)  # from Python 3.12 on the last message is held until the next wait
    gc.collect()
    assert not any(type(thing) is Over for thing in gc.get_objects())


def test_a_runtime_is_freed_after_its_end() -> None:
    async def main() -> weakref.ref[Any]:
        for _ in range(100):
            spawn(parent, 9)
        send_after(self(), "never", 1e6)
        await settled()
        return weakref.ref(loops.the_runtime("test"))

    left = aquavit.run(main)
    gc.collect()
    assert left() is None
