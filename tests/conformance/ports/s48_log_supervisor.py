"""Scenario 48: what supervisors report of their children."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from aquavit import ChildSpec, GenServer, Stop, Supervisor, Task, trap_exit, unlink
from tests.clock import VirtualClock
from tests.conformance import trace as t
from tests.conformance.logged import Listener
from tests.supervised import deaf, pid_of
from tests.support import died

_BARE = "a registered name is a plain string, and stands in a title without quotes"
DEPARTURES: dict[str, str] = {}
_REST = "\nStart Call: W.start_link(FUN)\nRestart: :permanent\nShutdown: 5000\nType: :worker"
CHANGES = {
    "child terminated [error]": (
        "Child :kid of Supervisor #SUP (Supervisor) terminated\n** (exit) :boom\nPid: #CHILD"
        + _REST,
        "there is no module Default behind a supervisor without a module",
    ),
    "intensity reached [error]": (
        "Child :kid of Supervisor my_sup terminated\n** (exit) :boom\nPid: #CHILD" + _REST,
        _BARE,
    ),
    "intensity reached [error] 2": (
        "Child :kid of Supervisor my_sup caused shutdown\n"
        "** (exit) :reached_max_restart_intensity" + _REST,
        _BARE,
    ),
    "start error [error]": (
        "Child :bad of Supervisor sup3 failed to start\n** (exit) :nope" + _REST,
        _BARE,
    ),
    "shutdown error [error]": (
        "Child :stub of Supervisor sup4 shut down abnormally\n** (exit) killed\nPid: #CHILD\n"
        "Start Call: Task.start_link(FUN)\nRestart: :permanent\nShutdown: 20\nType: :worker",
        _BARE,
    ),
}


class W(GenServer):
    """A child that stops when it is told to."""

    def init(self, fn: Callable[[], Any]) -> Any:
        """Do what the scenario wants."""
        return fn()

    def handle_cast(self, request: Any) -> Stop:
        """Stop."""
        return Stop(request)


def _ok() -> None:
    """Start well."""


async def _supervised(name: str | None = None, **options: Any) -> Any:
    child = W.child_spec(_ok, id="kid", **options)
    sup = t.name(await Supervisor.start_link([child], max_restarts=3, name=name), "SUP")
    t.name(await pid_of(sup, "kid"), "CHILD")
    return sup


async def _child_terminated() -> None:
    sup = await _supervised()
    GenServer.cast(await pid_of(sup, "kid"), "boom")
    await t.settle()
    await Supervisor.stop(sup)


async def _intensity_reached() -> None:
    child = W.child_spec(_ok, id="kid")
    sup = await Supervisor.start_link([child], max_restarts=0, name="my_sup")
    GenServer.cast(t.name(await pid_of(sup, "kid"), "CHILD"), "boom")
    await died(sup)


async def _start_error() -> None:
    child = W.child_spec(lambda: Stop("nope"), id="bad")
    await t.started(lambda: Supervisor.start_link([child], name="sup3"))


async def _shutdown_error() -> None:
    stub = ChildSpec("stub", (Task.start_link, deaf), shutdown=0.02)
    sup = await Supervisor.start_link([stub], name="sup4")
    t.name(await pid_of(sup, "stub"), "CHILD")
    await t.settle()
    unlink(sup)
    stopping = Task.start(Supervisor.stop, sup)
    clock = VirtualClock()
    await clock.advance(0.03)
    await died(stopping)


async def _transient_shutdown() -> None:
    sup = await _supervised(restart="transient")
    GenServer.cast(await pid_of(sup, "kid"), "shutdown")
    await t.settle()
    t.p("end", t.status(sup))
    await Supervisor.stop(sup)


WAYS = {
    "child terminated": _child_terminated,
    "intensity reached": _intensity_reached,
    "start error": _start_error,
    "shutdown error": _shutdown_error,
    "transient shutdown (nothing)": _transient_shutdown,
}


async def main() -> None:
    """Play the scenario."""
    logger, listener = logging.getLogger("aquavit"), Listener("Child ")
    logger.addHandler(listener)
    logger.disabled = False
    trap_exit(True)
    try:
        for tag, go in WAYS.items():
            await go()
            await t.settle()
            listener.print(tag)
    finally:
        logger.removeHandler(listener)
