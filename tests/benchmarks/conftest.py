"""Lets the tests import the files of benchmarks/, which are scripts."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

DIRECTORY = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(name="module", scope="module")
def load() -> Iterator[Any]:
    """Give a function that imports a file of benchmarks/, and forget them afterwards."""
    before = set(sys.modules)
    sys.path.insert(0, str(DIRECTORY))
    yield importlib.import_module
    sys.path.remove(str(DIRECTORY))
    for name in set(sys.modules) - before:
        if str(DIRECTORY) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]
