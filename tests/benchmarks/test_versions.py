"""The comparison of Pythons: what it reads, measures and says."""

from __future__ import annotations

import platform
import sys
from typing import Any

import pytest


@pytest.fixture(name="small")
def make_small(module: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give the script with little to do."""
    versions = module("versions")
    monkeypatch.setattr(versions, "WORK", {"flood": ("flood", "seconds", 1_000)})
    return versions


def test_a_place_is_named_by_its_version_or_as_one_says(module: Any) -> None:
    versions = module("versions")
    assert versions.place(sys.executable).name == platform.python_version()
    assert versions.place(f"mine={sys.executable}") == versions.Place("mine", sys.executable)


def test_a_python_without_the_package_is_an_error_that_says_so(module: Any, tmp_path: Any) -> None:
    versions, sides = module("versions"), module("sides")
    with pytest.raises(sides.SideError, match="got 'no-such-python': not found"):
        versions.place("no-such-python")
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S "$@"\n')
    bare.chmod(0o755)
    with pytest.raises(sides.SideError, match="No module named 'aquavit'"):
        versions.place(str(bare))


def test_it_measures_and_compares(
    small: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["versions.py", f"other={sys.executable}", "--rounds", "2"])
    assert small.main() == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith(f"versions: the time beside {platform.python_version()}: other ")


def test_the_figure_is_the_median_of_the_rounds_ratios(module: Any) -> None:
    versions = module("versions")
    base, other = versions.Place("a", ""), versions.Place("b", "")
    seconds = {work: {"a": [1.0, 2.0, 1.0], "b": [1.2, 2.0, 4.0]} for work in versions.WORK}
    assert versions.ratio(seconds["flood"], base, other) == "1.20 (1.00..4.00)"
    assert versions.line(seconds, base, [other]).endswith("b 1.20 to 1.20 x, 0 above 1.3")
