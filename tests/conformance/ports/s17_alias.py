"""Scenario 17: aliases."""

from __future__ import annotations

from typing import Any

import aquavit
from aquavit import Down, Ref, alias, demonitor, make_ref, monitor, send, unalias
from tests.conformance import trace as t

DEPARTURES: dict[str, str] = {}
CHANGES = {
    "tag": (
        "[{{:custom, 1}, RT, W3, :t}]",
        "a tagged Down is a tuple without :process, as only processes are monitored",
    ),
}


async def main() -> None:
    """Play the scenario."""
    worker = t.name(await t.worker(), "W")
    await _plain(worker)
    await _reply_demonitor(worker)
    worker = await t.worker()
    await _demonitor(worker)
    dead = await t.worker()
    its_alias = await t.do_in(dead, alias)
    aquavit.kill(dead)
    await t.settle()
    t.p("dead_alias", send(its_alias, "x"))
    t.name(monitor(worker, tag=("custom", 1)), "RT")
    t.name(worker, "W3")
    aquavit.exit(worker, "t")
    t.p("tag", await t.flush())


async def _plain(worker: Any) -> None:
    made = alias()
    t.p("alias_is_ref", isinstance(made, Ref))
    send(made, "to_alias")
    t.p("got", await t.flush())
    await t.do_in(worker, lambda: send(made, "from_w"))
    t.p("got2", await t.flush())
    t.p("unalias", (unalias(made), unalias(made)))
    t.p("send_inactive", send(made, "lost"))
    t.p("lost", await t.flush())
    once = alias(reply=True)
    send(once, 1)
    send(once, 2)
    t.p("reply_once", await t.flush())
    t.p("unalias_used", unalias(once))
    plain: Any = make_ref()
    t.p("plain_ref", send(plain, "x"))
    kept = alias()
    t.p("foreign_unalias", await t.do_in(worker, lambda: unalias(kept)))
    send(kept, "still")
    t.p("still_active", await t.flush())


async def _reply_demonitor(worker: Any) -> None:
    ref: Any = t.name(monitor(worker, alias="reply_demonitor"), "RM")
    await t.do_in(worker, lambda: (send(ref, (ref, "reply")), send(ref, (ref, "reply2"))))
    t.p("reply", await t.flush())
    aquavit.exit(worker, "bye")
    t.p("no_down", await t.flush())
    worker, helper = await t.worker(), await t.worker()
    late: Any = monitor(worker, alias="reply_demonitor")
    aquavit.exit(worker, "gone")
    await t.settle()
    await t.do_in(helper, lambda: send(late, "late"))
    seen = await t.flush()
    t.p("down_then_late", [m.reason if isinstance(m, Down) else m for m in seen])


async def _demonitor(worker: Any) -> None:
    ref: Any = monitor(worker, alias="demonitor")
    await t.do_in(worker, lambda: (send(ref, 1), send(ref, 2)))
    t.p("two", await t.flush())
    demonitor(ref)
    await t.do_in(worker, lambda: send(ref, 3))
    t.p("after_demonitor", await t.flush())
    kept: Any = monitor(worker, alias="explicit_unalias")
    demonitor(kept)
    await t.do_in(worker, lambda: send(kept, 4))
    t.p("explicit", await t.flush())
    ended = unalias(kept)
    send(kept, 5)
    t.p("explicit_unalias", (ended, await t.flush()))
