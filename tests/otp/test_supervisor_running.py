"""`Supervisor.running`: a tree for the length of an `async with`."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import aquavit
from aquavit import Exit, GenServer, Supervisor, flush, is_alive, kill, receive, self, trap_exit
from tests.supervised import C, ids, pid_of, spec
from tests.support import died, loop_factory, process_test, settled

pytestmark = pytest.mark.usefixtures("no_reports")


@process_test
async def test_the_children_are_stopped_in_order() -> None:
    async with Supervisor.running([spec("a"), spec("b")], strategy="one_for_all") as sup:
        assert await ids(sup) == [("a", "up"), ("b", "up")]
        flush()
    assert not is_alive(sup)
    assert flush() == [("stop", "b", "shutdown"), ("stop", "a", "shutdown")]


@process_test
async def test_an_error_of_the_block_is_raised_after_the_stop() -> None:
    child = spec("a")

    async def block() -> None:
        async with Supervisor.running([child]):
            raise KeyError("x")

    with pytest.raises(KeyError):
        await block()
    assert flush() == [("start", "a"), ("stop", "a", "shutdown")]


@process_test
async def test_a_caller_that_traps_exits_gets_no_message() -> None:
    trap_exit(True)
    async with Supervisor.running([spec("a")]):
        pass
    assert not any(isinstance(message, Exit) for message in flush())


@process_test
async def test_a_supervisor_that_gives_up_ends_the_block() -> None:
    child = spec("a")

    async def block() -> None:
        async with Supervisor.running([child], max_restarts=0) as sup:
            GenServer.cast(await pid_of(sup, "a"), ("exit", "boom"))
            await receive("never")

    pid, ref = aquavit.spawn_monitor(block)
    down = await receive(aquavit.Down(ref, pid, ...))
    assert down.reason == "shutdown"
    flush()


@process_test
async def test_a_supervisor_that_has_ended_before_is_no_error() -> None:
    trap_exit(True)
    async with Supervisor.running([spec("a")]) as sup:
        kill(sup)
        await died(sup)
    assert Exit(sup, "killed") in flush()


def test_it_serves_an_asyncio_task_as_a_lifespan_does() -> None:
    told: list[Any] = []

    class Counter(GenServer):
        def init(self) -> None:
            trap_exit(True)
            self.value = 0

        def handle_call(self, request: Any, from_: Any) -> Any:
            self.value += request
            return self.value

        def terminate(self, reason: Any) -> None:
            told.append(reason)

    async def request(amount: int) -> Any:
        return await GenServer.call("counter", amount)

    async def lifespan() -> None:
        async with Supervisor.running([Counter.child_spec(name="counter")]):
            replies = await asyncio.gather(*(request(1) for _ in range(3)))
            assert sorted(replies) == [1, 2, 3]

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(lifespan())
    assert told == ["shutdown"]


def test_a_lifespan_that_is_cancelled_stops_its_children() -> None:
    seen: list[Any] = []

    async def lifespan(ready: asyncio.Event) -> None:
        async with Supervisor.running([C.child_spec("a", self())]):
            ready.set()
            try:
                await asyncio.Event().wait()
            finally:
                seen.append("cancelled")
        seen.append("not reached")

    async def main() -> None:
        ready = asyncio.Event()
        task = asyncio.create_task(lifespan(ready))
        await ready.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert [pid for pid in aquavit.processes() if pid != self()] == []

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(main())
    assert seen == ["cancelled"]


def test_a_start_that_asyncio_gives_up_leaves_nothing() -> None:
    async def hangs(_: Any) -> None:
        await receive("never")

    async def main() -> None:
        children = [spec("a"), Supervisor.child_spec([spec("b", hangs)], id="inner")]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await Supervisor.start_link(children)
        # As in Elixir, a child that traps exits in its init lives on until that is over.
        for pid in aquavit.processes():
            if pid != self():
                aquavit.send(pid, "never")
        await settled()
        assert aquavit.processes() == [self()]

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(main())
