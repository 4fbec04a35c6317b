"""Every starred fact has a test that names it."""

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
_NAMED = re.compile(r"^async def test_fact_(\d{3})_\w+\(", re.MULTILINE)
_TESTED = {
    int(number)
    for path in Path(__file__).parent.glob("test_group_*.py")
    for number in _NAMED.findall(path.read_text(encoding="utf-8"))
}


@pytest.mark.parametrize("fact", STARRED)
def test_a_starred_fact_has_a_test(fact: int) -> None:
    assert fact in _TESTED
