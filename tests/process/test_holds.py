"""What holds the core, or blocks the event loop, is reported once with its stack."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

import aquavit
from aquavit import no_preempt, receive, self, send, spawn
from aquavit.core import holds, loops
from aquavit.core.preemption import Beat
from tests.process.test_left_alone import locked_code
from tests.support import died, process_test


def spin(seconds: float) -> None:
    """Compute until so much time is over."""
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        pass


class Kept(logging.Handler):
    """Keeps the reports, which a thread writes."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []
        self.come = threading.Semaphore(0)

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())
        self.come.release()


@pytest.fixture(name="reports")
def keep_reports(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    """Return the handler that gets the reports."""
    monkeypatch.setattr(holds, "_reported", set())
    kept = Kept()
    logging.getLogger("aquavit").addHandler(kept)
    yield kept
    logging.getLogger("aquavit").removeHandler(kept)


@pytest.mark.slow
@process_test
async def test_a_long_hold_in_a_package_of_others_is_reported_once(reports: Kept) -> None:
    work = locked_code("held.inside", "/x/site-packages/held/inside.py")

    def holds_twice() -> None:
        for _ in range(2):
            work({"inside": 0, "broken": 0}, lambda _: spin(1.2))

    await died(spawn(holds_twice))
    assert reports.come.acquire(timeout=5)
    (text,) = reports.texts
    assert "has held the core for 1.0 s in held" in text
    assert "preempt_in('held')" in text
    assert "blocking(fn, *args)" in text
    assert "in work" in text
    assert "in spin" in text.splitlines()[-2]


@pytest.mark.slow
@process_test
async def test_a_long_block_of_no_preempt_is_reported(reports: Kept) -> None:
    def guarded() -> None:
        with no_preempt():
            spin(1.2)

    await died(spawn(guarded))
    assert reports.come.acquire(timeout=5)
    assert "make that block shorter" in reports.texts[0]


@pytest.mark.slow
@pytest.mark.skipif(not aquavit.COMPILED, reason="interpreted, it is taken off in such a call")
@process_test
async def test_a_call_that_waits_in_c_is_reported_as_one(reports: Kept) -> None:
    reading, writing = os.pipe()

    def waits() -> None:
        os.read(reading, 1)

    def release() -> None:
        reports.come.acquire(timeout=5)
        os.write(writing, b"x")

    releasing = threading.Thread(target=release)
    releasing.start()
    await died(spawn(waits))
    releasing.join()
    os.close(reading)
    os.close(writing)
    (text,) = reports.texts
    assert "has held the core for 1.0 s in a call of C code, where" in text
    assert "in waits" in text.splitlines()[-2]


def python_code() -> None:
    spin(0.4)


def c_call() -> None:
    time.sleep(0.4)  # noqa: TID251


@pytest.mark.slow
@pytest.mark.parametrize("blocks", [python_code, c_call])
@process_test
async def test_a_callback_that_blocks_the_loop_is_reported_at_once(
    blocks: Any, reports: Kept
) -> None:
    main = self()
    started = time.perf_counter()
    asyncio.get_running_loop().call_soon(lambda: (blocks(), send(main, "over")))
    assert await receive(timeout=5.0) == "over"
    assert reports.come.acquire(timeout=5)
    assert time.perf_counter() - started < 1
    (text,) = reports.texts
    assert "The event loop has been blocked" in text
    assert f"in {blocks.__name__}" in text


@pytest.mark.slow
@process_test
async def test_a_task_of_asyncio_that_computes_is_reported(reports: Kept) -> None:
    async def task() -> None:
        spin(0.4)

    await asyncio.create_task(task())
    assert reports.come.acquire(timeout=5)
    assert "The event loop has been blocked" in reports.texts[0]


@pytest.mark.slow
@process_test
async def test_each_of_several_blocks_is_reported_within_a_second(
    reports: Kept,
) -> None:
    main = self()
    for number in range(5):
        space: dict[str, Any] = {"spin": spin}
        exec(compile(f"def block{number}(): spin(0.2)", f"/home/me/{number}.py", "exec"), space)
        block = space[f"block{number}"]
        asyncio.get_running_loop().call_soon(lambda block=block: (block(), send(main, "over")))
        started = time.perf_counter()
        assert await receive(timeout=5.0) == "over"
        assert reports.come.acquire(timeout=5)
        assert time.perf_counter() - started < 1
        assert f"in block{number}" in reports.texts[-1]


@pytest.mark.slow
@pytest.mark.skipif(os.environ.get("AQUAVIT_LOOP") == "uvloop", reason="its C code has no frames")
@process_test
async def test_a_callback_of_c_code_is_named(reports: Kept) -> None:
    asyncio.get_running_loop().call_soon(time.sleep, 0.3)  # noqa: TID251
    assert await receive(timeout=0.5, default=None) is None
    assert reports.come.acquire(timeout=5)
    assert "by the callback <built-in function sleep>" in reports.texts[0]


@process_test
async def test_a_block_of_the_runtime_itself_is_not_laid_to_the_program(reports: Kept) -> None:
    package = os.path.dirname(aquavit.__file__)
    space: dict[str, Any] = {"holds": holds, "sys": sys}
    source = "def stop(): holds.report_loop(sys._getframe(), 0.3, 1_000_000)"
    exec(compile(source, os.path.join(package, "core", "loops.py"), "exec"), space)
    space["stop"]()
    assert reports.come.acquire(timeout=5)
    (text,) = reports.texts
    assert "by the runtime itself, with 1,000,000 processes alive" in text
    assert "no code of yours is at fault" in text


@process_test
async def test_a_callback_of_the_runtime_is_known_as_such() -> None:
    runtime = loops.runtime_here("test")
    assert holds._is_ours(runtime.ring)
    assert holds._is_ours(Beat(runtime))
    assert not holds._is_ours(asyncio.get_running_loop().stop)
    assert not holds._is_ours(Kept.emit)
    assert not holds._is_ours(None)


@pytest.mark.slow
@process_test
async def test_a_loop_that_waits_is_not_reported(reports: Kept) -> None:
    assert await receive(timeout=0.5, default=None) is None
    assert reports.texts == []
