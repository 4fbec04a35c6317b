"""Group 20: supervised tasks."""

from __future__ import annotations

from typing import Any

import pytest

import aquavit
from aquavit import (
    Down,
    Exited,
    NoChild,
    NoProcess,
    Ok,
    Pid,
    ProcessExit,
    ServerExit,
    StartError,
    Supervisor,
    Task,
    TaskExit,
    flush,
    monitor,
    receive,
    self,
    send,
    sleep,
    spawn,
    wait,
)
from tests.support import died, info, process_test, settled

pytestmark = pytest.mark.usefixtures("no_reports")
_Sup = Task.Supervisor


def boom() -> None:
    raise ValueError("boom")


def leave(reason: Any) -> None:
    raise ProcessExit(reason)


async def until_told() -> None:
    """Wait for the message "end"."""
    await receive("end")


def watched(task: Task[Any]) -> Pid[Any]:
    assert task.pid is not None
    return task.pid


async def collected(stream: Any) -> list[Any]:
    return [item async for item in stream]


@process_test
async def test_fact_269_async_links_to_the_caller_and_async_nolink_does_not() -> None:
    sup = await _Sup.start_link()
    linked, loose = await _Sup.async_(sup, until_told), await _Sup.async_nolink(sup, until_told)
    assert set(info(self()).links) == {sup, linked.pid}
    assert set(info(self()).monitors) == {linked.pid, loose.pid}
    assert await _Sup.children(sup) == [linked.pid, loose.pid]
    for task in (linked, loose):
        assert info(watched(task)).dictionary["$ancestors"][0] == sup
        assert info(watched(task)).dictionary["$callers"] == [self()]
        send(watched(task), "end")
        assert await task is None
    await _Sup.start_child(sup, leave, "bad")
    await settled()
    assert await _Sup.children(sup) == []
    parent = self()

    def again() -> None:
        send(parent, "again")
        raise ProcessExit("retry")

    ref = monitor(sup)
    aquavit.unlink(sup)
    await _Sup.start_child(sup, again, restart="transient")
    assert (await receive(Down(ref, ..., ...))).reason == "shutdown"
    assert flush() == ["again"] * 4


@process_test
async def test_fact_270_a_task_without_a_link_fails_alone_and_outlives_its_caller() -> None:
    sup = await _Sup.start_link()
    task = await _Sup.async_nolink(sup, leave, "raw")
    assert await receive() == Down(task.ref, watched(task), "raw")
    assert await (await _Sup.async_nolink(sup, leave, "x")).yield_() == Exited("x")
    with pytest.raises(TaskExit):
        await (await _Sup.async_nolink(sup, boom))

    parent = self()

    async def caller() -> None:
        one, two = await _Sup.async_nolink(sup, until_told), await _Sup.async_(sup, until_told)
        send(parent, (one.pid, two.pid))
        raise ProcessExit("gone")

    pid = spawn(caller)
    loose, linked = await receive((Pid, Pid))
    await died(pid)
    await died(linked)
    assert await _Sup.children(sup) == [loose]
    await _Sup.stop(sup)


@process_test
async def test_fact_271_a_full_or_unknown_supervisor_refuses() -> None:
    sup = await _Sup.start_link(max_children=1)
    await _Sup.start_child(sup, until_told)
    for start in (_Sup.start_child, _Sup.async_, _Sup.async_nolink):
        with pytest.raises(StartError, match="max_children"):
            await start(sup, until_told)
        with pytest.raises(NoProcess):
            await start("no such supervisor", until_told)
    with pytest.raises(StartError, match="max_children"):
        await collected(_Sup.stream(sup, abs, [1]))
    assert info(self()).monitors == ()
    assert flush() == []
    await _Sup.stop(sup)


@process_test
async def test_fact_272_terminate_child_and_children() -> None:
    sup = await _Sup.start_link()
    pid = await _Sup.start_child(sup, until_told)
    assert (await _Sup.count_children(sup)).active == 1
    await _Sup.terminate_child(sup, pid)
    assert await _Sup.children(sup) == []
    with pytest.raises(NoChild):
        await _Sup.terminate_child(sup, pid)
    await _Sup.stop(sup)


@process_test
async def test_a_plain_function_is_a_child_by_child_spec() -> None:
    parent = self()
    spec = Task.child_spec(send, parent, "ran")
    assert (spec.id, spec.restart) == ("send", "temporary")
    sup = await Supervisor.start_link([spec, (_Sup,)])
    assert await receive() == "ran"
    rows = await Supervisor.which_children(sup)
    assert [row.id for row in rows] == ["TaskSupervisor"]
    await Supervisor.stop(sup)


@process_test
async def test_what_is_no_function_or_cannot_be_copied_is_refused_and_leaves_nothing() -> None:
    sup = await _Sup.start_link()
    coroutine = until_told()
    with pytest.raises(TypeError, match=r"Task.async_\(fn, \*args\)"):
        Task.async_(coroutine)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="expected a function, got 1"):
        Task.start(1)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Task.async_(len, (n for n in "ab"))  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        await _Sup.async_(sup, len, (n for n in "ab"))  # type: ignore[arg-type]
    rare: Any = self().process.extras()
    assert not rare.monitors
    assert not rare.aliases
    await _Sup.stop(sup)


@process_test
async def test_the_function_and_what_it_returns_are_copied() -> None:
    kept: list[int] = [1]

    def change() -> list[int]:
        kept.append(2)
        return kept

    assert await Task.async_(change) == [1, 2]
    assert kept == [1]
    sup = await _Sup.start_link()
    assert await (await _Sup.async_(sup, change)) == [1, 2]
    assert kept == [1]
    await _Sup.stop(sup)


@process_test
async def test_fact_263_a_supervisor_on_a_node_that_is_lost_is_nodedown() -> None:
    for ask in (_Sup.async_, _Sup.async_nolink, _Sup.start_child):
        with pytest.raises(ServerExit) as failed:
            await ask(("tasks", "other@host"), boom)
        assert failed.value.reason == ("nodedown", "other@host")
    assert flush() == []
    assert info(self()).monitors == ()


def waits_for(message: str) -> str:
    """Wait for `message` in a plain function."""
    return str(wait(receive(message)))


@process_test
async def test_a_plain_function_waits_in_every_kind_of_task() -> None:
    sup = await _Sup.start_link()
    for task in (
        Task.async_(waits_for, "go"),
        await _Sup.async_(sup, waits_for, "go"),
        await _Sup.async_nolink(sup, waits_for, "go"),
    ):
        await settled()
        send(watched(task), "go")
        assert await task == "go"

    def pauses(n: int) -> int:
        wait(sleep(0))
        return n

    for stream in (
        Task.stream(pauses, [1, 2]),
        _Sup.stream(sup, pauses, [1, 2]),
        _Sup.stream_nolink(sup, pauses, [1, 2]),
    ):
        assert await collected(stream) == [Ok(1), Ok(2)]

    def waits_and_returns_more() -> Any:
        wait(sleep(0))
        return sleeps()

    async def sleeps() -> int:
        await sleep(0)
        return 3

    assert await Task.async_(waits_and_returns_more) == 3
    await _Sup.stop(sup)
