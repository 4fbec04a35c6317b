"""Random trees of supervisors beside Elixir's: each start and end, by whom, and why.

    python -m tests.conformance.differential.trees                  2,000 trees
    python -m tests.conformance.differential.trees --cases 100000   ten minutes

A tree is up to three supervisors deep: Supervisor, DynamicSupervisor, PartitionSupervisor.
Its children fail at some of their starts, are dead when their supervisor hears of them, trap
exits, or are deaf to being told to stop. Workers crash, alone or in pairs; anybody gets exit
signals; supervisors are asked for what they do, stopped and killed; the tree's parent ends.
After each operation, when all is at rest, both sides print its result, every start and end
with its reason in their order, and what each supervisor tells of its children.

What happens at the same time has no order, so `tidy` gives it one: the children that a
dynamic supervisor stops, and those that a dead supervisor leaves behind.
"""

from __future__ import annotations

import random
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.conformance.differential import beam
from tests.conformance.differential.tree_player import play

SCRIPT = Path(__file__).with_name("trees.exs")
IDS = "abcd"
DEPTH = 2
REASONS = ("normal", "shutdown", "boom", "boom", ("shutdown", 2), "kill")
ENDS = ("normal", "shutdown", "boom", ("shutdown", 2))
FAILURES = ("start", "ignore", "error", "raise", "exit", "bad", "info")
Child = dict[str, Any]
EVENT = re.compile(r"\((start|down), (\d+), (?:(\d+), (\w+))?")


def make_case(number: int) -> dict[str, Any]:
    """Return the tree with that number, and what is done with it."""
    draw = random.Random(number)
    root = make_supervisor(draw, "root", DEPTH, "supervisor" if draw.random() < 0.85 else "dynamic")
    root["starts"] = []
    operations = [make_operation(draw) for _ in range(draw.randint(1, 10))]
    made = [root, *[each[2] for each in operations if each[0] == "start"]]
    for place, child in enumerate(made, 1):  # it grows
        child["number"] = place
        made += child.get("children", [])
    return {"root": root, "operations": operations}


def make_child(draw: random.Random, id: str, depth: int, significant: bool = True) -> Child:
    """Return a random child, with up to `depth` supervisors in it."""
    if depth > 0 and draw.random() < 0.4:
        kind = draw.choice(("supervisor", "supervisor", "supervisor", "dynamic", "partition"))
        child = make_supervisor(draw, id, depth - 1, kind)
    else:
        child = make_worker(draw, id)
    may_be = significant and child["restart"] != "permanent"
    return {**child, "significant": may_be and draw.random() < 0.6}


def make_worker(draw: random.Random, id: str) -> Child:
    """Return a random worker; one that may be killed or not, by its time, is deaf."""
    traps = draw.choice(("no", "yes", "yes", "deaf"))
    shutdowns = {
        "no": (5000, 5000, "infinity", "brutal_kill", 0),
        "yes": (5000, 5000, "infinity", "brutal_kill"),
        "deaf": (1, "brutal_kill"),
    }
    return {
        **make_start(draw, id, (*FAILURES, ("dead", draw.choice(ENDS)))),
        "kind": "worker",
        "traps": traps,
        "shutdown": draw.choice(shutdowns[traps]),
        "max_restarts": 0,
    }


def make_supervisor(draw: random.Random, id: str, depth: int, kind: str) -> Child:
    """Return a random supervisor."""
    child = {
        **make_start(draw, id, FAILURES),
        "kind": kind,
        "shutdown": draw.choice(("infinity", "infinity", 5000, "brutal_kill")),
        "max_restarts": draw.choice((0, 1, 2, 3, 5)),
        "strategy": draw.choice(("one_for_one", "one_for_all", "rest_for_one")),
        "children": [],
    }
    match kind:
        case "supervisor":
            auto = draw.choice(("never", "never", "any_significant", "all_significant"))
            child["auto_shutdown"] = auto
            ids = IDS[: draw.randint(0, 3)]
            child["children"] = [make_child(draw, each, depth, auto != "never") for each in ids]
        case "dynamic":
            child["max_children"] = draw.choice((None, None, 0, 1, 2, 3))
        case "partition":
            child["partitions"] = draw.randint(1, 3)
            child["children"] = [make_child(draw, "one", depth, False)]
    return child


def make_start(draw: random.Random, id: str, failures: tuple[Any, ...]) -> Child:
    """Return how a child starts, and whether it does again."""
    starts = draw.choices(failures, k=draw.choice((0, 0, 0, 1, 2, 3)))
    if starts and draw.random() < 0.7:
        starts[0] = "start"
    return {
        "id": id,
        "restart": draw.choice(("permanent", "permanent", "transient", "temporary")),
        "significant": False,
        "starts": starts,
    }


