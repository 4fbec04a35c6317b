"""What supervisor_SUITE checks of restarts, of what escalates, and of significant children."""

from __future__ import annotations

from typing import Any

import pytest

import aquavit
from aquavit import (
    ChildError,
    ChildSpec,
    DynamicSupervisor,
    Exit,
    GenServer,
    Pid,
    Stop,
    Supervisor,
    Task,
    exit,
    flush,
    is_alive,
    kill,
    receive,
    self,
    send,
    spawn,
    trap_exit,
    unlink,
    whereis,
)
from tests.supervised import Fuse, crash, ids, news, pid_of, pids, quiet_start, spec
from tests.support import died, idle, process_test, settled

pytestmark = pytest.mark.usefixtures("no_reports")
MANY = 10**9
MODES = ("never", "any_significant", "all_significant")


@pytest.mark.parametrize("strategy", ["one_for_all", "rest_for_one"])
@process_test
async def test_a_member_of_a_group_that_cannot_restart_ends_the_supervisor(strategy: str) -> None:
    trap_exit(True)
    children = [spec("a"), spec("b", Fuse(1))]
    sup = await quiet_start(children, strategy=strategy, max_restarts=4)
    await crash(sup, "a")
    told = await news()
    assert told[:2] == [("stop", "a", "boom"), ("stop", "b", "shutdown")]
    assert told.count(("start", "b")) == 4
    assert told[-1] == Exit(sup, "shutdown")


@process_test
async def test_a_dynamic_child_that_cannot_restart_ends_the_supervisor() -> None:
    trap_exit(True)
    sup = await DynamicSupervisor.start_link(max_restarts=4)
    failing = await DynamicSupervisor.start_child(sup, spec("a", Fuse(1)))
    await DynamicSupervisor.start_child(sup, spec("b"))
    GenServer.cast(failing, ("exit", "abnormal"))
    told = await news()
    assert told.count(("start", "a")) == 5
    assert told[-2:] == [("stop", "b", "shutdown"), Exit(sup, "shutdown")]


@pytest.mark.parametrize("strategy", ["one_for_all", "rest_for_one"])
@process_test
async def test_who_has_restarted_when_another_fails_to(strategy: str) -> None:
    test = self()

    async def asks(id: str) -> Any:
        send(test, (id, self()))
        return await receive(("begin", ...))

    async def starter() -> None:
        await Supervisor.start_link(children, strategy=strategy)
        send(test, "up")
        await idle()

    async def begins(id: str, how: Any = None) -> Pid[Any]:
        _, pid = await receive((id, Pid))
        send(pid, ("begin", how))
        return pid

    class Asks(GenServer):
        async def init(self, id: str) -> Any:
            _, how = await asks(id)
            return how

    children = [Asks.child_spec(id, id=id) for id in ("1", "2")]
    starting = spawn(starter)
    first = await begins("1")
    await begins("2")
    await receive("up")
    exit(first, "die")
    again = await begins("1")
    await begins("2", Stop("not yet"))
    await settled()
    if strategy == "one_for_all":  # the one that is up is stopped and started once more
        assert not is_alive(again)
        await begins("1")
    else:
        assert is_alive(again)
    await begins("2")
    await settled()
    assert flush() == []
    exit(starting, "shutdown")
    await died(starting)
    await settled()


@process_test
async def test_a_tree_restarts_what_its_specs_say_and_not_what_was_added() -> None:
    def inner(id: str, children: list[Any], **fields: Any) -> ChildSpec:
        return Supervisor.child_spec(children, id=id, max_restarts=4, **fields)

    top = await quiet_start(
        [
            inner("sup1", [spec("1"), spec("2")]),
            inner("sup2", []),
            inner("sup3", [], restart="transient"),
        ],
        strategy="one_for_all",
    )
    await Supervisor.terminate_child(top, "sup3")
    count = await Supervisor.count_children(top)
    assert (count.specs, count.active, count.supervisors, count.workers) == (3, 2, 3, 0)
    sups = await pids(top)
    fixed = await pids(sups["sup1"])
    await Supervisor.start_child(sups["sup2"], spec("3", Fuse(1)))
    await Supervisor.start_child(sups["sup2"], spec("4"))
    third, fourth = (await pids(sups["sup2"])).values()
    await crash(sups["sup2"], "4", "abnormal")
    await news()
    assert await pids(sups["sup1"]) == fixed
    assert await pid_of(sups["sup2"], "3") == third
    assert await pid_of(sups["sup2"], "4") != fourth
    await crash(sups["sup2"], "3", "abnormal")  # it does not start again: all is too much
    await news()
    after = await pids(top)
    assert all(isinstance(pid, Pid) and pid != sups[id] for id, pid in after.items())
    assert await ids(after["sup1"]) == [("1", "up"), ("2", "up")]
    assert await ids(after["sup2"]) == []
    await Supervisor.stop(top)
    await news()


