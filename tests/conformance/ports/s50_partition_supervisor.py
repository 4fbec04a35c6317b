"""Scenario 50: partitions of one child, and the keys that lead to them."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import aquavit
from aquavit import DynamicSupervisor, GenServer, PartitionSupervisor
from tests.conformance import trace as t
from tests.conformance.trace import Verbatim
from tests.support import died

_HASH = "the hash is Python's own, not phash2"
_CHILD = "the child is the first argument, which Python itself asks for"
DEPARTURES = {"phash2": _HASH, "no_spec": _CHILD}
_ERROR = "a wrong option is a ValueError that names it"
CHANGES: dict[str, tuple[str, str]] = {}


class Value(GenServer):
    """Holds a value, as the Agent of the scenario does."""

    def init(self, fn: Callable[[], Any]) -> None:
        self.value = fn()

    def handle_call(self, request: Any, from_: Any) -> Any:
        if request != "get":
            self.value = request(self.value)
        return self.value


def _zero() -> int:
    return 0


def _part(args: tuple[Any, ...], part: int) -> tuple[Any, ...]:
    return (lambda: ("part", part),)


def _via(key: Any, name: str = "PS") -> Any:
    return PartitionSupervisor.via(name, key)


async def _get(key: Any, name: str = "PS") -> Any:
    return await GenServer.call(_via(key, name), "get")


async def main() -> None:
    """Play the scenario."""
    ps = await PartitionSupervisor.start_link((Value, _zero), name="PS", partitions=3)
    t.name(ps, "PS")
    t.p("partitions", PartitionSupervisor.partitions("PS"))
    rows = sorted(await PartitionSupervisor.which_children("PS"), key=lambda row: row.id)
    t.p("which", [(row.id, row.pid is not None, row.type, [Verbatim("Agent")]) for row in rows])
    count = await PartitionSupervisor.count_children("PS")
    t.p(
        "count",
        {name: getattr(count, name) for name in ("active", "specs", "supervisors", "workers")},
    )
    for row in rows:
        t.name(row.pid, f"PART{row.id}")
    t.p("route", [GenServer.whereis(_via(key)) for key in (0, 1, 2, 3, 4, -1, -2)])
    t.p("route_atom_stable", GenServer.whereis(_via("a")) == GenServer.whereis(_via("a")))
    await GenServer.call(_via(1), lambda value: value + 1)
    t.p("update", ("ok", await _get(4), await _get(0)))
    old: Any = GenServer.whereis(_via(1))
    aquavit.kill(old)
    await died(old)
    await t.settle()
    t.p("restart", (GenServer.whereis(_via(1)) != old, await _get(1)))
    await _options()
    await PartitionSupervisor.stop("PS")
    t.p("stop", ("ok", t.status(ps)))
    await _dynamic()


async def _options() -> None:
    child = (Value, _zero)
    start = PartitionSupervisor.start_link
    await start(child, name="PS2", partitions=2, with_arguments=_part)
    t.p("with_arguments", [await _get(key, "PS2") for key in (0, 1)])
    await start(child, name="PS3")
    t.p("default_partitions", PartitionSupervisor.partitions("PS3") == os.cpu_count())
    refused = (ValueError, "ArgumentError")
    t.p("no_name", await t.attempt(lambda: start(child), *refused))
    t.p("bad_partitions", await t.attempt(lambda: start(child, name="X", partitions=0), *refused))
    t.p("unknown", (await t.attempt(lambda: _get(1, "Nope")))[0])


async def _dynamic() -> None:
    await PartitionSupervisor.start_link(DynamicSupervisor, name="DS", partitions=2)
    made = [
        await DynamicSupervisor.start_child(_via(key, "DS"), (Value, _zero)) for key in range(4)
    ]
    t.p("dyn", ["ok" if isinstance(pid, aquavit.Pid) else pid for pid in made])
    rows = await PartitionSupervisor.which_children("DS")
    counts = [await DynamicSupervisor.count_children(row.pid) for row in rows]  # type: ignore[arg-type]
    t.p("dyn_count", [count.active for count in counts])
