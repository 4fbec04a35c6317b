"""Scenario 11: an exit signal to oneself, by reason and trapping."""

from __future__ import annotations

import itertools

import aquavit
from aquavit import Pid, ProcessExit, self, send, spawn_monitor, trap_exit
from tests.conformance import trace as t

DEPARTURES: dict[str, str] = {}
CHANGES = {
    "nothing_ran": (
        "[{:caught, :exit, :die}, :after_ran]",
        "an exit signal to oneself raises ProcessExit, so that clean-up code runs; "
        "a process that catches it dies all the same",
    ),
}


async def main() -> None:
    """Play the scenario."""
    reasons = ("normal", "shutdown", "kill", "killed", "other")
    for reason, trap in itertools.product(reasons, (False, True)):
        _, ref = spawn_monitor(_survive, self(), reason, trap)
        ended = await t.wait(ref)
        t.p(f"exit(self, {t.show(reason)}) trap={t.show(trap)}", (ended, await t.flush()))
    await _caught()
    t.p("exit1_trap", await t.run(lambda: _leave_trapping("normal")))
    t.p("exit1_kill_trap", await t.run(lambda: _leave_trapping("kill")))
    me = self()

    def gone() -> None:
        aquavit.exit(self(), "gone")
        send(me, "still_here")

    t.p("sync", await t.run(gone))
    t.p("sync_box", await t.flush())


async def _survive(main: Pid, reason: object, trap: bool) -> None:
    t.name(self(), "SELF")
    trap_exit(trap)
    returned = aquavit.exit(self(), reason)
    send(main, ("survived", returned, aquavit.flush()))
    raise ProcessExit("after_survival")


async def _caught() -> None:
    me = self()

    def leave(by_signal: bool) -> None:
        try:
            if by_signal:
                aquavit.exit(self(), "die")
            raise ProcessExit("die")
        except ProcessExit as error:
            send(me, ("caught", "exit", error.reason))
        finally:
            send(me, "after_ran")

    def leave_uncaught() -> None:
        try:
            raise ProcessExit("die")
        finally:
            send(me, "after_ran")

    t.p("not_catchable", await t.run(lambda: leave(True)))
    t.p("nothing_ran", await t.flush())
    t.p("exit1", await t.run(lambda: leave(False)))
    t.p("ran", await t.flush())
    t.p("exit1_uncaught", await t.run(leave_uncaught))
    t.p("ran2", await t.flush())


def _leave_trapping(reason: object) -> None:
    trap_exit(True)
    raise ProcessExit(reason)