class Switch:
    """Lets a child start or not; shared on purpose."""

    fails = False

    def __call__(self, _: Any) -> Any:
        return Stop("off") if self.fails else None


aquavit.isolation.register(Switch, reference=True)


@process_test
async def test_children_that_wait_for_their_restart_are_counted_but_not_active() -> None:
    switch = Switch()
    sup = await DynamicSupervisor.start_link(max_restarts=MANY)
    for _ in range(3):
        await DynamicSupervisor.start_child(sup, spec("x", switch))

    async def counts() -> tuple[int, int]:
        count = await DynamicSupervisor.count_children(sup)
        return count.active, count.workers

    async def running() -> list[Pid[Any]]:
        rows = await DynamicSupervisor.which_children(sup)
        return [row.pid for row in rows if isinstance(row.pid, Pid)]

    for pid in await running():
        kill(pid)
    await settled()
    assert await counts() == (3, 3)
    switch.fails = True
    for pid in (await running())[:2]:
        kill(pid)
        await died(pid)
    assert await counts() == (1, 3)
    switch.fails = False
    await settled()
    assert await counts() == (3, 3)
    for left in (2, 1, 0):
        await DynamicSupervisor.terminate_child(sup, (await running())[0])
        assert await counts() == (left, left)
    await DynamicSupervisor.stop(sup)
    await news()


@pytest.mark.parametrize("strategy", ["one_for_one", "rest_for_one"])
@process_test
async def test_a_child_and_its_supervisor_can_be_stopped_in_a_restart_loop(strategy: str) -> None:
    switch = Switch()
    middle = spec("2", switch)
    sup = await quiet_start(
        [spec("1"), middle, spec("3")], strategy=strategy, max_restarts=MANY, name="sup"
    )
    switch.fails = True
    await crash(sup, "2", "error")
    after = "undefined" if strategy == "rest_for_one" else "up"
    for act, reason in (
        (Supervisor.start_child(sup, middle), "already_present"),
        (Supervisor.restart_child(sup, "2"), "restarting"),
        (Supervisor.delete_child(sup, "2"), "restarting"),
    ):
        with pytest.raises(ChildError) as caught:
            await act
        assert caught.value.reason == reason
    assert await ids(sup) == [("1", "up"), ("2", "restarting"), ("3", after)]
    await Supervisor.terminate_child(sup, "2")
    assert await ids(sup) == [("1", "up"), ("2", "undefined"), ("3", after)]
    switch.fails = False
    await Supervisor.restart_child(sup, "2")
    switch.fails = True
    await crash(sup, "2", "error")
    assert dict(await ids(sup))["2"] == "restarting"
    unlink(sup)
    exit(sup, "shutdown")
    assert await died(sup) == "shutdown"
    assert whereis("sup") is None
    flush()


@process_test
async def test_a_dynamic_child_and_its_supervisor_can_be_stopped_in_a_restart_loop() -> None:
    switch = Switch()
    sup = await DynamicSupervisor.start_link(max_restarts=MANY)
    pid = await DynamicSupervisor.start_child(sup, spec("x", switch))
    switch.fails = True
    kill(pid)
    await died(pid)
    assert [row.pid for row in await DynamicSupervisor.which_children(sup)] == ["restarting"]
    await DynamicSupervisor.terminate_child(sup, pid)
    assert await DynamicSupervisor.which_children(sup) == []
    switch.fails = False
    pid = await DynamicSupervisor.start_child(sup, spec("x", switch))
    switch.fails = True
    kill(pid)
    await died(pid)
    await DynamicSupervisor.stop(sup)
    assert not is_alive(sup)
    flush()


async def strike(pid: Pid[Any], how: str) -> None:
    """End a process in one of the ways that the cases below go through."""
    if how == "kill":
        kill(pid)
    else:
        GenServer.cast(pid, ("exit", how))
    await died(pid)
    await settled()


