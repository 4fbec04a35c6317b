"""Scenario 23: the process dictionary and flags."""

from __future__ import annotations

from typing import Any

from aquavit import process_dict, self, send, spawn, trap_exit
from tests.conformance import trace as t
from tests.support import idle, info

_NO_FLAG = "there is no such flag: Python has neither priorities nor message heaps"
_NO_HIBERNATE = "an idle coroutine is already small, so there is no hibernate"
DEPARTURES = {
    **dict.fromkeys(("prio", "mqd", "bad_prio"), _NO_FLAG),
    **dict.fromkeys(("hib_fun", "hib_status", "woke", "done", "woke2"), _NO_HIBERNATE),
    "group_leader_inherited": "output goes to Python's own streams, there is no group leader",
    "spawn_opt": "spawn_link and spawn_monitor stand for the options :link and :monitor",
    "spawn_opt_pid": "spawn_link and spawn_monitor stand for the options :link and :monitor",
}
CHANGES: dict[str, tuple[str, str]] = {}


def _put(key: object, value: object) -> Any:
    """Do what Process.put/2 does: return the old value."""
    old = process_dict().get(key)
    process_dict()[key] = value
    return old


async def main() -> None:
    """Play the scenario."""
    me, own = self(), process_dict()
    t.p("put_new", _put("k", 1))
    t.p("put_old", _put("k", 2))
    t.p("get", (own.get("k"), own.get("none"), own.get("none", "dflt")))
    t.p("nil_value", (_put("n", None), own.get("n", "dflt")))
    t.p("keys", sorted(key for key in own if key in ("k", "n")))
    t.p("keys_by_value", [key for key, value in own.items() if value == 2])
    t.p("delete", (own.pop("k", None), own.pop("k", None), own.get("k")))
    t.p("any_key", (_put(("t", 1), "v"), own.get(("t", 1))))

    def child() -> None:
        send(me, ("child", process_dict().get(("t", 1)), list(process_dict().items())))

    spawn(child)
    t.p("child", await t.flush())
    worker = await t.worker()
    await t.do_in(worker, lambda: _put("visible", True))
    t.p("info", ("dictionary", list(info(worker).dictionary.items())))
    t.p("trap", (trap_exit(True), trap_exit(False)))
    start: Any = spawn
    refused = await t.attempt(lambda: start(idle, bad_opt=True), TypeError, "ArgumentError")
    t.p("spawn_bad_opt", refused[1])