def make_operation(draw: random.Random) -> tuple[Any, ...]:
    """Return a random operation; whom it concerns is drawn among those that run."""
    weights = {
        "crash": 40, "signal": 12, "stop": 8, "parent": 2,
        "start": 18, "terminate": 10, "restart": 8, "delete": 6,
    }  # fmt: skip
    what = draw.choices(list(weights), list(weights.values()))[0]
    place = draw.randrange(60)
    match what:
        case "crash":
            return what, place, draw.choice((1, 1, 1, 2)), draw.choice(REASONS)
        case "signal":
            return what, place, draw.choice(REASONS)
        case "stop":
            return what, place, draw.choice(ENDS)
        case "parent":
            return what, draw.choice(ENDS)
        case "start":
            child = make_child(draw, draw.choice(IDS), 1, draw.random() < 0.3)
            # Elixir's dynamic supervisors do not take a shutdown of 0.
            return what, place, {**child, "shutdown": child["shutdown"] or 5000}
    return what, place, draw.randrange(4)


# --- what happens at the same time


class Tidy:
    """Gives what happens at the same time the same order on both sides.

    parents  number of a process -> that of its supervisor
    kinds    number -> what it is
    dead     the numbers of those that have ended
    """

    def __init__(self) -> None:
        self.parents: dict[int, int] = {}
        self.kinds: dict[int, str] = {}
        self.dead: set[int] = set()

    def trace(self, text: str) -> str:
        """Return a trace in order."""
        blocks: list[list[str]] = []
        for line in text.splitlines():
            if line.startswith("(did"):
                blocks.append([])
            blocks[-1].append(line)
        return "\n".join(line for block in blocks for line in self.block(block))

    def block(self, lines: list[str]) -> list[str]:
        """Return what came of one operation in order."""
        rest: list[str] = []
        orphans: list[tuple[int, str]] = []
        for line in lines:
            event = EVENT.match(line)
            left = self.orphan(int(event[2])) if event and event[1] == "down" else None
            if left is None:
                rest.append(line)
            else:
                orphans.append((left, line))
            if event:
                self.note(event)
        orphans.sort(key=lambda each: each[0])
        at = next((n for n, line in enumerate(rest) if line.startswith("(rows")), len(rest))
        rest[at:at] = [line for _, line in orphans]
        return self.stopped_at_once(rest)

    def note(self, event: re.Match[str]) -> None:
        """Note a start or an end."""
        number = int(event[2])
        if event[1] == "down":
            self.dead.add(number)
        else:
            self.parents[number], self.kinds[number] = int(event[3]), event[4]

    def above(self, number: int) -> list[int]:
        """Return a process and those above it."""
        found = [number]
        while found[-1] in self.parents:
            found.append(self.parents[found[-1]])
        return found

    def orphan(self, number: int) -> int | None:
        """Return the process, or the nearest above it, that its supervisor has left behind."""
        line = self.above(number)
        left = (a for a, b in pairwise(line) if b in self.dead and a not in self.dead)
        return next(left, None)

    def stopped_at_once(self, lines: list[str]) -> list[str]:
        """Sort the children that a dynamic supervisor has stopped, each with what is below it."""
        ended = [self.ended(line) for line in lines]
        dynamic = [each for each in ended if self.kinds.get(each) == "dynamic"]
        for stopped in sorted(dynamic, key=lambda each: len(self.above(each))):
            end = [self.ended(line) for line in lines].index(stopped)
            begin = end
            while begin > 0 and stopped in self.above(self.ended(lines[begin - 1]))[1:]:
                begin -= 1
            lines[begin:end] = sorted(
                lines[begin:end], key=lambda line: self.below(stopped, self.ended(line))
            )
        return lines

    def below(self, supervisor: int, number: int) -> int:
        """Return which child of `supervisor` has this process below it."""
        line = self.above(number)
        return line[line.index(supervisor) - 1]

    def ended(self, line: str) -> int:
        """Return the number of the process whose end a line tells, or -1."""
        event = EVENT.match(line)
        return int(event[2]) if event and event[1] == "down" else -1


def tidy(text: str) -> str:
    """Return a trace in which what happens at the same time has an order."""
    return Tidy().trace(text)


if __name__ == "__main__":
    beam.end(beam.main(SCRIPT, make_case, play, "trees of supervisors", tidy))
