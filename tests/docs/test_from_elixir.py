"""The page "From Elixir to aquavit": each name in its tables is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import aquavit

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "from_elixir.md"
_CODE = re.compile(r"`([^`]+)`")
_NAME = re.compile(r"(?:raise |await )?([A-Za-z_][\w.]*)")


def rows() -> list[tuple[str, str]]:
    """Return what the first two columns of the tables say."""
    found = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("| ") and not line.startswith("| Elixir |"):
            elixir, here, *_ = [cell.strip() for cell in line.strip("|").split("|")]
            found.append((elixir, here))
    return found


def names() -> list[str]:
    """Return the names of this package in the tables."""
    matches = [_NAME.match(code) for _, here in rows() for code in _CODE.findall(here)]
    assert all(matches)
    return sorted({match.group(1) for match in matches if match is not None})


@pytest.mark.parametrize("name", names())
def test_a_name_in_the_tables_exists(name: str) -> None:
    value: Any = aquavit
    for part in name.split("."):
        assert hasattr(value, part), name
        value = getattr(value, part)
    assert name.split(".")[0] in aquavit.__all__


def test_there_are_many_rows_and_no_elixir_name_stands_twice() -> None:
    elixir = [each for each, _ in rows()]
    assert len(elixir) > 100
    assert len(elixir) == len(set(elixir))
