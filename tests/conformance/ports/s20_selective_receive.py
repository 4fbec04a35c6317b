"""Scenario 20: selective receive."""

from __future__ import annotations

from typing import Any

from aquavit import Pid, Ref, flush, make_ref, receive, self, send, spawn
from tests.conformance import trace as t

DEPARTURES: dict[str, str] = {}
CHANGES: dict[str, tuple[str, str]] = {}


def _mail(*messages: object) -> None:
    for message in messages:
        send(self(), message)


async def main() -> None:
    """Play the scenario."""
    _mail(("low", 1), ("high", 1), ("low", 2), ("high", 2), ("low", 3))
    t.p("high", await _all_high())
    t.p("low", await t.flush())
    server = spawn(_double)
    t.p("calls", [await _call(server, number) for number in (1, 2, 3, 4, 5)])
    t.p("noise", await t.flush())
    _mail("outer", "inner_wrong", ("inner", 1))
    await receive("outer")
    t.p("nested", ("got", (await receive(("inner", ...)))[1]))
    t.p("left", await t.flush())
    _mail(1, 2, 3, 4, 5)
    t.p("scan", [await receive(wanted) for wanted in (3, 1, 5)])
    t.p("left2", await t.flush())
    await _order()
    _mail("dup", "dup", "dup")
    await receive("dup")
    t.p("dups", await t.flush())
    _mail(*range(1, 11))
    t.p("fifo", [await receive() for _ in range(10)])
    _mail("p", "q", "r")
    t.p("timeout", await receive("none", timeout=0.01, default="timeout"))
    t.p("intact", await t.flush())
    limit = 2
    _mail(1, 3, 2, 4)
    t.p("guard", await receive(lambda n: n > limit))
    t.p("guard_left", await t.flush())


async def _all_high() -> list[Any]:
    found = []
    while (message := await receive(("high", ...), timeout=0, default=None)) is not None:
        found.append(message[1])
    return found


async def _double() -> None:
    while True:
        caller, ref, number = await receive((Pid, Ref, int))
        send(caller, "noise")
        send(caller, (ref, number * 2))


async def _call(server: Pid[Any], number: int) -> Any:
    ref = make_ref()
    send(server, (self(), ref, number))
    return (await receive((ref, ...)))[1]


async def _order() -> None:
    me = self()

    async def wait() -> None:
        await receive("go")
        await t.settle()
        send(me, ("order", flush()))

    pid = spawn(wait)
    send(pid, "x1")
    send(pid, "x2")
    await t.settle()
    send(pid, "x3")
    send(pid, "go")
    send(pid, "x4")
    t.p("order", (await receive(("order", ...)))[1])
