"""R3 to R6 at the size of a test; each of them says how to run it longer."""

from __future__ import annotations

import shutil

import pytest

from tests.reliability import (
    r2_differential,
    r3_schedules,
    r4_exhaustive,
    r5_determinism,
    r6_mutants,
    simulator_speed,
)
from tests.reliability.mutants import MUTANTS
from tests.reliability.scenarios import ALL, SMALL


def test_there_are_enough_scenarios_and_mutants() -> None:
    assert len(ALL) >= 40
    assert len(SMALL) >= 20
    assert len(MUTANTS) >= 50


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_r2_what_the_beam_does_is_possible_here() -> None:
    if shutil.which("elixir") is None:
        pytest.skip("elixir is not installed")
    compared, problems = r2_differential.measure(range(50))
    assert compared >= 50
    assert problems == []


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_r3_no_schedule_breaks_an_invariant() -> None:
    done, failures = r3_schedules.measure(100 * len(ALL), 0, 1, list(ALL))
    assert (done, failures) == (100 * len(ALL), [])


def test_the_speed_of_the_simulator_is_measured() -> None:
    schedules, moves = simulator_speed.measure(50)
    assert schedules > 0
    assert 50 < moves < 65


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_r4_small_scenarios_hold_under_every_schedule() -> None:
    complete, failures = r4_exhaustive.measure(list(SMALL), 2_000)
    assert failures == []
    assert set(complete) == set(SMALL)


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_r5_the_same_seed_makes_the_same_trace_elsewhere_too() -> None:
    assert r5_determinism.measure(range(len(ALL))) == []


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant[0] for mutant in MUTANTS])
def test_r6_a_mutant_can_be_planted(mutant: r6_mutants.Mutant) -> None:
    _, file, before, after = mutant
    assert before in (r6_mutants.SOURCE / file).read_text(encoding="utf-8")
    assert before != after


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_r6_a_planted_bug_is_found() -> None:
    assert r6_mutants.fate(MUTANTS[0], 20) != ""
