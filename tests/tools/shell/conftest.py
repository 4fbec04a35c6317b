"""What the tests of the shell share: a terminal to type in."""

from __future__ import annotations

import contextlib
import importlib.util
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.tools.shell.terminal import Terminal

#: A module that Python runs first: IPython and uvloop look as if they were not there.
HIDING = 'import sys\nsys.modules["IPython"] = sys.modules["uvloop"] = None\n'


@pytest.fixture
def terminal(request: pytest.FixtureRequest) -> Iterator[Callable[..., Terminal]]:
    """Return a function that starts a shell in a terminal."""
    with contextlib.ExitStack() as stack:

        def start(*args: str, **options: object) -> Terminal:
            # Not tmp_path: the name of a socket must be short.
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            made = Terminal(directory, *args, **options)  # type: ignore[arg-type]
            stack.callback(made.close)
            return made

        yield start


@pytest.fixture(params=["IPython", "plain"])
def editor(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """Return the environment for a shell with IPython and uvloop, and for one without."""
    if request.param == "plain":
        (tmp_path / "sitecustomize.py").write_text(HIDING)
        return {"HIDING": str(tmp_path)}
    if importlib.util.find_spec("IPython") is None:
        pytest.skip("needs IPython")
    return {}
