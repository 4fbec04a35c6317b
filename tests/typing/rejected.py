"""What type checkers must reject: each line marked `# wrong`, and no other. Never run."""

from __future__ import annotations

from dataclasses import dataclass

from aquavit import (
    Agent,
    GenServer,
    Pid,
    Reply,
    Task,
    blocking,
    call,
    cast,
    exit,
    from_thread,
    link,
    receive,
    register,
    run,
    send,
    send_after,
    share,
    sleep,
    spawn,
    spawn_link,
    spawn_monitor,
    trap_exit,
    wait,
    whereis,
)


@dataclass(frozen=True)
class Get:
    key: str


@dataclass(frozen=True)
class Put:
    key: str
    value: str


async def wrong_messages(server: Pid[Get | Put], counter: Pid[int]) -> None:
    send(server, 3)  # wrong
    send(server, ("get", "key"))  # wrong
    send(counter, "one")  # wrong
    send(counter, None)  # wrong
    send(server, Put("key", 1))  # wrong
    send_after(server, Put("key", "value"))  # wrong


async def wrong_destinations(counter: Pid[int]) -> None:
    both: Pid[int | str] = counter  # wrong
    send(both, "one")
    send(3, "one")  # wrong
    send(None, "one")  # wrong
    link("name")  # wrong
    link(whereis("name"))  # wrong
    exit("name", "reason")  # wrong


async def wrong_results() -> None:
    number = await receive(int)
    text: str = number  # wrong
    message = await receive(Get, Put)
    get: Get = message  # wrong
    late = await receive(int, timeout=1.0, default=None)
    print(text, get, late + 1)  # wrong
    print((await receive(Get, Put)).value)  # wrong
    print(receive(Get).key)  # wrong
    tag, number = await receive(("count", int))
    text = number  # wrong
    print(tag + number)  # wrong


class KV(GenServer):
    @call
    def get(self, key: str) -> int:
        return len(key)

    @call
    async def pop(self, key: str) -> Reply[int]:
        return Reply(1)

    @cast
    def put(self, key: str, value: int) -> None: ...


async def wrong_calls(kv: Pid) -> None:
    await KV.get(kv, 1)  # wrong
    await KV.get(kv)  # wrong
    await KV.get(kv, "a", "b")  # wrong
    await KV.get(1.5, "a")  # wrong
    await KV.get(kv, name="a")  # wrong
    text: str = await KV.get(kv, "a")  # wrong
    number: int = KV.get(kv, "a")  # wrong
    reply: Reply[int] = await KV.pop(kv, "a")  # wrong
    await KV.get.within("1")(kv, "a")  # wrong
    await KV.get.within(1.0)(kv, 1)  # wrong
    KV.put(kv, "a", "b")  # wrong
    await KV.put(kv, "a", 1)  # wrong
    GenServer.cast(None, "request")  # wrong
    GenServer.reply(kv, "reply")  # wrong
    await GenServer.call(None, "request")  # wrong
    await GenServer.call(kv, "request", timeout="1")  # wrong
    print(GenServer.call(kv, "request") + 1)  # wrong
    print(text, number, reply)


async def word(text: str) -> int:
    return len(text)


async def wrong_functions() -> None:
    spawn(word)  # wrong
    spawn(word, 1)  # wrong
    spawn(word, share(1))  # wrong
    spawn(word("a"))  # wrong
    spawn_link(word, "a", "b")  # wrong
    spawn_monitor(word, None)  # wrong
    await blocking(len, 1)  # wrong
    text: str = await blocking(len, "a")  # wrong
    print(text)


def wrong_waits() -> None:
    wait(3)  # wrong
    text: str = wait(word("a"))  # wrong
    from_thread.call(word)  # wrong
    text = from_thread.call(word, "a")  # wrong
    run(word, 1)  # wrong
    run(word("a"))  # wrong
    text = run(word, "a")  # wrong
    print(text)


async def wrong_tasks() -> None:
    Task.async_(word)  # wrong
    Task.async_(word, 1)  # wrong
    Task.start(3)  # wrong
    text: str = await Task.async_(word, "a")  # wrong
    Task.stream(word, [1, 2])  # wrong
    Task.stream(word, ["a"], max_tasks=3)  # wrong
    await Task.async_(word, "a").shutdown("kill")  # wrong
    await Task.Supervisor.async_("jobs", word)  # wrong
    await Agent.get("counts", 3)  # wrong
    print(text)


async def wrong_arguments(pid: Pid) -> None:
    spawn(3)  # wrong
    register("name", pid)  # wrong
    trap_exit("yes")  # wrong
    await receive(Get, timeout="1")  # wrong
    await sleep("1")  # wrong
