"""Whatever a process does, and however it ends: nothing of it stays in memory.

The core's objects are not known to the garbage collector, so a cycle through one would be
for ever. Each life is lived many times; the memory blocks that Python has given out must
not grow with it.
"""

from __future__ import annotations

import asyncio
import contextvars
import gc
import logging
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from typing import Any

import pytest

from aquavit import (
    NO_REPLY,
    Agent,
    CallTimeout,
    DynamicSupervisor,
    GenServer,
    GenStateMachine,
    NextState,
    Pid,
    ProcessExit,
    PubSub,
    Registry,
    ReplyTo,
    Supervisor,
    Task,
    alias,
    blocking,
    call,
    exit,
    flush,
    kill,
    link,
    monitor,
    process_dict,
    receive,
    register,
    run,
    self,
    send,
    send_after,
    set_label,
    sleep,
    spawn,
    spawn_link,
    spawn_monitor,
    state,
    trap_exit,
    wait,
)
from tests.support import loop_factory, process_test, settled

_WARM_UP, _LIVES, _ROUNDS = 30, 100, 10
#: Blocks that may be kept of each life. Lists of free objects and the loop's own handles
#: breathe, so one round of several has to keep so few; a leak keeps more in each.
_BREATH = 0.05
_VARIABLE: contextvars.ContextVar[Any] = contextvars.ContextVar("variable")
_LOCK = asyncio.Lock()


class Box:
    """Something that can hold itself."""

    def __init__(self, *held: Any) -> None:
        self.held = [*held, self]


# --- lives that end by themselves


async def returns() -> None: ...


def is_plain() -> None: ...


def is_plain_and_waits() -> None:
    wait(sleep(0))


def is_plain_and_raises() -> None:
    wait(sleep(0))
    raise LookupError


async def raises() -> None:
    raise LookupError("no such thing")


async def raises_what_it_keeps() -> None:
    kept = LookupError()
    raise kept


async def raises_with_a_cause() -> None:
    try:
        await raises()
    except LookupError as error:
        kept, me = error, Box(asyncio.current_task(), self())
        raise ValueError(kept, me.held[1]) from error


async def keeps_an_exception() -> None:
    try:
        await raises()
    except LookupError as error:
        kept = error
    await sleep(0)
    del kept


async def exits() -> None:
    raise ProcessExit(("shutdown", Box))


async def keeps_its_face() -> None:
    box = Box(asyncio.current_task())
    await sleep(0)
    del box


async def has_a_timeout() -> None:
    async with asyncio.timeout(None):
        await sleep(0)


async def runs_into_a_timeout() -> None:
    async with asyncio.timeout(0):
        await receive()


async def catches_a_timeout() -> None:
    try:
        async with asyncio.timeout(0):
            await receive()
    except TimeoutError as error:
        box = Box(error)
        await sleep(0)
        raise LookupError(len(box.held)) from error


async def has_a_task_group() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.sleep(0))


async def has_a_task_group_that_fails() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(raises())
        group.create_task(asyncio.Event().wait())


async def gathers() -> None:
    await asyncio.gather(asyncio.sleep(0), returns())


async def gathers_what_fails() -> None:
    await asyncio.gather(asyncio.sleep(0), raises())


async def waits_for_a_task_that_is_a_process() -> None:
    async def task() -> Pid[Any]:
        send(self(), "message")
        await receive()
        return self()

    await asyncio.create_task(task())


async def cancels_itself() -> None:
    task: Any = asyncio.current_task()
    task.cancel()
    await sleep(0)


async def sets_a_variable() -> None:
    _VARIABLE.set(Box(asyncio.current_task(), self()))
    await sleep(0)


async def takes_a_lock() -> None:
    async with _LOCK:
        await asyncio.sleep(0)


async def blocks() -> None:
    await blocking(int)


async def leaves_a_generator() -> None:
    async def numbers() -> AsyncGenerator[int, None]:
        try:
            yield 1
            yield 2
        finally:
            await asyncio.sleep(0)

    async for _ in numbers():
        break


