"""R7: random crashes under trees of depth 3, each compared with what the model says.

    python -m tests.reliability.r7_crashes                       100,000 crashes
    python -m tests.reliability.r7_crashes --crashes 10000000
    python -m tests.reliability.r7_crashes --crashes 5000 --seed 17

Nothing is lost (every name is there again), nobody else is touched (their Pids stay), the
intensity is exact (a supervisor gives up on the very crash that is one too many), and
nothing is left (processes, links, monitors, messages, names, timers and descriptors are
what they were). Nine crashes of ten come one at a time, by a clock that the model moves too;
the tenth part are kills of many at once, in the middle of starts and stops. Each tree has a
seed, which a failure prints. The last line is the figure.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import sys
import time
from dataclasses import dataclass
from typing import Any

import aquavit
from aquavit import (
    GenServer,
    Pid,
    Supervisor,
    exit,
    health,
    kill,
    processes,
    registered,
    self,
    sleep,
    whereis,
)
from aquavit.core import loops
from benchmarks import record
from tests.clock import VirtualClock
from tests.reliability.trees import Node, grow, spec_of
from tests.support import info, settled

#: Crashes of one tree.
OF_A_TREE = 1_000


@dataclass
class Counted:
    """What has happened so far."""

    trees: int = 0
    crashes: int = 0
    restarts: int = 0
    given_up: int = 0


def strike(rng: random.Random, pid: Pid[Any], node: Node) -> None:
    """End a process in one of many ways; a supervisor can only be killed."""
    way = "kill" if node.children else rng.choice(("kill", "signal", "raise", "stop", "normal"))
    if way == "kill":
        kill(pid)
    elif way == "signal":
        exit(pid, "struck")
    elif way == "raise":
        GenServer.cast(pid, ("raise", "struck"))
    else:
        GenServer.cast(pid, ("stop", "normal" if way == "normal" else ("struck", 1)))


def holders(tree: Node) -> dict[str, Any]:
    """Return who has the name of each node."""
    return {node.name: whereis(node.name) for node in tree.walk()}


def footprint() -> dict[str, Any]:
    """Return what there is of processes and of what binds them."""
    infos = [info(pid) for pid in processes()]
    return {
        "processes": len(infos),
        "links": sum(len(each.links) for each in infos),
        "monitors": sum(len(each.monitors) + len(each.monitored_by) for each in infos),
        "messages": sum(len(each.messages) for each in infos),
        "names": sorted(registered()),
        "timers": len(loops.the_runtime("r7").timers),
        "descriptors": len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0,
    }


async def strike_often(seed: int, crashes: int) -> Counted:
    """Strike one after the other; the model says who must be another process afterwards."""
    rng = random.Random(seed)
    clock = VirtualClock()
    tree = grow(rng, depth=3, width=3)
    spec = spec_of(tree)
    root = await Supervisor.start_link(spec.start[1], **dict(spec.kwargs))
    nodes = list(tree.walk())[1:]
    before, start = holders(tree), footprint()
    counted = Counted(trees=1, crashes=crashes)
    for number in range(crashes):
        node = rng.choice(nodes)
        strike(rng, before[node.name], node)
        assert node.parent is not None
        node.times.clear()
        expected = node.parent.ended(node, clock.now)
        await settled()
        after = holders(tree)
        changed = {name for name, pid in after.items() if pid != before[name]}
        assert changed == expected, f"crash {number} of {node.name}: {changed ^ expected}"
        assert None not in after.values(), f"crash {number} of {node.name}, lost: {after}"
        counted.given_up += before[node.parent.name] != after[node.parent.name]
        before = after
        counted.restarts += len(changed)
        clock.now += rng.choice((0.0, 0.1, 0.3, 1.0))
        if number % 500 == 499:
            assert (await health(root)).is_healthy, f"crash {number}: the tree is not whole"
            assert footprint() == start, f"crash {number}: {footprint()} is not {start}"
    assert footprint() == start, f"{footprint()} is not {start}"
    await Supervisor.stop(root)
    return counted


async def storm(seed: int, kills: int) -> Counted:
    """Kill many at once, also in the middle of starts and stops."""
    rng = random.Random(seed)
    tree = grow(rng, depth=3, width=3)
    for node in tree.walk():
        node.max_restarts = 10**9
    spec = spec_of(tree)
    root = await Supervisor.start_link(spec.start[1], **dict(spec.kwargs))
    start = footprint()
    counted = Counted(trees=1)
    while counted.crashes < kills:
        before = holders(tree)
        for _ in range(rng.randrange(1, 12)):
            victims = [pid for pid in processes() if pid not in (root, self())]
            if victims:
                kill(rng.choice(victims))
                counted.crashes += 1
            for _ in range(rng.randrange(4)):
                await sleep(0)
        await settled()
        after = holders(tree)
        assert None not in after.values(), f"kill {counted.crashes}, lost: {after}"
        assert footprint() == start, f"kill {counted.crashes}: {footprint()} is not {start}"
        counted.restarts += sum(after[name] != before[name] for name in after)
    assert (await health(root)).is_healthy, "the tree is not whole"
    await Supervisor.stop(root)
    return counted


def measure(crashes: int, seed: int = 0) -> tuple[Counted, list[str]]:
    """Strike that often, tree by tree; return what has happened, and what is wrong."""
    total, problems = Counted(), []
    while total.crashes < crashes:
        fate = storm if seed % 10 == 9 else strike_often
        size = min(OF_A_TREE, crashes - total.crashes)
        try:
            found = aquavit.run(fate, seed, size)
        except AssertionError as error:
            problems.append(f"seed {seed}, {fate.__name__}: {error}")
            print(problems[-1], flush=True)
            found = Counted(trees=1, crashes=size)
        total.trees += found.trees
        total.crashes += found.crashes
        total.restarts += found.restarts
        total.given_up += found.given_up
        seed += 1
    return total, problems


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--crashes", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    record.add_option(parser)
    options = parser.parse_args()
    logging.getLogger("aquavit").disabled = True  # each crash is reported
    start = time.monotonic()
    total, problems = measure(options.crashes, options.seed)
    line = (
        f"R7: {total.crashes:,} crashes under {total.trees} trees of depth 3 in"
        f" {time.monotonic() - start:.0f} s, {total.restarts:,} restarts, {total.given_up:,}"
        f" supervisors that gave up when they should; {len(problems)} trees with something lost,"
        " left or restarted in vain"
    )
    print(line)
    if options.record:
        record.keep("r7", "R7: random crashes under a tree", line, __spec__.name)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
