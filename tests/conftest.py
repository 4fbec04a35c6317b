"""What holds for every test: which build is under test, and on which loop.

The environment says it:

    AQUAVIT_LOOP=asyncio|uvloop          the event loop that `tests.support` takes
    AQUAVIT_BUILD=compiled|interpreted   fail at once if it is the other build
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import hypothesis
import pytest

import aquavit
from tests import support

LOOP = os.environ.get("AQUAVIT_LOOP", "asyncio")
# A busy machine is no failure.
hypothesis.settings.register_profile("aquavit", deadline=None)
hypothesis.settings.load_profile("aquavit")
BUILD = "compiled" if aquavit.COMPILED else "interpreted"


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to test something else than was asked for."""
    wanted = os.environ.get("AQUAVIT_BUILD", BUILD)
    if wanted != BUILD:
        where = os.path.dirname(aquavit.__file__)
        raise pytest.UsageError(f"AQUAVIT_BUILD: expected the {wanted} build, got {where}")
    try:
        support.loop_factory()
    except (ImportError, ValueError) as error:
        raise pytest.UsageError(str(error)) from error


@pytest.fixture
def no_reports() -> Iterator[None]:
    """Silence crash reports."""
    logger = logging.getLogger("aquavit")
    logger.disabled = True
    yield
    logger.disabled = False


def pytest_report_header() -> str:
    """Say in the first lines what is tested."""
    return f"aquavit: {aquavit.__version__}, {BUILD}, on the {LOOP} loop"
