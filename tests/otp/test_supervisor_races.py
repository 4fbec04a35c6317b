"""Supervisors under attack: somebody dies at every turn of a start, a stop, a restart."""

from __future__ import annotations

from typing import Any

import pytest

from aquavit import (
    AlreadyStarted,
    Backoff,
    ChildError,
    ChildSpec,
    DynamicSupervisor,
    Exit,
    GenServer,
    Pid,
    ProcessExit,
    StartTimeout,
    Supervisor,
    Task,
    exit,
    flush,
    health,
    is_alive,
    kill,
    monitor,
    process_dict,
    process_info,
    processes,
    receive,
    self,
    send,
    sleep,
    spawn,
    spawn_link,
    system,
    trap_exit,
    unlink,
    whereis,
)
from tests.clock import VirtualClock
from tests.supervised import crash, deaf, ids, news, pid_of, pids, quiet_start, spec
from tests.support import died, end, idle, outcome, process_test, settled

pytestmark = pytest.mark.usefixtures("no_reports")
MANY = 10**9


class Slow(GenServer):
    """Takes several turns to start and to stop."""

    async def init(self) -> None:
        trap_exit(True)
        for _ in range(3):
            await sleep(0)

    def handle_info(self, message: Any) -> None:
        """Take any message."""

    def handle_cast(self, request: Any) -> None:
        raise RuntimeError("struck")

    async def terminate(self, reason: Any) -> None:
        for _ in range(3):
            await sleep(0)


def tree() -> list[Any]:
    inner = Supervisor.child_spec(
        [Slow.child_spec(id="b"), Slow.child_spec(id="c")],
        **{"id": "inner", "strategy": "one_for_all", "max_restarts": MANY},
    )
    return [Slow.child_spec(id="a"), inner, Slow.child_spec(id="d"), DynamicSupervisor]


async def parent(test: Pid[Any]) -> None:
    """Start the tree, trapping nothing, and wait."""
    send(test, ("up", await Supervisor.start_link(tree(), max_restarts=MANY)))
    await idle()


async def turns(number: int) -> None:
    for _ in range(number):
        await sleep(0)


TURNS = range(60)


@pytest.mark.parametrize("end_it", [kill, lambda pid: exit(pid, "shutdown")], ids=["kill", "exit"])
@process_test
async def test_the_parent_may_die_at_any_turn_of_the_start(end_it: Any) -> None:
    for turn in TURNS:
        pid = spawn(parent, self())
        await turns(turn)
        end_it(pid)
        await settled()
        flush()
        assert processes() == [self()], f"turn {turn}"


@process_test
async def test_any_process_may_die_at_any_turn_of_the_start() -> None:
    for turn in TURNS:
        pid = spawn(parent, self())
        await turns(turn)
        others = [each for each in processes() if each not in (self(), pid)]
        if others:
            kill(others[turn % len(others)])
        await settled()
        if is_alive(pid):  # else the failed start has ended it
            _, sup = await receive(("up", ...))
            assert (await health(sup)).is_healthy, f"turn {turn}"
            assert len(list((await health(sup)).walk())) == 7
            kill(pid)
            await settled()
        flush()
        assert processes() == [self()], f"turn {turn}"


@process_test
async def test_any_process_may_die_at_any_turn_of_the_stop() -> None:
    for turn in range(40):
        sup = await Supervisor.start_link(tree())
        unlink(sup)
        stopping = spawn(Supervisor.stop, sup)
        await turns(turn)
        others = [each for each in processes() if each not in (self(), stopping)]
        if others:
            kill(others[turn % len(others)])
        await settled()
        assert processes() == [self()], f"turn {turn}"


@pytest.mark.parametrize("strategy", ["one_for_one", "one_for_all", "rest_for_one"])
@process_test
async def test_any_process_may_die_at_any_turn_of_a_restart(strategy: str) -> None:
    for turn in range(40):
        sup = await Supervisor.start_link(tree(), strategy=strategy, max_restarts=MANY)
        kill(await pid_of(sup, "a"))
        await turns(turn)
        others = [each for each in processes() if each not in (self(), sup)]
        if others:
            kill(others[turn % len(others)])
        await settled()
        found = await health(sup)
        assert found.is_healthy, f"turn {turn}"
        assert len(list(found.walk())) == 7
        await Supervisor.stop(sup)
        assert processes() == [self()], f"turn {turn}"


