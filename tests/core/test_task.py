"""The face of a process for asyncio: what `asyncio.current_task()` returns in it."""

from __future__ import annotations

import asyncio
import io

import aquavit
from aquavit import (
    Down,
    flush,
    receive,
    register,
    self,
    send,
    sleep,
    spawn,
    spawn_monitor,
    unregister,
)
from tests.support import died, end, idle, process_test, settled


@process_test
async def test_current_task_stands_for_the_process() -> None:
    main = self()

    async def body() -> None:
        task = asyncio.current_task()
        assert task is not None
        assert task.get_name() == repr(self())
        assert task.get_loop() is asyncio.get_running_loop()
        assert not task.done()
        send(main, task)
        await sleep(0)
        assert asyncio.current_task() is task
        assert task not in asyncio.all_tasks()

    refs = [spawn_monitor(body)[1] for _ in range(3)]
    for ref in refs:
        assert (await receive(Down(ref, ..., ...), timeout=2.0)).reason == "normal"
    assert len({id(task) for task in flush()}) == 3


@process_test
async def test_the_name_of_its_task_is_the_label_of_a_process() -> None:
    main = self()

    async def body() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.set_name(7)
        assert task.get_name() == "7"
        register(self(), "named")
        assert task.get_name() == "named"
        aquavit.set_label(("any", "thing"))
        unregister("named")
        send(main, task.get_name())

    pid = spawn(body)
    assert await died(pid) == "normal"
    assert flush() == [repr(pid)]


@process_test
async def test_the_task_of_a_process_prints_where_it_waits() -> None:
    main = self()

    async def body() -> None:
        send(main, asyncio.current_task())
        await idle()

    pid = spawn(body)
    task = await receive(timeout=2.0)
    await settled()
    shown = io.StringIO()
    task.print_stack(file=shown)
    lines = shown.getvalue().splitlines()
    assert lines[0] == f"Stack for <ProcessTask {pid!r}> (most recent call last):"
    assert [line.split()[-1] for line in lines[1:] if "File" in line] == ["body", "idle"]
    await end(pid)


@process_test
async def test_a_process_is_cancelled_through_its_task() -> None:
    main = self()

    async def body() -> None:
        send(main, aquavit.share(asyncio.current_task()))
        try:
            await sleep(None)
        except asyncio.CancelledError as error:
            send(main, error.args)

    pid = spawn(body)
    task = await receive(timeout=2.0)
    assert task.cancel("why") is True
    assert await receive(timeout=2.0) == ("why",)
    await died(pid)
    assert task.done()
    assert task.cancel() is False
