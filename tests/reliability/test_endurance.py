"""R8, R9, R10 and R14 to R16 at the size of a test; each script says how to run it longer."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import aquavit
from tests.reliability import (
    r8_conservation,
    r8_soak,
    r9_memory,
    r10_overload,
    r14_references,
    r15_cycles,
    r15_interrupts,
    r16_flakes,
)
from tests.reliability.load import SHAPES

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]
linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.mark.parametrize("name", SHAPES)
def test_r8_what_is_sent_is_received_or_dropped(name: str) -> None:
    sums, problems = r8_conservation.measure(0, [name], seed=1, size=50, chains=300)
    assert problems == []
    assert sums[name].sent >= 300
    assert (sums[name].dropped > 0) == (name == "dead_letter")


@linux
def test_r8_a_soak_loses_nothing_and_leaves_nobody(tmp_path: Path) -> None:
    soak = aquavit.run(r8_soak.soak_for, 1.0, 500, True)
    assert soak.counted.balances()
    assert min(soak.counted.sent, soak.calls, soak.born, len(soak.samples)) > 0
    pytest.importorskip("matplotlib")
    r8_soak.draw(soak, tmp_path / "soak.png")
    assert (tmp_path / "soak.png").stat().st_size > 10_000


@linux
def test_r9_an_idle_process_is_light_and_the_dead_leave_nothing() -> None:
    figures = aquavit.run(r9_memory.measure, 20_000, 10_000)
    assert 0 < figures["bytes"] < r9_memory.BYTES
    assert figures["more"] < r9_memory.MORE


@linux
def test_r10_a_full_mailbox_costs_little_and_keeps_its_order() -> None:
    figures = aquavit.run(r10_overload.overload, 50_000)
    assert figures["bytes"] < r10_overload.BYTES


def test_r14_no_operation_leaves_references() -> None:
    operations, leaks = r14_references.measure(3_000)
    assert operations >= 15
    assert leaks == []


@linux
def test_r15_starts_and_stops_leave_nothing() -> None:
    assert not any(r15_cycles.measure(10).values())


@linux
def test_r15_an_interrupt_ends_a_program_soon_and_quietly() -> None:
    found = r15_interrupts.measure(len(r15_interrupts.PROGRAMS))
    assert [one for one in found if not one.well] == []


@pytest.mark.timeout(120)
def test_r16_a_failure_in_another_order_is_found(tmp_path: Path) -> None:
    lines = ["found = []", "def test_first(): found.append(1)", "def test_second(): assert found"]
    (tmp_path / "test_order.py").write_text("\n".join(lines))
    arguments = [str(tmp_path), f"--rootdir={tmp_path}"]
    for plugin in ("cacheprovider", "hypothesispytest", "xdist"):
        arguments += ["-p", f"no:{plugin}"]
    assert r16_flakes.run_once(5, arguments) == (2, [])
    passed, failed = r16_flakes.run_once(1, arguments)  # which turns them round
    assert (passed, [each.split("::")[-1] for each in failed]) == (1, ["test_second"])
