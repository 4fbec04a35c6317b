"""Scenario 40: tasks, awaiting them, and what a failing one does to its owner."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import aquavit
from aquavit import (
    Exit,
    ProcessExit,
    Task,
    make_ref,
    process_info,
    receive,
    self,
    send,
    sleep,
    trap_exit,
)
from tests.conformance import trace as t
from tests.conformance.trace import Verbatim
from tests.support import info

_THROW = "Python has no throw"
DEPARTURES = {"throw": _THROW, "trap throw": _THROW}
CHANGES = {
    "struct_keys": (
        "[:function, :owner, :pid, :ref]",
        "a function has a name here, and no module and arity",
    ),
}


def _oops() -> None:
    raise RuntimeError("oops")


def _leave(reason: str) -> Callable[[], None]:
    def leave() -> None:
        raise ProcessExit(reason)

    return leave


async def _be_killed() -> None:
    aquavit.exit(self(), "kill")
    await sleep(0.05)


ENDS: dict[str, Callable[[], Any]] = {
    "raise": _oops,
    "exit": _leave("bad"),
    "normal": _leave("normal"),
    "kill": _be_killed,
}


def awaiting(fn: Callable[..., Any], *args: Any) -> Callable[[], Any]:
    """Return a function that awaits a task."""

    async def wait() -> Any:
        return await Task.async_(fn, *args)

    return wait


async def main() -> None:
    """Play the scenario."""
    await _messages()
    await _timeouts()
    task = Task.async_(lambda: 1)
    outcome = await t.do_in(await t.worker(), lambda: t.attempt(task.result, ValueError, "A"))
    t.p("not_owner", Verbatim("ArgumentError") if outcome[1] == Verbatim("A") else outcome)
    t.p("await_ok", await task)
    t.p("await_twice", (await t.attempt(lambda: task.result(0.02)))[0])
    t.p("crash", await t.run(awaiting(_oops)))
    t.p("exit", await t.run(awaiting(_leave("bad"))))
    t.p("exit_normal", _where(await t.run(awaiting(_leave("normal")))))
    trap_exit(True)
    for way, end in ENDS.items():
        outcome = await t.attempt(awaiting(end))
        rest = [Exit(m.pid, m.reason) for m in await t.flush()]
        t.p(f"trap {way}", (outcome, [("EXIT", m.reason) for m in rest]))
    value = await Task.async_(lambda: 7)
    t.p("ok_trap", (value, [m.reason for m in await t.flush()]))
    trap_exit(False)
    await _many()
    await _others()


def _where(reason: Any) -> Any:
    why, (module, function, _) = t.awaited(reason)
    return why, module, function


async def _messages() -> None:
    task = Task.async_(lambda: 1 + 1)
    t.p("struct_keys", [field.name for field in dataclasses.fields(task)])
    t.p("owner", task.owner == self())
    t.p("await", await task)
    t.p("clean", await t.flush())
    task = Task.async_(lambda: "r")
    t.name(task.ref, "REF")
    t.name(task.pid, "TASK")
    t.p("raw", await t.flush())


async def _timeouts() -> None:
    task = Task.async_(sleep, None)
    assert task.pid is not None
    t.p("linked", task.pid in info(self()).links)
    kind, (reason, (module, function, _)) = await t.attempt(lambda: task.result(0.02))
    t.p("await_timeout", (kind, reason, module, function, 20))
    t.p("task_alive", t.status(task.pid))
    aquavit.unlink(task.pid)
    aquavit.exit(task.pid, "kill")
    t.p("no_down_left", await t.flush())


async def _many() -> None:
    async def later(n: int) -> int:
        await sleep(n / 100)
        return n

    t.p("many", await Task.await_many([Task.async_(later, n) for n in (3, 1, 2)]))
    t.p("many_empty", await Task.await_many([]))
    tasks = [Task.async_(lambda: 1), Task.async_(sleep, 0.3)]
    outcome = await t.attempt(lambda: Task.await_many(tasks, 0.03))
    kind, (reason, (module, function, _)) = outcome
    t.p("many_timeout", (kind, reason, module, function))


async def _others() -> None:
    main = self()

    def tell() -> str:
        found = process_info(self())
        assert found is not None
        send(main, ("callers", found.dictionary["$callers"]))
        return "dropped"

    pid = Task.start(tell)
    t.p("start", (isinstance(pid, aquavit.Pid), await t.flush()))
    Task.start(_oops)
    await t.settle()
    t.p("start_crash_isolated", t.status(main))

    async def start_link() -> None:
        def fail() -> None:
            raise RuntimeError("x")

        Task.start_link(fail)
        await sleep(0.3)

    t.p("start_link_crash", await t.run(start_link))
    t.p("mfa", await Task.async_(int.__add__, 1, 2))
    done = Task.completed("now")
    t.p("completed", (done.pid, await done))

    async def real() -> str:
        await sleep(0.02)
        return "real"

    task = Task.async_(real)
    send(self(), (make_ref(), "fake"))
    send(self(), "noise")
    t.p("selective", (await task, len(await t.flush())))
    assert await receive(timeout=0, default=None) is None
