"""Scenario 12: what a linked process gets, by reason, way of dying and trapping."""

from __future__ import annotations

import itertools

import aquavit
from aquavit import ProcessExit, link, make_ref, self, send
from tests.conformance import trace as t
from tests.support import info

DEPARTURES: dict[str, str] = {}
CHANGES: dict[str, tuple[str, str]] = {}

REASONS = ("normal", "shutdown", ("shutdown", "x"), "kill", "killed", "noproc", "boom")


async def main() -> None:
    """Play the scenario."""
    for reason, how, trap in itertools.product(REASONS, ("exit1", "exit2"), (False, True)):
        await _pair(reason, how, trap)
    await _chain()
    await _double()


async def _pair(reason: object, how: str, trap: bool) -> None:
    survivor, peer = await t.worker(trap=trap), await t.worker()
    t.name(peer, "PEER")
    t.name(survivor, "SURVIVOR")
    await t.do_in(survivor, lambda: link(peer))
    ref = aquavit.monitor(survivor)

    def leave() -> None:
        raise ProcessExit(reason)

    if how == "exit1":
        send(peer, ("do", leave, self(), make_ref()))
    else:
        aquavit.exit(peer, reason)
    await t.settle()
    ended = await t.wait(ref, 0, late=None)
    out = "alive" if ended is None else ("died", ended)
    seen = (out, t.box(survivor), [("peer", t.status(peer))])
    t.p(f"{how} {t.show(reason)} trap={t.show(trap)}", seen)
    aquavit.kill(survivor)
    aquavit.kill(peer)
    aquavit.demonitor(ref, flush=True)


async def _chain() -> None:
    a, b = t.name(await t.worker(), "A"), t.name(await t.worker(), "B")
    c, d = t.name(await t.worker(trap=True), "C"), t.name(await t.worker(), "D")
    await t.do_in(b, lambda: link(a))
    await t.do_in(c, lambda: link(b))
    await t.do_in(d, lambda: link(c))
    aquavit.exit(a, "crash")
    await t.settle()
    t.p("chain", [t.status(pid) for pid in (a, b, c, d)])
    t.p("c_box", t.box(c))
    t.p("c_links", ("links", list(info(c).links)))


async def _double() -> None:
    x, y = t.name(await t.worker(trap=True), "X"), t.name(await t.worker(), "Y")
    await t.do_in(x, lambda: (link(y), link(y)))
    await t.do_in(y, lambda: link(x))
    aquavit.exit(y, "once")
    await t.settle()
    t.p("double", t.box(x))
