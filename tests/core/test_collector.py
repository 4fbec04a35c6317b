"""What Python's cyclic garbage collector sees of processes, and that nothing is lost to it."""

import gc
import weakref
from collections.abc import Callable
from types import CoroutineType

import pytest

import aquavit
from aquavit import Pid, exit, make_ref, receive, self, send, sleep, spawn
from tests.support import died, end, process_test


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


@pytest.mark.skipif(not aquavit.COMPILED, reason="only the compiled core hides its objects")
@process_test
async def test_living_processes_are_not_walked_by_the_collector() -> None:
    pids = [spawn(receive_one) for _ in range(1000)]
    await sleep(0)
    assert sum(type(thing) is CoroutineType for thing in gc.get_objects()) < 50
    core = (self(), make_ref(), pids[0], pids[0].process)
    assert not any(gc.is_tracked(thing) for thing in core)
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
