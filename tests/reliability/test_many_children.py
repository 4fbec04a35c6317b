"""Many children under one dynamic supervisor: none is lost, none is left."""

from __future__ import annotations

from typing import Any

import pytest

from aquavit import (
    DynamicSupervisor,
    GenServer,
    Pid,
    exit,
    kill,
    processes,
    self,
)
from tests.support import process_test, settled

pytestmark = pytest.mark.usefixtures("no_reports")


class Idle(GenServer):
    """Does nothing."""

    def init(self, number: int) -> None:
        self.number = number


async def come_and_go(count: int) -> None:
    sup = await DynamicSupervisor.start_link(max_restarts=count)
    pids: list[Pid[Any]] = [
        await DynamicSupervisor.start_child(sup, (Idle, number)) for number in range(count)
    ]
    assert len(set(pids)) == count
    struck = pids[:: max(1, count // 1000)]
    for number, pid in enumerate(struck):
        if number % 3 == 0:
            await DynamicSupervisor.terminate_child(sup, pid)
        elif number % 3 == 1:
            kill(pid)
        else:
            exit(pid, "struck")
    await settled()
    left = await DynamicSupervisor.count_children(sup)
    gone = len(range(0, len(struck), 3))
    assert (left.specs, left.active) == (count - gone, count - gone)
    assert len(processes()) == count - gone + 2
    await DynamicSupervisor.stop(sup)
    assert processes() == [self()]


@process_test
async def test_a_thousand_children_come_and_go() -> None:
    await come_and_go(1_000)


@pytest.mark.slow
@pytest.mark.timeout(120)
@process_test
async def test_a_hundred_thousand_children_come_and_go() -> None:
    await come_and_go(100_000)
