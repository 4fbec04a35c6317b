"""Scenario 13: trapping exits."""

from __future__ import annotations

from typing import Any

import aquavit
from aquavit import (
    Exit,
    Pid,
    ProcessExit,
    link,
    make_ref,
    self,
    send,
    spawn_link,
    trap_exit,
)
from tests.conformance import trace as t
from tests.support import info

DEPARTURES = {"bad_flag": "each flag is a function of its own, there is no flag by name"}
CHANGES: dict[str, tuple[str, str]] = {}


async def main() -> None:
    """Play the scenario."""
    me = self()
    t.p("flag", (trap_exit(True), trap_exit(True), trap_exit(False)))
    t.p("info", ("trap_exit", info(me).trap_exit))
    trap_exit(True)
    pid = t.name(spawn_link(_talk_and_leave, me), "C")
    t.p("order", await t.flush())
    t.name(spawn_link(lambda: "ok"), "C2")
    t.p("normal", await t.flush())
    trap_exit(False)
    send(me, Exit(pid, "fake"))
    t.p("fake", await t.flush())
    await _signals()
    await _kill()
    trap_exit(True)
    t.name(spawn_link(lambda: send(me, ("trap_exit", info(self()).trap_exit))), "C3")
    t.p("not_inherited", await t.flush())
    wrong: Any = "yes"
    t.p("bad_value", await t.attempt(lambda: trap_exit(wrong), TypeError, "ArgumentError"))


def _talk_and_leave(main: Pid) -> None:
    send(main, 1)
    send(main, 2)
    raise ProcessExit("done")


async def _signals() -> None:
    pid = t.name(await t.worker(trap=True), "W")
    t.name(self(), "MAIN")
    aquavit.exit(pid, "normal")
    aquavit.exit(pid, "shutdown")
    aquavit.exit(pid, "any")
    await t.settle()
    t.p("signals", t.box(pid))
    await t.do_in(pid, lambda: trap_exit(False))
    t.p("still_queued", t.box(pid))
    ref = aquavit.monitor(pid)
    aquavit.exit(pid, "any")
    t.p("now_dies", await t.wait(ref))


async def _kill() -> None:
    trapping = t.name(await t.worker(trap=True), "W2")
    peer = t.name(await t.worker(), "L")
    await t.do_in(trapping, lambda: link(peer))

    def leave() -> None:
        raise ProcessExit("kill")

    send(peer, ("do", leave, self(), make_ref()))
    await t.settle()
    t.p("link_kill", (t.status(trapping), t.box(trapping)))
    aquavit.exit(trapping, "kill")
    t.p("real_kill", await t.down(trapping) in ("killed", "noproc"))
