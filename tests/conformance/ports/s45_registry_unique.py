"""Scenario 45: a registry of unique keys. The agents are GenServers that hold a number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aquavit
from aquavit import (
    AlreadyRegistered,
    AlreadyStarted,
    GenServer,
    NoProcess,
    Registry,
    Via,
    call,
    kill,
    self,
    send,
    whereis,
)
from tests.conformance import trace as t
from tests.conformance.trace import Text
from tests.support import info

DEPARTURES: dict[str, str] = {}
CHANGES: dict[str, tuple[str, str]] = {}

HELLO, W, MORTAL = Text("hello"), Text("w"), Text("mortal")


class Holder(GenServer):
    """A process that holds a number."""

    def init(self, value: int) -> None:
        """Take it."""
        self.value = value

    @call
    def get(self) -> int:
        """Return it."""
        return self.value


async def main() -> None:
    """Play the scenario."""
    reg = await Registry.start_link(keys="unique", name="R")
    t.name(reg, "REG")
    t.p("register", _owned(HELLO, "world"))
    t.p("lookup", (_lookup(HELLO), _lookup(Text("none"))))
    t.p("again", _owned(HELLO, "other"))
    worker = t.name(await t.worker(), "W")
    t.p("other", await t.do_in(worker, lambda: _owned(HELLO, 2)))
    t.p("other_key", await t.do_in(worker, lambda: _owned(W, 2)))
    t.p("keys", tuple(Registry.keys("R", pid) for pid in (self(), worker, await t.worker())))
    t.p("values", tuple(Registry.values("R", HELLO, pid) for pid in (self(), worker)))
    t.p("count", Registry.count("R"))
    t.p("int_float", (_owned(1, "i"), _owned(1.0, "f"), _lookup(1), _lookup(1.0)))
    t.p("update", (Registry.update_value("R", HELLO, lambda v: (v, 2)), _lookup(HELLO)))
    t.p("update_other", _updated(W))
    t.p("update_none", _updated(Text("zz")))
    none = Text("zz")
    others = (_unregister(W), _lookup(W))
    t.p("unregister", (*others, _unregister(HELLO), _lookup(HELLO), _unregister(none)))
    t.p("linked", await t.do_in(worker, _links))
    t.p("unlinked", await t.do_in(worker, lambda: (_unregister(W), _links())[1]))
    await _death(worker)
    await _via()
    Registry.dispatch("R", MORTAL, lambda found: [send(pid, ("disp", v)) for pid, v in found])
    t.p("dispatch", ("ok", await t.flush()))
    Registry.dispatch("R", Text("nobody"), lambda found: send(self(), "called"))
    t.p("dispatch_none", "ok")
    t.p("none", await t.flush())
    await _rest()


def _owned(key: Any, value: Any) -> Any:
    try:
        return "ok", whereis("R.PIDPartition0") == Registry.register("R", key, value)
    except AlreadyRegistered as error:
        return "error", ("already_registered", error.pid)


def _lookup(key: Any) -> Any:
    return Registry.lookup("R", key)


def _unregister(key: Any) -> str:
    Registry.unregister("R", key)
    return "ok"


def _updated(key: Any) -> Any:
    try:
        return Registry.update_value("R", key, lambda v: v)
    except LookupError:
        return "error"


def _links() -> int:
    return len(info(self()).links)


def _whereis_name(key: Any) -> Any:
    return Via("R", key).whereis() or "undefined"


async def _death(worker: Any) -> None:
    await t.do_in(worker, lambda: _owned(MORTAL, 0)[0])
    kill(worker)
    await t.settle()
    t.p("cleaned", (_lookup(MORTAL), Registry.count("R")))
    t.p("free_again", _owned(MORTAL, "mine"))
    worker = await t.worker()
    key = Text("k")
    await t.do_in(worker, lambda: _owned(key, 0)[0])
    kill(worker)
    t.p("dead_owner", _whereis_name(key))


async def _via() -> None:
    name = Via("R", Text("agent"))
    agent = t.name(await Holder.start_link(7, name=name), "A")
    try:
        again: Any = await Holder.start_link(0, name=name)
    except AlreadyStarted as error:
        again = ("error", ("already_started", error.pid))
    t.p("via", (await Holder.get(name), _whereis_name(Text("agent")), again))
    assert await Holder.get(agent) == 7
    await GenServer.stop(name)
    await t.settle()
    t.p("via_stop", ("ok", "ok", _whereis_name(Text("agent"))))
    sent = await t.attempt(lambda: send(name, "x"), NoProcess, "ArgumentError")
    t.p("via_send", sent[1])
    t.name(await Holder.start_link(7, name=Via("R", Text("ag2"), "val")), "A2")
    t.p("via_value", _lookup(Text("ag2")))


async def _rest() -> None:
    Registry.put_meta("R", "m", 1)
    known = (_meta("m"), _meta("none"))
    Registry.delete_meta("R", "m")
    t.p("meta", ("ok", *known, "ok", _meta("m")))
    unknown = await t.attempt(lambda: Registry.lookup("NoReg", 1), ValueError, "ArgumentError")
    t.p("unknown", unknown)
    taken = await _attempt(lambda: Registry.start_link(keys="unique", name="R"))
    t.p("name_taken", "error" if taken is AlreadyStarted else taken)
    many: Any = "many"
    t.p("bad_keys", await _attempt(lambda: Registry.start_link(keys=many, name="R2")))
    aquavit.flush()


def _meta(key: Any) -> Any:
    try:
        return "ok", Registry.meta("R", key)
    except KeyError:
        return "error"


async def _attempt(start: Callable[[], Any]) -> Any:
    try:
        return await start()
    except ValueError as error:
        return type(error)
