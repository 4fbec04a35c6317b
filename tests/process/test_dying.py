"""Dying at every await: small programs are ended at each of their steps, in several ways.

Wherever a process is hit: its `finally` blocks run, each link and each monitor is told
exactly once, with the one reason, and its name and its timers are gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest

import aquavit
from aquavit import (
    Down,
    Exit,
    NoProcess,
    Pid,
    ProcessExit,
    flush,
    is_alive,
    kill,
    link,
    monitor,
    process_info,
    receive,
    registered,
    self,
    send,
    send_after,
    sleep,
    spawn,
    spawn_link,
    trap_exit,
    whereis,
)
from tests.support import died, end, idle, process_test, settled

Program = Callable[[Pid[Any]], Awaitable[None]]
#: More steps than any program takes.
_MOST_STEPS = 60


@contextlib.contextmanager
def block(main: Pid[Any], label: str) -> Iterator[None]:
    """Tell `main` that a block is entered, and that its `finally` runs."""
    send(main, ("in", label))
    try:
        yield
    finally:
        send(main, ("out", label))


# --- the programs: each ends by itself if nobody ends it


async def waits_for_messages(main: Pid[Any]) -> None:
    with block(main, "outer"):
        send(self(), 1)
        await receive()
        with block(main, "inner"):
            send_after(self(), "later", 0)
            await receive("later")
            await receive("never", timeout=0, default=None)
        send(self(), "guarded")
        await receive(lambda message: message == "guarded")


async def sleeps(main: Pid[Any]) -> None:
    for number in range(3):
        with block(main, f"turn {number}"):
            await sleep(0)
            await asyncio.sleep(0)
            await sleep(0.0001)


async def awaits_asyncio(main: Pid[Any]) -> None:
    loop = asyncio.get_running_loop()
    with block(main, "outer"):
        event = asyncio.Event()
        loop.call_soon(event.set)
        await event.wait()
        lock = asyncio.Lock()
        async with lock:
            with block(main, "locked"):
                await asyncio.sleep(0)
        future = loop.create_future()
        loop.call_soon(lambda: future.done() or future.set_result(None))
        await future
        await asyncio.to_thread(int)


async def times_out(main: Pid[Any]) -> None:
    with block(main, "outer"):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0):
                with block(main, "inner"):
                    await sleep(None)
        await sleep(0)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.0001):
                await receive("never")


async def groups_tasks(main: Pid[Any]) -> None:
    async def child(label: str) -> None:
        with block(main, label):
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    with block(main, "outer"):
        async with asyncio.TaskGroup() as group:
            group.create_task(child("a"))
            await asyncio.sleep(0)
            group.create_task(child("b"))
            await asyncio.sleep(0)


async def generates(main: Pid[Any]) -> None:
    async def numbers() -> AsyncIterator[int]:
        with block(main, "generator"):
            for number in range(3):
                await sleep(0)
                yield number

    with block(main, "outer"):
        async with contextlib.aclosing(numbers()) as found:  # type: ignore[type-var]
            async for _ in found:
                await asyncio.sleep(0)


async def cleans_up_with_waits(main: Pid[Any]) -> None:
    with block(main, "outer"):
        try:
            await sleep(0)
            await sleep(0)
        finally:
            with block(main, "clean-up"):
                await asyncio.sleep(0)
                await asyncio.sleep(0)


async def swallows(main: Pid[Any]) -> None:
    for number in range(3):
        with block(main, f"turn {number}"), contextlib.suppress(ProcessExit):
            await sleep(0)
            await sleep(0)


async def swallows_everything(main: Pid[Any]) -> None:
    for _ in range(4):
        with block(main, "turn"):
            try:
                await sleep(0)
                await asyncio.sleep(0)
            except BaseException:
                continue


async def starts_others(main: Pid[Any]) -> None:
    with block(main, "outer"):
        pids = [spawn(sleep, 0) for _ in range(2)]
        await sleep(0)
        for pid in pids:
            await receive(Down(monitor(pid), ..., ...))
        spawn_link(lambda: None)
        await sleep(0)


PROGRAMS: list[Program] = [
    *(waits_for_messages, sleeps, awaits_asyncio, times_out, groups_tasks, generates),
    *(cleans_up_with_waits, swallows, swallows_everything, starts_others),
]
#: What is done to the process, and the reason that counts.
ENDS: dict[str, tuple[Callable[[Pid[Any]], object], object]] = {
    "exit": (lambda pid: aquavit.exit(pid, ["reason"]), ["reason"]),
    "kill": (kill, "killed"),
    "exit, kill": (lambda pid: aquavit.exit(pid, "first") and kill(pid), "first"),
    "kill, exit": (lambda pid: kill(pid) and aquavit.exit(pid, "second"), "killed"),
    "exit twice": (lambda pid: aquavit.exit(pid, 1) and aquavit.exit(pid, 2), 1),
}


@pytest.fixture(name="_silence", autouse=True)
def drop_reports() -> Iterator[None]:
    """A program that fails in its clean-up is reported; that is tested elsewhere."""
    logger = logging.getLogger("aquavit")
    logger.disabled = True
    yield
    logger.disabled = False


async def reach(pid: Pid[Any], steps: int) -> bool:
    """Let others run until `pid` has made `steps` steps; tell whether it still lives."""
    until = time.monotonic() + 10.0
    while time.monotonic() < until:
        found = process_info(pid)
        if found is None or found.reductions >= steps:
            return found is not None
        await sleep(0)
    raise AssertionError(f"{pid} does not come to step {steps}")


def ended_properly(pid: Pid[Any], refs: list[Any], reason: object) -> None:
    """Look through the mailbox for what the end of `pid` must have left in it."""
    told = flush()
    downs = [each for each in told if isinstance(each, Down)]
    exits = [each for each in told if isinstance(each, Exit)]
    assert sorted(each.ref for each in downs) == refs
    assert {each.pid for each in downs} == {pid}
    assert [each.pid for each in exits] == [pid]
    reasons = [each.reason for each in (*downs, *exits)]
    assert reasons == [reason] * len(reasons)
    blocks = [each for each in told if type(each) is tuple]
    entered = sorted(label for what, label in blocks if what == "in")
    assert entered == sorted(label for what, label in blocks if what == "out")


@pytest.mark.parametrize("way", ENDS)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
@process_test
async def test_a_program_ends_properly_at_every_await(program: Program, way: str) -> None:
    act, reason = ENDS[way]
    trap_exit(True)
    for steps in range(_MOST_STEPS):
        pid = spawn_link(program, self(), name="program")
        refs = sorted([monitor(pid), monitor(pid)])
        send_after(pid, "a timer of the process", 1000)
        alive = await reach(pid, steps)
        act(pid)
        assert not is_alive(pid)
        await settled()
        for _ in range(3):
            await asyncio.sleep(0)  # for asyncio tasks that it had
        assert process_info(pid) is None
        assert whereis("program") is None
        ended_properly(pid, refs, reason if alive else "normal")
        if not alive:
            return
    raise AssertionError(f"more than {_MOST_STEPS} steps")


@pytest.mark.parametrize("way", ENDS)
@pytest.mark.parametrize("order", ["before", "after"])
@process_test
async def test_a_link_and_a_monitor_at_the_moment_of_death_are_told_once(
    order: str, way: str
) -> None:
    act, reason = ENDS[way]
    trap_exit(True)
    for steps in range(4):
        pid = spawn(sleeps, self())
        await reach(pid, steps)
        if order == "after":
            act(pid)
        link(pid)
        refs = [monitor(pid)]
        if order == "before":
            act(pid)
        await settled()
        told = flush()
        downs = [each for each in told if isinstance(each, Down)]
        exits = [each for each in told if isinstance(each, Exit)]
        assert [(each.ref, each.pid) for each in downs] == [(refs[0], pid)]
        assert [each.pid for each in exits] == [pid]
        assert downs[0].reason == reason
        assert exits[0].reason == (reason if order == "before" else "noproc")


@process_test
async def test_two_linked_processes_that_end_at_the_same_moment_are_each_told_of_once() -> None:
    trap_exit(True)
    for first, second in ((kill, kill), (kill, lambda pid: aquavit.exit(pid, "r"))):
        a = spawn_link(idle)
        b = spawn_link(lambda a=a: link(a) and idle())
        await settled()
        first(a)
        second(b)
        await settled()
        told = flush()
        assert sorted(each.pid for each in told) == sorted([a, b])
        assert told[0].reason == "killed"


@process_test
async def test_a_chain_of_links_ends_as_one_wherever_it_is_hit() -> None:
    async def chain(left: int) -> None:
        if left:
            spawn_link(chain, left - 1)
        await sleep(None)

    for hit in (0, 5, 10):
        spawn(chain, 10)
        await settled()
        pids = [pid for pid in aquavit.processes() if pid != self()]
        assert len(pids) == 11
        refs = [monitor(pid) for pid in pids]
        aquavit.exit(pids[hit], "chain")
        got = [await receive(Down(ref, ..., ...), timeout=2.0) for ref in refs]
        assert {each.reason for each in got} == {"chain"}


# Python itself says that the coroutine would not end.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@process_test
async def test_a_process_that_swallows_every_exit_for_ever_is_closed() -> None:
    main = self()

    async def stubborn() -> None:
        while True:
            try:
                await sleep(None)
            except BaseException:
                continue

    for act, reason in ENDS.values():
        pid = spawn(stubborn, name="stubborn")
        ref = monitor(pid)
        await settled()
        act(pid)
        assert (await receive(Down(ref, pid, ...), timeout=5.0)).reason == reason
        assert registered() == []
    assert main == self()


@process_test
async def test_a_clean_up_that_never_ends_is_cut_off_by_a_kill() -> None:
    main = self()

    async def body() -> None:
        try:
            await sleep(None)
        finally:
            send(main, "clean-up")
            await asyncio.get_running_loop().create_future()

    pid = spawn(body)
    ref = monitor(pid)
    await settled()
    aquavit.exit(pid, "reason")
    assert await receive("clean-up", timeout=2.0)
    assert is_alive(pid) is False
    assert flush() == []
    kill(pid)
    assert (await receive(Down(ref, pid, ...), timeout=2.0)).reason == "reason"


@process_test
async def test_a_process_may_end_others_in_its_clean_up() -> None:
    async def body(other: Pid[Any]) -> None:
        try:
            await sleep(None)
        finally:
            kill(other)
            spawn(idle, name="heir")

    for act, reason in ENDS.values():
        other = spawn(idle)
        pid = spawn(body, other)
        refs = [monitor(pid), monitor(other)]
        await settled()
        act(pid)
        got = {
            each.ref: each.reason
            for each in [await receive(Down(ref, ..., ...), timeout=2.0) for ref in refs]
        }
        assert got == {refs[0]: reason, refs[1]: "killed"}
        heir = whereis("heir")
        assert heir is not None
        await end(heir)


@process_test
async def test_timers_for_a_dead_process_are_gone_and_its_own_stay() -> None:
    main = self()

    async def body() -> None:
        send_after(self(), "for itself", 1000)
        send_after(main, "for main", 0.001)
        await sleep(None)

    pid = spawn(body)
    await settled()
    await end(pid)
    assert await receive(timeout=2.0) == "for main"


@process_test
async def test_a_dead_process_holds_no_name_link_or_alias() -> None:
    pid = spawn(idle, name="name")
    link(pid)
    aquavit.unlink(pid)
    await end(pid)
    for _ in range(2):
        with pytest.raises(NoProcess):
            send("name", 1)
        with pytest.raises(NoProcess):
            link(pid)
    assert await died(pid) == "noproc"
