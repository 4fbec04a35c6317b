"""The pytest plugin: an `async def` test is a process with a runtime of its own.

    @pytest.mark.process(timeout=60, seed=None, leaks=True)
    ini  aquavit_mode = strict   only tests with the marker (the default)
                        auto     every `async def` test that no other plugin's marker claims

A test is claimed when it is collected: it is replaced by a plain function that runs it.
Other plugins for asynchronous tests, in whatever mode, then see nothing of theirs.
"""

from __future__ import annotations

import functools
import inspect
from typing import Any

import pytest

from aquavit.tools.testing.process_tests import Options, run_test

__all__ = ["pytest_addoption", "pytest_configure", "pytest_pycollect_makeitem"]

_MODES = ("strict", "auto")
#: Markers of other plugins: in mode "auto" their tests stay theirs.
_OTHERS = ("asyncio", "anyio", "trio")
_OURS = ("process",)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare `aquavit_mode`."""
    parser.addini(
        "aquavit_mode", "which async tests run as processes: strict or auto", default="strict"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, and refuse an unknown mode."""
    config.addinivalue_line(
        "markers",
        "process(timeout=60, seed=None, leaks=True): run the async test as a process",
    )
    mode = config.getini("aquavit_mode")
    if mode not in _MODES:
        raise pytest.UsageError(f"aquavit_mode: expected one of {_MODES}, got {mode!r}")


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(
    collector: pytest.Module | pytest.Class, name: str, obj: object
) -> Any:
    """Claim an `async def` test."""
    if not inspect.iscoroutinefunction(obj) or not _is_test(collector, name, obj):
        return None
    marks = {mark.name for mark in _marks(collector, obj)}
    auto = collector.config.getini("aquavit_mode") == "auto"
    if not marks & set(_OURS) and (not auto or marks & set(_OTHERS)):
        return None
    test = _plain(obj)
    setattr(collector.obj, name, test)
    return list(collector._genfunctions(name, test))


def _is_test(collector: Any, name: str, obj: object) -> bool:
    return bool(collector.istestfunction(obj, name))


def _marks(collector: Any, obj: Any) -> list[pytest.Mark]:
    own = getattr(obj, "pytestmark", [])
    own = own if isinstance(own, list) else [own]
    return [*(getattr(mark, "mark", mark) for mark in own), *collector.iter_markers()]


def _plain(body: Any) -> Any:
    """Return a plain function that runs `body` as a process."""

    @functools.wraps(body)
    def test(*args: Any, **fixtures: Any) -> None:
        __tracebackhide__ = True
        run_test(functools.partial(body, *args, **fixtures), _CURRENT.options())

    return test


class _Current:
    """The item that runs."""

    item: pytest.Item | None = None

    def options(self) -> Options:
        """Return what its marker says."""
        mark = None if self.item is None else self.item.get_closest_marker("process")
        given: dict[str, Any] = {} if mark is None else dict(mark.kwargs)
        try:
            options = Options(**given)
        except TypeError:
            raise pytest.UsageError(
                f"@pytest.mark.process: expected timeout=, seed=, leaks= or loop_factory=,"
                f" got {', '.join(given)}"
            ) from None
        return options


_CURRENT = _Current()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Remember which test runs."""
    _CURRENT.item = item
