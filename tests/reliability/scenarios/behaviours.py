"""Calls, servers, supervisors, registries and tasks."""

from __future__ import annotations

import asyncio
from typing import Any

import aquavit
from aquavit import (
    CallError,
    CallTimeout,
    Down,
    DynamicSupervisor,
    Exit,
    GenServer,
    NoProcess,
    PubSub,
    Registry,
    ServerExit,
    Supervisor,
    Task,
    monitor,
    receive,
    self,
    send,
    sleep,
    spawn,
)
from tests.reliability.scenarios.ends import nothing_more
from tests.reliability.scenarios.invariants import scenario, small


class Counter(GenServer):
    """Counts; "crash" and "slow" are requests too."""

    def init(self, listener: Any = None) -> None:
        self.count, self.listener = 0, listener

    async def handle_call(self, request: Any, from_: Any) -> int:
        if request == "crash":
            raise ValueError("crash")
        if request == "slow":
            await sleep(2.0)
        self.count += 1
        return self.count

    def handle_cast(self, request: Any) -> None:
        self.count += request

    def terminate(self, reason: Any) -> None:
        if self.listener is not None:
            send(self.listener, ("terminated", reason))


@small
async def a_call_gets_its_reply() -> None:
    pid = await Counter.start()
    assert await GenServer.call(pid, "next") == 1
    await nothing_more()


@scenario
async def a_cast_comes_before_the_call_sent_after_it() -> None:
    pid = await Counter.start()
    GenServer.cast(pid, 10)
    assert await GenServer.call(pid, "next") == 11


@scenario
async def calls_of_two_clients_are_all_served() -> None:
    pid, me = await Counter.start(), self()

    async def client() -> None:
        send(me, [await GenServer.call(pid, "next") for _ in range(2)])

    for _ in range(2):
        spawn(client)
    first, second = await receive(), await receive()
    assert sorted([*first, *second]) == [1, 2, 3, 4]
    assert first[0] < first[1]
    assert second[0] < second[1]


@scenario
async def a_call_of_a_server_that_crashes_raises_its_reason() -> None:
    pid = await Counter.start()
    try:
        await GenServer.call(pid, "crash")
        raise AssertionError("the call returned")
    except ServerExit as error:
        assert isinstance(error.reason, ValueError)
    await nothing_more()


@scenario
async def a_late_reply_does_not_arrive() -> None:
    pid = await Counter.start()
    try:
        await GenServer.call(pid, "slow", timeout=1.0)
        raise AssertionError("the call returned")
    except CallTimeout:
        pass
    await sleep(5.0)
    assert aquavit.flush() == []
    assert await GenServer.call(pid, "next") == 2


@scenario
async def a_cancelled_call_leaves_no_reply() -> None:
    pid = await Counter.start()
    try:
        async with asyncio.timeout(2.0):
            assert await GenServer.call(pid, "slow") == 1
    except TimeoutError:
        pass
    await sleep(1.0)
    assert aquavit.flush() == []
    assert await GenServer.call(pid, "next") == 2


@scenario
async def a_call_and_a_kill_race() -> None:
    pid = await Counter.start()
    spawn(aquavit.kill, pid)
    try:
        assert await GenServer.call(pid, "next") == 1
    except NoProcess:
        pass
    except ServerExit as error:
        assert error.reason in ("killed", "noproc")
    await sleep(1.0)
    assert not aquavit.is_alive(pid)
    await nothing_more()


@scenario
async def terminate_is_called_once_by_two_stops() -> None:
    pid = await Counter.start(self())

    async def stop() -> None:
        try:
            await GenServer.stop(pid)
        except (CallError, NoProcess):
            return

    spawn(stop)
    await stop()
    await sleep(1.0)
    assert aquavit.flush() == [("terminated", "normal")]


@scenario
async def one_of_two_servers_gets_the_name() -> None:
    me = self()

    async def start() -> None:
        try:
            send(me, await Counter.start(name="counter"))
        except aquavit.AlreadyStarted as error:
            send(me, ("taken", error.pid))

    for _ in range(2):
        spawn(start)
    found = [await receive(), await receive()]
    pid = aquavit.whereis("counter")
    assert pid in found
    assert ("taken", pid) in found


@scenario
async def a_supervisor_starts_again_what_crashed() -> None:
    sup = await Supervisor.start_link([Counter.child_spec(name="counter")])
    first = aquavit.whereis("counter")
    try:
        await GenServer.call("counter", "crash")
    except ServerExit:
        pass
    await sleep(1.0)
    second = aquavit.whereis("counter")
    assert second not in (None, first)
    assert await GenServer.call("counter", "next") == 1
    await Supervisor.stop(sup)


@scenario
async def one_for_all_starts_all_again() -> None:
    names = ("a", "b")
    children = [Counter.child_spec(name=name, id=name) for name in names]
    sup = await Supervisor.start_link(children, strategy="one_for_all")
    before = [aquavit.whereis(name) for name in names]
    aquavit.kill(before[1])  # type: ignore[arg-type]
    await sleep(1.0)
    after = [aquavit.whereis(name) for name in names]
    assert None not in after
    assert not set(before) & set(after)
    await Supervisor.stop(sup)
    assert [aquavit.whereis(name) for name in names] == [None, None]


