"""The reference page shows every public name, and each of them once."""

from __future__ import annotations

import re
import types
from collections import Counter
from pathlib import Path

import aquavit
import aquavit.testing

PAGE = (Path(__file__).parents[1] / "docs" / "reference.md").read_text(encoding="utf-8")
SHOWN = [
    name.removeprefix("aquavit.").partition("(")[0]
    for name in re.findall(r"^\.\. (?:auto\w+|py:data):: (\S+)", PAGE, re.MULTILINE)
]


def expected() -> set[str]:
    """Return the public names; for a module, the names that it has."""
    names = set()
    for name in aquavit.__all__:
        value = getattr(aquavit, name)
        if isinstance(value, types.ModuleType):
            names |= {part for part in SHOWN if part.startswith(f"{name}.")} or {name}
        elif name != "__version__":
            names.add(name)
    return names | set(aquavit.testing.__all__)


def test_every_public_name_stands_in_the_reference() -> None:
    assert expected() - set(SHOWN) == set()


def test_the_reference_shows_nothing_else() -> None:
    assert set(SHOWN) - expected() == set()


def test_a_name_stands_in_the_reference_once() -> None:
    assert [name for name, count in Counter(SHOWN).items() if count > 1] == []