@pytest.mark.parametrize("restart", ["temporary", "transient"])
@pytest.mark.parametrize("mode", MODES)
@process_test
async def test_a_child_of_no_significance_never_ends_its_supervisor(
    mode: str, restart: str
) -> None:
    sup = await quiet_start([], auto_shutdown=mode)
    for how in ("supervisor", "kill", "abnormal", "normal"):
        if await ids(sup) == []:
            await Supervisor.start_child(sup, spec("1", restart=restart))
        elif await ids(sup) == [("1", "undefined")]:
            await Supervisor.restart_child(sup, "1")
        if how == "supervisor":
            await Supervisor.terminate_child(sup, "1")
        else:
            await strike(await pid_of(sup, "1"), how)
        assert is_alive(sup)
    await Supervisor.stop(sup)
    flush()


def trio(restart: str) -> list[ChildSpec]:
    """Return two significant children and one that is not."""
    return [spec(id, restart=restart, significant=id != "3") for id in "123"]


@pytest.mark.parametrize("restart", ["temporary", "transient"])
@pytest.mark.parametrize("how", ["supervisor", "kill", "abnormal", "normal"])
@process_test
async def test_the_end_of_one_significant_child(how: str, restart: str) -> None:
    trap_exit(True)
    sup = await quiet_start(trio(restart), auto_shutdown="any_significant")
    others = [await pid_of(sup, id) for id in "23"]
    if how == "supervisor":
        await Supervisor.terminate_child(sup, "1")
    else:
        await strike(await pid_of(sup, "1"), how)
    over = how == "normal" if restart == "transient" else how != "supervisor"
    assert (Exit(sup, "shutdown") in await news()) is over
    assert [is_alive(pid) for pid in (*others, sup)] == [not over] * 3
    if not over:
        await Supervisor.stop(sup)
        flush()


@pytest.mark.parametrize("restart", ["temporary", "transient"])
@pytest.mark.parametrize("how", ["kill", "abnormal", "normal"])
@process_test
async def test_the_end_of_all_significant_children(how: str, restart: str) -> None:
    trap_exit(True)
    sup = await quiet_start(trio(restart), auto_shutdown="all_significant", max_restarts=9)
    one, two, three = (await pids(sup)).values()
    await strike(one, how)
    assert [is_alive(pid) for pid in (two, three, sup)] == [True] * 3
    await strike(two, how)
    over = restart == "temporary" or how == "normal"
    assert [is_alive(pid) for pid in (three, sup)] == [not over] * 2
    if not over:
        await Supervisor.stop(sup)
    flush()


@pytest.mark.parametrize("mode", ["any_significant", "all_significant"])
@pytest.mark.parametrize("strategy", ["one_for_one", "one_for_all", "rest_for_one"])
@process_test
async def test_a_sibling_that_takes_significant_ones_along_ends_nothing(
    strategy: str, mode: str
) -> None:
    children = [spec(id, restart="transient", significant=id != "2") for id in "123"]
    sup = await quiet_start(children, strategy=strategy, auto_shutdown=mode)
    kill(await pid_of(sup, "2"))
    await settled()
    assert await ids(sup) == [("1", "up"), ("2", "up"), ("3", "up")]
    await Supervisor.stop(sup)
    flush()


@pytest.mark.parametrize("significant", [True, False])
@process_test
async def test_a_significant_supervisor_passes_its_end_on(significant: bool) -> None:
    trap_exit(True)
    inner = Supervisor.child_spec(
        [spec("1", restart="transient", significant=True)],
        **{"id": "inner", "restart": "transient", "significant": significant},
        auto_shutdown="any_significant",
    )
    sup = await quiet_start([inner], auto_shutdown="any_significant")
    below = await pid_of(sup, "inner")
    await crash(below, "1", "normal")
    await settled()
    assert not is_alive(below)
    assert is_alive(sup) is not significant
    if not significant:
        await Supervisor.stop(sup)
    flush()


@process_test
async def test_a_stop_reaches_children_that_have_no_say() -> None:
    sup = await quiet_start([ChildSpec("x", (Task.start_link, idle), shutdown="brutal_kill")] * 1)
    pid = await pid_of(sup, "x")
    await Supervisor.stop(sup)
    assert await died(pid) == "noproc"
