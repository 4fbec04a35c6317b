"""Scenario 30: one_for_one, and what a supervisor does with signals and messages."""

from __future__ import annotations

import aquavit
from aquavit import Supervisor, flush, link, self, send
from tests.conformance import trace as t
from tests.conformance.trace import Verbatim
from tests.supervised import changed, crash, ids, pid_of, pids, spec
from tests.support import died, info

DEPARTURES: dict[str, str] = {}
CHANGES: dict[str, tuple[str, str]] = {}


async def main() -> None:
    """Play the scenario."""
    sup = t.name(await Supervisor.start_link([spec("a"), spec("b"), spec("c")]), "SUP")
    t.p("start_order", flush())
    rows = await Supervisor.which_children(sup)
    t.p("which", [(row.id, row.pid is not None, row.type, [Verbatim("C")]) for row in rows])
    count = await Supervisor.count_children(sup)
    t.p(
        "count",
        {name: getattr(count, name) for name in ("active", "specs", "supervisors", "workers")},
    )
    before = await pids(sup)
    await crash(sup, "b")
    t.p("restart_only_b", await t.flush())
    t.p("changed", changed(before, await pids(sup)))
    t.p("ids", await ids(sup))
    b = await pid_of(sup, "b")
    t.p("linked", sup in info(b).links)
    t.p("ancestors", info(b).dictionary["$ancestors"][0])
    t.p("traps", ("trap_exit", info(sup).trap_exit))
    a = await pid_of(sup, "a")
    aquavit.kill(a)
    await died(a)
    t.p("killed", await t.flush())
    aquavit.exit(await pid_of(sup, "a"), "normal")
    t.p("exit_normal_signal", await t.flush())
    await _strangers(sup)
    await Supervisor.stop(sup)
    t.p("stop", ("ok", await t.flush()))
    t.p("main", t.status(self()))
    t.p(
        "call_dead",
        await t.attempt(lambda: Supervisor.which_children(sup), timeout="infinity"),
    )


async def _strangers(sup: aquavit.Pid) -> None:
    """Let processes that are no children end, and signal, and send."""
    worker = await t.worker()
    await t.do_in(worker, lambda: link(sup))
    aquavit.exit(worker, "bad")
    await t.settle()
    t.p("sup_alive", t.status(sup))
    other = await t.worker()
    await t.do_in(other, lambda: aquavit.exit(sup, "bad"))
    await t.settle()
    t.p("sup_alive2", t.status(sup))
    send(sup, "what")
    await t.settle()
    t.p("sup_alive3", ("ok", t.status(sup)))
    aquavit.kill(other)
