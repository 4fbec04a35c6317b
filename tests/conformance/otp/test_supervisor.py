"""What supervisor_SUITE checks of starting, stopping and administering children."""

from __future__ import annotations

import gc
import time
import weakref
from typing import Any

import pytest

import aquavit
from aquavit import (
    IGNORE,
    Application,
    ChildCount,
    ChildError,
    ChildSpec,
    DynamicSupervisor,
    Exit,
    GenServer,
    NoChild,
    NoProcess,
    Pid,
    StartError,
    Stop,
    Supervisor,
    Task,
    exit,
    flush,
    is_alive,
    kill,
    monitor,
    receive,
    self,
    send,
    spawn,
    trap_exit,
    unlink,
    whereis,
)
from tests.supervised import C, crash, ids, news, pid_of, quiet_start, spec
from tests.support import died, end, idle, process_test, settled

pytestmark = pytest.mark.usefixtures("no_reports")
ENDS = ("normal", "shutdown", ("shutdown", "test"), "other")
Both = type[Supervisor] | type[DynamicSupervisor]


async def counts(sup: Any, kind: Both = Supervisor) -> tuple[int, ...]:
    """Return specs, active, supervisors, workers."""
    count: ChildCount = await kind.count_children(sup)
    return count.specs, count.active, count.supervisors, count.workers


async def ended(pid: Pid[Any], stop: Any) -> object:
    """Do what ends a process; return its reason."""
    ref = monitor(pid)
    await stop
    return (await receive(aquavit.Down(ref, ..., ...))).reason


@process_test
async def test_an_init_that_ignores_or_fails_leaves_no_supervisor() -> None:
    class Odd(Supervisor):
        def init(self, result: Any) -> Any:
            if isinstance(result, Exception):
                raise result
            return result

    trap_exit(True)
    assert await Odd.start_link(IGNORE, name="odd") is None
    with pytest.raises(StartError, match="bad_return"):
        await Odd.start_link("invalid", name="odd")
    with pytest.raises(RuntimeError, match="fails"):
        await Odd.start_link(RuntimeError("fails"), name="odd")
    assert whereis("odd") is None
    assert flush() == []


@process_test
async def test_ignored_children_are_counted_unless_they_are_temporary() -> None:
    sup = await quiet_start([])
    assert await Supervisor.start_child(sup, spec("1", lambda _: IGNORE)) is None
    assert await Supervisor.start_child(sup, spec("2", lambda _: IGNORE, restart="temporary")) is (
        None
    )
    await Supervisor.start_child(sup, spec("3"))
    assert await ids(sup) == [("1", "undefined"), ("3", "up")]
    assert await counts(sup) == (2, 1, 0, 2)
    await Supervisor.stop(sup)
    listed = [spec("1", lambda _: IGNORE, restart="temporary"), spec("2")]
    sup = await quiet_start(listed)
    assert await ids(sup) == [("2", "up")]
    assert await counts(sup) == (1, 1, 0, 1)
    await Supervisor.stop(sup)
    flush()


@pytest.mark.parametrize("restart", ["temporary", "permanent"])
@process_test
async def test_a_dynamic_supervisor_forgets_children_that_ignore(restart: str) -> None:
    sup = await DynamicSupervisor.start_link()
    ignores = spec("1", lambda _: IGNORE, restart=restart)
    assert await DynamicSupervisor.start_child(sup, ignores) is None
    await DynamicSupervisor.start_child(sup, spec("2", restart=restart))
    assert await counts(sup, DynamicSupervisor) == (1, 1, 0, 1)
    unlink(sup)
    exit(sup, "shutdown")
    assert await died(sup) == "shutdown"
    flush()


@process_test
async def test_a_child_that_fails_to_restart_on_request_stays_stopped() -> None:
    works = iter([None, Stop("broken")])
    child = ChildSpec("a", (C.start_link, "a", self(), aquavit.share(lambda _: next(works))))
    sup = await quiet_start([child])
    await Supervisor.terminate_child(sup, "a")
    with pytest.raises(StartError, match="broken"):
        await Supervisor.restart_child(sup, "a")
    assert await ids(sup) == [("a", "undefined")]
    await Supervisor.stop(sup)
    flush()


