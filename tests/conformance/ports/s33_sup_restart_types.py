"""Scenario 33: restart types against exit reasons, and what specs say by default."""

from __future__ import annotations

from typing import Any

import aquavit
from aquavit import ChildSpec, DynamicSupervisor, GenServer, Supervisor
from tests.conformance import trace as t
from tests.conformance.trace import Verbatim
from tests.supervised import crash, ids, pid_of, quiet_start, spec
from tests.support import died

_MAP = "a spec is a frozen ChildSpec that has all fields, in seconds; Elixir's is a map"
_OTHERS = "a behaviour of another test, whose spec is a ChildSpec as well"
DEPARTURES = {
    **dict.fromkeys(("default_w", "default_s", "use_opts", "override"), _MAP),
    **dict.fromkeys(("sup_spec", "dynsup_spec"), _MAP),
    **dict.fromkeys(("task_spec", "agent_spec", "registry_spec", "task_sup_spec"), _OTHERS),
}
CHANGES: dict[str, tuple[str, str]] = {}
REASONS = ("normal", "shutdown", ("shutdown", "x"), "boom", "kill_signal")


class M(GenServer):
    """A behaviour with options of its own."""

    @classmethod
    def child_spec(cls, *args: Any, **overrides: Any) -> ChildSpec:
        options = {"restart": "transient", "shutdown": 0.01, "id": "custom", **overrides}
        return super().child_spec(*args, **options)


async def main() -> None:
    """Play the scenario."""
    for restart in ("permanent", "transient", "temporary"):
        for reason in REASONS:
            await _end(restart, reason)
    sup = await quiet_start([spec("w"), Supervisor.child_spec([], id="s")])
    count = await Supervisor.count_children(sup)
    t.p(
        "count",
        {name: getattr(count, name) for name in ("active", "specs", "supervisors", "workers")},
    )
    modules = {"w": Verbatim("C"), "s": Verbatim("Supervisor")}
    rows = await Supervisor.which_children(sup)
    t.p("which", [(row.id, row.type, [modules[row.id]]) for row in rows])
    await Supervisor.stop(sup)
    _defaults()
    bad = await t.attempt(lambda: Supervisor.spec(["no_such_module"]), TypeError, "ArgumentError")
    t.p("bad_module", bad[1])


async def _end(restart: str, reason: Any) -> None:
    sup = await quiet_start([spec("k", restart=restart)])
    if reason == "kill_signal":
        pid = await pid_of(sup, "k")
        aquavit.kill(pid)
        await died(pid)
    else:
        await crash(sup, "k", reason)
    messages = await t.flush()
    restarted = ["restarted" for message in messages if message == ("start", "k")]
    t.p(f"{restart} {t.show(reason)}", (restarted, await ids(sup)))
    await Supervisor.stop(sup)
    await t.flush()


def _defaults() -> None:
    """Check what Elixir prints as maps."""
    made = spec("w")
    assert (made.restart, made.shutdown, made.type, made.significant) == (
        *("permanent", 5.0, "worker", False),
    )
    inner = Supervisor.child_spec([])
    assert (inner.id, inner.shutdown, inner.type) == ("Supervisor", None, "supervisor")
    own = M.child_spec(1)
    assert (own.id, own.restart, own.shutdown) == ("custom", "transient", 0.01)
    changed = own.replace(id=2, restart="permanent")
    assert (changed.id, changed.restart, changed.shutdown) == (2, "permanent", 0.01)
    assert DynamicSupervisor.child_spec().type == "supervisor"
