"""Scenario 08: the key-value process of the tutorial."""

from __future__ import annotations

from typing import Any

import aquavit
from aquavit import NoProcess, Pid, Task, receive, register, self, send, whereis
from tests.conformance import trace as t
from tests.support import info

_NO_AGENT = "Agent is a behaviour of a later stage of the package"
DEPARTURES = {"agent_put": _NO_AGENT, "agent_get": _NO_AGENT}
CHANGES: dict[str, tuple[str, str]] = {}


async def _loop() -> None:
    data: dict[Any, Any] = {}
    while True:
        match await receive(("get", ..., Pid), ("put", ..., ...)):
            case ("get", key, caller):
                send(caller, data.get(key))
            case ("put", key, value):
                data[key] = value


async def main() -> None:
    """Play the scenario."""
    me = self()
    pid = Task.start_link(_loop)
    t.p("start", ("ok", pid))
    t.p("get_sent", send(pid, ("get", "hello", me)))
    t.p("get", await t.flush())
    t.p("put_sent", send(pid, ("put", "hello", "world")))
    t.p("put_reply", await t.flush())
    send(pid, ("get", "hello", me))
    t.p("get2", await t.flush())
    t.p("register", register(pid, "kv"))
    send("kv", ("get", "hello", me))
    t.p("by_name", await t.flush())
    t.p("whereis", whereis("kv") == pid)
    send("kv", "unknown")
    send("kv", ("get", "nope", me))
    t.p("after_unknown", await t.flush())
    t.p("kv_box", t.box(pid))
    t.p("linked", pid in info(me).links)
    dictionary = info(pid).dictionary
    t.p("ancestors", dictionary["$ancestors"])
    t.p("callers", dictionary["$callers"])
    aquavit.unlink(pid)
    aquavit.kill(pid)
    t.p("gone", await t.down(pid) in ("killed", "noproc"))
    t.p("name_freed", whereis("kv"))
    t.p("send_gone", await t.attempt(lambda: send("kv", "x"), NoProcess, "ArgumentError"))
