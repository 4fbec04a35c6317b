"""The script that measures how late the event loop is while somebody types."""

from __future__ import annotations

import importlib.util
import re
import sys

import pytest

from tests.tools.command import ROOT, call
from tests.tools.shell.terminal import needs_tmux


@needs_tmux
@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("IPython") is None, reason="needs IPython")
def test_the_lag_is_measured() -> None:
    small = "--processes", "200", "--seconds", "0.2", "--starts", "1"
    done = call(sys.executable, ROOT / "benchmarks" / "shell_lag.py", *small)
    assert done.stderr == ""
    assert re.fullmatch(
        r"""start to prompt: \d+\.\d\d s
202 processes, ipython, uvloop
nobody types: median -?\d+\.\d\d ms, p99 \d+\.\d\d ms, .*, 0 keys\)
somebody types: median -?\d+\.\d\d ms, p99 \d+\.\d\d ms, .* keys\)
shell: start to prompt .* with 202 processes the loop is late by .* at p99 while .*
""",
        done.stdout,
    )
