"""Scenario 34: how many restarts are too many."""

from __future__ import annotations

from typing import Any

from aquavit import Supervisor, sleep, trap_exit
from tests.clock import VirtualClock
from tests.conformance import trace as t
from tests.supervised import Fuse, crash, ids, pid_of, spec

DEPARTURES: dict[str, str] = {}
CHANGES: dict[str, tuple[str, str]] = {}


async def _start(*children: Any, **options: Any) -> Any:
    sup = await Supervisor.start_link(children, **options)
    await t.flush()
    return t.name(sup, "SUP")


async def main() -> None:
    """Play the scenario."""
    trap_exit(True)
    sup = await _start(spec("a"), spec("b"))
    for number in (1, 2, 3):
        await crash(sup, "a")
        await t.flush()
        t.p(f"crash {number}", t.status(sup))
    await crash(sup, "a")
    t.p("crash 4", await t.flush())
    t.p("sup", t.status(sup))
    sup = await _start(spec("a"), spec("b"), spec("c"), max_restarts=0)
    await crash(sup, "b")
    t.p("zero", await t.flush())
    sup = await _start(spec("a"), spec("b"), spec("c"), max_restarts=2)
    for id in ("a", "b"):
        await crash(sup, id)
        await t.flush()
    await crash(sup, "c")
    t.p("shared", await t.flush())
    await _window()
    await _counting()
    await _failing()
    await _escalating()


async def _window() -> None:
    clock = VirtualClock()
    sup = await _start(spec("a"), max_restarts=1, max_seconds=1)
    await crash(sup, "a")
    await clock.advance(2.1)
    await crash(sup, "a")
    await t.flush()
    t.p("window", t.status(sup))
    await crash(sup, "a")
    t.p("window2", ((await t.flush())[-1],))


async def _counting() -> None:
    sup = await _start(spec("a", restart="transient"), max_restarts=0)
    await crash(sup, "a", "normal")
    await t.flush()
    t.p("transient", t.status(sup))
    await Supervisor.stop(sup)
    await t.flush()
    sup = await _start(*(spec("a"), spec("b"), spec("c")), strategy="one_for_all", max_restarts=1)
    await crash(sup, "a")
    await t.flush()
    t.p("all_once", t.status(sup))
    await Supervisor.stop(sup)
    await t.flush()


async def _failing() -> None:
    fuse = Fuse(1)
    sup = await _start(spec("a", fuse), max_restarts=3)
    await crash(sup, "a")
    t.p("failing_restart", await t.flush())
    t.p("attempts", 1 - fuse.starts)


async def _escalating() -> None:
    child = spec("a")

    async def parent() -> None:
        sup = await Supervisor.start_link([child], max_restarts=0)
        await crash(sup, "a")
        await sleep(None)

    t.p("parent", await t.run(parent))
    await t.flush()
    sup = await _start(Supervisor.child_spec([spec("x")], max_restarts=0, id="inner"))
    await crash(await pid_of(sup, "inner"), "x")
    t.p("escalate", (await t.flush(), await ids(sup)))
    await Supervisor.stop(sup)
