"""Random supervisors beside Elixir's: who starts and stops when, and what is left.

    python -m tests.conformance.differential.supervisors                  2,000 supervisors
    python -m tests.conformance.differential.supervisors --cases 20000    some hours

A case is a supervisor with a few children, some of which ignore, refuse or raise at some of
their starts, and a few operations: children crash, one or two before the supervisor can
look; children are terminated, restarted, deleted, started. After each operation both sides
print its result, what the children have told, and the rows of `which_children`.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import aquavit
from aquavit import (
    AlreadyStarted,
    ChildError,
    ChildSpec,
    Down,
    Exit,
    NoProcess,
    Pid,
    ProcessExit,
    ServerExit,
    StartError,
    Supervisor,
    flush,
    is_alive,
    kill,
    monitor,
    receive,
    self,
    send,
    spawn_link,
    system,
    trap_exit,
    unlink,
)
from tests.conformance.differential import beam
from tests.support import settled

SCRIPT = Path(__file__).with_name("supervisors.exs")
IDS = ("a", "b", "c", "d")
REASONS = ("normal", "shutdown", "boom", "boom", ("shutdown", 2), "kill")


def make_case(number: int) -> dict[str, Any]:
    """Return the supervisor with that number, and what is done with it."""
    draw = random.Random(number)
    auto = draw.choice(("never", "never", "any_significant", "all_significant"))
    children = [make_child(draw, id, auto != "never") for id in IDS[: draw.randint(0, 3)]]
    options = {
        "strategy": draw.choice(("one_for_one", "one_for_all", "rest_for_one")),
        "max_restarts": draw.choice((0, 1, 2, 3, 5)),
        "auto_shutdown": auto,
    }
    operations = [make_operation(draw, auto != "never") for _ in range(draw.randint(1, 8))]
    made = [*children, *[each[1] for each in operations if each[0] == "start"]]
    for place, child in enumerate(made, 1):
        child["number"] = place
    return {"options": options, "children": children, "operations": operations}


def make_child(draw: random.Random, id: str, may_be_significant: bool) -> dict[str, Any]:
    """Return a random child."""
    restart = draw.choice(("permanent", "permanent", "transient", "temporary"))
    starts = draw.choices(("start", "ignore", "error", "raise"), k=draw.choice((0, 0, 0, 1, 2, 3)))
    if starts and draw.random() < 0.6:
        starts[0] = "start"
    return {
        "id": id,
        "restart": restart,
        "shutdown": draw.choice((5000, 5000, "brutal_kill")),
        "traps": draw.random() < 0.7,
        "significant": may_be_significant and restart != "permanent" and draw.random() < 0.6,
        "starts": starts,
    }


def make_operation(draw: random.Random, may_be_significant: bool) -> tuple[Any, ...]:
    """Return a random operation."""
    id = draw.choice(IDS)
    what = draw.choices(("crash", "terminate", "restart", "delete", "start"), (50, 13, 13, 8, 16))
    match what[0]:
        case "crash":
            ids = [id] if draw.random() < 0.8 else draw.sample(IDS, 2)
            return "crash", ids, draw.choice(REASONS)
        case "start":
            return "start", make_child(draw, id, may_be_significant)
    return what[0], id


class Starts(dict[int, int]):
    """How often each child has been started; shared on purpose."""


aquavit.isolation.register(Starts, reference=True)


async def start_child(to: Pid[Any], starts: Starts, child: dict[str, Any]) -> Pid[Any] | None:
    """Start a child, or do what its list says in place of that."""
    count = starts[child["number"]] = starts.get(child["number"], 0) + 1
    how = "start" if count > len(child["starts"]) else child["starts"][count - 1]
    if how == "start":
        pid = spawn_link(live, self(), to, child)
        await receive(("ready", pid))
        send(to, ("start", child["id"]))
        return pid
    send(to, (how, child["id"]))
    if how == "error":
        raise StartError(start_child, "refused")
    if how == "raise":
        raise RuntimeError("no")
    return None


async def live(supervisor: Pid[Any], to: Pid[Any], child: dict[str, Any]) -> None:
    """Wait for the end."""
    trap_exit(child["traps"])
    send(supervisor, ("ready", self()))
    match await receive():
        case ("die", reason):
            send(to, ("die", child["id"]))
            raise ProcessExit(reason)
        case Exit(_, reason):
            send(to, ("stop", child["id"], reason))
            raise ProcessExit(reason)


async def play(_: int, case: dict[str, Any]) -> list[Any]:
    """Do what a case says; return what is seen."""
    trap_exit(True)
    starts, to = Starts(), self()

    def spec(child: dict[str, Any]) -> ChildSpec:
        return ChildSpec(
            child["id"],
            (start_child, to, starts, child),
            restart=child["restart"],
            shutdown=5.0 if child["shutdown"] == 5000 else child["shutdown"],
            significant=child["significant"],
        )

    children = list(map(spec, case["children"]))
    try:
        sup = await Supervisor.start_link(children, max_seconds=3600, **case["options"])
    except (StartError, RuntimeError):
        return [("refused", await events())]
    unlink(sup)
    monitor(sup)
    trace: list[Any] = [("started", await events(), await rows(sup))]
    for operation in case["operations"]:
        result = await outcome(sup, spec, operation)
        trace.append((result, await events(), await rows(sup)))
        if not is_alive(sup):
            return trace
    await Supervisor.stop(sup)
    return [*trace, ("stopped", await events())]


async def events() -> list[Any]:
    """Return what the children have told, when all is at rest."""
    await settled()
    return [
        ("down", message.reason) if isinstance(message, Down) else message
        for message in flush()
        if not isinstance(message, Exit)
    ]


async def rows(sup: Pid[Any]) -> Any:
    """Return the children, in the order of their start."""
    try:
        found = await Supervisor.which_children(sup)
    except (NoProcess, ServerExit):
        return "dead"
    return [
        (row.id, "up" if isinstance(row.pid, Pid) else row.pid or "undefined")
        for row in reversed(found)
    ]


async def outcome(sup: Pid[Any], spec: Any, operation: tuple[Any, ...]) -> Any:
    """Do an operation; return its result in Elixir's words."""
    try:
        match operation:
            case ("crash", ids, reason):
                return await crash(sup, ids, reason)
            case ("terminate", id):
                await Supervisor.terminate_child(sup, id)
                return "ok"
            case ("delete", id):
                await Supervisor.delete_child(sup, id)
                return "ok"
            case ("restart", id):
                made = await Supervisor.restart_child(sup, id)
            case ("start", child):
                made = await Supervisor.start_child(sup, spec(child))
        return "ignored" if made is None else "ok"
    except AlreadyStarted:
        return "already_started"
    except ChildError as error:
        return error.reason
    except StartError:
        return "error"
    except RuntimeError:
        return "raised"


async def end_child(pid: Pid[Any], reason: Any) -> None:
    """Kill a child, or let it crash; wait until it is gone."""
    ref = monitor(pid)
    if reason == "kill":
        kill(pid)
    else:
        send(pid, ("die", reason))
    await receive(Down(ref, ..., ...))


async def crash(sup: Pid[Any], ids: list[str], reason: Any) -> int:
    """End some children before the supervisor can look; return how many."""
    running = {row.id: row.pid for row in await Supervisor.which_children(sup)}
    pids = [running[id] for id in ids if isinstance(running.get(id), Pid)]
    await system.suspend(sup)
    for pid in pids:
        await end_child(pid, reason)
    await system.resume(sup)
    return len(pids)


if __name__ == "__main__":
    beam.end(beam.main(SCRIPT, make_case, play, "supervisors"))
