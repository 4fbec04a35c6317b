"""The rate of reports: so many a second, and then one line about the others."""

from __future__ import annotations

import logging

import pytest

from aquavit import set_report_rate, spawn
from aquavit.process import report_rate
from aquavit.process.report_rate import RateLimit
from tests.support import process_test, settled


class Clock:
    """Says what it is set to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Let three reports a second through, by a clock that stands still."""
    clock = Clock()
    monkeypatch.setattr(report_rate, "RATE", RateLimit(3, clock))
    return clock


def test_so_many_pass_in_each_second() -> None:
    clock = Clock()
    rate = RateLimit(2, clock)
    assert [rate.admits() for _ in range(4)] == [True, True, False, False]
    clock.now = 1.0
    assert [rate.admits() for _ in range(3)] == [True, True, False]
    assert (rate.take_dropped(), rate.take_dropped()) == (3, 0)


def test_none_is_no_limit() -> None:
    rate = RateLimit(None, Clock())
    assert all(rate.admits() for _ in range(10_000))


def crash() -> None:
    raise RuntimeError("oops")


@process_test
async def test_a_storm_is_cut_and_counted(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(10):
        spawn(crash)
    await settled()
    assert len(caplog.records) == 3
    clock.now = 1.5
    spawn(crash)
    await settled()
    assert caplog.records[3].getMessage() == (
        "7 reports were dropped: more than 3 came within a second"
    )
    assert caplog.records[3].dropped == 7  # type: ignore[attr-defined]
    assert "oops" in caplog.records[4].getMessage()


def test_what_was_dropped_is_told_at_the_end(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    @process_test
    async def storm() -> None:
        for _ in range(5):
            spawn(crash)

    storm()
    assert caplog.records[-1].levelno == logging.ERROR
    assert caplog.records[-1].getMessage().startswith("2 reports were dropped")


@pytest.mark.parametrize("rate", [0, -1, 1.5, True, "3"])
def test_a_wrong_rate_is_an_error(rate: object) -> None:
    with pytest.raises(ValueError, match="expected a number above 0, or None"):
        set_report_rate(rate)  # type: ignore[arg-type]