@process_test
async def test_the_counts_follow_a_child_through_its_life() -> None:
    sup = await quiet_start([spec("a")])
    first = await pid_of(sup, "a")
    assert await counts(sup) == (1, 1, 0, 1)
    assert await ended(first, Supervisor.terminate_child(sup, "a")) == "shutdown"
    assert await counts(sup) == (1, 0, 0, 1)
    second = await Supervisor.restart_child(sup, "a")
    assert second != first
    assert await counts(sup) == (1, 1, 0, 1)
    await Supervisor.terminate_child(sup, "a")
    await Supervisor.delete_child(sup, "a")
    assert await counts(sup) == (0, 0, 0, 0)
    third = await Supervisor.start_child(sup, spec("a"))
    with pytest.raises(NoChild):  # a Pid is no id here
        await Supervisor.terminate_child(sup, third)
    assert await counts(sup) == (1, 1, 0, 1)
    await Supervisor.stop(sup)
    flush()


@process_test
async def test_a_supervisor_that_is_not_there_is_an_error_of_each_function() -> None:
    for ask in (
        Supervisor.start_child("nobody", spec("a")),
        *[act("nobody", "a") for act in (Supervisor.terminate_child, Supervisor.delete_child)],
        *[act("nobody") for act in (Supervisor.which_children, Supervisor.count_children)],
        DynamicSupervisor.start_child("nobody", spec("a")),
    ):
        with pytest.raises(NoProcess):
            await ask


@process_test
async def test_a_dynamic_supervisor_stops_its_own_children_only() -> None:
    sup = await DynamicSupervisor.start_link()
    assert await counts(sup, DynamicSupervisor) == (0, 0, 0, 0)
    one = await DynamicSupervisor.start_child(sup, spec("a"))
    two = await DynamicSupervisor.start_child(sup, spec("a"))
    assert await counts(sup, DynamicSupervisor) == (2, 2, 0, 2)
    await DynamicSupervisor.terminate_child(sup, one)
    assert not is_alive(one)
    assert [row.pid for row in await DynamicSupervisor.which_children(sup)] == [two]
    stranger = spawn(idle)
    for pid in (one, stranger, "a"):
        with pytest.raises((NoChild, TypeError)):
            await DynamicSupervisor.terminate_child(sup, pid)
    assert is_alive(stranger)
    assert await counts(sup, DynamicSupervisor) == (1, 1, 0, 1)
    await end(stranger)
    await DynamicSupervisor.stop(sup)
    flush()


@pytest.mark.parametrize("kind", [Supervisor, DynamicSupervisor])
@process_test
async def test_more_than_a_pid_is_returned_at_each_start_and_restarts_too(kind: Both) -> None:
    def start(test: Pid[Any]) -> Any:
        pid = Task.start_link(idle)
        send(test, pid)
        return pid, "more"

    sup = await kind.start_link()
    pid, more = await kind.start_child(sup, ChildSpec("a", (start, self())))
    assert (pid, more) == (await receive(Pid), "more")
    kill(pid)
    restarted = await receive(Pid)
    assert [row.pid for row in await kind.which_children(sup)] == [restarted]
    assert await counts(sup, kind) == (1, 1, 0, 1)
    if kind is Supervisor:
        await Supervisor.terminate_child(sup, "a")
        assert await Supervisor.restart_child(sup, "a") == (await receive(Pid), "more")
    await kind.stop(sup)


@process_test
async def test_the_fields_of_specs_go_together_in_all_allowed_ways() -> None:
    modes = ("never", "any_significant", "all_significant")
    for restart in ("permanent", "transient", "temporary"):
        for shutdown in (0, 1.0, None, "brutal_kill"):
            for type in ("supervisor", "worker"):
                plain = ChildSpec("x", (idle,), restart=restart, shutdown=shutdown, type=type)
                marked = plain.replace(significant=True)
                for mode in modes:
                    Supervisor.spec([plain], auto_shutdown=mode)
                    if mode != "never" and restart != "permanent":
                        Supervisor.spec([marked], auto_shutdown=mode)
                        continue
                    with pytest.raises(ValueError, match=r"children\[0\]\.significant: True needs"):
                        Supervisor.spec([marked], auto_shutdown=mode)
    with pytest.raises(ValueError, match="distinct ids"):
        Supervisor.spec([plain, plain])


