"""What the tests share: run an `async def` test as a process, and wait without sleeping.

`process_test` turns a plain `async def` body into a pytest function that runs it as the
first process of a runtime, on the loop that the environment variable AQUAVIT_LOOP names
(asyncio, the default, or uvloop). After the body's last line it looks for leaks: no
process but main, no name, no timer may be left.

`settled` waits until every other process waits. It gives way, it does not sleep.
"""

from __future__ import annotations

import asyncio
import functools
import os
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aquavit
from aquavit import Down, Pid
from aquavit.core import loops, native

#: Seconds that `settled` gives the others before it says that they never come to rest.
_SECONDS = 5.0
_TURNS = 1_000


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """Return what makes the event loop that AQUAVIT_LOOP asks for."""
    name = os.environ.get("AQUAVIT_LOOP", "asyncio")
    if name == "asyncio":
        return asyncio.new_event_loop
    if name == "uvloop":
        import uvloop

        factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
        return factory
    raise ValueError(f"AQUAVIT_LOOP: expected asyncio or uvloop, got {name!r}")


def process_test(body: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Run the test `body` as the first process of a runtime, and check for leaks."""

    @functools.wraps(body)
    def test(**fixtures: Any) -> None:
        async def main() -> None:
            await body(**fixtures)
            await check_leaks()

        aquavit.run(main, loop_factory=loop_factory())

    return test


async def check_leaks() -> None:
    """Assert that nothing but the calling process is left, and nothing in its hands."""
    await settled()
    assert aquavit.processes() == [aquavit.self()], "processes are left"
    assert aquavit.registered() == [], "names are left"
    assert len(_runtime().timers) == 0, "timers are left"
    own = info(aquavit.self())
    assert (own.links, own.monitors, own.monitored_by) == ((), (), ()), "relations are left"


async def settled() -> None:
    """Wait until every other process waits, and none is still busy with its exit."""
    # By the time that passes: one that was taken off its core may come late to its next turn.
    # By turns too: on a busy machine all the time may pass between two of them.
    until, turns = time.monotonic() + _SECONDS, 0
    while time.monotonic() < until or turns < _TURNS:
        await aquavit.sleep(0)
        if _all_rest():
            return
        turns += 1
    raise AssertionError(f"the processes do not come to rest: {aquavit.processes()}")


def _runtime() -> Any:
    return loops.the_runtime("tests.support")


def _all_rest() -> bool:
    """Tell whether every other process waits now."""
    with aquavit.no_preempt():  # else some are looked at, then they run, then the rest
        others = [pid for pid in aquavit.processes() if pid != aquavit.self()]
        return len(others) + 1 == _runtime().alive and all(_rests(pid) for pid in others)


def _rests(pid: Pid[Any]) -> bool:
    process = pid.process
    if process is None or process.exiting:
        return True
    ready = process.waiter is not None and process.waiter.done()  # it has its turn at once
    return process.state == native.WAITING and not ready


def info(pid: Pid[Any]) -> aquavit.ProcessInfo:
    """Return what is known about `pid`, which must be alive."""
    found = aquavit.process_info(pid)
    assert found is not None, f"{pid} is dead"
    return found


async def outcome(fn: Callable[..., Any], *args: Any) -> object:
    """Run `fn(*args)` in a new process and return its exit reason."""
    pid, ref = aquavit.spawn_monitor(fn, *args)
    return (await aquavit.receive(Down(ref, pid, ...), timeout=5.0)).reason


async def died(pid: Pid[Any]) -> object:
    """Wait until `pid` is dead and return its exit reason, "noproc" if it was so before."""
    ref = aquavit.monitor(pid)
    return (await aquavit.receive(Down(ref, ..., ...), timeout=5.0)).reason


async def end(*pids: Pid[Any]) -> None:
    """Kill each of `pids` and wait until it is gone; links to the caller are cut first."""
    for pid in pids:
        aquavit.unlink(pid)
        aquavit.kill(pid)
        await died(pid)


async def idle() -> None:
    """Wait for ever: the body of a process that others end."""
    await aquavit.sleep(None)


def shown(value: object) -> str:
    """Return `repr(value)` without addresses: a test's name is the same in each run."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))
