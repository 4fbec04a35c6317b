"""What would be corrupted if a process were taken off there, and is not.

Each case runs twice: as it is, and with the guard out of action (`places.barred` finds
nothing). The first must keep its object whole, the second must break it, else the case shows
nothing.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import queue
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

import aquavit
from aquavit import Down, monitor, receive, share, sleep, spawn, spawn_monitor
from aquavit.core import places, preemption
from tests.process.test_preemption import spin
from tests.support import loop_factory, process_test

Case = Callable[[], Awaitable[bool]]


async def at_once(fn: Any, *args: Any) -> list[object]:
    """Run three processes of `fn(*args)` at once; return how they ended."""
    refs = [spawn_monitor(fn, *args)[1] for _ in range(3)]
    return [(await receive(Down(ref, ..., ...), timeout=10.0)).reason for ref in refs]


class HookedQueue(asyncio.Queue[int]):
    """`_put` is a hook: user code between the look for room and the item's arrival."""

    def _put(self, item: int) -> None:
        spin(0.015)
        super()._put(item)


def put(queue_: asyncio.Queue[int]) -> None:
    try:
        queue_.put_nowait(1)
    except asyncio.QueueFull:
        spin(0.001)


async def an_asyncio_queue() -> bool:
    """A queue with room for one holds more."""
    queue_ = HookedQueue(maxsize=1)
    assert set(await at_once(put, share(queue_))) == {"normal"}
    return queue_.qsize() > 1


class Computes:
    """A message that takes long to write."""

    def __str__(self) -> str:
        spin(0.015)
        return "text"


class Lines(logging.Handler):
    """Writes a record in two parts; its lock is the thread's, and the thread is one."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.parts.append("begin")
        self.parts.append(record.getMessage())
        self.parts.append("end")


async def a_logging_handler() -> bool:
    """The parts of one record stand among those of another."""
    logger, handler = logging.getLogger("tests.guarded"), Lines()
    logger.propagate = False
    logger.addHandler(handler)
    try:
        assert set(await at_once(lambda: logging.getLogger("tests.guarded").error(Computes())))
    finally:
        logger.removeHandler(handler)
    return handler.parts != ["begin", "text", "end"] * 3


_POOL = """
class Pool:
    def __init__(self, size, check):
        self.free = list(range(size))
        self.check = check

    def take(self):
        connection = self.free[-1]
        self.check(0.015)  # is it still alive?
        self.free.remove(connection)
        return connection
"""


def take(pool: Any, taken: list[int]) -> None:
    taken.append(pool.take())


async def a_connection_pool() -> bool:
    """A pool of another's package gives one connection away twice."""
    taken: list[int] = []
    pool = importlib.import_module("pooled_elsewhere").Pool(3, spin)
    reasons = await at_once(take, share(pool), share(taken))
    return sorted(taken) != [0, 1, 2] or set(reasons) != {"normal"}


class Comparing:
    """A priority that takes long to compare."""

    def __init__(self, value: int, inside: list[int]) -> None:
        self.value = value
        self.inside = inside

    def __lt__(self, other: Comparing) -> bool:
        self.inside[1] += self.inside[0]
        self.inside[0] += 1
        spin(0.015)
        self.inside[0] -= 1
        return self.value < other.value


def push(queue_: Any, inside: list[int]) -> None:
    for number in range(2):
        queue_.put(Comparing(number, inside))


async def a_priority_queue_of_threads() -> bool:
    """Two processes are in the midst of the same heap."""
    inside = [0, 0]
    queue_: queue.PriorityQueue[Comparing] = queue.PriorityQueue()
    await at_once(push, share(queue_), share(inside))
    return inside[1] > 0


@pytest.fixture(autouse=True)
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a package of others'."""
    folder = tmp_path / "lib" / "site-packages"
    folder.mkdir(parents=True)
    (folder / "pooled_elsewhere.py").write_text(_POOL, encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "pooled_elsewhere", raising=False)


CASES = [an_asyncio_queue, a_logging_handler, a_connection_pool]


@pytest.mark.parametrize("case", [*CASES, a_priority_queue_of_threads])
@process_test
async def test_it_stays_whole(case: Case) -> None:
    for _ in range(3):
        assert not await case()


@pytest.mark.parametrize("case", CASES)
@process_test
async def test_it_would_be_corrupted_without_the_guard(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "barred", lambda frame: None)
    for _ in range(50):  # chance decides when it is taken off
        if await case():
            return
    raise AssertionError("it was never taken off in its midst: the case shows nothing")


def test_off_the_main_thread_nothing_is_active() -> None:
    seen: list[object] = []

    async def main() -> None:
        seen.append(len(preemption.STATE.runtimes))
        seen.append(signal.getsignal(signal.SIGURG))
        seen.append([each.name for each in threading.enumerate() if "watch" in each.name])
        order = share(seen)

        def computes(order: Any) -> None:
            spin(0.05)
            order.append("computed")

        ref = monitor(spawn(computes, order))
        spawn(lambda order: order.append("after it"), order)
        await receive(Down(ref, ..., ...))
        await sleep(0)

    thread = threading.Thread(
        target=aquavit.run, args=(main,), kwargs={"loop_factory": loop_factory()}
    )
    thread.start()
    thread.join()
    assert seen == [0, signal.SIG_DFL, [], "computed", "after it"]


def test_on_windows_there_is_one_warning_and_nothing_else(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Simulated: there, `signal` has neither SIGURG nor pthread_kill."""
    monkeypatch.setattr(preemption.STATE, "warned", False)
    monkeypatch.delattr(signal, "pthread_kill")
    seen: list[object] = []

    async def main() -> str:
        seen.append((len(preemption.STATE.runtimes), signal.getsignal(signal.SIGURG)))
        return "done"

    for _ in range(3):
        assert aquavit.run(main, loop_factory=loop_factory()) == "done"
    (record,) = caplog.records
    assert "processes are not preempted: this system has no signals" in record.message
    assert seen == [(0, signal.SIG_DFL)] * 3
