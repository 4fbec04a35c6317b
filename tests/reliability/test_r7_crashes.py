"""R7: random crashes under a tree of depth 3, each compared with what the model says.

Nothing is lost (every name is there again), nobody else is touched (their Pids stay), the
intensity is exact (a supervisor gives up on the very crash that is one too many), and
nothing is left (processes, links, monitors, names and timers are what they were).
"""

from __future__ import annotations

import random
from typing import Any

import pytest

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
from tests.clock import VirtualClock
from tests.reliability.trees import Node, grow, spec_of
from tests.support import info, process_test, settled

pytestmark = pytest.mark.usefixtures("no_reports")


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


def footprint() -> tuple[Any, ...]:
    """Return what there is of processes and of what binds them."""
    infos = [info(pid) for pid in processes()]
    return (
        len(infos),
        sum(len(each.links) for each in infos),
        sum(len(each.monitors) + len(each.monitored_by) for each in infos),
        sum(len(each.messages) for each in infos),
        sorted(registered()),
    )


async def strike_often(seed: int, crashes: int) -> None:
    rng = random.Random(seed)
    clock = VirtualClock()
    tree = grow(rng, depth=3, width=3)
    spec = spec_of(tree)
    root = await Supervisor.start_link(spec.start[1], **dict(spec.kwargs))
    nodes = list(tree.walk())[1:]
    before, start = holders(tree), footprint()
    restarts = 0
    for number in range(crashes):
        node = rng.choice(nodes)
        strike(rng, before[node.name], node)
        assert node.parent is not None
        node.times.clear()
        expected = node.parent.ended(node, clock.now)
        await settled()
        after = holders(tree)
        changed = {name for name, pid in after.items() if pid != before[name]}
        assert changed == expected, f"seed {seed}, crash {number} of {node.name}"
        before = after
        restarts += len(changed)
        clock.now += rng.choice((0.0, 0.1, 0.3, 1.0))
        if number % 1000 == 0:
            assert (await health(root)).is_healthy
            assert footprint() == start, f"seed {seed}, crash {number}"
    assert restarts >= crashes
    assert None not in before.values()
    assert footprint() == start
    await Supervisor.stop(root)


@pytest.mark.parametrize("seed", range(4))
@process_test
async def test_each_crash_restarts_just_whom_it_should(seed: int) -> None:
    await strike_often(seed, 60)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(10))
@process_test
async def test_a_hundred_thousand_crashes_restart_just_whom_they_should(seed: int) -> None:
    await strike_often(1000 + seed, 10_000)


async def storm(seed: int, waves: int) -> None:
    """Strike many at once, also in the middle of starts and stops."""
    rng = random.Random(seed)
    tree = grow(rng, depth=3, width=3)
    for node in tree.walk():
        node.max_restarts = 10**9
    spec = spec_of(tree)
    root = await Supervisor.start_link(spec.start[1], **dict(spec.kwargs))
    start = footprint()
    for wave in range(waves):
        for _ in range(rng.randrange(1, 12)):
            victims = [pid for pid in processes() if pid not in (root, self())]
            if victims:
                kill(rng.choice(victims))
            for _ in range(rng.randrange(4)):
                await sleep(0)
        await settled()
        assert None not in holders(tree).values(), f"seed {seed}, wave {wave}"
        assert footprint() == start, f"seed {seed}, wave {wave}"
    assert (await health(root)).is_healthy
    await Supervisor.stop(root)


@pytest.mark.parametrize("seed", range(4))
@process_test
async def test_a_storm_loses_nobody(seed: int) -> None:
    await storm(seed, 10)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(10))
@process_test
async def test_a_long_storm_loses_nobody(seed: int) -> None:
    await storm(2000 + seed, 1000)
