"""Scenario 26: calls, their failures, late and double replies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aquavit
from aquavit import (
    NO_REPLY,
    Call,
    GenServer,
    ProcessExit,
    Ref,
    Stop,
    node,
    receive,
    self,
    send,
    sleep,
    spawn,
)
from tests.conformance import trace as t
from tests.conformance.trace import Verbatim
from tests.support import info

DEPARTURES = {
    "in_call throw_reply": "Python has no throw; a callback returns its reply",
    "in_call bad": "what a callback returns is the reply, so that there is no bad one",
}
CHANGES = {
    "nil": (
        '{:raise, TypeError, "call: expected a server (Pid, name, (name, node) or Via), got None"}',
        "None is no server, and is refused as any other wrong argument",
    ),
}


class S(GenServer):
    """Does what it is asked."""

    async def handle_call(self, request: Any, from_: Any) -> Any:
        """Sleep, or do it."""
        match request:
            case ("sleep", seconds, value):
                await sleep(seconds)
                return value
            case ("do", act):
                made = act(from_)
                return await made if hasattr(made, "__await__") else made


def _raise(from_: Any) -> None:
    raise RuntimeError("boom")


def _leave(from_: Any) -> None:
    raise ProcessExit("byebye")


async def _be_killed(from_: Any) -> None:
    aquavit.exit(aquavit.self(), "kill")
    await sleep(0.1)


ENDS: dict[str, Callable[[Any], Any]] = {
    "raise": _raise,
    "exit": _leave,
    "normal": lambda from_: Stop("normal"),
    "shutdown": lambda from_: Stop("shutdown"),
    "stop_x": lambda from_: Stop("x"),
    "kill": _be_killed,
}


async def _start() -> Any:
    return t.name(await S.start(), "S")


async def main() -> None:
    """Play the scenario."""
    dead = await _start()
    await GenServer.stop(dead)
    t.name(dead, "DEAD")
    none: Any = None
    t.p("dead_pid", await t.attempt(lambda: GenServer.call(dead, "x")))
    t.p("no_name", await t.attempt(lambda: GenServer.call("no_such_name", "x")))
    t.p("self_call", await t.attempt(lambda: GenServer.call(self(), "x")))
    t.p("nil", await t.attempt(lambda: GenServer.call(none, "x")))
    await _late(await _start())
    for way, act in ENDS.items():
        server = await _start()
        outcome = await t.attempt(lambda act=act, s=server: GenServer.call(s, ("do", act)))
        match outcome:
            case ("exit", (reason, (module, function, _))):
                t.p(f"in_call {way}", ("exit", (reason, (module, function, "args"))))
            case other:
                t.p(f"in_call {way}", other)
    t.p("clean", await t.flush())
    t.p("monitors", ("monitors", list(info(self()).monitors)))
    await _replies(await _start(), dead)


async def _late(server: Any) -> None:
    request = ("sleep", 0.12, "late")
    shown = ("exit", ("timeout", t.called(server, ("sleep", 120, "late"), 30)))
    outcome = await t.attempt(lambda: GenServer.call(server, request, 0.03))
    assert outcome == ("exit", ("timeout", t.called(server, request, 5000)))
    t.p("timeout", shown)
    await t.flush(0.15)
    t.p("late_reply", await t.flush())
    t.p("still_works", await GenServer.call(server, ("sleep", 0, "fine")))
    t.p("infinity", await GenServer.call(server, ("sleep", 0.01, "inf"), None))
    bad = await t.attempt(
        lambda: GenServer.call(server, "x", -1), ValueError, "FunctionClauseError"
    )
    t.p("bad_timeout", bad[1])


async def _replies(server: Any, dead: Any) -> None:
    def later(from_: Any) -> Any:
        async def reply() -> None:
            await sleep(0.02)
            GenServer.reply(from_, "from_other")

        spawn(reply)
        return NO_REPLY

    def before(from_: Any) -> Any:
        t.p("reply_returns", "ok" if GenServer.reply(from_, "first") is None else "not ok")
        return NO_REPLY

    def twice(from_: Any) -> Any:
        GenServer.reply(from_, "one")
        return "two"

    t.p("reply_later", await GenServer.call(server, ("do", later)))
    t.p("reply_before", await GenServer.call(server, ("do", before)))
    t.p("double", await GenServer.call(server, ("do", twice)))
    assert await t.flush() == []
    servers = (dead, "no_such_name", ("nope", node()))
    t.p("cast_dead", tuple("ok" for each in servers if GenServer.cast(each, "x") is None))
    await _raw()
    away = (("a", node()), ("a", "other@n"))
    found = tuple(GenServer.whereis(each) for each in ("nope", *away))
    t.p("whereis", (GenServer.whereis(server) == server, *found))


async def _raw() -> None:
    main = self()

    async def take() -> None:
        send(main, ("raw", await receive()))

    raw = spawn(take)
    await t.attempt(lambda: GenServer.call(raw, "req", 0.05))
    _, asked = await receive(("raw", Call))
    is_tag = isinstance(asked.from_, Ref)
    t.p("raw", (Verbatim(':"$gen_call"'), asked.from_.pid, is_tag, asked.request))
    GenServer.cast(main, "c")
    t.p("raw_cast", await t.flush())
