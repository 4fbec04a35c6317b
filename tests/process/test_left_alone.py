"""Where a process must not be taken off the core, it is not.

Each test has several processes in the same code at once, which counts who is inside.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import queue
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import aquavit
from aquavit import (
    Down,
    kill,
    no_preempt,
    preempt_in,
    receive,
    self,
    send,
    share,
    sleep,
    spawn,
    spawn_monitor,
    wait,
)
from aquavit.core import places
from tests.process.test_preemption import hog, spin
from tests.support import died, process_test

compiled = pytest.mark.skipif(
    not aquavit.COMPILED, reason="interpreted, nothing tells how the handler was called"
)


@process_test
async def test_no_preempt_keeps_a_block_whole() -> None:
    shared = share({"inside": 0, "broken": 0})

    def body(state: Any) -> None:
        for _ in range(3):
            with no_preempt():
                state["broken"] += state["inside"]
                state["inside"] += 1
                spin(0.02)
                state["inside"] -= 1
            spin(0.005)

    refs = [spawn_monitor(body, shared)[1] for _ in range(3)]
    for _ in refs:
        assert (await receive(timeout=5.0)).reason == "normal"
    assert shared.value == {"inside": 0, "broken": 0}


def locked_code(name: str, file: str) -> Any:
    """Return a function `work(state, spin)` that counts who is inside, as code of `file`."""
    source = """
def work(state, spin):
    state["broken"] += state["inside"]
    state["inside"] += 1
    spin(0.02)
    state["inside"] -= 1
"""
    space: dict[str, Any] = {"__name__": name}
    exec(compile(source, file, "exec"), space)
    return space["work"]


async def run_three(work: Any) -> dict[str, int]:
    """Let three processes run `work` at once; return what they found."""
    state = share({"inside": 0, "broken": 0})
    refs = [spawn_monitor(work, state, spin)[1] for _ in range(3)]
    for _ in refs:
        assert (await receive(timeout=5.0)).reason == "normal"
    found: dict[str, int] = state.value  # type: ignore[attr-defined]
    assert found["inside"] == 0
    return found


async def breaks(work: Any) -> bool:
    """Tell whether one process is ever stopped inside `work`: chance decides when."""
    for _ in range(50):
        if (await run_three(work))["broken"] > 0:
            return True
    return False


@process_test
async def test_a_package_of_others_is_left_alone_until_it_is_allowed() -> None:
    work = locked_code("pooled.pool", "/x/site-packages/pooled/pool.py")
    assert (await run_three(work))["broken"] == 0
    preempt_in("pooled")
    assert await breaks(work)


@pytest.mark.parametrize("module", [asyncio.queues, asyncio.locks, threading, logging, queue])
@process_test
async def test_modules_that_rely_on_it_are_left_alone(module: Any) -> None:
    work = locked_code(module.__name__, module.__file__)
    assert (await run_three(work))["broken"] == 0


@process_test
async def test_the_test_above_would_fail_on_code_of_our_own() -> None:
    assert await breaks(locked_code("ours", "/home/me/ours.py"))


@process_test
async def test_an_asyncio_queue_is_not_left_half_done() -> None:
    """`_put` and `_get` of a queue are hooks: user code in the middle of asyncio's."""

    class Slow(asyncio.Queue[int]):
        busy = broken = 0

        def _put(self, item: int) -> None:
            type(self).broken += type(self).busy
            type(self).busy += 1
            spin(0.015)
            super()._put(item)
            type(self).busy -= 1

    queue_ = share(Slow())

    def puts(queue_: Any) -> None:
        for number in range(3):
            wait(queue_.put(number))

    refs = [spawn_monitor(puts, queue_)[1] for _ in range(3)]
    for _ in refs:
        assert (await receive(timeout=5.0)).reason == "normal"
    assert (Slow.busy, Slow.broken) == (0, 0)


@process_test
async def test_a_logging_handler_is_not_left_half_done() -> None:
    class Slow(logging.Handler):
        busy = broken = 0

        def emit(self, record: logging.LogRecord) -> None:
            # The handler's lock is the thread's: it would let another process in.
            type(self).broken += type(self).busy
            type(self).busy += 1
            spin(0.015)
            type(self).busy -= 1

    logger = logging.getLogger("tests.slow")
    logger.propagate = False
    handler = Slow()
    logger.addHandler(handler)
    refs = [spawn_monitor(lambda: logging.getLogger("tests.slow").error("x"))[1] for _ in range(4)]
    for _ in refs:
        assert (await receive(timeout=5.0)).reason == "normal"
    logger.removeHandler(handler)
    assert (Slow.busy, Slow.broken) == (0, 0)


