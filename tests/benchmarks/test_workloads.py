"""Every aquavit workload does its work at toy size; the bars are judged as they say."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support import process_test

SIZE = 20
NAMES = (
    "ping_pong",
    "ping_pong_patterns",
    "ring",
    "spawn",
    "flood",
    "flood_pileup",
    "million",
    "cascade_chain",
    "cascade_star",
    "genserver",
    "machine",
    "registry",
    "broadcast",
    "children",
)


@pytest.mark.parametrize("name", NAMES)
@process_test
async def test_workload_measures_and_leaves_nothing(module: Any, name: str) -> None:
    figures = await module("workloads_aquavit").WORKLOADS[name](SIZE)
    assert figures["seconds"] > 0


@process_test
async def test_ring_passes_every_member(module: Any) -> None:
    assert (await module("workloads_aquavit").ring(SIZE, size=5))["seconds"] > 0


@process_test
async def test_fresh_ref_leaves_the_other_messages_waiting(module: Any) -> None:
    figures = await module("workloads_aquavit").fresh_ref(SIZE, waiting=50)
    assert figures["flat"] == figures["behind"] / figures["empty"]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/self/status")
def test_idle_processes_wait_until_main_ends(module: Any) -> None:
    import aquavit

    async def main() -> int:
        await module("workloads_aquavit").idle_bytes(SIZE)
        return len(aquavit.processes())

    assert aquavit.run(main) == SIZE + 1


def test_every_workload_is_planned_and_tested(module: Any) -> None:
    plan = module("plan")
    workloads = set(module("workloads_aquavit").WORKLOADS)
    assert workloads == {*NAMES, "fresh_ref", "idle"}
    assert set(plan.FULL) == workloads | {"import"}
    assert {row.workload for row in plan.ROWS.values()} == set(plan.FULL)
    assert set(plan.BARS) <= set(plan.ROWS)


@pytest.mark.parametrize("sizes", ["FULL", "QUICK"])
def test_a_figure_for_the_whole_is_of_equal_sizes(module: Any, sizes: str) -> None:
    for name, size in getattr(module("plan"), sizes).items():
        if name.startswith("cascade"):
            assert {size.beam, size.asyncio} <= {size.aquavit, 0}


@pytest.mark.parametrize(
    ("key", "ours", "beam", "met"),
    [
        ("ping_pong", 1.0, 1.0, True),
        ("ping_pong", 1.01, 1.0, False),
        ("ping_pong", 1.0, None, None),
        ("flood", 1.0, 0.7, True),
        ("flood", 1.0, 0.69, False),
        ("import", 0.060, None, True),
        ("import", 0.061, None, False),
    ],
)
def test_bar_is_met_or_missed(
    module: Any, key: str, ours: float, beam: float | None, met: bool | None
) -> None:
    samples = {key: {"aquavit": [{"seconds": ours}]}}
    if beam is not None:
        samples[key]["beam"] = [{"seconds": beam}]
    (result,) = module("report").summarise(samples, {key: SIZE})
    assert result.met is met


def test_ratio_is_the_median_of_the_rounds(module: Any) -> None:
    ratio = module("report").ratio([2.0, 9.0, 4.0], [1.0, 1.0, 2.0])
    assert (ratio.median, ratio.least, ratio.most) == (2.0, 2.0, 9.0)


def test_the_last_line_tells_bars_and_the_ratios_to_the_beam(module: Any) -> None:
    report = module("report")
    samples = {
        "ring": {"aquavit": [{"seconds": 1.0}], "beam": [{"seconds": 2.0}]},
        "import": {"aquavit": [{"seconds": 0.1}]},
    }
    results = report.summarise(samples, {"ring": SIZE, "import": SIZE})
    assert report.verdict(results) == (
        "benchmarks: 1 of 2 bars met; to the BEAM: ring of 10,000 2.00 x"
    )
    assert report.verdict(results[1:]) == "benchmarks: 0 of 1 bars met"


@pytest.mark.parametrize("sides", [["aquavit"], ["aquavit", "beam", "asyncio"]])
def test_each_row_has_the_columns_of_the_header(
    module: Any, sides: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    report = module("report")
    samples = {"ring": {side: [{"seconds": 1.0}] for side in sides}}
    (result,) = report.summarise(samples, {"ring": SIZE})
    assert len(report.cells(result, sides)) == len(report.header(sides))
    machine = dict.fromkeys(("compiled", "aquavit", "python", "loop"), "x")
    machine |= dict.fromkeys(("processor", "cores", "system"), "x")
    report.print_table([result], machine, 1, sides)
    assert "ring of 10,000" in capsys.readouterr().out.splitlines()[-1]


def test_instructions_of_every_build_are_kept_for_the_page(
    module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instructions, record = module("instructions"), module("record")
    monkeypatch.setattr(record, "RECORDS", tmp_path)
    monkeypatch.setattr("sys.argv", ["instructions.py", "--record"])
    known = {instructions.this_build(): {"flood": 1861, "spawn": 6044}, "other": {"spawn": 7000}}
    instructions.keep(known)
    (one,) = record.read_all()
    assert one.line == "instructions: flood 1,861, spawn 6,044"
    assert one.header == ["the work", *known]
    assert one.rows == [["spawn", "6,044", "7,000"], ["flood", "1,861", "-"]]