@pytest.mark.parametrize("kind", ["worker", "supervisor"])
@process_test
async def test_children_of_either_type_may_have_all_the_time_to_stop(kind: str) -> None:
    test = self()

    async def lingers() -> None:
        trap_exit(True)
        await receive(Exit)
        send(test, self())
        await receive("go")

    child = ChildSpec("x", (Task.start_link, lingers), shutdown=None, type=kind)
    sup = await quiet_start([child])
    pid = await pid_of(sup, "x")
    ref = monitor(pid)
    await settled()
    stopping = spawn(Supervisor.stop, sup)
    send(await receive(Pid), "go")
    assert (await receive(aquavit.Down(ref, ..., ...))).reason == "normal"
    await died(stopping)


@process_test
async def test_children_that_leave_by_themselves_do_not_disturb_a_stop() -> None:
    test = self()

    async def lingers() -> None:
        trap_exit(True)
        await receive(Exit)
        send(test, "stopping")
        await receive("go")

    children = [spec("first", restart="temporary")]
    for restart in ("temporary", "transient", "permanent"):
        children += [spec((restart, reason), restart=restart) for reason in ENDS]
    last = ChildSpec("last", (Task.start_link, lingers), restart="temporary")
    sup = await quiet_start([*children, last])
    await settled()
    rows = {row.id: row.pid for row in await Supervisor.which_children(sup)}
    refs = {monitor(pid): id for id, pid in rows.items()}
    stopping = spawn(Supervisor.stop, sup)
    await receive("stopping")
    for id, pid in rows.items():
        if isinstance(id, tuple):
            GenServer.cast(pid, ("exit", id[1]))
    await settled()
    send(rows["last"], "go")
    await died(stopping)
    reasons = {refs[down.ref]: down.reason for down in flush() if type(down) is aquavit.Down}
    assert len(reasons) == len(rows)
    assert reasons.pop("first") == "shutdown"
    assert reasons.pop("last") == "normal"
    assert all(reason == id[1] for id, reason in reasons.items())
    assert not is_alive(sup)


@pytest.mark.parametrize("restart", ["temporary", "transient", "permanent"])
@process_test
async def test_a_dynamic_supervisor_stops_when_children_answer_shutdown_oddly(
    restart: str,
) -> None:
    async def leaves(reason: Any) -> None:
        trap_exit(True)
        await receive(Exit)
        raise aquavit.ProcessExit(reason)

    sup = await DynamicSupervisor.start_link()
    refs = {}
    for reason in ENDS:
        child = ChildSpec("x", (Task.start_link, leaves, reason), restart=restart)
        refs[monitor(await DynamicSupervisor.start_child(sup, child))] = reason
    await settled()
    assert await ended(sup, DynamicSupervisor.stop(sup)) == "normal"
    downs = [message for message in flush() if type(message) is aquavit.Down]
    assert {down.ref: down.reason for down in downs} == refs


class Payload:
    """Passes by reference, so that a test sees who still holds it."""


aquavit.isolation.register(Payload, reference=True)


class Forgets(GenServer):
    """Keeps nothing of what it was given."""

    def init(self, payload: Payload) -> None:
        """Begin."""

    def handle_cast(self, reason: Any) -> Stop:
        return Stop(reason)


@pytest.mark.parametrize("restart", ["permanent", "transient", "temporary"])
@pytest.mark.parametrize("kind", [Supervisor, DynamicSupervisor])
@process_test
async def test_arguments_are_kept_for_those_that_may_be_restarted_only(
    kind: Both, restart: str
) -> None:
    sup = await kind.start_link()

    async def start(id: str) -> tuple[Pid[Any], weakref.ref[Payload]]:
        payload = Payload()
        child = Forgets.child_spec(payload, id=id, restart=restart)
        return await kind.start_child(sup, child), weakref.ref(payload)

    # A second child, since the first one's end may not change what is kept of others.
    first, _ = await start("1")
    GenServer.cast(first, "abnormal")
    await died(first)
    _, held = await start("2")
    await settled()
    gc.collect()
    assert (held() is None) is (restart == "temporary")
    await kind.stop(sup)


