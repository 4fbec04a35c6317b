"""Random servers beside Elixir's: which callbacks run, what callers get, how it ends.

    python -m tests.conformance.differential.servers                   2,000 servers
    python -m tests.conformance.differential.servers --cases 20000     some hours

A server is a table: for what comes, what its callback does. It is called, and sent bursts of
casts, messages and exit signals that it finds together in its mailbox.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from aquavit import (
    HIBERNATE,
    IGNORE,
    CallError,
    Continue,
    Down,
    Exit,
    GenServer,
    NoProcess,
    NoReply,
    Pid,
    ProcessExit,
    Reply,
    ServerExit,
    StartError,
    Stop,
    Timeout,
    exit,
    flush,
    is_alive,
    monitor,
    self,
    send,
    system,
    trap_exit,
)
from tests.conformance.differential import beam
from tests.support import settled

SCRIPT = Path(__file__).with_name("servers.exs")
MOST_CALLS = 30
NEVER = 100_000
REASONS = ("normal", "shutdown", "odd", ("shutdown", 1))
EVENTS = [
    ("init", 0),
    ("timeout", 0),
    *[(kind, number) for kind in ("call", "cast", "info", "continue") for number in range(3)],
    *[("exit", reason) for reason in REASONS],
]


def make_case(number: int) -> dict[str, Any]:
    """Return the server with that number, and what is done with it."""
    draw = random.Random(number)
    table: dict[Any, Any] = {
        event: make_result(draw, event[0])
        for event in EVENTS
        if event[0] == "call" or draw.random() < 0.7
    }
    table["traps"] = draw.random() < 0.5
    table["terminate"] = draw.choice(("well", "well", "well", "exit", "raise"))
    return {"table": table, "operations": [make_operation(draw) for _ in range(draw.randint(1, 6))]}


def make_result(draw: random.Random, kind: str) -> Any:
    """Return what a callback does."""
    kinds = {"init": ("on", "ignore"), "call": ("reply", "reply", "on")}.get(kind, ("on", "bad"))
    match draw.choices(
        (*kinds, "next", "stop", "fail"), (*[60 // len(kinds)] * len(kinds), 20, 8, 4)
    ):
        case ["ignore"]:
            return ("ignore", 0) if draw.random() < 0.2 else ("on", None)
        case ["bad"]:
            return "bad" if draw.random() < 0.1 else ("on", None)
        case ["reply"]:
            return "reply", draw.randrange(10), make_next(draw) if draw.random() < 0.4 else None
        case ["stop"]:
            reason = draw.choice(REASONS)
            if kind == "call" and draw.random() < 0.5:
                return "stop", reason, draw.randrange(10)
            return "stop", reason
        case ["fail"]:
            return draw.choice((("exit", "left"), "raise"))
        case ["next"]:
            # A caller that gets no reply would wait: it is given the end of the server.
            return ("stop", "odd") if kind == "call" else ("on", make_next(draw))
    return ("reply", 0, None) if kind == "call" else ("on", None)


def make_next(draw: random.Random) -> Any:
    """Return what comes after a callback."""
    return draw.choice((("continue", draw.randrange(3)), 0, NEVER, "hibernate"))


def make_operation(draw: random.Random) -> tuple[Any, ...]:
    """Return a random operation."""
    if draw.random() < 0.5:
        return "call", draw.randrange(3)
    burst: list[Any] = []
    for _ in range(draw.randint(1, 4)):
        kind = draw.choice(("cast", "cast", "info", "info", "exit"))
        burst.append((kind, draw.choice(REASONS) if kind == "exit" else draw.randrange(3)))
    return "burst", burst


class Server(GenServer):
    """Does what its table says."""

    def init(self, table: dict[Any, Any], to: Pid[Any]) -> Any:
        self.table, self.to, self.calls = table, to, 0
        trap_exit(table["traps"])
        result = self.do(("init", 0))
        return IGNORE if result == "ignore" else result

    def handle_call(self, request: Any, from_: Any) -> Any:
        return self.do(("call", request))

    def handle_cast(self, request: Any) -> Any:
        return self.do(("cast", request))

    def handle_info(self, message: Any) -> Any:
        if message == "timeout":
            return self.do(("timeout", 0))
        if isinstance(message, Exit):
            return self.do(("exit", message.reason))
        return self.do(("info", message))

    def handle_continue(self, argument: Any) -> Any:
        return self.do(("continue", argument))

    def terminate(self, reason: Any) -> None:
        send(self.to, ("terminate", words(reason)))
        if self.table["terminate"] == "exit":
            raise ProcessExit("in_terminate")
        if self.table["terminate"] == "raise":
            raise RuntimeError("no")

    def do(self, event: tuple[Any, ...]) -> Any:
        """Tell what has come, and return what is to follow."""
        send(self.to, event)
        self.calls += 1
        if self.calls > MOST_CALLS:
            return Stop("enough")
        match self.table.get(event, ("on", None)):
            case ("reply", value, then):
                return Reply(value, then=following(then))
            case ("on", then):
                return NoReply(following(then)) if event[0] == "call" else following(then)
            case ("stop", reason):
                return Stop(reason)
            case ("stop", reason, reply):
                return Stop(reason, reply=reply)
            case ("exit", reason):
                raise ProcessExit(reason)
            case ("ignore", _):
                return "ignore"
            case "raise":
                raise RuntimeError("no")
        return "bad"


def following(then: Any) -> Any:
    """Return what comes next as a callback says it."""
    match then:
        case ("continue", argument):
            return Continue(argument)
        case "hibernate":
            return HIBERNATE
        case int():
            return Timeout(float(then))
    return None


def words(reason: Any) -> Any:
    """Return a reason as both sides print it."""
    return "raised" if isinstance(reason, Exception) else reason


async def play(_: int, case: dict[str, Any]) -> list[Any]:
    """Do what a case says; return what is seen."""
    trap_exit(True)
    try:
        pid = await Server.start(case["table"], self())
    except StartError as error:
        return [(error.reason, await events())]
    except RuntimeError:
        return [("raised", await events())]
    if pid is None:
        return [("ignored", await events())]
    monitor(pid)
    trace: list[Any] = [("started", await events())]
    for operation in case["operations"]:
        if not is_alive(pid):
            return trace
        trace.append((await outcome(pid, operation), await events()))
    return [*trace, (await stopped(pid), await events())] if is_alive(pid) else trace


async def events() -> list[Any]:
    """Return what the server has told, when all is at rest."""
    await settled()
    return [
        ("down", words(message.reason)) if isinstance(message, Down) else message
        for message in flush()
    ]


async def outcome(pid: Pid[Any], operation: tuple[Any, ...]) -> Any:
    """Do an operation; return its result in Elixir's words."""
    try:
        match operation:
            case ("call", request):
                return "replied", await GenServer.call(pid, request)
            case ("burst", messages):
                await system.suspend(pid)
                for kind, content in messages:
                    {"cast": GenServer.cast, "info": send, "exit": exit}[kind](pid, content)
                if is_alive(pid):
                    await system.resume(pid)
    except (NoProcess, ServerExit, CallError) as error:
        return words(error.reason) if operation[0] == "call" else "ok"
    return "ok"


async def stopped(pid: Pid[Any]) -> Any:
    """Stop the server; return how that ended."""
    try:
        await GenServer.stop(pid)
    except (NoProcess, ServerExit) as error:
        return words(error.reason)
    return "ok"


if __name__ == "__main__":
    beam.end(beam.main(SCRIPT, make_case, play))