@process_test
async def test_a_supervisor_may_be_killed_at_any_turn_of_a_restart() -> None:
    for turn in range(30):
        sup = await Supervisor.start_link(tree(), strategy="one_for_all", max_restarts=MANY)
        unlink(sup)
        kill(await pid_of(sup, "a"))
        await turns(turn)
        await end(sup)
        await settled()
        assert processes() == [self()], f"turn {turn}"


@process_test
async def test_terminate_child_wins_over_a_crash_that_is_not_seen_yet() -> None:
    for turn in range(8):
        sup = await quiet_start([spec("a")], max_restarts=MANY)
        GenServer.cast(await pid_of(sup, "a"), ("exit", "boom"))
        await turns(turn)
        await Supervisor.terminate_child(sup, "a")
        await settled()
        assert await ids(sup) == [("a", "undefined")], f"turn {turn}"
        await Supervisor.stop(sup)
        flush()


@process_test
async def test_delete_child_between_a_crash_and_its_report() -> None:
    for turn in range(8):
        sup = await quiet_start([spec("a"), spec("b")], max_restarts=MANY)
        GenServer.cast(await pid_of(sup, "a"), ("exit", "boom"))
        await turns(turn)
        await Supervisor.terminate_child(sup, "a")
        await Supervisor.delete_child(sup, "a")
        await settled()
        assert await ids(sup) == [("b", "up")], f"turn {turn}"
        await Supervisor.stop(sup)
        flush()


@process_test
async def test_two_start_the_same_child_and_one_is_told() -> None:
    sup = await quiet_start([])
    child = spec("a")

    async def start() -> Any:
        try:
            return await Supervisor.start_child(sup, child)
        except AlreadyStarted as error:
            raise ProcessExit(("taken", error.pid)) from None

    one, two = spawn(start), spawn(start)
    refs = [monitor(one), monitor(two)]
    downs = [(await receive()), (await receive())]
    reasons = [item.reason for item in [*downs, *await news()] if hasattr(item, "reason")]
    pid = await pid_of(sup, "a")
    assert sorted(map(str, reasons)) == sorted(["normal", str(("taken", pid))])
    assert len(refs) == 2
    await Supervisor.stop(sup)
    flush()


@process_test
async def test_a_name_that_is_taken_fails_the_start_and_frees_the_rest() -> None:
    other = spawn(idle, name="taken")
    outer = [spec("a", name="first"), spec("b", name="taken")]

    async def starts() -> None:
        await Supervisor.start_link(outer, name="sup")

    reason: Any = await outcome(starts)
    assert reason.reason[1][:2] == ("failed_to_start_child", "b")
    assert reason.reason[1][2] == ("already_started", other)
    assert (whereis("first"), whereis("sup")) == (None, None)
    await end(other)
    flush()


@process_test
async def test_a_name_that_is_taken_is_waited_for_by_restarts() -> None:
    sup = await quiet_start([spec("a", name="held")], max_restarts=MANY)
    GenServer.cast(await pid_of(sup, "a"), ("exit", "boom"))
    while whereis("held") is not None:
        await sleep(0)
    thief = spawn(idle, name="held")
    await turns(3)
    assert await ids(sup) == [("a", "restarting")]
    await end(thief)
    await settled()
    assert whereis("held") == await pid_of(sup, "a")
    await Supervisor.stop(sup)
    flush()


async def start_by_plan(watcher: Pid[Any], id: str, plan: list[str]) -> Pid[Any]:
    """Start a child as the plan says of its n-th start; its supervisor counts the starts."""
    number = process_dict().setdefault(id, 0)
    process_dict()[id] += 1
    how = plan[number] if number < len(plan) else "start"
    send(watcher, (how, id))
    if how == "fail":
        raise RuntimeError(how)
    pid = spawn_link(sleep, None)
    if how == "dead":  # when its supervisor hears of it
        kill(pid)
        await died(pid)
    return pid