@pytest.mark.parametrize("how", ["kill", "normal", "abnormal", "supervisor"])
@pytest.mark.parametrize("strategy", ["one_for_one", "one_for_all", "rest_for_one"])
@process_test
async def test_specs_are_kept_of_all_but_temporary_children(strategy: str, how: str) -> None:
    sup = await quiet_start([], strategy=strategy, max_restarts=9)
    for restart in ("permanent", "transient", "temporary"):
        child = spec(restart, restart=restart)
        pid = await Supervisor.start_child(sup, child)
        if how == "supervisor":
            await Supervisor.terminate_child(sup, restart)
        elif how == "kill":
            kill(pid)
        else:
            GenServer.cast(pid, ("exit", how))
        await settled()
        if restart == "temporary":
            await Supervisor.start_child(sup, child)
            continue
        with pytest.raises((aquavit.AlreadyStarted, ChildError)) as caught:
            await Supervisor.start_child(sup, child)
        stopped = how == "supervisor" or (how, restart) == ("normal", "transient")
        assert isinstance(caught.value, ChildError) is stopped
        if stopped:
            await Supervisor.restart_child(sup, restart)
    await Supervisor.stop(sup)
    flush()


@pytest.mark.parametrize("type", ["worker", "supervisor"])
@process_test
async def test_children_are_counted_in_their_thousands(type: str) -> None:
    sup = await DynamicSupervisor.start_link()
    child = ChildSpec("x", (Task.start_link, idle), restart="temporary", type=type)
    pids = [await DynamicSupervisor.start_child(sup, child) for _ in range(1000)]
    kinds = (1000, 0) if type == "supervisor" else (0, 1000)
    assert await counts(sup, DynamicSupervisor) == (1000, 1000, *kinds)
    assert [row.pid for row in await DynamicSupervisor.which_children(sup)] == pids
    for pid in pids:
        kill(pid)
    await settled()
    assert await counts(sup, DynamicSupervisor) == (0, 0, 0, 0)
    await DynamicSupervisor.stop(sup)


async def start_and_stop_many(kind: Both, number: int) -> float:
    """Return the seconds that it takes for each child."""
    sup = await kind.start_link()
    since = time.process_time()
    started = []
    for id in range(number):
        pid = await kind.start_child(sup, ChildSpec(id, (Task.start_link, idle)))
        started.append(id if kind is Supervisor else pid)
    for child in started:
        await kind.terminate_child(sup, child)
    taken = time.process_time() - since
    await kind.stop(sup)
    return taken / number


@pytest.mark.parametrize("kind", [Supervisor, DynamicSupervisor])
@process_test
async def test_many_children_cost_as_much_each_as_a_few(kind: Both) -> None:
    few = min([await start_and_stop_many(kind, 50) for _ in range(3)])
    many = await start_and_stop_many(kind, 1000)
    assert many < 5 * few  # it would be twenty if the cost grew with their number


@process_test
async def test_a_failing_child_of_an_application_fails_its_start() -> None:
    class Faulty(Application):
        name = "otp_faulty"

        def init(self) -> Any:
            return Supervisor.spec([spec_of_faulty])

    def breaks(_: Any) -> None:
        raise LookupError("nothing here")

    spec_of_faulty = spec("faulty", breaks)
    with pytest.raises(StartError) as caught:
        await Application.start(Faulty)
    assert "nothing here" in str(caught.value)
    assert Application.started_applications() == []
    flush()


@process_test
async def test_a_killed_supervisor_takes_its_children_and_comes_back() -> None:
    middle = Supervisor.child_spec(
        [C.child_spec("c", self(), name="server")], id="middle", name="middle"
    )
    top = await quiet_start([middle])
    sup, server = whereis("middle"), whereis("server")
    assert sup is not None
    kill(sup)
    await settled()
    assert whereis("middle") not in (None, sup)
    assert whereis("server") not in (None, server)
    for reason in ("killed", "normal"):
        before = whereis("server")
        await crash("middle", "C", reason)
        await settled()
        assert whereis("server") not in (None, before)
    await Supervisor.terminate_child("middle", "C")
    assert whereis("server") is None
    assert await Supervisor.restart_child("middle", "C") == whereis("server")
    await Supervisor.stop(top)
    assert (whereis("middle"), whereis("server")) == (None, None)
    await news()
