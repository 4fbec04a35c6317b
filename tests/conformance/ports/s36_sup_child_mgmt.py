"""Scenario 36: adding, stopping, restarting and forgetting children."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from aquavit import (
    IGNORE,
    AlreadyStarted,
    ChildError,
    ChildSpec,
    Pid,
    ProcessExit,
    StartError,
    Stop,
    Supervisor,
    sleep,
    spawn_link,
    trap_exit,
)
from tests.conformance import trace as t
from tests.supervised import crash, ids, pid_of, quiet_start, spec

_RECORD = "the error carries the reason alone, not a record of the child"
_FIELDS = "a ChildSpec checks itself when it is made, and names the field"
_UNDEF = "Python has no call of a function that does not exist by its name"
DEPARTURES = {
    "undef_start": _UNDEF,
    "bad %{id: 1}": _FIELDS,
    "bad %{start: {C, :f, []}}": _FIELDS,
    "bad %{id: 1, start: :x}": _FIELDS,
    "bad %{id: 1, restart: :sometimes, start: {C, :f, []}}": _FIELDS,
    "bad %{id: 1, shutdown: -1, start: {C, :f, []}}": _FIELDS,
    "bad %{id: 1, start: {C, :f, []}, type: :boss}": _FIELDS,
    "bad %{id: 1, significant: true, start: {C, :f, []}}": _FIELDS,
}
CHANGES = {
    "error_reason": ("{:error, :nope}", _RECORD),
    "bad_return": ("{:error, :what}", _RECORD),
    "throwing_start": ("{:error, :t}", _RECORD),
}


async def result(made: Awaitable[Any]) -> Any:
    """Return what Elixir gives for the outcome of a request to a supervisor."""
    try:
        value = await made
    except AlreadyStarted as error:
        return "error", ("already_started", error.pid)
    except (ChildError, StartError) as error:
        return "error", error.reason
    except Exception as error:
        return "error", error
    if isinstance(value, tuple):
        return ("ok", *value)
    return "ok_pid" if isinstance(value, Pid) else "ok"


async def started(made: Awaitable[Any]) -> Any:
    """Return the same for a start that may be ignored."""
    value = await result(made)
    return ("ok", "undefined") if value == "ok" else value


async def main() -> None:
    """Play the scenario."""
    trap_exit(True)
    sup = await quiet_start([spec("a")])
    await _life(sup)
    await _stops(sup)
    await _results(sup)
    bad = await t.attempt(lambda: Supervisor.start_child(sup, "x"), TypeError, "ArgumentError")
    t.p("bad :x", bad[1])
    await crash(sup, "a", "normal")
    await t.settle()
    t.p("child exits normally then restart", dict(await ids(sup))["a"])
    await Supervisor.stop(sup)


async def _life(sup: Any) -> None:
    t.p("start_child", await result(Supervisor.start_child(sup, spec("b"))))
    t.name(await pid_of(sup, "b"), "B")
    t.p("already_started", await result(Supervisor.start_child(sup, spec("b"))))
    t.p("terminate", await result(Supervisor.terminate_child(sup, "b")))
    t.p("which", await ids(sup))
    t.p("terminate_again", await result(Supervisor.terminate_child(sup, "b")))
    t.p("already_present", await result(Supervisor.start_child(sup, spec("b"))))
    t.p("restart", await result(Supervisor.restart_child(sup, "b")))
    t.p("restart_running", await result(Supervisor.restart_child(sup, "b")))
    t.p("delete_running", await result(Supervisor.delete_child(sup, "b")))
    t.p("terminate2", await result(Supervisor.terminate_child(sup, "b")))
    t.p("delete", await result(Supervisor.delete_child(sup, "b")))
    t.p("gone", await ids(sup))
    acts = (Supervisor.terminate_child, Supervisor.restart_child, Supervisor.delete_child)
    t.p("not_found", tuple([await result(act(sup, "zz")) for act in acts]))
    await t.flush()


async def _stops(sup: Any) -> None:
    await Supervisor.terminate_child(sup, "a")
    t.p("msgs", await t.flush())
    count = await Supervisor.count_children(sup)
    t.p(
        "count",
        {name: getattr(count, name) for name in ("active", "specs", "supervisors", "workers")},
    )
    t.p("restart_a", (await result(Supervisor.restart_child(sup, "a")), await t.flush()))
    await Supervisor.start_child(sup, spec("tmp", restart="temporary"))
    t.p(
        "tmp",
        (
            await result(Supervisor.terminate_child(sup, "tmp")),
            await result(Supervisor.restart_child(sup, "tmp")),
            await ids(sup),
        ),
    )


async def _results(sup: Any) -> None:
    def start(child: ChildSpec) -> Any:
        return started(Supervisor.start_child(sup, child))

    t.p("ignore", (await start(spec("ig", lambda _: IGNORE)), await ids(sup)))
    t.p("ignore_restart", await started(Supervisor.restart_child(sup, "ig")))
    ignored = spec("ig2", lambda _: IGNORE, restart="temporary")
    t.p("ignore_tmp", (await start(ignored), await ids(sup)))
    nope = spec("er", lambda _: Stop("nope"))
    t.p("error", (await start(nope))[0])
    t.p("error_reason", await start(nope))
    t.p("error_listed", await ids(sup))
    t.p("raise", (await start(spec("ra", _raise)))[0])
    t.p("bad_return", await start(ChildSpec("bad", (lambda: "what",))))
    pid = t.name(spawn_link(sleep, None), "X")
    t.p("ok3", await start(ChildSpec("ok3", (lambda: (pid, "extra"),))))
    t.p("throwing_start", await start(ChildSpec("th", (_leave,))))


def _raise(_: object) -> None:
    raise RuntimeError("x")


def _leave() -> None:
    raise ProcessExit("t")
