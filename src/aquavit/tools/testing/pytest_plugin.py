"""The pytest plugin: an `async def` test is a process with a runtime of its own.

    @pytest.mark.process(timeout=60, seed=None, leaks=True)
    @pytest.mark.simulated(schedules=1000, strategy="random", seed=0, ...)   see `explore`
    @pytest.mark.simulated(seed=8, schedule="6:1", ...)                      see `simulate`
    ini  aquavit_mode = strict   only tests with the marker (the default)
                        auto     every `async def` test that no other plugin's marker claims

A test is claimed when it is collected: it is replaced by a plain function that runs it.
Other plugins for asynchronous tests, in whatever mode, then see nothing of theirs. A marker
at a function that is not `async def` fails that test; one at a class or a module is for those
that are. Where the
environment variable AQUAVIT_TRACES names a folder, the trace of a simulation that fails is
written there as a picture.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import os
import re
from pathlib import Path
from typing import Any

import pytest

from aquavit.tools.testing.process_tests import Options, run_test
from aquavit.tools.testing.simulator import SimulationFailure, explore, simulate

__all__ = ["pytest_addoption", "pytest_configure", "pytest_pycollect_makeitem"]

_MODES = ("strict", "auto")
#: Markers of other plugins: in mode "auto" their tests stay theirs.
_OTHERS = ("asyncio", "anyio", "trio")
_OURS = ("process", "simulated")
#: What the plugin itself gives to `explore` and `simulate`.
_GIVEN = ("main", "args")


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
    config.addinivalue_line(
        "markers",
        "simulated(schedules=1000, strategy='random', seed=0, ...): run the async test under"
        " that many schedules of its processes",
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
        call = functools.partial(body, *args, **fixtures)
        mark = _CURRENT.mark("simulated")
        if mark is None:
            run_test(call, _CURRENT.options())
        else:
            _CURRENT.explore(call, mark)

    return test


def _check(mark: pytest.Mark, names: list[str]) -> None:
    """Raise unless a marker is given nothing but what these names say.

    Raises:
        pytest.UsageError: it is.
    """
    wrong = [*map(repr, mark.args), *(name for name in mark.kwargs if name not in names)]
    if wrong:
        expected = ", ".join(f"{name}=" for name in names)
        raise pytest.UsageError(
            f"@pytest.mark.{mark.name}: expected {expected}, got {', '.join(wrong)}"
        )


class _Current:
    """The item that runs."""

    item: pytest.Item | None = None

    def mark(self, name: str) -> pytest.Mark | None:
        """Return its marker of that name."""
        return None if self.item is None else self.item.get_closest_marker(name)

    def explore(self, call: Any, mark: pytest.Mark) -> None:
        """Run it under many schedules, or under the one that its marker names."""
        __tracebackhide__ = True
        run = simulate if "schedule" in mark.kwargs else explore
        _check(mark, [name for name in inspect.signature(run).parameters if name not in _GIVEN])
        try:
            run(call, **mark.kwargs)
        except SimulationFailure as failure:
            failure.form = "@pytest.mark.simulated({})"
            text = f"{failure}{self.save(failure)}"
        else:
            return
        pytest.fail(text, pytrace=False)

    def save(self, failure: SimulationFailure) -> str:
        """Write the picture of a trace, if that is asked for; return where it is."""
        folder = os.environ.get("AQUAVIT_TRACES")
        if not folder or self.item is None:
            return ""
        path = Path(folder, re.sub(r"[^\w.-]+", "_", self.item.nodeid)).with_suffix(".svg")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(failure.trace.svg(), encoding="utf-8")
        return f"\n\npicture: {path}"

    def options(self) -> Options:
        """Return what its marker says."""
        mark = self.mark("process")
        if mark is None:
            return Options()
        _check(mark, [field.name for field in dataclasses.fields(Options)])
        return Options(**mark.kwargs)


_CURRENT = _Current()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Remember which test runs; fail one whose marker would be ignored."""
    _CURRENT.item = item
    if isinstance(item, pytest.Function):
        _refuse_plain(item)


def _refuse_plain(item: pytest.Function) -> None:
    """Fail a test that bears a marker of ours itself, and is not `async def`."""
    marks = [mark.name for mark in item.own_markers if mark.name in _OURS]
    if marks and not inspect.iscoroutinefunction(inspect.unwrap(item.obj)):
        pytest.fail(
            f"@pytest.mark.{marks[0]}: expected an `async def` test, got {item.name}, which is not"
            f"\nwrite `async def {item.originalname}`, or leave the marker out",
            pytrace=False,
        )
