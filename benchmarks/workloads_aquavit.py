"""The work, in aquavit. `python workloads_aquavit.py NAME COUNT` prints one measurement.

Each workload does its operation `count` times as the main process of a program would,
and returns figures for one operation. It is warmed up at a tenth of the size first.
Garbage collection and the event loop are what `run` gives to any program.

A sender or spawner that is said to give way does so with `await sleep(0)` after every
1,000 operations: an Elixir process is taken off its scheduler after its reductions, so
there too the receiver reads while the sender still sends.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable
from time import perf_counter

import memory

from aquavit import (
    COMPILED,
    Call,
    Down,
    DynamicSupervisor,
    GenServer,
    GenStateMachine,
    NextState,
    Pid,
    PubSub,
    Registry,
    ReplyTo,
    call,
    exit,
    flush,
    make_ref,
    monitor,
    receive,
    run,
    self,
    send,
    sleep,
    spawn,
    spawn_link,
    state,
)

Figures = dict[str, float]

#: Operations between two times that a sender gives way.
TURN = 1_000


# --- ping-pong


async def pong() -> None:
    while True:
        match await receive():
            case ("ping", sender):
                send(sender, "pong")
            case "stop":
                return


async def ping_pong(count: int) -> Figures:
    """Two processes, one message on its way."""
    me, partner = self(), spawn(pong)
    started = perf_counter()
    for _ in range(count):
        send(partner, ("ping", me))
        await receive()
    seconds = perf_counter() - started
    send(partner, "stop")
    return {"seconds": seconds / count}


async def pong_patterns() -> None:
    while True:
        match await receive(("ping", Pid), "stop"):
            case ("ping", sender):
                send(sender, "pong")
            case "stop":
                return


async def ping_pong_patterns(count: int) -> Figures:
    """The same; each receive is selective, as it always is in Elixir."""
    me, partner = self(), spawn(pong_patterns)
    started = perf_counter()
    for _ in range(count):
        send(partner, ("ping", me))
        await receive("pong")
    seconds = perf_counter() - started
    send(partner, "stop")
    return {"seconds": seconds / count}


# --- ring


async def member(neighbour: Pid) -> None:
    while True:
        match await receive():
            case "stop":
                send(neighbour, "stop")
                return
            case hops:
                send(neighbour, hops + 1)


async def ring(count: int, size: int = 10_000) -> Figures:
    """A token goes round `size` processes, main among them; one hop is measured."""
    neighbour = self()
    for _ in range(size - 1):
        neighbour = spawn(member, neighbour)
    laps = max(1, count // size)
    started = perf_counter()
    for _ in range(laps):
        send(neighbour, 1)
        assert await receive() == size
    seconds = perf_counter() - started
    send(neighbour, "stop")
    await receive("stop")
    return {"seconds": seconds / (laps * size)}


# --- spawn


async def answer(parent: Pid) -> None:
    send(parent, "done")


async def spawn_and_answer(count: int) -> Figures:
    """One process after the other is spawned, sends a message back and ends."""
    me = self()
    started = perf_counter()
    for _ in range(count):
        spawn(answer, me)
        await receive()
    return {"seconds": (perf_counter() - started) / count}


async def echo() -> None:
    caller = await receive()
    send(caller, "pong")


async def million(count: int) -> Figures:
    """All are spawned (giving way), then asked, then all answers are read."""
    me, pids = self(), []
    started = perf_counter()
    for first in range(0, count, TURN):
        for _ in range(first, min(first + TURN, count)):
            pids.append(spawn(echo))
        await sleep(0)
    for pid in pids:
        send(pid, me)
    for _ in pids:
        await receive()
    return {"seconds": (perf_counter() - started) / count}


# --- flood


async def sink(count: int, parent: Pid) -> None:
    for _ in range(count):
        message = await receive()
    send(parent, message)


async def flood(count: int) -> Figures:
    """One way, until the last message has been read; the sender gives way."""
    receiver = spawn(sink, count, self())
    started = perf_counter()
    for first in range(0, count, TURN):
        for number in range(first, min(first + TURN, count)):
            send(receiver, ("message", number))
        await sleep(0)
    assert await receive() == ("message", count - 1)
    return {"seconds": (perf_counter() - started) / count}


async def flood_pileup(count: int) -> Figures:
    """One way; the sender never gives way, so all messages pile up before one is read."""
    receiver = spawn(sink, count, self())
    started = perf_counter()
    for number in range(count):
        send(receiver, ("message", number))
    assert await receive() == ("message", count - 1)
    return {"seconds": (perf_counter() - started) / count}


# --- idle processes


async def idle() -> None:
    await receive()


async def idle_bytes(count: int) -> Figures:
    """What a process that waits for its first message adds to resident memory."""
    before = memory.resident()
    for first in range(0, count, TURN):
        for _ in range(first, min(first + TURN, count)):
            spawn(idle)
        await sleep(0)
    spawn(answer, self())  # the run queue is first in, first out: all the others wait now
    await receive()
    return {"rss": (memory.resident() - before) / count}


# --- selective receive


async def server() -> None:
    while True:
        match await receive():
            case ("ask", caller, ref):
                send(caller, (ref, "reply"))
            case "stop":
                return


async def ask(partner: Pid, count: int) -> float:
    me = self()
    started = perf_counter()
    for _ in range(count):
        ref = make_ref()
        send(partner, ("ask", me, ref))
        await receive((ref, ...))
    return (perf_counter() - started) / count


async def fresh_ref(count: int, waiting: int = 100_000) -> Figures:
    """A question answered by reference, with an empty mailbox and with a long one."""
    partner = spawn(server)
    empty = await ask(partner, count)
    for number in range(waiting):
        send(self(), ("other", number))
    behind = await ask(partner, count)
    send(partner, "stop")
    assert len(flush()) == waiting
    return {"empty": empty, "behind": behind, "flat": behind / empty}


# --- cascades


async def chained(left: int, observer: Pid) -> None:
    if left > 1:
        spawn_link(chained, left - 1, observer)
    else:
        send(observer, self())
    await receive()


async def cascade_chain(count: int) -> Figures:
    """Each is linked to the next; the first is told to exit; until the last is down."""
    first = spawn(chained, count, self())
    ref = monitor(await receive())
    started = perf_counter()
    exit(first, "broken")
    down = await receive(Down(ref, ..., ...))
    seconds = perf_counter() - started
    assert down.reason == "broken"
    return {"seconds": seconds}


async def hub(count: int, observer: Pid) -> None:
    send(observer, tuple([spawn_link(idle) for _ in range(count)]))
    await receive()


async def cascade_star(count: int) -> Figures:
    """All are linked to one, which is told to exit; until a Down has come from each."""
    centre = spawn(hub, count, self())
    for pid in await receive():
        monitor(pid)
    started = perf_counter()
    exit(centre, "broken")
    for _ in range(count):
        down = await receive()
    seconds = perf_counter() - started
    assert down.reason == "broken"
    return {"seconds": seconds}


# --- registry


async def registry(count: int) -> Figures:
    """Look up one of 1,000 keys; and register a key and give it back."""
    root = await Registry.start_link(keys="unique", name="benchmark")
    for number in range(1_000):
        Registry.register("benchmark", ("key", number), number)
    started = perf_counter()
    for number in range(count):
        Registry.lookup("benchmark", ("key", number % 1_000))
    looked_up = perf_counter() - started
    started = perf_counter()
    for number in range(count):
        Registry.register("benchmark", number, number)
        Registry.unregister("benchmark", number)
    registered = perf_counter() - started
    for number in range(1_000):
        Registry.unregister("benchmark", ("key", number))
    await GenServer.stop(root)
    return {"seconds": looked_up / count, "register": registered / count}


async def broadcast(count: int) -> Figures:
    """A message to 1,000 subscribers; for each of them, until all have it."""
    root = await PubSub.start_link(name="benchmark")
    readers, me = 1_000, self()
    rounds = -(-count // readers)

    async def reader() -> None:
        PubSub.subscribe("benchmark", "topic")
        send(me, "subscribed")
        for _ in range(rounds):
            await receive()
        send(me, "done")

    for _ in range(readers):
        spawn(reader)
    for _ in range(readers):
        await receive("subscribed")
    started = perf_counter()
    for number in range(rounds):
        PubSub.broadcast("benchmark", "topic", ("news", number))
        await sleep(0)
    for _ in range(readers):
        await receive("done")
    seconds = perf_counter() - started
    await GenServer.stop(root)
    return {"seconds": seconds / (rounds * readers)}


# --- supervision


class Child(GenServer):
    """A server that does nothing."""

    def init(self, argument: object) -> None:
        self.argument = argument


async def children(count: int) -> Figures:
    """Start children one after the other, then stop them all; for one of them."""
    few_start, few_stop = await family(count // 10 + 1)
    start, stop = await family(count)
    return {
        "seconds": start + stop,
        "start": start,
        "stop": stop,
        "flat": (start + stop) / (few_start + few_stop),
    }


async def family(count: int) -> tuple[float, float]:
    """Return the seconds that a child takes to start and to stop."""
    root = await DynamicSupervisor.start_link()
    started = perf_counter()
    for _ in range(count):
        await DynamicSupervisor.start_child(root, (Child, None))
    start = perf_counter() - started
    started = perf_counter()
    await DynamicSupervisor.stop(root)
    return start / count, (perf_counter() - started) / count


# --- servers


class Store(GenServer):
    """Replies to every call, by a callback and by a method."""

    def init(self) -> None:
        self.value = 1

    def handle_call(self, request: object, from_: object) -> object:
        return self.value

    def handle_cast(self, request: int) -> None:
        self.value = request

    @call
    def get(self, key: str) -> int:
        return self.value


async def genserver(count: int) -> Figures:
    """Call a server, one call after the other; cast to it, and wait for the last one."""
    pid = await Store.start()
    started = perf_counter()
    for _ in range(count):
        await GenServer.call(pid, "get")
    seconds = perf_counter() - started
    started = perf_counter()
    for _ in range(count):
        await Store.get(pid, "key")
    method = perf_counter() - started
    started = perf_counter()
    for number in range(count):
        GenServer.cast(pid, number)
    await GenServer.call(pid, "get", None)
    casts = perf_counter() - started
    await GenServer.stop(pid)
    return {"seconds": seconds / count, "method": method / count, "cast": casts / count}


# --- state machines


class Machine(GenStateMachine):
    """Replies to every call."""

    def init(self) -> NextState:
        return NextState("idle")

    @state
    def idle(self, event: Call) -> ReplyTo:
        return ReplyTo(event.from_, event.request)


async def machine(count: int) -> Figures:
    """Call a state machine, one call after the other."""
    pid = await Machine.start()
    started = perf_counter()
    for _ in range(count):
        await GenStateMachine.call(pid, "hello")
    seconds = perf_counter() - started
    await GenStateMachine.stop(pid)
    return {"seconds": seconds / count}


WORKLOADS: dict[str, Callable[[int], Awaitable[Figures]]] = {
    "ping_pong": ping_pong,
    "ping_pong_patterns": ping_pong_patterns,
    "ring": ring,
    "spawn": spawn_and_answer,
    "flood": flood,
    "flood_pileup": flood_pileup,
    "million": million,
    "idle": idle_bytes,
    "fresh_ref": fresh_ref,
    "cascade_chain": cascade_chain,
    "cascade_star": cascade_star,
    "genserver": genserver,
    "machine": machine,
    "registry": registry,
    "broadcast": broadcast,
    "children": children,
}


async def describe() -> dict[str, object]:
    """Tell what is measured here."""
    import asyncio

    import aquavit

    loop = type(asyncio.get_running_loop()).__module__.partition(".")[0]
    return {"aquavit": aquavit.__version__, "compiled": COMPILED, "loop": loop}


async def measure(name: str, count: int) -> Figures:
    """Warm up, then measure."""
    workload = WORKLOADS[name]
    await workload(max(1, count // 10) if name != "idle" else 1_000)
    return await workload(count)


if __name__ == "__main__":
    if sys.argv[1:] == ["describe"]:
        print(json.dumps(run(describe)))
    else:
        print(json.dumps(run(measure, sys.argv[1], int(sys.argv[2]))), flush=True)