async def leaves_messages() -> None:
    circle: list[Any] = [self()]
    circle.append(circle)
    for message in (circle, ("tuple", self()), Box(1), 5):
        send(self(), message)
    await receive(int)


async def leaves_timers() -> None:
    send_after(self(), Box(self()), 60)
    await sleep(0)


async def has_everything() -> None:
    trap_exit(True)
    register(self(), "name")
    set_label(Box())
    process_dict()["me"] = Box(self(), asyncio.current_task())
    alias()
    other = spawn(receive)
    link(other)
    monitor(other)
    exit(other, "enough")
    await receive()
    await receive()


async def leaves_children() -> None:
    for _ in range(3):
        spawn_link(receive)
    await sleep(0)
    raise ProcessExit("broken")


async def makes_closures() -> None:
    me, face = self(), asyncio.current_task()

    def tell() -> Any:
        return me, face, tell

    spawn(lambda: tell and None)
    await sleep(0)


# --- lives that are ended


async def waits_for_a_message() -> None:
    await receive(("never", Box, ...), timeout=60)


async def waits_in_a_timeout() -> None:
    async with asyncio.timeout(None):
        await receive()


async def waits_in_a_task_group() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.Event().wait())


async def waits_for_a_future() -> None:
    await asyncio.get_running_loop().create_future()


async def waits_in_its_clean_up() -> None:
    try:
        await receive()
    finally:
        await asyncio.sleep(0)


async def waits_with_what_it_caught() -> None:
    try:
        await raises()
    except LookupError as error:
        box = Box(error, asyncio.current_task())
        await receive()
        del box


def waits_as_a_plain_function() -> None:
    wait(receive())


async def computes() -> None:
    box = Box(asyncio.current_task(), self())
    while box:
        pass


# --- behaviours


class Server(GenServer):
    """Replies, falls silent or fails."""

    def init(self) -> None:
        self.box = Box(self)

    async def handle_call(self, request: Any, from_: Any) -> Any:
        await sleep(0)
        if request == "fail":
            raise LookupError(request)
        return NO_REPLY if request == "never" else request

    @call
    def get(self) -> int:
        """Return a number."""
        return 1


class Machine(GenStateMachine):
    """Replies."""

    def init(self) -> NextState:
        return NextState("idle")

    @state
    def idle(self, event: Any) -> ReplyTo:
        """Reply."""
        return ReplyTo(event.from_, event.request)


async def is_served() -> None:
    server = await Server.start_link()
    await Server.get(server)
    await GenServer.call(server, "request")
    await GenServer.stop(server)


async def is_failed() -> None:
    server = await Server.start()
    await GenServer.call(server, "fail")


async def is_kept_waiting() -> None:
    server = await Server.start()
    try:
        await GenServer.call(server, "never", timeout=0)
    except CallTimeout:
        exit(server, "broken")


async def asks_a_machine() -> None:
    machine = await Machine.start_link()
    await GenStateMachine.call(machine, "hello")
    await GenStateMachine.stop(machine)


async def asks_an_agent() -> None:
    agent = await Agent.start_link(lambda: 1)
    await Agent.get(agent, lambda value: value)
    await Agent.stop(agent)


async def awaits_tasks() -> None:
    async with asyncio.timeout(None):
        await Task.start_task(returns)
    await Task.start_task(raises)


async def has_a_tree() -> None:
    tree = await Supervisor.start_link([Server], max_restarts=5)
    (child,) = await Supervisor.which_children(tree)
    exit(child.pid, "broken")
    dynamic = await DynamicSupervisor.start_link()
    await DynamicSupervisor.start_child(dynamic, Server)
    await Supervisor.stop(tree)


async def registers() -> None:
    await Registry.start_link(keys="unique", name="registry")
    await PubSub.start_link(name="topics")
    Registry.register("registry", ("key", self()), Box())
    PubSub.subscribe("topics", "topic")
    PubSub.broadcast("topics", "topic", "message")
    await receive()


