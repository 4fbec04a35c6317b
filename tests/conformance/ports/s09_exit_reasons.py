"""Scenario 09: exit reasons as a monitor, a trapping and a non-trapping link see them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aquavit
from aquavit import ProcessExit, make_ref, self, send, sleep, spawn_link, spawn_monitor
from tests.conformance import trace as t
from tests.conformance.trace import Text

_NO_THROW = "Python has no throw; what is raised is an exception"
_TERMS = "only exceptions can be raised, not a bare term as in :erlang.error/1"
DEPARTURES = {
    **{f"throw {seen}": _NO_THROW for seen in ("monitor", "trapping", "plain")},
    **{f"error {seen}": _TERMS for seen in ("monitor", "trapping", "plain")},
}
CHANGES: dict[str, tuple[str, str]] = {}


def _leave(reason: object) -> Callable[[], Any]:
    def leave() -> None:
        raise ProcessExit(reason)

    return leave


def _signal_self(reason: object) -> Callable[[], Any]:
    async def leave() -> None:
        aquavit.exit(self(), reason)
        await sleep(0.5)

    return leave


def _raise_key_error() -> None:
    raise KeyError("k")


def _catch_and_leave() -> None:
    try:
        raise ProcessExit("c")
    except ProcessExit as error:
        caught = ("caught", error.reason)
    raise ProcessExit(caught)


WAYS: dict[str, Callable[[], Any]] = {
    "return": lambda: "value",
    "exit_normal": _leave("normal"),
    "exit_shutdown": _leave("shutdown"),
    "exit_shutdown_t": _leave(("shutdown", "why")),
    "exit_other": _leave("other"),
    "exit_kill": _leave("kill"),
    "exit_killed": _leave("killed"),
    "exit_nil": _leave(None),
    "exit_str": _leave(Text("s")),
    "exit_noproc": _leave("noproc"),
    "raise": _raise_key_error,
    "self_kill": _signal_self("kill"),
    "self_x": _signal_self("x"),
    "self_normal": _signal_self("normal"),
    "erl_exit_catch": _catch_and_leave,
}


async def main() -> None:
    """Play the scenario."""
    for way, fn in WAYS.items():
        await _seen(way, fn)
    _, ref = spawn_monitor(_link_and_wait, _leave("kill"))
    t.p("exit(:kill) via link", await t.wait(ref))
    _, ref = spawn_monitor(_link_and_kill)
    t.p("killed peer via link", await t.wait(ref))


async def _seen(way: str, fn: Callable[[], Any]) -> None:
    pid = t.name(await t.worker(), "P")
    ref = aquavit.monitor(pid)
    trapper, plain = await t.worker(trap=True), await t.worker()
    await t.do_in(trapper, lambda: aquavit.link(pid))
    await t.do_in(plain, lambda: aquavit.link(pid))

    async def last() -> None:
        made = fn()
        if hasattr(made, "__await__"):
            await made
        raise ProcessExit("normal")

    send(pid, ("do", last, self(), make_ref()))
    reason = await t.wait(ref)
    await t.settle()
    t.p(f"{way} monitor", reason)
    t.p(f"{way} trapping", t.box(trapper))
    t.p(f"{way} plain", t.status(plain))
    aquavit.kill(trapper)
    aquavit.kill(plain)
    await t.flush()


async def _link_and_wait(fn: Callable[[], Any]) -> None:
    spawn_link(fn)
    await sleep(None)


async def _link_and_kill() -> None:
    aquavit.exit(spawn_link(sleep, None), "kill")
    await sleep(None)
