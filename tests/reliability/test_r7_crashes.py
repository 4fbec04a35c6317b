"""R7 at the size of a test: random crashes under trees of depth 3."""

from __future__ import annotations

import pytest

from tests.reliability import r7_crashes
from tests.support import process_test

pytestmark = pytest.mark.usefixtures("no_reports")


@pytest.mark.parametrize("seed", range(4))
@process_test
async def test_each_crash_restarts_just_whom_it_should(seed: int) -> None:
    counted = await r7_crashes.strike_often(seed, 60)
    assert counted.restarts >= counted.crashes == 60


@pytest.mark.parametrize("seed", range(4))
@process_test
async def test_a_storm_loses_nobody(seed: int) -> None:
    counted = await r7_crashes.storm(seed, 50)
    assert counted.restarts > 0


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_r7_thousands_of_crashes_lose_and_leave_nothing() -> None:
    total, problems = r7_crashes.measure(3_000, seed=8)
    assert problems == []
    assert total.given_up > 0


@pytest.mark.slow
def test_r7_a_lost_child_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    # A model that does not know that the child itself comes back.
    ended = r7_crashes.Node.ended

    def wrong(node: r7_crashes.Node, child: r7_crashes.Node, now: float) -> set[str]:
        return ended(node, child, now) - {child.name}

    monkeypatch.setattr(r7_crashes.Node, "ended", wrong)
    _, problems = r7_crashes.measure(100)
    assert problems[0].startswith("seed 0, strike_often: crash 0 of root.")