@scenario
async def rest_for_one_starts_the_later_ones_again() -> None:
    names = ("a", "b", "c")
    children = [Counter.child_spec(name=name, id=name) for name in names]
    sup = await Supervisor.start_link(children, strategy="rest_for_one")
    before = [aquavit.whereis(name) for name in names]
    aquavit.kill(before[1])  # type: ignore[arg-type]
    await sleep(1.0)
    after = [aquavit.whereis(name) for name in names]
    assert after[0] == before[0]
    assert None not in after
    assert not set(before[1:]) & set(after[1:])
    await Supervisor.stop(sup)


@scenario
async def a_supervisor_gives_up_after_too_many_restarts() -> None:
    aquavit.trap_exit(True)
    sup = await Supervisor.start_link([Counter.child_spec(name="counter")], max_restarts=1)
    for _ in range(2):
        pid = aquavit.whereis("counter")
        if pid is not None:
            aquavit.kill(pid)
        await sleep(0.5)
    assert await receive() == Exit(sup, "shutdown")
    assert aquavit.whereis("counter") is None


@scenario
async def a_supervisor_is_stopped_while_it_restarts() -> None:
    sup = await Supervisor.start_link([Counter.child_spec(name="counter")], max_restarts=9)
    pid = aquavit.whereis("counter")
    spawn(aquavit.kill, pid)
    await Supervisor.stop(sup)
    await sleep(1.0)
    assert not aquavit.is_alive(sup)
    assert aquavit.whereis("counter") is None
    await nothing_more()


@scenario
async def a_child_is_stopped_while_it_crashes() -> None:
    sup = await Supervisor.start_link([Counter.child_spec(name="counter")], max_restarts=9)
    spawn(aquavit.kill, aquavit.whereis("counter"))
    await Supervisor.terminate_child(sup, "Counter")
    await sleep(1.0)
    assert aquavit.whereis("counter") is None
    count = await Supervisor.count_children(sup)
    assert (count.specs, count.active) == (1, 0)
    await Supervisor.stop(sup)


@scenario
async def one_of_two_may_start_a_child() -> None:
    sup, me = await Supervisor.start_link([]), self()

    async def start() -> None:
        try:
            send(me, await Supervisor.start_child(sup, Counter))
        except aquavit.AlreadyStarted:
            send(me, "taken")

    for _ in range(2):
        spawn(start)
    found = [await receive(), await receive()]
    assert "taken" in found
    assert found.count("taken") == 1
    await Supervisor.stop(sup)


@scenario
async def each_child_is_told_to_stop() -> None:
    me = self()

    class Teller(GenServer):
        def init(self, name: str) -> None:
            aquavit.trap_exit(True)
            self.name = name

        def terminate(self, reason: Any) -> None:
            send(me, self.name)

    children = [Teller.child_spec(name, id=name) for name in "abc"]
    sup = await Supervisor.start_link(children)
    await Supervisor.stop(sup)
    assert {await receive() for _ in range(3)} == {"a", "b", "c"}


@scenario
async def dynamic_children_come_and_go() -> None:
    sup = await DynamicSupervisor.start_link(max_restarts=100)
    pids = [await DynamicSupervisor.start_child(sup, Counter) for _ in range(3)]
    spawn(aquavit.kill, pids[0])
    await DynamicSupervisor.terminate_child(sup, pids[1])
    await sleep(1.0)
    count = await DynamicSupervisor.count_children(sup)
    assert (count.specs, count.active) == (2, 2)
    assert aquavit.is_alive(pids[2])
    await DynamicSupervisor.stop(sup)


@scenario
async def a_task_that_crashes_tells_its_starter() -> None:
    aquavit.trap_exit(True)
    pid = Task.start_link(int, "no number")
    found = await receive(Exit(pid, ...))
    assert isinstance(found.reason, ValueError)
    await nothing_more()


@scenario
async def a_task_dies_with_its_starter() -> None:
    me = self()

    async def starter() -> None:
        send(me, Task.start_link(sleep, None))
        await sleep(None)

    pid = spawn(starter)
    task = await receive()
    ref = monitor(task)
    aquavit.exit(pid, "r")
    assert (await receive(Down(ref, task, ...))).reason == "r"


@scenario
async def one_key_of_a_registry_has_one_holder() -> None:
    registry, me = await Registry.start_link(keys="unique", name="registry"), self()

    async def claim() -> None:
        try:
            Registry.register("registry", "key", None)
            send(me, "held")
        except aquavit.AlreadyRegistered:
            send(me, "taken")
        await sleep(None)

    pids = [spawn(claim) for _ in range(2)]
    assert {await receive(), await receive()} == {"held", "taken"}
    for pid in pids:
        aquavit.kill(pid)
    await sleep(1.0)
    assert Registry.lookup("registry", "key") == []
    assert aquavit.is_alive(registry)


@scenario
async def a_broadcast_reaches_each_subscriber_once() -> None:
    await PubSub.start_link(name="news")
    me = self()

    async def subscriber() -> None:
        PubSub.subscribe("news", "topic")
        send(me, "ready")
        send(me, ("got", await receive()))

    for _ in range(3):
        spawn(subscriber)
    for _ in range(3):
        await receive("ready")
    PubSub.broadcast("news", "topic", "hello")
    assert [await receive() for _ in range(3)] == [("got", "hello")] * 3
