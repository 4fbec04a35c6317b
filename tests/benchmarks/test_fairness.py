"""The benchmark of fairness at toy size: it measures, judges, draws, and leaves nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support import loop_factory, process_test


@process_test
async def test_loops_among_tickers_are_measured_and_killed(module: Any) -> None:
    figures = await module("fairness_aquavit").hogs(0.2)
    assert figures["least_part"] <= 1 <= figures["most_part"]
    assert figures["kill"] < 1


@process_test
async def test_the_rounds_of_the_loop_are_measured(module: Any) -> None:
    figures = await module("fairness_aquavit").turns(0.1, timers=100)
    assert 0 < figures["gap_p99"] <= figures["gap_worst"]


def test_plain_functions_all_answer(module: Any) -> None:
    import aquavit

    figures = aquavit.run(module("fairness_aquavit").plain, 50, loop_factory=loop_factory())
    assert figures["kill_plain"] < 5


def test_preemption_on_is_compared_with_off(module: Any) -> None:
    figures = module("fairness_aquavit").ping_pong(loop_factory(), 100)
    assert figures["on"] > 0
    assert figures["ratio"] > 0


def table(module: Any, **changes: float) -> Any:
    figures = {row.key: row.bar or 1.0 for row in module("fairness").ROWS}
    return {("3.11.7", "asyncio"): figures, ("3.13.0", "uvloop"): {**figures, **changes}}


@pytest.mark.parametrize(
    ("changes", "missed"),
    [
        ({}, []),
        ({"ticker": 0.031}, ["ticker p99 late on 3.13.0, uvloop: 31.0 ms"]),
        ({"least_part": 0.5}, ["smallest part of a loop on 3.13.0, uvloop: 0.50"]),
    ],
)
def test_a_bar_is_met_or_missed(module: Any, changes: dict[str, float], missed: Any) -> None:
    made = table(module, **changes)
    assert module("fairness").missed(made) == missed
    assert f"{len(missed)} bars missed" in module("fairness").verdict(made)


def test_the_rows_have_every_place_and_the_bar(module: Any) -> None:
    fairness, made = module("fairness"), table(module)
    assert {len(row) for row in fairness.rows(made)} == {len(fairness.header(made))} == {4}
    assert fairness.rows(made)[0] == ["ticker p99 late", "30.0 ms", "30.0 ms", "≤ 30.0 ms"]


def test_the_median_of_the_rounds_counts(module: Any) -> None:
    fairness = module("fairness")
    samples = [{row.key: value for row in fairness.ROWS} for value in (1.0, 9.0, 2.0)]
    assert set(fairness.median(samples).values()) == {2.0}


def test_the_chart_is_drawn(module: Any, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    ticks = [(number / 100, 0.001) for number in range(100)]
    module("fairness_chart").draw({"with": ticks, "without": ticks}, tmp_path / "chart.png")
    assert (tmp_path / "chart.png").stat().st_size > 10_000
