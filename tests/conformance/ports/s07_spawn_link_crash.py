"""Scenario 07: a linked crash takes the other side down with the same reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aquavit
from aquavit import Pid, ProcessExit, receive, self, send, sleep, spawn, spawn_link
from tests.conformance import trace as t
from tests.support import info

DEPARTURES = {"throw": "Python has no throw; what is raised is an exception"}
CHANGES: dict[str, tuple[str, str]] = {}


def _raise(error: BaseException) -> None:
    raise error


def _parent(main: Pid[Any], child: Callable[[], Any]) -> Callable[[], Any]:
    async def parent() -> None:
        send(main, ("child", spawn_link(child)))
        await sleep(None)

    return parent


async def main() -> None:
    """Play the scenario."""
    me = self()
    t.p("raise", await t.run(_parent(me, lambda: _raise(RuntimeError("oops")))))
    t.p("exit", await t.run(_parent(me, lambda: _raise(ProcessExit("why")))))
    await t.flush()
    pid = spawn(_parent(me, lambda: "done"))
    t.p("normal", await t.down(pid, 0.02))
    aquavit.kill(pid)
    await t.flush()
    await _both_ways()
    await _chain()
    aquavit.trap_exit(True)
    pid = t.name(spawn_link(lambda: _raise(RuntimeError("oops"))), "C1")
    t.p("trapped", await t.flush())
    t.name(spawn_link(lambda: "ok"), "C2")
    t.p("normal_trapped", await t.flush())
    t.p("exit_from_c1", aquavit.is_alive(pid))


async def _both_ways() -> None:
    me = self()

    async def crash_when_told() -> None:
        send(me, ("c", spawn_link(sleep, None)))
        await receive("crash")
        raise ProcessExit("parent_crash")

    parent, _ = aquavit.spawn_monitor(crash_when_told)
    _, child = await receive(("c", ...))
    aquavit.monitor(child)
    t.name(parent, "PARENT")
    t.name(child, "CHILD")
    send(parent, "crash")
    downs = [(message.pid, message.reason) for message in await t.flush()]
    t.p("both", sorted(downs, key=lambda down: down[0] == child))
    spawn(lambda: send(me, ("c", spawn_link(sleep, None))))
    _, child = await receive(("c", ...))
    await t.settle()
    t.p("child_after_normal_parent", t.status(child))
    t.p("links", ("links", list(info(child).links)))
    aquavit.kill(child)


async def _chain() -> None:
    me = self()

    async def leaf() -> None:
        await receive("boom")
        raise ProcessExit(("leaf", 42))

    async def middle() -> None:
        send(me, ("leaf", spawn_link(leaf)))
        await sleep(None)

    async def top() -> None:
        spawn_link(middle)
        await sleep(None)

    ref = aquavit.monitor(spawn(top))
    send((await receive(("leaf", ...)))[1], "boom")
    t.p("chain", await t.wait(ref))
    await t.flush()
