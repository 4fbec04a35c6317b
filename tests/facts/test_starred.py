"""Every starred fact has a test that names it, and every other one too, or a reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

#: The starred facts of the groups so far of the semantics page.
STARRED = (
    *(1, 2, 15, 16, 21, 23, 29, 30, 38, 39, 51, 65, 74, 75, 76, 77, 84, 85, 86, 89),
    *(211, 212, 213, 215, 216, 217, 218, 222, 241),
    *(101, 105, 110, 111, 117, 131, 132, 137, 154, 157),
    *(168, 170, 171, 180, 181, 182, 183, 186, 200, 206),
    *(250, 251, 252, 253, 256, 258, 264, 265, 273, 279),
)
#: The last fact of group 14.
LAST = 167
#: The facts of groups 1 to 14 that no test names, and why.
UNNAMED = {
    17: "send has no options",
    27: "it promises nothing",
    56: "there is no start_timer; the message may carry what it likes",
    61: "cancel_timer answers at once",
    62: "delays are relative",
    102: "nodes come later",
    124: "clocks and ports are not monitored",
    143: "there are no flags but trap_exit",
    144: "no process has a heap of its own",
    145: "hibernate is absent",
    146: "hibernate is absent",
    152: "a bare process cannot be suspended",
    158: "tests/otp/test_server_reports.py has it in detail",
    159: "tests/otp/test_server_reports.py: test_an_unexpected_message_is_logged",
    160: "the port of scenario 24 prints it",
    161: "tests/otp/test_server_reports.py: test_a_failed_start_is_told_to_the_starter_alone",
    162: "tests/otp/test_supervisor_reports.py has it in detail",
    163: "tests/otp/test_supervisor_reports.py has it in detail",
    164: "reports of bare processes are those of fact 154",
    165: "tests/process/test_reports.py: test_the_record_has_the_exception_and_the_report",
    167: "tests/tools/shell has it in detail",
}
_NAMED = re.compile(r"^(?:async )?def test_fact_(\d{3})_\w+\(", re.MULTILINE)
_TESTED = {
    int(number)
    for path in Path(__file__).parents[1].rglob("test_*.py")
    for number in _NAMED.findall(path.read_text(encoding="utf-8"))
}


@pytest.mark.parametrize("fact", STARRED)
def test_a_starred_fact_has_a_test(fact: int) -> None:
    assert fact in _TESTED


@pytest.mark.parametrize("fact", range(1, LAST + 1))
def test_a_fact_of_the_ground_has_a_test_or_a_reason(fact: int) -> None:
    assert (fact in _TESTED) != (fact in UNNAMED)
