"""The benchmark of scale at toy size: it measures, sums up, draws, and leaves nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support import process_test


@pytest.mark.parametrize("count", [1, 11, 300])
@process_test
async def test_tree_is_spawned_answers_and_dies(module: Any, count: int) -> None:
    figures = await module("scale_aquavit").scale(count)
    assert min(figures[key] for key in ("spawn", "round", "die")) > 0
    assert figures["pause_p99"] <= figures["pause_worst"]


def test_shares_add_up(module: Any) -> None:
    shares = module("scale_aquavit").shares
    for count in range(100):
        assert sum(shares(count)) == count
        assert all(shares(count))


def table(growth: float) -> dict[str, dict[int, dict[str, float]]]:
    def one(size: int, times: float) -> dict[str, float]:
        figures = {key: size * 1e-6 * times for key in ("spawn", "round", "die")}
        pauses = {"pause_p99": 0.001, "pause_worst": 0.002, "full_collection": 0.003}
        return {**figures, "bytes": 700.0, **pauses}

    return {"aquavit": {10_000: one(10_000, 1), 100_000: one(100_000, growth)}}


def test_verdict_tells_how_much_dearer_many_are(module: Any) -> None:
    assert "at most 1.5 x what it does at 10,000" in module("scale").verdict(table(1.5))


def test_rows_and_chart_have_every_size(module: Any, tmp_path: Path) -> None:
    rows = module("scale").rows(table(1))
    assert [row[0] for row in rows] == ["10,000", "100,000"]
    pytest.importorskip("matplotlib")
    module("scale_chart").draw(table(1), tmp_path / "chart.png")
    assert (tmp_path / "chart.png").stat().st_size > 10_000
