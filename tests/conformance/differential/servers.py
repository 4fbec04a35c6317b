"""Random servers beside Elixir's: which callbacks run, what callers get, how it ends.

    python -m tests.conformance.differential.servers                   2,000 servers
    python -m tests.conformance.differential.servers --cases 100000    a night

A server is a table: for what comes, what its callback does. It is sent bursts of calls, casts,
messages and exit signals that it finds together in its mailbox, and time passes in between.
As with machines, both sides have a clock that is moved by hand.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from aquavit import (
    HIBERNATE,
    IGNORE,
    Continue,
    Exit,
    GenServer,
    NoReply,
    Pid,
    ProcessExit,
    Reply,
    Stop,
    Timeout,
    send,
    sleep,
    trap_exit,
)
from tests.conformance.differential import beam, driver

SCRIPT = Path(__file__).with_name("servers.exs")
MOST_CALLS = 30
EVENTS = [
    ("init", 0),
    ("timeout", 0),
    *[(kind, number) for kind in ("call", "cast", "info", "continue") for number in range(3)],
    *[("exit", reason) for reason in driver.REASONS],
]


def make_case(number: int) -> dict[str, Any]:
    """Return the server with that number, and what is done with it."""
    draw = random.Random(number)
    table: dict[Any, Any] = {
        event: (make_answers(draw), make_result(draw, event[0]))
        for event in EVENTS
        if draw.random() < 0.8
    }
    return {
        "table": table,
        "waits": draw.random() < 0.3,
        "traps": draw.random() < 0.5,
        "terminate": draw.choice(("well", "well", "well", "exit", "raise")),
        "operations": [driver.make_operation(draw) for _ in range(draw.randint(1, 6))],
    }


def make_answers(draw: random.Random) -> list[Any]:
    """Return the replies that a callback sends before it returns."""
    count = draw.choice((0, 0, 0, 0, 1, 2))
    return [(draw.choice(("own", "oldest", "oldest")), draw.randrange(10)) for _ in range(count)]


def make_result(draw: random.Random, kind: str) -> Any:
    """Return what a callback does then."""
    kinds = {"init": ("on", "ignore"), "call": ("reply", "reply", "on")}.get(kind, ("on", "bad"))
    match draw.choices(
        (*kinds, "next", "stop", "fail"), (*[60 // len(kinds)] * len(kinds), 30, 6, 3)
    ):
        case ["ignore"]:
            return "ignore" if draw.random() < 0.1 else ("on", None)
        case ["bad"]:
            return "bad" if draw.random() < 0.1 else ("on", None)
        case ["reply"]:
            return "reply", draw.randrange(10), make_next(draw) if draw.random() < 0.4 else None
        case ["stop"]:
            reason = draw.choice(driver.REASONS)
            if kind == "call" and draw.random() < 0.5:
                return "stop", reason, draw.randrange(10)
            return "stop", reason
        case ["fail"]:
            return draw.choice((("exit", "left"), "raise"))
        case ["next"]:
            return "on", make_next(draw)
    return "on", None


def make_next(draw: random.Random) -> Any:
    """Return what comes after a callback."""
    return draw.choice((("continue", draw.randrange(3)), 0, 1, 2, 4, "infinity", "hibernate"))


class Server(GenServer):
    """Does what its case says."""

    def init(self, case: dict[str, Any], to: Pid[Any]) -> Any:
        self.case, self.to, self.calls = case, to, 0
        self.unanswered: list[Any] = []
        trap_exit(case["traps"])
        result = self.do(("init", 0), None)
        return IGNORE if result == "ignore" else result

    def handle_call(self, request: Any, from_: Any) -> Any:
        self.unanswered.append(from_)
        return self.do(("call", request), from_)

    def handle_cast(self, request: Any) -> Any:
        return self.do(("cast", request), None)

    def handle_info(self, message: Any) -> Any:
        if message == "timeout":
            return self.do(("timeout", 0), None)
        if isinstance(message, Exit):
            return self.do(("exit", message.reason), None)
        return self.do(("info", message), None)

    def handle_continue(self, argument: Any) -> Any:
        return self.do(("continue", argument), None)

    def terminate(self, reason: Any) -> None:
        send(self.to, ("terminate", driver.words(reason)))
        driver.fail(self.case["terminate"])

    def do(self, event: tuple[Any, ...], from_: Any) -> Any:
        """Tell what has come, and return what is to follow."""
        send(self.to, ("seen", event))
        self.calls += 1
        if self.calls > MOST_CALLS:
            return Stop("enough")
        answers, result = self.case["table"].get(event, ([], ("on", None)))
        for which, value in answers:
            self.answer(from_ if which == "own" else next(iter(self.unanswered), None), value)
        match result:
            case ("reply", value, then):
                self.unanswered.remove(from_) if from_ in self.unanswered else None
                return Reply(value, then=following(then))
            case ("on", then):
                return NoReply(following(then)) if event[0] == "call" else following(then)
            case ("stop", reason):
                return Stop(reason)
            case ("stop", reason, reply):
                return Stop(reason, reply=reply)
            case ("exit", reason):
                raise ProcessExit(reason)
            case "raise":
                raise RuntimeError("no")
        return result

    def answer(self, from_: Any, value: Any) -> None:
        """Send a reply, if anybody may wait for it."""
        if from_ in self.unanswered:
            self.unanswered.remove(from_)
        if from_ is not None:
            GenServer.reply(from_, value)


class Waiting(Server):
    """Gives way in its callbacks."""

    async def handle_call(self, request: Any, from_: Any) -> Any:
        await sleep(0)
        return super().handle_call(request, from_)

    async def handle_cast(self, request: Any) -> Any:
        await sleep(0)
        return super().handle_cast(request)

    async def handle_info(self, message: Any) -> Any:
        await sleep(0)
        return super().handle_info(message)

    async def handle_continue(self, argument: Any) -> Any:
        await sleep(0)
        return super().handle_continue(argument)


def following(then: Any) -> Any:
    """Return what comes next as a callback says it."""
    match then:
        case ("continue", argument):
            return Continue(argument)
        case "hibernate":
            return HIBERNATE
        case "infinity":
            return Timeout(None)
        case int():
            return Timeout(float(then))
    return None


async def play(_: int, case: dict[str, Any]) -> list[Any]:
    """Do what a case says; return what is seen."""
    return await driver.play(Waiting if case["waits"] else Server, case)


if __name__ == "__main__":
    beam.end(beam.main(SCRIPT, make_case, play, "servers"))
