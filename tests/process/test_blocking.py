"""`blocking`: code that blocks, on a thread."""

from __future__ import annotations

import asyncio
import contextvars
import sys
import threading
from typing import Any

import pytest

import aquavit
from aquavit import Pid, blocking, kill, receive, self, send, share, sleep, spawn, wait
from aquavit.process.blocking import THREADS, _Pool
from tests.support import died, loop_factory, process_test, settled

VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("VARIABLE", default="unset")


@process_test
async def test_it_returns_what_the_function_returns() -> None:
    main = threading.get_ident()
    assert await blocking(lambda: threading.get_ident()) != main
    assert await blocking(divmod, 7, 2) == (3, 1)


@process_test
async def test_it_raises_what_the_function_raises() -> None:
    with pytest.raises(ZeroDivisionError):
        await blocking(divmod, 1, 0)
    with pytest.raises(RuntimeError, match="StopIteration"):
        await blocking(next, iter(()))


@process_test
async def test_others_run_meanwhile() -> None:
    release = threading.Event()
    pid = spawn(lambda: release.set())
    assert await blocking(release.wait, 5)
    await died(pid)


@process_test
async def test_context_variables_are_carried() -> None:
    VARIABLE.set("carried")
    assert await blocking(VARIABLE.get) == "carried"
    await blocking(VARIABLE.set, "changed there")
    assert VARIABLE.get() == "carried"


@process_test
async def test_a_message_can_be_sent_from_there() -> None:
    me = self()
    await blocking(send, me, "from a thread")
    assert await receive(timeout=1.0) == "from a thread"


@process_test
async def test_a_kill_does_not_wait_for_the_call() -> None:
    release = threading.Event()
    begun = threading.Event()

    def blocks() -> None:
        begun.set()
        release.wait(10)

    async def waits() -> None:
        await blocking(blocks)

    pid = spawn(waits)
    await blocking(begun.wait, 5)
    kill(pid)
    assert await died(pid) == "killed"
    assert not release.is_set()
    release.set()


@process_test
async def test_a_timeout_does_not_wait_for_the_call() -> None:
    release = threading.Event()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await blocking(release.wait, 10)
    release.set()


@process_test
async def test_the_number_of_threads_is_bounded_and_what_was_dropped_never_runs() -> None:
    release, lock = threading.Event(), threading.Lock()
    running = share({"now": 0, "most": 0, "all": 0})

    def blocks(running: Any) -> None:
        with lock:
            running["now"] += 1
            running["all"] += 1
            running["most"] = max(running["most"], running["now"])
        release.wait(10)
        with lock:
            running["now"] -= 1

    async def waits(main: Pid[Any], running: Any) -> None:
        await blocking(blocks, running)
        send(main, "done")

    pids = [spawn(waits, self(), running) for _ in range(THREADS + 5)]
    await settled()
    for pid in pids[THREADS:]:
        kill(pid)
        await died(pid)
    release.set()
    for _ in range(THREADS):
        await receive("done", timeout=5.0)
    assert await blocking(lambda: "again") == "again"
    assert running.value["most"] <= THREADS  # type: ignore[attr-defined]
    assert running.value["all"] == THREADS  # type: ignore[attr-defined]


@process_test
async def test_threads_that_cannot_start_take_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    module = sys.modules["aquavit.process.blocking"]  # the name leads to the function
    monkeypatch.setattr(module, "_POOL", _Pool())
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuses)
        for _ in range(THREADS):
            with pytest.raises(RuntimeError, match="can't start"):
                await blocking(int)
    assert await asyncio.wait_for(blocking(int), 5.0) == 0


@process_test
async def test_a_plain_function_waits_for_it_too() -> None:
    main = self()
    spawn(lambda: send(main, wait(blocking(sum, [1, 2, 3]))))
    assert await receive(timeout=5.0) == 6


def test_the_end_of_the_program_does_not_wait() -> None:
    release = threading.Event()

    async def main() -> str:
        spawn(lambda: wait(blocking(release.wait, 10)))
        await sleep(0)
        return "ended"

    assert aquavit.run(main, loop_factory=loop_factory()) == "ended"
    assert not release.is_set()
    release.set()


@process_test
async def test_what_is_no_function_is_an_error() -> None:
    with pytest.raises(TypeError, match="expected a function, got 5"):
        await blocking(5)  # type: ignore[arg-type]
