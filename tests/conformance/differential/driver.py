"""Drives one random server or machine, and tells what is seen of it from outside."""

from __future__ import annotations

import math
import random
from contextlib import suppress
from typing import Any

from aquavit import (
    CallError,
    Exit,
    GenServer,
    NoProcess,
    Pid,
    ProcessExit,
    ServerExit,
    StartError,
    exit,
    flush,
    is_alive,
    self,
    send,
    spawn,
    system,
    trap_exit,
)
from tests.clock import VirtualClock
from tests.conformance.differential import beam
from tests.support import settled

REASONS = ("normal", "shutdown", "odd", ("shutdown", 1))


def make_operation(draw: random.Random) -> tuple[Any, ...]:
    """Return a random operation."""
    if draw.random() < 0.4:
        return "pass", draw.randint(1, 6)
    burst: list[Any] = []
    for _ in range(draw.randint(0, 4)):
        match draw.choices(
            ("call", "cast", "info", "pass", "exit", "parent"), (4, 4, 2, 1, 0.5, 0.1)
        ):
            case ["pass"]:
                burst.append(("pass", draw.randint(1, 3)))
            case ["exit" | "parent" as kind]:
                burst.append((kind, draw.choice(REASONS)))
            case [kind]:
                burst.append((kind, draw.randrange(3)))
    return "burst", burst


def words(reason: Any) -> Any:
    """Return a reason as both sides print it: no exceptions, no values that are bad."""
    match reason:
        case Exception():
            return "raised"
        case (str(tag), _) if tag.startswith("bad_"):
            return tag
    return reason


def fail(how: str) -> None:
    """End as a `terminate` may that is not well."""
    if how == "exit":
        raise ProcessExit("in_terminate")
    if how == "raise":
        raise RuntimeError("no")


async def play(cls: type[GenServer], case: dict[str, Any]) -> list[Any]:
    """Do what a case says; return what is seen: how each step ended, events, replies."""
    trap_exit(True)
    try:
        pid = await cls.start_link(case, self())
    except StartError as error:
        return [(words(error.reason), *await seen())]
    except RuntimeError:
        return [("raised", *await seen())]
    if pid is None:
        return [("ignored", *await seen())]
    trace: list[Any] = [("started", *await seen())]
    clock = VirtualClock()
    clock.now = math.ceil(clock.now)  # a whole number: sums of times are exact
    for operation in case["operations"]:
        if not is_alive(pid):
            return trace
        await operate(pid, clock, operation)
        trace.append((operation[0], *await seen()))
    return [*trace, (await stopped(pid), *await seen())] if is_alive(pid) else trace


async def seen() -> tuple[list[Any], list[Any], Any]:
    """Return the events, what callers got, and the end, when all is at rest."""
    await settled()
    events: list[Any] = []
    replies: list[Any] = []
    failures: list[Any] = []
    end = None
    for message in flush():
        match message:
            case Exit(_, reason):
                end = words(reason)
            case ("replied", *_):
                replies.append(message)
            case ("failed", *_):
                failures.append(message)
            case _:
                events.append(message)
    return events, replies + sorted(failures, key=beam.show), end


async def operate(pid: Pid[Any], clock: VirtualClock, operation: tuple[Any, ...]) -> None:
    """Do an operation."""
    if operation[0] == "pass":
        return await clock.advance(operation[1])
    await system.suspend(pid)
    for number, (kind, content) in enumerate(operation[1]):
        await step(pid, clock, number, kind, content)
    if is_alive(pid):
        with suppress(NoProcess, ServerExit):
            await system.resume(pid)
    return None


async def step(pid: Pid[Any], clock: VirtualClock, number: int, kind: str, content: Any) -> None:
    """Do one thing of a burst."""
    match kind:
        case "call":
            spawn(ask, self(), pid, number, content)
        case "cast":
            GenServer.cast(pid, content)
        case "info":
            send(pid, content)
        case "exit":
            spawn(exit, pid, content)
        case "parent":
            exit(pid, content)
        case "pass":
            await clock.advance(content)
    await settled()


async def ask(to: Pid[Any], server: Pid[Any], number: int, request: Any) -> None:
    """Call the server; tell what has come of it."""
    try:
        result = "replied", number, await GenServer.call(server, request, timeout=None)
    except (NoProcess, ServerExit, CallError) as error:
        result = "failed", number, words(error.reason)
    send(to, result)


async def stopped(pid: Pid[Any]) -> Any:
    """Stop the server; return how that ended."""
    try:
        await GenServer.stop(pid)
    except (NoProcess, ServerExit) as error:
        return words(error.reason)
    return "ok"
