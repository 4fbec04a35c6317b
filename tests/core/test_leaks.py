"""Nothing is left: a million of everything, and runtimes that come and go.

After a warm-up, memory must not grow by more than 5 % and every table must be empty.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import threading
import weakref
from collections.abc import Awaitable, Callable
from typing import Any

import psutil
import pytest

import aquavit
from aquavit import (
    NO_REPLY,
    CallTimeout,
    Down,
    GenServer,
    Pid,
    ProcessExit,
    alias,
    call,
    cancel_timer,
    demonitor,
    flush,
    link,
    monitor,
    processes,
    receive,
    register,
    self,
    send,
    send_after,
    sleep,
    spawn,
    spawn_link,
    trap_exit,
    unalias,
    unlink,
    unregister,
)
from aquavit.core import loops
from tests.support import end, idle, loop_factory, process_test

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

CYCLES = 1_000_000 if aquavit.COMPILED else 20_000
_BATCH = 1000
#: What the clean-ups of a test have left a word in.
ENDED: list[int] = []
_WARM_UP = 20 * _BATCH if aquavit.COMPILED else 2 * _BATCH
_PROCESS = psutil.Process(os.getpid())


async def spawns(other: Pid[Any], count: int) -> None:
    for _ in range(count):
        spawn(int)
    await sleep(0)


async def links(other: Pid[Any], count: int) -> None:
    for _ in range(count):
        link(other)
        unlink(other)


async def links_that_fire(other: Pid[Any], count: int) -> None:
    for _ in range(count):
        spawn_link(int)
    for _ in range(count):
        await receive()


async def monitors(other: Pid[Any], count: int) -> None:
    for _ in range(count):
        demonitor(monitor(other))


async def monitors_that_fire(other: Pid[Any], count: int) -> None:
    for _ in range(count):
        monitor(spawn(int))
    for _ in range(count):
        await receive(Down)


async def timers(other: Pid[Any], count: int) -> None:
    for timer in [send_after(other, "never", 1000) for _ in range(count)]:
        cancel_timer(timer)


async def timers_that_fire(other: Pid[Any], count: int) -> None:
    for _ in range(count):
        send_after(self(), "now", 0)
    for _ in range(count):
        await receive("now")


async def names(other: Pid[Any], count: int) -> None:
    for number in range(count):
        name = f"name {number}"
        register(other, name)
        unregister(name)


async def names_of_the_dead(other: Pid[Any], count: int) -> None:
    for number in range(count):
        spawn(int, name=f"name {number}")
    while len(processes()) > 2:  # one may be taken off the core in its midst
        await sleep(0)


async def aliases(other: Pid[Any], count: int) -> None:
    for _ in range(count):
        unalias(alias())


async def messages(other: Pid[Any], count: int) -> None:
    for number in range(count):
        send(self(), ("message", [number], number))
    flush()


async def waits(other: Pid[Any], count: int) -> None:
    me = self()
    for _ in range(count):
        send(me, ("answer", 1))
        await receive(("answer", int), timeout=1000)


class Echo(GenServer):
    """Gives each request back, but not "never"."""

    def handle_call(self, request: Any, from_: Any) -> Any:
        return NO_REPLY if request == "never" else request

    @call
    def echo(self, value: Any) -> Any:
        return value


async def calls(other: Pid[Any], count: int) -> None:
    echo = await Echo.start()
    for number in range(count // 2):
        await GenServer.call(echo, [number])
        await Echo.echo(echo, (number,))
    await end(echo)


async def calls_that_time_out(other: Pid[Any], count: int) -> None:
    echo = await Echo.start()
    for _ in range(count):
        with contextlib.suppress(CallTimeout):
            await GenServer.call(echo, "never", timeout=0)
    await end(echo)


async def calls_of_the_dead(other: Pid[Any], count: int) -> None:
    for _ in range(count // 10):
        echo = await Echo.start_link(name="echo")
        spawn(lambda echo=echo: GenServer.call(echo, "never"))
        await sleep(0)
        await GenServer.stop("echo")
    flush()


CYCLE_KINDS: dict[Callable[[Pid[Any], int], Awaitable[None]], float] = {
    spawns: 1.0,
    links: 1.0,
    monitors: 1.0,
    timers: 1.0,
    names: 1.0,
    # These take two or three processes' turns each.
    links_that_fire: 0.3,
    monitors_that_fire: 0.3,
    timers_that_fire: 0.3,
    names_of_the_dead: 0.3,
    aliases: 0.3,
    messages: 0.3,
    waits: 0.3,
    calls: 0.3,
    calls_that_time_out: 0.1,
    calls_of_the_dead: 0.1,
}


def memory() -> int:
    """Return the resident memory in bytes, after a collection."""
    gc.collect()
    return _PROCESS.memory_info().rss


def tables(runtime: Any) -> dict[str, int]:
    """Return how full every table of the runtime is."""
    own: Any = self().process
    rare = own.rare
    return {
        "alive": runtime.alive,
        "in the table": sum(each is not None for each in runtime.table),
        "names": len(runtime.names.holders),
        "timers": len(runtime.timers),
        "adopted": len(runtime.adopted),
        "monitors": len(rare.monitors or ()),
        "aliases": len(rare.aliases or ()),
        "own timers": len(rare.timers or ()),
        "messages": len(own.contents()),
        "loop": len(asyncio.all_tasks()),
    }


@pytest.mark.parametrize("cycle", CYCLE_KINDS, ids=lambda cycle: cycle.__name__)
@process_test
async def test_many_cycles_leave_nothing(
    cycle: Callable[[Pid[Any], int], Awaitable[None]],
) -> None:
    runtime = loops.the_runtime("tests")
    trap_exit(True)
    other = spawn(idle)
    monitor(other)
    unalias(alias())
    cancel_timer(send_after(self(), 1, 1000))
    for _ in range(_WARM_UP // _BATCH):
        await cycle(other, _BATCH)
    await sleep(0)
    before, filled = memory(), tables(runtime)
    for _ in range(int(CYCLES * CYCLE_KINDS[cycle]) // _BATCH):
        await cycle(other, _BATCH)
    await sleep(0)
    assert tables(runtime) == filled
    assert memory() <= before * 1.05
    await end(other)
    flush()


@pytest.mark.parametrize("with_work", [False, True])
def test_runtimes_that_come_and_go_leave_nothing(with_work: bool) -> None:
    async def main() -> None:
        spawn(idle, name="idle")
        spawn_link(idle)
        send_after(self(), 1, 1000)
        if with_work:
            await asyncio.to_thread(int)
            task = asyncio.create_task(receive_in_a_task())
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    def cycle(count: int) -> None:
        for number in range(count):
            aquavit.run(main, loop_factory=loop_factory())
            if number % 10 == 0:
                gc.collect()  # each loop of uvloop has large buffers until then

    cycle(20)
    before = memory()
    threads, files = threading.active_count(), _PROCESS.num_fds()
    runtimes = len(loops._RUNTIMES)
    cycle(300 if aquavit.COMPILED else 100)
    gc.collect()
    assert threading.active_count() == threads
    assert _PROCESS.num_fds() == files
    assert len(loops._RUNTIMES) == runtimes
    assert not [each for each in gc.get_objects() if isinstance(each, asyncio.Task)]
    assert memory() <= before * 1.05


class Odd(ArithmeticError):
    pass


class OddExit(SystemExit):
    pass


def plain_main(error: BaseException) -> None:
    raise error


async def main_that_waits(error: BaseException) -> None:
    await sleep(0)
    raise error


@pytest.mark.parametrize("main", [plain_main, main_that_waits])
@pytest.mark.parametrize("kind", [Odd, OddExit, ProcessExit])
def test_what_main_raises_is_freed(main: Any, kind: type[BaseException]) -> None:
    def raised() -> weakref.ref[BaseException]:
        with pytest.raises(kind) as caught:
            aquavit.run(lambda: main(kind("odd")))
        return weakref.ref(caught.value)

    error = raised()
    gc.collect()
    assert error() is None


async def receive_in_a_task() -> None:
    await receive("never")


def test_a_loop_that_is_closed_without_its_shutdown_is_forgotten_by_the_next() -> None:
    async def body(number: int) -> None:
        try:
            await sleep(None)
        finally:
            ENDED.append(number)

    async def main(number: int) -> Pid[Any]:
        pid = spawn(body, number, name="name")
        link(pid)
        send(pid, [number])
        send_after(pid, number, 1000)
        spawn(idle)  # has not begun when the loop is closed
        await sleep(0)
        return pid

    ENDED.clear()
    pids = []
    for number in range(5):
        loop = loop_factory()()
        pids.append(loop.run_until_complete(main(number)))
        loop.close()
    assert len(loops._RUNTIMES) == 1
    aquavit.run(main, 5, loop_factory=loop_factory())
    assert len(loops._RUNTIMES) == 0
    assert not any(aquavit.is_alive(pid) for pid in pids)
    gc.collect()
    assert sorted(ENDED) == list(range(6))
