"""Scenario 15: monitors."""

from __future__ import annotations

from typing import Any

import aquavit
from aquavit import (
    ProcessExit,
    Ref,
    demonitor,
    monitor,
    node,
    receive,
    register,
    self,
    send,
    spawn,
    spawn_link,
    unregister,
)
from tests.conformance import trace as t
from tests.support import info

DEPARTURES: dict[str, str] = {}
CHANGES: dict[str, tuple[str, str]] = {}


async def main() -> None:
    """Play the scenario."""
    await _several()
    await _names()
    ref = monitor(self())
    t.p("self", (isinstance(ref, Ref), await t.flush(), demonitor(ref)))
    wrong: Any = 1.5
    t.p("bad", await t.attempt(lambda: monitor(wrong), TypeError, "ArgumentError"))
    me = self()
    pid, ref = aquavit.spawn_monitor(lambda: send(me, "last_words"))
    t.name(pid, "Q")
    t.name(ref, "R_q")
    t.p("order", await t.flush())
    await _dual()


async def _several() -> None:
    pid = t.name(await t.worker(), "W")
    refs = [monitor(pid)]
    t.p("is_ref", isinstance(refs[0], Ref))
    refs += [monitor(pid), monitor(pid)]
    t.p("distinct", len(set(refs)))
    for ref, label in zip(refs, ("R_a", "R_b", "R_c"), strict=True):
        t.name(ref, label)
    t.p("monitored_by", [watcher == self() for watcher in info(pid).monitored_by])
    aquavit.exit(pid, "why")
    t.p("downs", sorted(await t.flush(), key=t.show))
    dead = t.name(spawn(lambda: "ok"), "DEAD")
    await t.settle()
    t.name(monitor(dead), "R_dead")
    t.p("noproc", await t.flush())


async def _names() -> None:
    pid, watcher = t.name(await t.worker(), "W2"), await t.worker()
    await t.do_in(watcher, lambda: monitor(pid))
    aquavit.kill(watcher)
    await t.settle()
    t.p("one_way", (t.status(pid), ("monitored_by", list(info(pid).monitored_by))))
    register(pid, "w2")
    t.name(monitor("w2"), "R_name")
    t.name(monitor(("w2", node())), "R_name_node")
    aquavit.kill(pid)
    t.p("by_name", sorted(await t.flush(), key=t.show))
    t.name(monitor("nobody"), "R_nobody")
    t.p("noname", await t.flush())
    a, b = await t.worker(), await t.worker()
    register(a, "nm")
    t.name(monitor("nm"), "R_nm")
    unregister("nm")
    register(b, "nm")
    aquavit.exit(b, "b_died")
    await t.settle()
    t.p("not_b", await t.flush())
    aquavit.exit(a, "a_died")
    t.p("a_is_monitored", await t.flush())


async def _dual() -> None:
    aquavit.trap_exit(True)

    async def leave(error: BaseException) -> None:
        await receive("die")
        raise error

    pid = t.name(spawn_link(leave, ProcessExit("dual")), "D")
    t.name(monitor(pid), "R_d")
    send(pid, "die")
    t.p("dual", sorted(await t.flush(), key=t.show))
    pid = t.name(spawn_link(leave, RuntimeError("x")), "E")
    t.name(monitor(pid), "R_e")
    send(pid, "die")
    t.p("dual_crash", sorted(await t.flush(), key=t.show))
