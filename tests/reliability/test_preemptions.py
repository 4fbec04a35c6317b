"""Preemptions at the size of a test; `preemptions` says how to run a million."""

from __future__ import annotations

import pytest

from tests.reliability import preemptions
from tests.support import loop_factory

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def test_what_a_process_has_in_hand_is_as_it_was_after_each_switch() -> None:
    found = preemptions.measure(2_000, factory=loop_factory())
    assert found.problems == []
    assert found.preemptions >= 2_000
    assert min(found.rounds, found.killed, found.ticks) > 0
