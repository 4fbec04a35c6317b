"""Scenario 02: send returns the message, receive takes the first that matches."""

from __future__ import annotations

from aquavit import NoProcess, Pid, node, receive, self, send, spawn
from tests.conformance import trace as t
from tests.conformance.trace import Text

_NO_OPTIONS = "send never blocks and never connects, so Process.send/3 has no counterpart"
DEPARTURES = {
    "process_send": _NO_OPTIONS,
    "noconnect": _NO_OPTIONS,
    "process_send_dead": _NO_OPTIONS,
}
CHANGES: dict[str, tuple[str, str]] = {}


async def main() -> None:
    """Play the scenario."""
    me = self()
    t.p("send_returns", send(me, ("hello", Text("world"))))
    match await receive(("hello", ...), ("world", ...)):
        case ("hello", text):
            t.p("received", text)
    child = spawn(lambda: send(me, ("hello", self())))
    _, pid = await receive(("hello", ...))
    t.p("got_hello_from_child", pid == child)
    send(me, None)
    send(me, False)
    for message in (0, Text(""), [], (), "ok", {"a": 1}):
        send(me, message)
    t.p("flush", await t.flush())
    await _destinations()
    send(me, 7)
    t.p("body_value", await receive(int) * 6)
    pong = spawn(_pong)
    send(pong, ("ping", me, 1))
    t.p("pong", (await receive(("pong", ...)))[1])
    t.p("empty", await t.flush())


async def _destinations() -> None:
    dead = spawn(lambda: "ok")
    await t.settle()
    t.p("send_dead", send(dead, "into_the_void"))
    t.p(
        "send_noname", await t.attempt(lambda: send("nobody_here", "x"), NoProcess, "ArgumentError")
    )
    t.p("send_name_node", send(("nobody_here", node()), "x"))
    t.p("send_string", await t.attempt(lambda: send(Text("str"), "x"), TypeError, "ArgumentError"))
    t.p("send_tuple", await t.attempt(lambda: send((1, 2), "x"), TypeError, "ArgumentError"))
    send(self(), "m1")
    send(self(), "m2")
    t.p("flush2", await t.flush())


async def _pong() -> None:
    _, caller, number = await receive(("ping", Pid, int))
    send(caller, ("pong", number + 1))
