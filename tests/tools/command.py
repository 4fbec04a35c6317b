"""The command `aquavit`, run as a user does: in a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import aquavit

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-W", "error", "-m", "aquavit"]
# What would change the output: colours, and asyncio's report of every slow step.
_UNSET = ("NO_COLOR", "FORCE_COLOR", "PYTHON_COLORS", "PYTHONDEVMODE")


def environment(**more: str) -> dict[str, str]:
    """Return an environment in which Python finds the package under test."""
    kept = {key: value for key, value in os.environ.items() if key not in _UNSET}
    return {**kept, "PYTHONPATH": str(Path(aquavit.__file__).parents[1]), **more}


def call(*command: str | Path, cwd: Path = ROOT, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; `more` goes into its environment."""
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=15,
        check=False,
    )


def aquavit_command(
    *args: str | Path, cwd: Path = ROOT, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run `aquavit args...` to its end."""
    return call(*COMMAND, *args, cwd=cwd, **more)


def steady(text: str) -> str:
    """Return `text` with pids and times of day made equal."""
    text = re.sub(r"#PID<[\d.]+>", "#PID<...>", text)
    return re.sub(r"\b\d\d:\d\d:\d\d\.\d\d\d\b", "00:00:00.000", text)