@process_test
async def test_a_guard_and_a_copy_are_not_left_half_done() -> None:
    main = self()

    class Slow:
        def __deepcopy__(self, memo: Any) -> Slow:
            spin(0.03)
            return self

    def slow(message: Any) -> bool:
        spin(0.03)
        return bool(message == "right")

    async def waits() -> None:
        send(main, await receive(slow))

    pid = spawn(waits)
    other = spawn(hog)
    await sleep(0)
    send(pid, "wrong")
    send(pid, Slow())
    send(pid, "right")
    assert await receive(timeout=5.0) == "right"
    kill(other)
    await died(other)


@process_test
async def test_an_import_is_left_alone() -> None:
    frame = sys._getframe()
    assert places.barred(frame) is None
    space: dict[str, Any] = {"__name__": "importlib._bootstrap", "places": places, "sys": sys}
    source = "def find(): return places.barred(sys._getframe())"
    exec(compile(source, "<frozen importlib._bootstrap>", "exec"), space)
    assert space["find"]() == "importlib"


@process_test
async def test_a_finaliser_is_left_alone() -> None:
    found: list[object] = []

    class Dies:
        def __del__(self) -> None:
            found.append(places.barred(sys._getframe()))

    Dies()
    assert found == ["__del__"]


@compiled
@process_test
async def test_a_call_of_c_code_is_not_left_while_it_has_a_file_locked() -> None:
    """After each part of a long write, C code lets Python look for signals."""
    source, target = os.pipe()

    def drain() -> None:
        while os.read(source, 65_536):
            time.sleep(0.003)  # noqa: TID251  (a slow reader)

    def writes(state: Any) -> None:
        for _ in range(3):
            state["file"].write(b"x" * 524_288)

    def writes_too(state: Any) -> None:
        try:
            while not state["over"]:
                state["file"].write(b"y")
        except RuntimeError as error:  # it is locked against its own thread
            state["errors"].append(error)

    reader = threading.Thread(target=drain)
    reader.start()
    with open(target, "wb") as file:
        shared = share({"file": file, "over": False, "errors": []})
        _, other = spawn_monitor(writes_too, shared)
        _, ref = spawn_monitor(writes, shared)
        assert (await receive(Down(ref, ..., ...), timeout=15.0)).reason == "normal"
        shared.value["over"] = True
        assert (await receive(Down(other, ..., ...), timeout=15.0)).reason == "normal"
    reader.join()
    os.close(source)
    assert shared.value["errors"] == []


class Node:
    """Something that the garbage collector finds."""

    def __init__(self) -> None:
        self.itself = self


def collect_with_callback(inside: Callable[[], None]) -> None:
    refs = [weakref.ref(Node(), lambda _: inside())]
    gc.collect()
    assert refs[0]() is None


def collect_a_generator(inside: Callable[[], None]) -> None:
    def waits(ring: list[object]) -> Iterator[object]:
        try:
            yield ring
        finally:
            inside()

    ring: list[Any] = []
    ring.append(waits(ring))
    next(ring[0])
    del ring
    gc.collect()


def collect_told(inside: Callable[[], None]) -> None:
    def told(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            inside()

    gc.callbacks.append(told)
    gc.collect()
    gc.callbacks.remove(told)


def trace(inside: Callable[[], None]) -> None:
    before = sys.gettrace()
    sys.settrace(lambda frame, event, argument: inside())
    len("")
    traced = lambda: None  # noqa: E731
    traced()
    sys.settrace(before)


@pytest.mark.parametrize(
    "work",
    [
        collect_with_callback,
        collect_a_generator,
        collect_told,
        pytest.param(trace, marks=compiled),
    ],
)
@process_test
async def test_what_the_interpreter_calls_in_the_middle_of_anything_is_left_alone(
    work: Callable[[Callable[[], None]], None],
) -> None:
    """The collector has lists on the stack; a second trace function would not be called."""
    shared = share({"inside": 0, "seen": [], "entered": 0})

    def looks(state: Any) -> None:
        while True:
            if state["inside"]:
                state["seen"].append("left in the middle")

    def body(state: Any) -> None:
        def inside() -> None:
            state["inside"] += 1
            spin(0.03)
            state["inside"] -= 1
            state["entered"] += 1

        work(inside)

    other = spawn(looks, shared)
    _, ref = spawn_monitor(body, shared)
    assert (await receive(Down(ref, ..., ...), timeout=5.0)).reason == "normal"
    kill(other)
    await died(other)
    assert shared.value["seen"] == []
    assert shared.value["entered"] > 0
