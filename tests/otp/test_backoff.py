"""Back-off: the first restart at once, the next ones later and later."""

from __future__ import annotations

import math
from typing import Any

import pytest

from aquavit import (
    Backoff,
    DynamicSupervisor,
    Exit,
    GenServer,
    Supervisor,
    flush,
    is_alive,
    trap_exit,
)
from tests.clock import VirtualClock
from tests.supervised import Fuse, crash, ids, news, pid_of, quiet_start, spec
from tests.support import died, process_test, settled

pytestmark = pytest.mark.usefixtures("no_reports")
STEADY = Backoff(first=1.0, limit=4.0, jitter=0)


async def stop(sup: Any) -> None:
    await Supervisor.stop(sup)
    flush()


@pytest.mark.parametrize(
    "options",
    [
        {"first": 0},
        {"first": 2, "limit": 1},
        {"first": math.inf, "limit": math.inf},
        {"limit": math.inf},
        {"first": 10**400, "limit": 10**400},
        {"limit": math.nan},
        {"jitter": -0.1},
        {"jitter": 1.1},
    ],
    ids=range(8),
)
def test_what_makes_no_sense_is_an_error(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="Backoff: expected"):
        Backoff(**options)


def test_waits_grow_up_to_the_limit() -> None:
    assert [STEADY.delay(n) for n in (0, 1, 2, 3, 4, 10_000)] == [0, 1, 2, 4, 4, 4]


def test_jitter_shortens_a_wait_by_at_most_its_share() -> None:
    backoff = Backoff(first=1.0, limit=1.0, jitter=0.5)
    waits = {backoff.delay(1) for _ in range(200)}
    assert len(waits) > 100
    assert all(0.5 <= wait <= 1.0 for wait in waits)


@process_test
async def test_the_second_restart_in_a_row_waits() -> None:
    clock = VirtualClock()
    sup = await quiet_start([spec("a", backoff=STEADY)])
    await crash(sup, "a")
    assert await news() == [("stop", "a", "boom"), ("start", "a")]
    await crash(sup, "a")
    await clock.advance(0.9)
    assert await ids(sup) == [("a", "restarting")]
    await clock.advance(0.2)
    assert await ids(sup) == [("a", "up")]
    await crash(sup, "a")
    await clock.advance(1.9)
    assert await ids(sup) == [("a", "restarting")]
    await clock.advance(0.2)
    assert await ids(sup) == [("a", "up")]
    await stop(sup)


@process_test
async def test_a_long_life_begins_anew() -> None:
    clock = VirtualClock()
    sup = await quiet_start([spec("a", backoff=STEADY)], max_restarts=10)
    for _ in range(5):
        await crash(sup, "a")
        await news()
        assert await ids(sup) == [("a", "up")]
        await clock.advance(4.0)
    await stop(sup)


@process_test
async def test_restarts_count_when_they_take_place() -> None:
    trap_exit(True)
    clock = VirtualClock()
    sup = await quiet_start([spec("a", backoff=STEADY)], max_restarts=2, max_seconds=3)
    for _ in range(5):  # at 0, 4, 8, 12 and 16 seconds: never three within three
        await crash(sup, "a")
        await clock.advance(4.0)
        assert await ids(sup) == [("a", "up")]
    await stop(sup)
    await news()
    sup = await quiet_start([spec("a", backoff=STEADY)], max_restarts=1, max_seconds=60)
    await crash(sup, "a")
    await crash(sup, "a")
    await news()
    assert is_alive(sup)
    await clock.advance(1.0)
    assert (await news())[-1] == Exit(sup, "shutdown")


@process_test
async def test_a_restart_that_fails_waits_too() -> None:
    clock = VirtualClock()
    sup = await quiet_start([spec("a", Fuse(1), backoff=STEADY)], max_restarts=2)
    await crash(sup, "a")
    assert await news() == [("stop", "a", "boom"), ("start", "a")]
    assert await ids(sup) == [("a", "restarting")]
    await clock.advance(1.0)
    assert await news() == [("start", "a")]
    await stop(sup)


@pytest.mark.parametrize("strategy", ["one_for_all", "rest_for_one"])
@process_test
async def test_a_group_is_down_until_its_restart(strategy: str) -> None:
    clock = VirtualClock()
    children = [spec("a", backoff=STEADY), spec("b")]
    sup = await quiet_start(children, strategy=strategy)
    await crash(sup, "a")
    await news()
    await crash(sup, "a")
    assert await news() == [("stop", "a", "boom"), ("stop", "b", "shutdown")]
    assert await ids(sup) == [("a", "restarting"), ("b", "undefined")]
    await clock.advance(1.0)
    assert await news() == [("start", "a"), ("start", "b")]
    await stop(sup)


@process_test
async def test_terminate_child_ends_the_wait() -> None:
    clock = VirtualClock()
    sup = await quiet_start([spec("a", backoff=STEADY)])
    await crash(sup, "a")
    await crash(sup, "a")
    await settled()
    await Supervisor.terminate_child(sup, "a")
    await Supervisor.restart_child(sup, "a")
    pid = await pid_of(sup, "a")
    await clock.advance(10)
    assert await pid_of(sup, "a") == pid
    await stop(sup)


@process_test
async def test_a_dynamic_child_waits_as_well() -> None:
    clock = VirtualClock()
    sup = await DynamicSupervisor.start_link()
    pid = await DynamicSupervisor.start_child(sup, spec("a", backoff=STEADY))
    GenServer.cast(pid, ("exit", "boom"))
    await died(pid)
    await settled()
    (row,) = await DynamicSupervisor.which_children(sup)
    pid = row.pid
    GenServer.cast(pid, ("exit", "boom"))
    await died(pid)
    await settled()
    assert [row.pid for row in await DynamicSupervisor.which_children(sup)] == ["restarting"]
    await clock.advance(1.0)
    assert (await DynamicSupervisor.count_children(sup)).active == 1
    await stop(sup)


@process_test
async def test_a_significant_child_that_waits_for_its_restart_has_not_ended() -> None:
    trap_exit(True)
    clock = VirtualClock()
    options: Any = {"restart": "transient", "significant": True}
    children = [spec("a", backoff=STEADY, **options), spec("b", **options)]
    sup = await quiet_start(children, auto_shutdown="all_significant")
    await crash(sup, "a")
    await crash(sup, "a")
    await crash(sup, "b", "normal")
    await settled()
    assert await ids(sup) == [("a", "restarting"), ("b", "undefined")]
    await clock.advance(1.1)
    await crash(sup, "a", "normal")
    assert await died(sup) in ("shutdown", "noproc")
    flush()
