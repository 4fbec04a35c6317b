"""Tasks, those who wait for them, their supervisors and streams; agents."""

from __future__ import annotations

import asyncio
from typing import Any

import aquavit
from aquavit import (
    Agent,
    Exit,
    Exited,
    Ok,
    Pid,
    ProcessExit,
    Task,
    TaskExit,
    TaskTimeout,
    receive,
    self,
    send,
    sleep,
    spawn,
    system,
    trap_exit,
)
from tests.reliability.scenarios.ends import nothing_more
from tests.reliability.scenarios.invariants import scenario, small


def fail() -> None:
    raise ValueError("task")


async def nothing_left() -> None:
    """Assert that the caller has neither messages nor anything of a task in its hands."""
    await sleep(5.0)
    await nothing_more()
    here = aquavit.process_info(self())
    assert here is not None
    assert here.links == here.monitors == ()
    rare: Any = self().process.rare
    assert rare is None or not rare.aliases


@small
async def a_task_gives_its_result() -> None:
    assert await Task.async_(lambda: 1) == 1
    await nothing_left()


@scenario
async def tasks_are_awaited_in_any_order() -> None:
    tasks = [Task.async_(abs, n) for n in (-1, -2, -3)]
    assert await tasks[2] == 3
    assert await Task.await_many(tasks[:2]) == [1, 2]
    await nothing_left()


@scenario
async def a_task_that_fails_takes_its_owner_along() -> None:
    async def owner() -> None:
        await Task.async_(fail)

    pid, ref = aquavit.spawn_monitor(owner)
    down = await receive(aquavit.Down(ref, pid, ...))
    assert isinstance(down.reason, ValueError)
    assert down.reason.args == ("task",)


@scenario
async def a_task_that_fails_is_raised_where_exits_are_trapped() -> None:
    trap_exit(True)
    task = Task.async_(fail)
    try:
        await task
        raise AssertionError("the task returned")
    except TaskExit as error:
        assert isinstance(error.reason, ValueError)
    message = await receive()
    assert (type(message), message.pid) == (Exit, task.pid)
    await nothing_left()


@scenario
async def a_task_is_shut_down_or_has_returned() -> None:
    async def work() -> int:
        await sleep(0)
        return 1

    task = Task.async_(work)
    await sleep(0)
    assert await task.shutdown() in (Ok(1), None)
    await nothing_left()


@scenario
async def a_kill_and_a_result_race() -> None:
    sup = await Task.Supervisor.start_link()
    task = await Task.Supervisor.async_nolink(sup, lambda: 1)
    assert task.pid is not None
    spawn(aquavit.kill, task.pid)
    assert await task.yield_() in (Ok(1), Exited("killed"))
    assert await task.yield_(0) is None
    await Task.Supervisor.stop(sup)
    await nothing_left()


@scenario
async def a_timeout_and_a_result_race() -> None:
    async def work() -> int:
        await sleep(1.0)
        return 1

    task = Task.async_(work)
    try:
        assert await task.result(timeout=1.0) == 1
    except TaskTimeout:
        pass
    await nothing_left()


@scenario
async def an_ignored_task_is_not_heard_of() -> None:
    task = Task.async_(lambda: 1)
    await sleep(0)
    assert task.ignore() in (Ok(1), None)
    await nothing_left()


@scenario
async def a_linked_task_dies_with_its_owner_and_a_loose_one_lives_on() -> None:
    sup, me = await Task.Supervisor.start_link(), self()

    async def owner() -> None:
        linked = await Task.Supervisor.async_(sup, sleep, None)
        loose = await Task.Supervisor.async_nolink(sup, sleep, None)
        send(me, (linked.pid, loose.pid))
        raise ProcessExit("gone")

    spawn(owner)
    linked, loose = await receive((Pid, Pid))
    await sleep(1.0)
    assert not aquavit.is_alive(linked)
    assert aquavit.is_alive(loose)
    assert await Task.Supervisor.children(sup) == [loose]
    await Task.Supervisor.stop(sup)
    assert not aquavit.is_alive(loose)
    await nothing_left()


@scenario
async def an_owner_dies_while_it_starts_a_task() -> None:
    sup = await Task.Supervisor.start_link()

    async def owner() -> None:
        await Task.Supervisor.async_(sup, sleep, None)
        await sleep(None)

    aquavit.kill(await _started(owner))
    await sleep(1.0)
    assert await Task.Supervisor.children(sup) == []
    await Task.Supervisor.stop(sup)
    await nothing_left()


@scenario
async def an_owner_gives_up_while_it_starts_a_task() -> None:
    sup = await Task.Supervisor.start_link()
    await system.suspend(sup)
    try:
        async with asyncio.timeout(1.0):
            await Task.Supervisor.async_(sup, sleep, None)
        raise AssertionError("the task was started")
    except TimeoutError:
        await system.resume(sup)
    assert await Task.Supervisor.children(sup) == []
    await Task.Supervisor.stop(sup)
    await nothing_left()


async def _started(fn: Any) -> Pid[Any]:
    pid = spawn(fn)
    await sleep(0)
    return pid


@scenario
async def a_stream_keeps_its_order_and_its_bound() -> None:
    runs = [0, 0]

    async def work(pair: Any) -> int:
        n, runs = pair
        runs[0] += 1
        runs[1] = max(runs)
        await sleep(0)
        runs[0] -= 1
        return int(n)

    items = [(n, aquavit.share(runs)) for n in range(4)]
    found = [each async for each in Task.stream(work, items, max_concurrency=2)]
    assert found == [Ok(0), Ok(1), Ok(2), Ok(3)]
    assert runs[1] <= 2
    await nothing_left()


@scenario
async def a_stream_without_order_gives_everything_once() -> None:
    trap_exit(True)

    def work(n: int) -> int:
        if n == 2:
            raise ProcessExit("two")
        return n

    found = [each async for each in Task.stream(work, range(4), max_concurrency=3, ordered=False)]
    assert sorted(each.value for each in found if isinstance(each, Ok)) == [0, 1, 3]
    assert Exited("two") in found
    assert len(found) == 4
    await nothing_left()


@scenario
async def a_stream_that_is_left_kills_its_tasks() -> None:
    trap_exit(True)
    async for each in Task.stream(sleep, [0, None, None], max_concurrency=3):
        assert each == Ok(None)
        break
    await nothing_left()
    assert aquavit.processes() == [self()]


@scenario
async def updates_of_an_agent_are_not_lost() -> None:
    agent = await Agent.start(int)

    async def add() -> None:
        await Agent.update(agent, lambda n: n + 1)

    await Task.await_many([Task.async_(add) for _ in range(3)])
    assert await Agent.get(agent, lambda n: n) == 3
    await Agent.stop(agent)
    await nothing_left()
