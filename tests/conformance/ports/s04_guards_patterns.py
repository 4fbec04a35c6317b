"""Scenario 04: patterns and guards."""

from __future__ import annotations

from typing import Any

from aquavit import make_ref, receive, self, send
from tests.conformance import trace as t
from tests.conformance.trace import Text

DEPARTURES: dict[str, str] = {}
CHANGES: dict[str, tuple[str, str]] = {}


async def main() -> None:
    """Play the scenario."""
    for message in (50, 5, ("x", 1, 1), ("x", 1, 2), ("x", 1, 1.0), {"k": 2, "z": 1}, [1, 2]):
        t.p(t.show(message), await _sorted_out(message))
    for message in (Text("prefix"), "other", []):
        t.p(t.show(message), await _sorted_out(message))
    t.p("left", await t.flush())
    await _order()
    await _guards()
    await _values()


async def _sorted_out(message: Any) -> Any:
    send(self(), message)
    found = await receive(
        *(int, ("x", ..., ...), {"k": ...}, lambda m: isinstance(m, list) and m != [], _prefixed),
        timeout=0,
        default="unmatched",
    )
    match found:
        case int() if found > 10:
            return ("big", found)
        case int():
            return ("small", found)
        case ("x", a, b) if type(a) is type(b) and a == b:
            return ("same", a)
        case ("x", _, _):
            return "diff"
        case {"k": value}:
            return ("map", value)
        case [head, *_]:
            return ("head", head)
        case Text(value):
            return ("rest", Text(value.removeprefix("pre")))
    return found


def _prefixed(message: Any) -> bool:
    return isinstance(message, Text) and message.value.startswith("pre")


async def _order() -> None:
    me = self()
    send(me, "second_clause")
    send(me, "first_clause")
    match await receive("first_clause", "second_clause"):
        case "first_clause":
            t.p("order", 1)
        case "second_clause":
            t.p("order", 2)
    t.p("rest", await t.flush())
    send(me, ("a", 1))
    match await receive(("a", ...), (..., 1)):
        case ("a", _):
            t.p("clause", "first")
        case (_, 1):
            t.p("clause", "second")


async def _guards() -> None:
    send(self(), "not_a_list")
    raising = (lambda m: m.hd == 1, lambda m: {}[m] == 0)
    await receive(*raising, timeout=0, default="no")
    match await receive(*raising, ...):
        case "not_a_list":
            t.p("guard_error", "fallthrough")


async def _values() -> None:
    me, ref = self(), make_ref()
    send(me, (make_ref(), "wrong"))
    send(me, (ref, "right"))
    t.p("pin", (await receive((ref, ...)))[1])
    t.p("pin_left", len(await t.flush()))
    send(me, 1.0)
    t.p("strict", await receive(1, timeout=0, default="no_match"))
    await t.flush()
    send(me, "boom")
    t.p("raise_in_body", await t.attempt(_raise_in_body))
    t.p("after_raise", await t.flush())
    x = 1
    send(me, 2)

    async def inner() -> None:
        x = await receive(int)
        del x

    await inner()
    t.p("x", x)


async def _raise_in_body() -> None:
    match await receive("boom"):
        case "boom":
            raise RuntimeError("in body")
