"""The documented use, as type checkers must accept and understand it. Never run."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, assert_never, assert_type

from aquavit import (
    NO_REPLY,
    Agent,
    Alias,
    Application,
    Backoff,
    Call,
    ChildInfo,
    ChildSpec,
    Down,
    DynamicSupervisor,
    Exit,
    Exited,
    GenServer,
    GenStateMachine,
    Health,
    NextState,
    NoReply,
    Ok,
    PartitionSupervisor,
    Pid,
    PubSub,
    Ref,
    Registry,
    Reply,
    ReplyTo,
    StateTimeout,
    Stop,
    Supervisor,
    SupervisorSpec,
    Task,
    Timeout,
    Via,
    alias,
    blocking,
    call,
    cast,
    from_thread,
    health,
    is_alive,
    link,
    monitor,
    node,
    process_info,
    receive,
    register,
    run,
    self,
    send,
    send_after,
    share,
    sleep,
    spawn,
    spawn_link,
    spawn_monitor,
    state,
    trap_exit,
    wait,
    whereis,
)


@dataclass(frozen=True)
class Get:
    key: str
    caller: Pid[str | None]


@dataclass(frozen=True)
class Put:
    key: str
    value: str


Request = Get | Put | Exit


async def store() -> None:
    data: dict[str, str] = {}
    while True:
        message = await receive(Get, Put)
        assert_type(message, Get | Put)
        match message:
            case Get(key, caller):
                send(caller, data.get(key))
            case Put(key, value):
                data[key] = value
            case _:
                assert_never(message)


async def messages(server: Pid[Get | Put], anyone: Pid) -> None:
    assert_type(await receive(Get), Get)
    assert_type(await receive(Get, Put), Get | Put)
    assert_type(await receive(Get, Put, Exit, timeout=1.0), Get | Put | Exit)
    # The checkers know no type for the value `Get | Put` (PEP 747 is not there yet).
    assert_type(await receive(Get | Put, timeout=1.0), Any)
    assert_type(await receive(Request), Any)
    assert_type(await receive(Down | Get, timeout=0, default=None), Any)
    assert_type(await receive(int, timeout=1.0, default="late"), int | str)
    assert_type(await receive(), Any)
    assert_type(await receive(("get", ..., Pid), ("put", ..., ...), timeout=1), Any)
    assert_type(await receive(lambda n: n > 3), Any)
    assert_type(await receive(("count", int)), tuple[str, int])
    assert_type(await receive((monitor(server), Get), timeout=1.0), tuple[Ref, Get])
    assert_type(await receive(("put", str, Pid)), tuple[str, str, Pid])
    assert_type(await receive((int, str)), tuple[int, str])
    assert_type(await receive(("count", ...)), Any)
    assert_type(await receive(("count", int | None)), Any)
    assert_type(await receive(("count", lambda n: n > 3)), Any)
    assert_type(await receive(("count", 3)), Any)
    assert_type(await receive(("count", int), timeout=0, default=None), Any)
    assert_type(await receive(("count", int), ("done", str)), Any)
    match await receive(("count", int)):
        case ("count", number):
            assert_type(number, int)
        case (_, wrong):
            assert_type(wrong, int)
    match await receive(("get", ..., Pid), ("put", ..., ...), timeout=1.0):
        case ("get", key, caller):
            send(caller, key)
    send(server, Put("a", "b"))
    send(server, Get("a", self()))
    send(anyone, ("any", "message"))
    only_puts: Pid[Put] = server  # whoever takes both takes one of them
    send(only_puts, Put("a", "b"))
    send("name", 1)
    send(("name", node()), 1)
    send(alias(), 1)
    send_after(server, Put("a", "b"), 0.5)


async def lifetimes() -> None:
    server: Pid[Get | Put] = spawn(store)
    spawn(lambda: 1 + 2)
    spawn(print, "hello", name="printer")
    spawn_link(messages, server, server)
    pid, ref = spawn_monitor(store)
    assert_type(ref, Ref)
    assert_type(is_alive(pid), bool)
    assert_type(trap_exit(True), bool)
    down = await receive(Down(monitor(server), ..., ...))
    send(server, down)
    aliased: Alias = alias(reply=True)
    send(aliased, "reply")
    register(server, "store")
    if (found := whereis("store")) is not None:
        link(found)
    if (info := process_info(server)) is not None:
        assert_type(info.message_count, int)


async def greet(name: str, times: int = 1, *, loud: bool = False) -> str:
    return name * times


def total(*numbers: int) -> int:
    return sum(numbers)


async def functions(table: dict[str, int], anything: Callable[..., Any]) -> None:
    spawn(greet, "ada")
    spawn(greet, "ada", 2, name="greeter")
    spawn(functools.partial(greet, "ada", loud=True))
    spawn(total, 1, 2)
    spawn(sleep, None)
    spawn(table.update, share({"a": 1}))
    spawn_link(anything, 1, "two", mailbox=None)
    spawn_monitor(greet, "ada", tag="greeting")
    assert_type(share(table), dict[str, int])
    assert_type(await blocking(total, 1, 2), int)
    assert_type(await blocking(lambda: table), dict[str, int])
    await blocking(os.remove, "file")
    await blocking(print, "a", "b")


def plain_process(kv: Pid) -> None:
    assert_type(wait(receive(int)), int)
    assert_type(wait(greet("ada")), str)
    assert_type(wait(KV.get(kv, "a")), int)
    wait(sleep(1.0))


def in_a_thread() -> None:
    assert_type(from_thread.call(greet, "ada", timeout=1.0), str)
    assert_type(from_thread.call(total, 1, 2), int)


def program(anything: Callable[..., Any]) -> None:
    assert_type(run(greet, "ada", preempt=None), str)
    assert_type(run(total, 1, 2), int)
    assert_type(run(lambda: "done"), str)
    assert_type(run(anything, 1, 2), Any)


class KV(GenServer):
    def init(self, data: dict[str, int] | None = None) -> None:
        self.data = dict(data or {})

    @call
    def get(self, key: str, default: int = 0) -> int:
        return self.data.get(key, default)

    @call
    def pop(self, key: str) -> Reply[int]:
        return Reply(self.data.pop(key), then=Timeout(1.0))

    @call
    async def load(self, path: str, *, strict: bool = True) -> list[str]:
        assert_type(self.get(path), int)
        return [path]

    @call(timeout=None)
    async def wait(self) -> Reply[str]:
        return Reply("done")

    @call
    def later(self, key: str) -> Reply[int] | NoReply:
        assert_type(self.from_, Alias)
        return Reply(1) if key in self.data else NO_REPLY

    @call
    async def last(self, key: str) -> Reply[int] | Stop:
        return Stop("normal", reply=1)

    @call
    def any_of(self, key: str) -> int | str | None:
        return self.data.get(key)

    @cast
    def put(self, key: str, value: int) -> None:
        self.data[key] = value


async def servers() -> None:
    kv = await KV.start_link({"a": 1}, name="kv")
    assert_type(await KV.get(kv, "a"), int)
    assert_type(await KV.later(kv, "a"), int)
    assert_type(await KV.last(kv, "a"), int)
    assert_type(await KV.any_of(kv, "a"), int | str | None)
    assert_type(await KV.get("kv", "a", 5), int)
    assert_type(await KV.get(("kv", node()), key="a"), int)
    assert_type(await KV.get(Via("registry", "kv"), "a"), int)
    assert_type(await KV.pop(kv, "a"), int)
    assert_type(await KV.load(kv, "path", strict=False), list[str])
    assert_type(await KV.wait(kv), str)
    assert_type(await KV.get.within(0.5)(kv, "a"), int)
    assert_type(await KV.wait.within(None)(kv), str)
    KV.put(kv, "a", 2)
    assert_type(await GenServer.call(kv, ("any", "request"), timeout=None), Any)
    GenServer.cast(kv, ("any", "request"))
    GenServer.reply(alias(reply=True), "late")
    await GenServer.stop(kv, "shutdown", timeout=1.0)


class Door(GenStateMachine):
    state_enter = True

    def init(self, code: str) -> NextState:
        self.code = code
        return NextState("locked", StateTimeout.after(5.0, "bored"))

    @state
    def locked(self, event: object) -> NextState | ReplyTo | None:
        match event:
            case Call(code, from_) if code == self.code:
                return NextState("open", ReplyTo(from_, True))
            case Call(_, from_):
                return ReplyTo(from_, False)
        return None

    @state
    async def open(self, event: object) -> None: ...


class Shop(Application):
    name = "shop"
    dependencies = ("database",)

    def init(self) -> object:
        return Supervisor.spec([Door.child_spec("1234", name="door")])


async def registries() -> None:
    await Registry.start_link(keys="unique", name="doors", partitions=2)
    assert_type(Registry.register("doors", 1, "front"), Pid[Any])
    assert_type(Registry.lookup("doors", 1), list[tuple[Pid[Any], Any]])
    door = await Door.start_link("1234", name=Via("doors", "front"))
    assert_type(door, Pid[Any])
    await Door.call(Via("doors", "front"), "1234")
    send(Via("doors", "front"), "knock")
    PubSub.broadcast("news", "weather", ("sun", 25))
    assert_type(await Application.ensure_all_started(Shop), list[str])
    await Application.start("shop", type="permanent")
    assert_type(Application.get_all_env(Shop), dict[Any, Any])


class Sleeper(GenServer):
    def init(self, seconds: float = 1.0) -> None:
        self.seconds = seconds


class Tree(Supervisor):
    def init(self, size: int) -> SupervisorSpec:
        children = [(Sleeper, 0.5), Sleeper, Sleeper.child_spec(id="third", backoff=Backoff())]
        return Supervisor.spec(children[:size], strategy="rest_for_one", max_seconds=2)


async def supervision() -> None:
    sup = await Supervisor.start_link([Sleeper], strategy="one_for_all", name="sup")
    assert_type(sup, Pid[Any])
    rows = await Supervisor.which_children("sup")
    assert_type(rows, list[ChildInfo])
    assert_type((await DynamicSupervisor.count_children(sup)).active, int)
    await Supervisor.start_child(sup, Tree.child_spec(3, restart="transient"))
    await Supervisor.terminate_child(sup, "Tree")
    async with Tree.running(2) as tree:
        assert_type(tree, Pid[Any])
        assert_type((await health(tree)).children, tuple[Health, ...])
    via = PartitionSupervisor.via("shards", ("any", "key"))
    await DynamicSupervisor.start_child(via, ChildSpec("x", (Sleeper.start_link, 1.0)))


async def double(n: int) -> int:
    return 2 * n


async def tasks() -> None:
    task = Task.async_(double, 1)
    assert_type(task, Task[int])
    assert_type(await task, int)
    assert_type(await Task.async_(len, "word"), int)
    assert_type(await task.result(timeout=None), int)
    assert_type(await task.yield_(1.0), Ok[int] | Exited | None)
    assert_type(await task.shutdown("brutal_kill"), Ok[int] | Exited | None)
    assert_type(await Task.await_many([task, Task.async_(double, 2)]), list[int])
    async for outcome in Task.stream(double, range(3), max_concurrency=2, ordered=False):
        match outcome:
            case Ok(value):
                assert_type(value, int)
            case Exited(reason):
                print(reason)
            case _:
                assert_never(outcome)
    sup = await Task.Supervisor.start_link(name="jobs")
    assert_type(await (await Task.Supervisor.async_nolink(sup, double, 3)), int)
    assert_type(await Task.Supervisor.start_child("jobs", double, 3), Pid[Any])
    agent = await Agent.start_link(dict)
    assert_type(await Agent.get(agent, len), int)
    await Agent.update(agent, lambda counts, key: {**counts, key: 1}, "a")
    Agent.cast("counts", lambda counts: counts)


run(tasks)
run(lifetimes)
run(supervision)
