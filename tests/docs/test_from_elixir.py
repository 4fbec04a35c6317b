"""The page "From Elixir to aquavit": each name in its tables is there, and none is missing."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import aquavit

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "from_elixir.md"
_CODE = re.compile(r"`([^`]+)`")
_NAME = re.compile(r"(?:raise |await )?([A-Za-z_][\w.]*)")
_ELIXIR = re.compile(r"\bElixir: (?!none)")
#: What names something of Elixir's in its docstring, and yet is not in the tables.
EXCEPTIONS = {
    "Agent.init": "called by `Agent.start_link`, and not for users to define",
    "TaskStream.aclose": "called by `async for`, or `contextlib.aclosing`",
}


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


def counterparts() -> Iterator[tuple[str, set[str]]]:
    """Yield each public function that has a counterpart in Elixir, and the names it goes by.

    A method goes by the name of each class that has it, up to the one that defines it.
    """
    for name in aquavit.__all__:
        value = getattr(aquavit, name)
        if isinstance(value, types.ModuleType):
            parts = {part: getattr(value, part) for part in getattr(value, "__all__", [])}
            found = [
                (each, {f"{name}.{part}"})
                for part, each in parts.items()
                if not isinstance(each, type)  # what its functions give
            ]
        elif isinstance(value, type):
            found = [
                (getattr(value, part), {f"{base.__name__}.{part}" for base in _up_to(value, part)})
                for part in dir(value)
                if not part.startswith("_")
            ]
        else:
            found = [(value, {name})]
        for function, known_as in found:
            if callable(function) and _ELIXIR.search(function.__doc__ or ""):
                yield min(known_as, key=lambda each: not each.startswith(f"{name}.")), known_as


def _up_to(cls: type, attribute: str) -> Iterator[type]:
    for base in cls.__mro__:
        yield base
        if attribute in vars(base):
            return


def test_what_has_a_counterpart_in_elixir_stands_in_the_tables() -> None:
    shown = set(names())
    missing = {name for name, known_as in counterparts() if not known_as & shown}
    assert missing == set(EXCEPTIONS)


def test_counterparts_are_found() -> None:
    found = dict(counterparts())
    assert len(found) > 100
    assert found["DynamicSupervisor.stop"] == {
        "DynamicSupervisor.stop",
        "Supervising.stop",
        "GenServer.stop",
    }
