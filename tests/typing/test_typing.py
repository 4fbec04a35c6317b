"""mypy and pyright accept the documented use and reject the wrong one, line by line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SOURCE = HERE.parents[1] / "src"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def marked(path: Path) -> set[int]:
    """Return the lines of `path` that are marked as wrong."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {number for number, line in enumerate(lines, 1) if line.endswith("# wrong")}


def mypy_says(path: Path, *more: str) -> dict[int, str]:
    """Return what mypy says about each line of `path`."""
    pytest.importorskip("mypy")
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent"]
    options = ["--config-file=", f"--cache-dir={SOURCE.parent / '.mypy_cache' / 'typing'}"]
    done = subprocess.run(
        [*command, *options, *more, path.name],
        cwd=HERE,
        env={**os.environ, "MYPYPATH": str(SOURCE)},
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found = re.findall(rf"^{path.name}:(\d+): error: (.*)", done.stdout, re.MULTILINE)
    assert bool(found) == bool(done.returncode), done.stdout
    return {int(line): text for line, text in found}


def pyright_says(path: Path) -> dict[int, str]:
    """Return what pyright says about each line of `path`."""
    pytest.importorskip("pyright")
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable]
    done = subprocess.run([*command, "-p", str(HERE)], capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return {
        found["range"]["start"]["line"] + 1: found["message"]
        for found in json.loads(done.stdout)["generalDiagnostics"]
        if Path(found["file"]).name == path.name and found["severity"] == "error"
    }


@pytest.mark.parametrize("says", [mypy_says, pyright_says], ids=["mypy", "pyright"])
@pytest.mark.parametrize("name", ["accepted.py", "rejected.py"])
def test_a_checker_objects_to_the_marked_lines_and_to_no_other(name: str, says: object) -> None:
    assert callable(says)
    path = HERE / name
    objections = says(path)
    assert {line: text for line, text in objections.items() if line not in marked(path)} == {}
    assert marked(path) - set(objections) == set()


def test_there_are_marked_lines() -> None:
    assert len(marked(HERE / "rejected.py")) > 10
    assert marked(HERE / "accepted.py") == set()


def test_mypy_finds_a_forgotten_await_if_it_is_asked_to() -> None:
    path = HERE / "forgotten.py"
    assert mypy_says(path) == {}
    found = mypy_says(path, "--enable-error-code=unused-awaitable")
    assert set(found) == marked(path)
    assert all(text.endswith("[unused-awaitable]") for text in found.values())
