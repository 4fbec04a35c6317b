"""Random dynamic supervisors beside Elixir's, as in `supervisors`.

python -m tests.conformance.differential.dynamic                   2,000 supervisors
python -m tests.conformance.differential.dynamic --cases 20000     some hours
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from aquavit import (
    ChildError,
    ChildSpec,
    DynamicSupervisor,
    NoProcess,
    Pid,
    ServerExit,
    StartError,
    is_alive,
    monitor,
    self,
    trap_exit,
    unlink,
)
from tests.conformance.differential import beam, supervisors
from tests.conformance.differential.supervisors import Starts, end_child, make_child, start_child

SCRIPT = Path(__file__).with_name("dynamic.exs")


def make_case(number: int) -> dict[str, Any]:
    """Return the supervisor with that number, and what is done with it."""
    draw = random.Random(number)
    operations: list[tuple[Any, ...]] = []
    for _ in range(draw.randint(2, 12)):
        match draw.choices(("start", "crash", "terminate"), (50, 35, 15)):
            case ["start"]:
                child = make_child(draw, draw.choice("abcd"), False)
                operations.append(("start", {**child, "number": len(operations) + 1}))
            case ["crash"]:
                operations.append(("crash", draw.choice(supervisors.REASONS)))
            case _:
                operations.append(("terminate", draw.randrange(4)))
    options = {
        "max_restarts": draw.choice((0, 1, 2, 3, 5)),
        "max_children": draw.choice((None, None, 0, 1, 2, 3)),
    }
    return {"options": options, "operations": operations}


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
        )

    sup = await DynamicSupervisor.start_link(max_seconds=3600, **case["options"])
    unlink(sup)
    monitor(sup)
    trace: list[Any] = []
    pids: list[Pid[Any]] = []
    for operation in case["operations"]:
        result = await outcome(sup, spec, pids, operation)
        trace.append((result, await events(), await rows(sup)))
        if not is_alive(sup):
            return trace
    await DynamicSupervisor.stop(sup)
    return [*trace, ("stopped", await events())]


async def events() -> list[Any]:
    """Return what has been told; what children say who are stopped at once is sorted."""
    found: list[Any] = []
    for event in reversed(await supervisors.events()):
        found.insert(0, event)
        if event[0] == "stop":
            found.sort(key=_elixirs_order)
    return found


def _elixirs_order(event: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return what sorts as Elixir sorts tuples: by size, then by what is in them."""
    return len(event), *map(str, event)


async def rows(sup: Pid[Any]) -> Any:
    """Return how many there are, by both functions that tell."""
    try:
        count = await DynamicSupervisor.count_children(sup)
        found = await DynamicSupervisor.which_children(sup)
    except (NoProcess, ServerExit):
        return "dead"
    return count.specs, count.active, sum(isinstance(row.pid, Pid) for row in found)


async def outcome(
    sup: Pid[Any], spec: Any, pids: list[Pid[Any]], operation: tuple[Any, ...]
) -> Any:
    """Do an operation; return its result in Elixir's words."""
    try:
        match operation:
            case ("start", child):
                made = await DynamicSupervisor.start_child(sup, spec(child))
                if made is None:
                    return "ignored"
                pids.append(made)
            case ("terminate", number):
                if number >= len(pids):
                    return "nobody"
                await DynamicSupervisor.terminate_child(sup, pids[number])
            case ("crash", reason):
                return await crash(sup, reason)
    except ChildError as error:
        return error.reason
    except StartError as error:
        return "error" if error.reason == "refused" else error.reason
    except RuntimeError:
        return "raised"
    return "ok"


async def crash(sup: Pid[Any], reason: Any) -> str:
    """End the child that was started first."""
    running = [row.pid for row in await DynamicSupervisor.which_children(sup)]
    for pid in sorted(pid for pid in running if isinstance(pid, Pid)):
        await end_child(pid, reason)
        return "ok"
    return "nobody"


if __name__ == "__main__":
    beam.end(beam.main(SCRIPT, make_case, play, "dynamic supervisors"))
