"""Group 19: dynamic supervisors."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import aquavit
from aquavit import (
    IGNORE,
    ChildSpec,
    DynamicSupervisor,
    Exit,
    GenServer,
    NoChild,
    Pid,
    ProcessExit,
    StartError,
    Stop,
    Supervisor,
    Task,
    flush,
    is_alive,
    kill,
    make_ref,
    monitor,
    receive,
    self,
    send,
    spawn,
    trap_exit,
)
from tests.clock import VirtualClock
from tests.supervised import Fuse, deaf, news, spec
from tests.support import died, process_test, settled

pytestmark = pytest.mark.usefixtures("no_reports")


async def start(sup: Pid[Any], child: ChildSpec) -> Any:
    """Start a child and forget what it tells of that."""
    pid = await DynamicSupervisor.start_child(sup, child)
    flush()
    return pid


async def crash(pid: Pid[Any], reason: Any = "boom") -> None:
    GenServer.cast(pid, ("exit", reason))
    await died(pid)


async def rows(sup: Pid[Any]) -> list[tuple[Any, ...]]:
    return [(row.id, row.pid, row.type) for row in await DynamicSupervisor.which_children(sup)]


@process_test
async def test_fact_241_it_starts_empty_and_children_have_no_ids() -> None:
    sup = await DynamicSupervisor.start_link()
    assert await DynamicSupervisor.which_children(sup) == []
    one = await start(sup, spec("same"))
    two = await start(sup, spec("same"))
    assert await rows(sup) == [(None, one, "worker"), (None, two, "worker")]
    assert (await DynamicSupervisor.count_children(sup)).active == 2
    await DynamicSupervisor.stop(sup)
    flush()


@pytest.mark.parametrize("strategy", ["one_for_all", "rest_for_one"])
@process_test
async def test_fact_241_one_for_one_is_the_only_strategy(strategy: str) -> None:
    with pytest.raises(ValueError, match="expected strategy to be one of"):
        await DynamicSupervisor.start_link(strategy=strategy)


def _raises() -> None:
    raise KeyError("k")


def _exits() -> None:
    raise ProcessExit("left")


@process_test
async def test_fact_242_what_does_not_start_is_not_kept() -> None:
    sup = await DynamicSupervisor.start_link()
    assert await start(sup, spec("ig", lambda _: IGNORE)) is None
    with pytest.raises(StartError) as caught:
        await start(sup, spec("er", lambda _: Stop("nope")))
    assert caught.value.reason == "nope"
    with pytest.raises(KeyError):
        await start(sup, ChildSpec("ra", (_raises,)))
    with pytest.raises(StartError) as caught:
        await start(sup, ChildSpec("ex", (_exits,)))
    assert caught.value.reason == "left"
    with pytest.raises(StartError) as caught:
        await start(sup, ChildSpec("value", (lambda: 5,)))
    assert caught.value.reason == 5
    assert await rows(sup) == []
    await DynamicSupervisor.stop(sup)
    flush()


class Slow(GenServer):
    async def init(self, main: Pid[Any]) -> None:
        send(main, aquavit.self())
        await receive("go")


async def starts(main: Pid[Any], sup: Pid[Any]) -> None:
    send(main, asyncio.current_task())
    await DynamicSupervisor.start_child(sup, (Slow, main))


@process_test
@pytest.mark.parametrize("end", ["cancelled", "killed"])
async def test_fact_242_a_child_stays_whose_starter_gives_up(end: str) -> None:
    sup = await DynamicSupervisor.start_link()
    starter = spawn(starts, self(), sup)
    task, child = await receive(), await receive()
    if end == "killed":
        kill(starter)
    else:
        task.cancel()
    await died(starter)
    send(child, "go")
    assert await rows(sup) == [(None, child, "worker")]
    await DynamicSupervisor.stop(sup)


@process_test
async def test_fact_243_terminate_child_forgets_the_child() -> None:
    sup = await DynamicSupervisor.start_link()
    pid = await start(sup, spec("a"))
    await DynamicSupervisor.terminate_child(sup, pid)
    assert flush() == [("stop", "a", "shutdown")]
    assert await rows(sup) == []
    with pytest.raises(NoChild, match="is not known to this supervisor"):
        await DynamicSupervisor.terminate_child(sup, pid)
    await DynamicSupervisor.stop(sup)


@process_test
async def test_fact_244_there_are_at_most_max_children() -> None:
    sup = await DynamicSupervisor.start_link(max_children=1)
    pid = await start(sup, spec("a"))
    with pytest.raises(StartError) as caught:
        await start(sup, spec("b"))
    assert caught.value.reason == "max_children"
    await DynamicSupervisor.terminate_child(sup, pid)
    await start(sup, spec("b"))
    await DynamicSupervisor.stop(sup)
    flush()


@pytest.mark.parametrize("reason", ["normal", "shutdown", ("shutdown", 1), "boom"])
@pytest.mark.parametrize("restart", ["permanent", "transient", "temporary"])
@process_test
async def test_fact_245_the_restart_type_and_the_reason_decide(restart: str, reason: Any) -> None:
    sup = await DynamicSupervisor.start_link()
    pid = await start(sup, spec("a", restart=restart))
    await crash(pid, reason)
    restarted = restart == "permanent" or (restart == "transient" and reason == "boom")
    assert (("start", "a") in await news()) is restarted
    assert len(await rows(sup)) == restarted
    await DynamicSupervisor.stop(sup)
    flush()


@process_test
async def test_fact_245_too_many_restarts_end_it() -> None:
    trap_exit(True)
    sup = await DynamicSupervisor.start_link(max_restarts=0)
    one, _ = await start(sup, spec("a")), await start(sup, spec("b"))
    await crash(one)
    told = [("stop", "a", "boom"), ("stop", "b", "shutdown"), Exit(sup, "shutdown")]
    assert await news() == told


@process_test
async def test_fact_246_a_failing_restart_is_tried_again() -> None:
    sup = await DynamicSupervisor.start_link(max_restarts=1_000_000)
    pid = await start(sup, spec("a", Fuse(1)))
    await crash(pid)
    assert await rows(sup) == [(None, "restarting", "worker")]
    count = await DynamicSupervisor.count_children(sup)
    assert (count.specs, count.active) == (1, 0)
    await DynamicSupervisor.terminate_child(sup, pid)
    assert await rows(sup) == []
    await DynamicSupervisor.stop(sup)
    flush()


@process_test
async def test_fact_247_extra_arguments_come_first() -> None:
    test = self()

    def told(*args: Any) -> Any:
        send(test, args)
        return Task.start_link(receive_once)

    sup = await DynamicSupervisor.start_link(extra_arguments=(1, 2))
    pid = await DynamicSupervisor.start_child(sup, ChildSpec("x", (told, 3)))
    assert flush() == [(1, 2, 3)]
    send(pid, "go")
    await died(pid)
    await settled()
    assert flush() == [(1, 2, 3)]
    await DynamicSupervisor.stop(sup)


async def receive_once() -> None:
    await receive("go")


@process_test
async def test_fact_248_all_are_told_to_stop_at_once() -> None:
    test = self()

    async def lingers() -> None:
        trap_exit(True)
        await receive(Exit)
        send(test, ("told", self()))
        await receive("go")

    sup = await DynamicSupervisor.start_link()
    for _ in range(3):
        await start(sup, ChildSpec("x", (Task.start_link, lingers)))
    await settled()
    stopping = spawn(DynamicSupervisor.stop, sup)
    told = await news()
    assert len(told) == 3
    for _, pid in reversed(told):
        send(pid, "go")
    await died(stopping)


@process_test
async def test_fact_248_each_has_its_own_time_to_stop() -> None:
    clock = VirtualClock()
    sup = await DynamicSupervisor.start_link()
    refs = {}
    for shutdown in (1.0, "brutal_kill", 3.0, None):
        child = ChildSpec("x", (Task.start_link, deaf), shutdown=shutdown)
        pid = await start(sup, child)
        refs[monitor(pid)] = shutdown
    await settled()
    stopping = spawn(DynamicSupervisor.stop, sup)
    assert [refs[down.ref] for down in await news()] == ["brutal_kill"]
    await clock.advance(1.1)
    assert [refs[down.ref] for down in flush()] == [1.0]
    await clock.advance(1.0)
    assert flush() == []
    await clock.advance(1.0)
    assert [refs[down.ref] for down in flush()] == [3.0]
    await clock.advance(1_000_000)
    assert is_alive(stopping)
    kill(pid)
    assert [refs[down.ref] for down in await news()] == [None]


@pytest.mark.parametrize(
    ("options", "name"),
    [({"max_children": -1}, "max_children"), ({"extra_arguments": 5}, "extra_arguments")],
)
@process_test
async def test_fact_249_wrong_options_are_errors(options: dict[str, Any], name: str) -> None:
    with pytest.raises(ValueError, match=f"expected {name} to be"):
        await DynamicSupervisor.start_link(**options)


@pytest.mark.parametrize("fields", [{"restart": "now"}, {"shutdown": -1}, {"type": "x"}])
def test_fact_249_wrong_specs_are_errors(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"expected {next(iter(fields))}"):
        spec_of_nobody(**fields)


def spec_of_nobody(**fields: Any) -> ChildSpec:
    return ChildSpec("x", (make_ref,), **fields)


@process_test
async def test_a_class_says_how_it_supervises() -> None:
    class Sessions(DynamicSupervisor):
        def init(self, most: int) -> Any:
            return DynamicSupervisor.spec(max_children=most)

    sup = await Supervisor.start_link([Sessions.child_spec(0, name="sessions")])
    with pytest.raises(StartError):
        await DynamicSupervisor.start_child("sessions", spec("a"))
    assert [row.id for row in await Supervisor.which_children(sup)] == ["sessions"]
    await Supervisor.stop(sup)
