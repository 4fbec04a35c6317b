"""Scenario 42: tasks under a Task.Supervisor, linked to their callers and not."""

from __future__ import annotations

from typing import Any

import aquavit
from aquavit import (
    NoChild,
    NoProcess,
    Pid,
    ProcessExit,
    StartError,
    Task,
    self,
    send,
    sleep,
    unlink,
)
from tests.conformance import trace as t
from tests.conformance.trace import Verbatim
from tests.support import info

DEPARTURES = {"nolink_throw": "Python has no throw"}
CHANGES = {
    "max_children": (
        "{{:error, :max_children}, StartError}",
        "a start that is refused raises the same error everywhere",
    ),
}
_Sup = Task.Supervisor


def _oops() -> None:
    raise RuntimeError("oops")


def _leave(reason: str) -> None:
    raise ProcessExit(reason)


async def main() -> None:
    """Play the scenario."""
    sup = t.name(await _Sup.start_link(), "TS")
    t.p("async", await (await _Sup.async_(sup, lambda: 42)))
    task = await _Sup.async_(sup, sleep, None)
    assert task.pid is not None
    t.p("async_linked_to_caller", task.pid in info(self()).links)
    t.p("child", await _Sup.children(sup) == [task.pid])
    family = info(task.pid).dictionary
    t.p("parents", (family["$ancestors"][0], family["$callers"]))
    t.p("shutdown", await task.shutdown())

    async def crash() -> Any:
        return await (await _Sup.async_(sup, _leave, "c"))

    t.p("async crash kills caller", await t.run(crash))
    await _nolink(sup)
    survivor = await _caller_dies(sup)
    await _children(sup, survivor)
    await _refused()


async def _nolink(sup: Pid[Any]) -> None:
    task = await _Sup.async_nolink(sup, _oops)
    assert task.pid is not None
    t.p("nolink_linked", task.pid in info(self()).links)
    t.p("nolink_await", await t.attempt(task.result))
    t.p("nolink_yield", await (await _Sup.async_nolink(sup, _leave, "x")).yield_())
    task = await _Sup.async_nolink(sup, _leave, "raw")
    t.name(task.ref, "REF")
    t.name(task.pid, "TASK")
    t.p("nolink_raw", await t.flush())
    fine = await _Sup.async_nolink(sup, lambda: "fine")
    t.name(fine.ref, "REF2")
    t.name(fine.pid, "TASK2")
    t.p("nolink_raw_ok", await t.flush())
    t.p("nolink_ok", await (await _Sup.async_nolink(sup, lambda: 9)))


async def _caller_dies(sup: Pid[Any]) -> Any:
    async def both() -> Any:
        linked = await _Sup.async_(sup, sleep, None)
        return linked.pid, (await _Sup.async_nolink(sup, sleep, None)).pid

    worker = await t.worker()
    a, b = await t.do_in(worker, both)
    aquavit.exit(worker, "boom")
    await t.settle()
    t.p("caller_died", (t.status(a), t.status(b)))
    return b


async def _children(sup: Pid[Any], survivor: Any) -> None:
    main = self()

    def ran() -> None:
        send(main, "ran")
        raise ProcessExit("whatever")

    pid = await _Sup.start_child(sup, ran)
    t.p("start_child", (isinstance(pid, Pid), await t.flush(), t.status(sup)))

    def again() -> None:
        send(main, "again")
        raise ProcessExit("retry")

    ref = aquavit.monitor(sup)
    unlink(sup)
    await _Sup.start_child(sup, again, restart="transient")
    t.p("transient_restarts", (await t.wait(ref), await t.flush()))
    t.p("nolink survivor stopped with its supervisor", t.status(survivor))


async def _refused() -> None:
    try:
        await _Sup.async_("no_such_sup", lambda: 1)
    except NoProcess as error:
        t.p("bad_sup", (error.reason, Verbatim("GenServer"), "call"))
    sup = await _Sup.start_link(max_children=1)
    child = await _Sup.start_child(sup, sleep, None)
    refused = await t.started(lambda: _Sup.start_child(sup, lambda: 1))
    raised = await t.attempt(lambda: _Sup.async_nolink(sup, lambda: 1))
    assert info(self()).monitors == ()
    t.p("max_children", (refused, raised[1]))
    assert raised[1] is StartError

    async def terminate() -> Any:
        try:
            await _Sup.terminate_child(sup, child)
        except NoChild as error:
            return "error", error.reason
        return "ok"

    t.p("terminate_child", (await terminate(), await terminate(), await _Sup.children(sup)))
