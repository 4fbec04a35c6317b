"""Scenario 05: timeouts."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from aquavit import receive, self, send, send_after, sleep
from aquavit.core import loops
from tests.conformance import trace as t

_SECONDS = "timeouts are float seconds without an upper limit, and None is for ever"
DEPARTURES = {
    "bad 1.5": _SECONDS,
    "bad nil": _SECONDS,
    "bad 4294967296": _SECONDS,
}
CHANGES = {
    "sleep": ("{nil, nil}", "a call that only does something returns None, not :ok"),
}


async def main() -> None:
    """Play the scenario."""
    me = self()
    t.p("after0_empty", await receive(timeout=0, default="empty"))
    send(me, "m")
    t.p("after0_msg", await receive(timeout=0, default="empty"))
    send(me, "nomatch")
    t.p("after0_nomatch", await receive("yes", timeout=0, default="empty"))
    t.p("still", await t.flush())
    await _waits()
    t.p("value", await receive(timeout=0, default=1 + 1))
    send(me, "there")
    found = await receive("there", timeout=_evaluated(), default="timeout")
    t.p("expr", "msg" if found == "there" else found)
    await _bad_timeouts()
    t.p("sleep", (await sleep(0), await sleep(0.005)))
    for number in range(1000):
        send(me, ("n", number + 1))
    send(me, "needle")
    found = await receive("needle", timeout=0, default="missed")
    t.p("needle", "found" if found == "needle" else found)
    t.p("rest", len(await t.flush()))


async def _waits() -> None:
    me = self()
    value, seconds = await _timed(receive(timeout=0.05, default="timeout"))
    t.p("after50", (value, 0.05 <= seconds < 0.3))
    send_after(me, "noise", 0.15)
    value, seconds = await _timed(receive("yes", timeout=0.2, default="timeout"))
    t.p("noise", (value, 0.2 <= seconds < 0.34))
    t.p("noise_left", await t.flush())
    send_after(me, "yes", 0.02)
    value, seconds = await _timed(receive("yes", timeout=1.0, default="timeout"))
    t.p("early", ("got" if value == "yes" else value, seconds < 0.5))
    send_after(me, "late", 0.05)
    t.p("infinity", await receive(timeout=None, default="timeout"))
    _, seconds = await _timed(sleep(0.03))
    t.p("only_after", ("slept", seconds >= 0.03))


async def _bad_timeouts() -> None:
    for bad, error in ((-1, ValueError), ("soon", TypeError)):
        outcome = await t.attempt(lambda bad=bad: receive("zz", timeout=bad), error, "ErlangError")
        t.p(f"bad {t.show(bad)}", outcome)
    send(self(), "there")
    kind, value = await t.attempt(lambda: receive("there", timeout=-1))
    t.p("bad_but_match", (kind, "msg" if value == "there" else value))


def _evaluated() -> float:
    t.p("evaluated", "yes")
    return 0.01


async def _timed(wait: Awaitable[Any]) -> tuple[Any, float]:
    clock = loops.the_runtime("_timed").clock
    before = clock()
    return await wait, clock() - before
