"""Scenario 31: one_for_all, with transient, temporary and terminated children."""

from __future__ import annotations

from aquavit import Supervisor
from tests.conformance import trace as t
from tests.supervised import changed, crash, ids, pids, quiet_start, spec

DEPARTURES: dict[str, str] = {}
CHANGES: dict[str, tuple[str, str]] = {}


async def main() -> None:
    """Play the scenario."""
    sup = await quiet_start(
        [spec("a"), spec("b"), spec("c")], strategy="one_for_all", max_restarts=100
    )
    before = await pids(sup)
    await crash(sup, "b")
    t.p("b", await t.flush())
    t.p("changed", changed(before, await pids(sup)))
    for id in ("a", "c"):
        await crash(sup, id)
        t.p(id, await t.flush())
    t.p("ids", await ids(sup))
    await _add(sup, "t", "transient")
    await crash(sup, "t", "normal")
    t.p("transient_normal", (await t.flush(), await ids(sup)))
    await crash(sup, "a")
    t.p("again", await t.flush())
    await _add(sup, "tmp", "temporary")
    await crash(sup, "a")
    t.p("temporary", (await t.flush(), await ids(sup)))
    await _add(sup, "tmp2", "temporary")
    await crash(sup, "tmp2")
    t.p("temporary_crash", (await t.flush(), await ids(sup)))
    await Supervisor.terminate_child(sup, "b")
    t.p("terminate_child", ("ok", await t.flush(), await ids(sup)))
    await crash(sup, "c")
    t.p("after_terminate", (await t.flush(), await ids(sup)))
    await Supervisor.stop(sup)
    t.p("stop", await t.flush())


async def _add(sup: object, id: str, restart: str) -> None:
    await Supervisor.start_child(sup, spec(id, restart=restart))  # type: ignore[arg-type]
    await t.flush()
