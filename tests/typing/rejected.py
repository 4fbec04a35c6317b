"""What type checkers must reject: each line marked `# wrong`, and no other. Never run."""

from __future__ import annotations

from dataclasses import dataclass

from aquavit import (
    Pid,
    exit,
    link,
    receive,
    register,
    send,
    send_after,
    sleep,
    spawn,
    trap_exit,
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


async def wrong_arguments(pid: Pid) -> None:
    spawn(3)  # wrong
    register("name", pid)  # wrong
    trap_exit("yes")  # wrong
    await receive(Get, timeout="1")  # wrong
    await sleep("1")  # wrong
