"""Scenario 18: registered names."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import aquavit
from aquavit import (
    NoProcess,
    node,
    register,
    registered,
    self,
    send,
    send_after,
    spawn,
    unregister,
    whereis,
)
from tests.conformance import trace as t
from tests.conformance.trace import Text
from tests.support import info

DEPARTURES = {
    "process_send": "send never blocks and never connects, so Process.send/3 has no counterpart",
}
CHANGES = {
    "message": (
        "\"could not register #PID with name 'late' because it is not alive\"",
        "the error says which of the three causes it is",
    ),
}


async def main() -> None:
    """Play the scenario."""
    worker = t.name(await t.worker(), "W")
    t.p("register", register(worker, "srv"))
    t.p("whereis", (whereis("srv"), whereis("nope")))
    other = await t.worker()
    t.p("info", (_registered_name(worker), _registered_name(other)))
    t.p("registered", "srv" in registered())
    t.p("send", send("srv", "hi"))
    t.p("box", t.box(worker))
    await _refused(worker)
    await _unregistered(worker)
    await _freed(worker)
    await _self()
    send_after("late_name", "tick", 0.03)
    register(self(), "late_name")
    t.p("late_name", await t.flush(0.1))
    send_after("never_name", "tick", 0.001)
    t.p("never", await t.flush(0.03))


def _registered_name(pid: Any) -> tuple[str, Any]:
    """Return what Process.info(pid, :registered_name) gives: [] when there is none."""
    return "registered_name", info(pid).name or []


async def _class(fn: Callable[[], Any], meant: type[Exception], elixir: str) -> Any:
    return (await t.attempt(fn, meant, elixir))[1]


async def _refused(worker: Any) -> None:
    fresh: Any = await t.worker()
    no_name: Any = None
    bad_name: Any = b"srv"
    true: Any = True
    taken = "ArgumentError"
    t.p("name_taken", await _class(lambda: register(fresh, "srv"), ValueError, taken))
    t.p("same_again", await _class(lambda: register(worker, "srv"), ValueError, taken))
    t.p("pid_has_name", await _class(lambda: register(worker, "other"), ValueError, taken))
    reserved = "FunctionClauseError"
    t.p("undefined", await _class(lambda: register(fresh, "undefined"), ValueError, reserved))
    t.p("nil", await t.attempt(lambda: register(fresh, no_name), TypeError, reserved))
    t.p("not_atom", (await t.attempt(lambda: register(fresh, bad_name)))[0])
    dead = spawn(lambda: "ok")
    await t.settle()
    t.p("dead_pid", await _class(lambda: register(dead, "late"), ValueError, taken))
    _, _, message = await t.attempt(lambda: register(dead, "late"))
    t.p("message", Text(re.sub(r"#PID<[^>]*>", "#PID", message.value)))
    t.p("reserved", await _class(lambda: register(fresh, true), TypeError, reserved))


async def _unregistered(worker: Any) -> None:
    t.p("unregister", (unregister("srv"), whereis("srv")))
    again = await _class(lambda: unregister("srv"), ValueError, "ArgumentError")
    t.p("unregister_again", again)
    t.p("alive_after", t.status(worker))
    t.p("rename", (register(worker, "srv2"), _registered_name(worker)))
    t.p("by_other", await t.do_in(await t.worker(), lambda: unregister("srv2")))


async def _freed(worker: Any) -> None:
    register(worker, "srv")
    ref = aquavit.monitor(worker)
    aquavit.kill(worker)
    await t.wait(ref)
    t.p("freed_on_death", whereis("srv"))
    t.p("reuse", register(t.name(await t.worker(), "W2"), "srv"))
    t.p("new_owner", whereis("srv"))


async def _self() -> None:
    name: Any = "me"
    known = (register(self(), "me"), whereis("me") == self(), send("me", 1))
    t.p("self", (*known, await t.flush()))
    t.p("link_name", await _class(lambda: aquavit.link(name), TypeError, "ArgumentError"))
    info_name = await _class(lambda: aquavit.process_info(name), TypeError, "ArgumentError")
    t.p("info_name", info_name)
    unregister("me")
    t.p("send_raise", await _class(lambda: send("me", 1), NoProcess, "ArgumentError"))
    t.p("send_node", send(("me", node()), 1))
