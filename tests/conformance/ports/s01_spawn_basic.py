"""Scenario 01: spawn runs a function in another process; its value is dropped."""

from __future__ import annotations

import aquavit
from aquavit import Down, Pid, is_alive, receive, self, send, sleep, spawn
from tests.conformance import trace as t
from tests.support import info

DEPARTURES: dict[str, str] = {}
CHANGES: dict[str, tuple[str, str]] = {}


async def main() -> None:
    """Play the scenario."""
    await _spawned()
    await _linked()
    await _misused()


async def _spawned() -> None:
    me = self()
    pid = spawn(lambda: 2 * 2)
    t.p("is_pid", isinstance(pid, Pid))
    await t.settle()
    t.p("alive_after", is_alive(pid))
    t.p("self_alive", is_alive(me))
    t.p("self_is_main", self() == me)
    child = spawn(lambda: send(me, ("child_self", self())))
    _, seen = await receive(("child_self", ...))
    t.p("child_self_is_spawn_result", seen == child)
    spawn(send, me, ("mfa", 1))
    t.p("mfa", await receive())
    pid, ref = aquavit.spawn_monitor(lambda: 2 * 2)
    message = await receive()
    t.p("down", message)
    t.p("same", message == Down(ref, pid, "normal"))


async def _linked() -> None:
    async def wait() -> None:
        await receive("stop")

    pid = aquavit.spawn_link(wait)
    t.p("linked", pid in info(self()).links)
    send(pid, "stop")
    await t.settle()
    t.p("linked_after_exit", pid in info(self()).links)
    t.p("mailbox", await t.flush())
    pid = spawn(sleep, None)
    t.p("sleeping_alive", is_alive(pid))
    t.p("exit_returns", aquavit.exit(pid, "kill"))
    t.p("killed_reason", await t.down(pid) in ("killed", "noproc"))
    t.p("dead", is_alive(pid))


async def _misused() -> None:
    not_a_function: object = "not_a_function"
    t.p("spawn_bad_fun", await t.attempt(lambda: spawn(not_a_function), TypeError, "ArgumentError"))
    t.p("spawn_bad_arity", await t.run(lambda: spawn(lambda _x: 1)))
    name: object = "name"
    t.p("alive_bad", await t.attempt(lambda: is_alive(name), TypeError, "ArgumentError"))
    t.p("pids_unique", spawn(lambda: 1) != spawn(lambda: 1))
