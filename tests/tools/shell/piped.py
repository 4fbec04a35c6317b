"""A shell with its input from a pipe, run as a user does."""

from __future__ import annotations

import subprocess
import textwrap
from pathlib import Path

from tests.tools.command import COMMAND, ROOT, environment

__all__ = ["piped"]


def piped(
    source: str, *args: str | Path, cwd: Path = ROOT, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run `aquavit shell args...` to its end, with `source` as its input."""
    return subprocess.run(
        [*COMMAND, "shell", *map(str, args)],
        cwd=cwd,
        env=environment(**more),
        input=textwrap.dedent(source),
        capture_output=True,
        text=True,
        timeout=15,
        check=False,
    )
