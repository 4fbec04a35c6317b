"""Scenario 03: messages that match nothing stay in the mailbox, in order."""

from __future__ import annotations

import aquavit
from aquavit import receive, self, send, spawn
from tests.conformance import trace as t
from tests.support import info

DEPARTURES: dict[str, str] = {}
CHANGES: dict[str, tuple[str, str]] = {}


async def main() -> None:
    """Play the scenario."""
    me = self()
    for message in ("a", ("b", 1), "c", ("b", 2), "d"):
        send(me, message)
    t.p("pick_b", (await receive(("b", ...)))[1])
    t.p("left1", t.box(me))
    t.p("len1", ("message_queue_len", info(me).message_count))
    t.p("pick_b2", (await receive(("b", ...)))[1])
    t.p("left2", t.box(me))
    t.p("none", await receive(("b", ...), timeout=0, default="no_b"))
    t.p("left3", t.box(me))
    t.p("timeout_keeps", await receive("zzz", timeout=0.005, default="timeout"))
    t.p("left4", t.box(me))
    t.p("drain", await t.flush())
    await _blocked()
    waiting = spawn(_wait_for_ever)
    send(waiting, "junk")
    await t.settle()
    known = info(waiting)
    t.p(
        "status",
        [
            ("status", known.status),
            ("message_queue_len", known.message_count),
            ("messages", list(known.messages)),
        ],
    )
    aquavit.kill(waiting)


async def _blocked() -> None:
    me = self()

    async def child() -> None:
        await receive("go")
        send(me, ("left", t.box(self())))
        send(me, ("first", await receive()))

    pid = spawn(child)
    for message in (1, 2, "go", 3):
        send(pid, message)
    t.p("left_in_child", (await receive(("left", ...)))[1])
    t.p("first_in_child", (await receive(("first", ...)))[1])
    await t.down(pid)
    t.p("box_dead", t.box(pid))


async def _wait_for_ever() -> None:
    await receive("never")