ENDING = [
    *(returns, is_plain, is_plain_and_waits, is_plain_and_raises, raises, raises_what_it_keeps),
    *(raises_with_a_cause, keeps_an_exception, exits, keeps_its_face, has_a_timeout),
    *(runs_into_a_timeout, catches_a_timeout, has_a_task_group, has_a_task_group_that_fails),
    *(gathers, gathers_what_fails, waits_for_a_task_that_is_a_process, cancels_itself),
    *(sets_a_variable, takes_a_lock, blocks, leaves_a_generator, leaves_messages, leaves_timers),
    *(has_everything, leaves_children, makes_closures, is_served, is_failed, is_kept_waiting),
    *(asks_a_machine, asks_an_agent, awaits_tasks, has_a_tree, registers),
]
WAITING = [
    *(waits_for_a_message, waits_in_a_timeout, waits_in_a_task_group, waits_for_a_future),
    *(waits_in_its_clean_up, waits_with_what_it_caught, waits_as_a_plain_function),
]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Log nothing, as pytest keeps records; let collections be of what the test made."""
    logging.disable()
    gc.freeze()
    yield
    gc.unfreeze()
    logging.disable(logging.NOTSET)


async def live(life: Callable[..., Any], end: Callable[[Pid[Any]], object] | None) -> None:
    """Let a process live so, and wait until it and all that it has started are gone."""
    pid, _ = spawn_monitor(life)
    if end is not None:
        await settled()
        end(pid)
    await receive()
    await settled()


def blocks() -> int:
    """Return how many blocks of memory are in use, without garbage and what Python caches.

    The cache of methods keeps a name at each place that was ever looked up, and C code such
    as an exception group's `split` makes a new name each time: it fills for some 1,000 lives.
    """
    if sys.version_info < (3, 13):
        sys._clear_type_cache()
    else:
        sys._clear_internal_caches()
    gc.collect()
    return sys.getallocatedblocks()


async def assert_nothing_is_kept(once: Callable[[], Awaitable[None]]) -> None:
    """Assert that the blocks given out do not grow with the lives that are lived."""
    for _ in range(_WARM_UP):
        await once()
    tasks, kept = len(asyncio.all_tasks()), []
    before = blocks()
    for _ in range(_ROUNDS):
        for _ in range(_LIVES):
            await once()
        flush()
        gc.collect()
        await asyncio.sleep(0)  # what was about to call futures that are cancelled by now
        while len(asyncio.all_tasks()) > tasks:  # what ends generators, and tasks of the killed
            await asyncio.sleep(0)
        now = blocks()
        kept.append((now - before) / _LIVES)
        if kept[-1] < _BREATH:
            return
        before = now
    raise AssertionError(f"so many blocks are kept of each life: {kept}")


@pytest.mark.parametrize("life", ENDING)
@process_test
async def test_a_life_that_ends_by_itself(life: Callable[..., Any]) -> None:
    await assert_nothing_is_kept(lambda: live(life, None))


@pytest.mark.parametrize("end", [kill, lambda pid: exit(pid, "broken")], ids=["killed", "exit"])
@pytest.mark.parametrize("life", WAITING)
@process_test
async def test_a_life_that_is_ended(
    life: Callable[..., Any], end: Callable[[Pid[Any]], object]
) -> None:
    await assert_nothing_is_kept(lambda: live(life, end))


@pytest.mark.parametrize("end", [kill, lambda pid: exit(pid, "broken")], ids=["killed", "exit"])
def test_a_life_that_is_ended_where_it_was_taken_off(end: Callable[[Pid[Any]], object]) -> None:
    async def once() -> None:
        pid, _ = spawn_monitor(computes)
        await sleep(0)
        end(pid)
        await receive()

    async def main() -> None:
        await assert_nothing_is_kept(once)

    run(main, preempt=0.001, loop_factory=loop_factory())