@process_test
async def test_an_attempt_keeps_its_turn_though_a_group_restart_fails_at_the_same_child() -> None:
    plans = {"a": ["start", "dead"], "b": ["start", "fail", "fail"]}
    children = [ChildSpec(id, (start_by_plan, self(), id, plan)) for id, plan in plans.items()]
    sup = await quiet_start(children, strategy="rest_for_one", max_restarts=4)
    before = await pids(sup)
    await system.suspend(sup)
    for id in ("b", "a"):
        await end(before[id])
    await system.resume(sup)
    # The first attempt for b comes before the end of a is heard of, the second behind it.
    alone, together = [("start", "b")], [("start", "a"), ("start", "b")]
    assert await news() == [("fail", "b"), ("dead", "a"), ("fail", "b"), *alone, *together]
    await Supervisor.stop(sup)


@process_test
async def test_an_attempt_in_the_mailbox_does_not_cut_a_back_off_short() -> None:
    clock = VirtualClock()
    plans = {"a": ["start", "dead"], "b": ["start", "fail", "fail", "fail"]}
    backoff = Backoff(first=10.0, jitter=0)
    children = [
        ChildSpec(id, (start_by_plan, self(), id, plan), backoff=backoff if id == "b" else None)
        for id, plan in plans.items()
    ]
    sup = await quiet_start(children, strategy="rest_for_one", max_restarts=MANY)
    await end(await pid_of(sup, "a"))
    # Both restarts of a fail at b, which makes two attempts; after the first of them b has to wait.
    group = [("fail", "b"), ("start", "a"), ("fail", "b"), ("fail", "b")]
    assert await news() == [("dead", "a"), *group]
    assert await ids(sup) == [("a", "up"), ("b", "restarting")]
    await clock.advance(10.0)
    assert await news() == [("start", "b")]
    await Supervisor.stop(sup)


@process_test
async def test_a_child_that_ignores_shutdown_holds_up_no_restart_for_longer_than_its_time() -> None:
    clock = VirtualClock()
    stubborn = ChildSpec("deaf", (Task.start_link, deaf), shutdown=1.0)
    sup = await quiet_start([spec("a"), stubborn], strategy="one_for_all")
    before = await pids(sup)
    await crash(sup, "a")
    await clock.advance(0.9)
    assert await news() == [("stop", "a", "boom")]
    await clock.advance(0.2)
    assert await news() == [("start", "a")]
    assert (await pids(sup))["deaf"] != before["deaf"]
    stopping = spawn(Supervisor.stop, sup)
    await clock.advance(1.1)
    await died(stopping)
    flush()


@process_test
async def test_a_start_that_takes_too_long_is_taken_back() -> None:
    async def hangs(_: Any) -> None:
        await receive("never")

    clock = VirtualClock()
    test = self()
    children = [spec("a"), spec("b", hangs)]

    async def starts() -> None:
        try:
            await Supervisor.start_link(children, timeout=1.0)
        except StartTimeout as error:
            send(test, error.timeout)

    starting = spawn(starts)
    await clock.advance(1.1)
    await died(starting)
    left = [pid for pid in processes() if pid != self()]
    # As in Elixir, a child that traps exits in its init lives on until that is over.
    for pid in left:
        send(pid, "never")
    await settled()
    assert 1.0 in flush()


@process_test
async def test_a_stopped_child_cannot_be_restarted_while_it_stops() -> None:
    test = self()

    async def lingers(_: Any) -> None:
        send(test, ("pid", self()))

    sup = await quiet_start([spec("a", lingers)])
    stopping = spawn(Supervisor.terminate_child, sup, "a")
    restarting = spawn(Supervisor.restart_child, sup, "a")
    await died(stopping)
    await died(restarting)
    assert await ids(sup) == [("a", "up")]
    with pytest.raises(ChildError):
        await Supervisor.restart_child(sup, "a")
    await Supervisor.stop(sup)
    flush()


@process_test
async def test_a_child_that_cuts_its_link_is_still_stopped() -> None:
    async def alone() -> None:
        unlink(process_parent())
        trap_exit(True)
        await receive(Exit)

    def process_parent() -> Any:
        found = process_info(self())
        assert found is not None
        return found.parent

    sup = await quiet_start([ChildSpec("x", (Task.start_link, alone))])
    await settled()
    await Supervisor.stop(sup)
    sup = await DynamicSupervisor.start_link()
    await DynamicSupervisor.start_child(sup, ChildSpec("x", (Task.start_link, alone)))
    await settled()
    await DynamicSupervisor.stop(sup)
