"""Each port of an oracle scenario prints the trace that Elixir printed.

A line of the `.out` file is matched by the same line of the port, or its tag stands in the
port's CHANGES with the text that Python prints instead, or in its DEPARTURES with the
reason why there is no such line. Of a scenario that prints reports, a report is a line.
Where Elixir is installed the `.exs` is run beside it.
"""

from __future__ import annotations

import importlib
import logging
import pkgutil
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import aquavit
from tests.conformance import logged, ports, trace
from tests.support import loop_factory

ORACLE = Path(__file__).parent / "oracle"
#: "01_spawn_basic" and so on; a port's module is named s01_spawn_basic.
SCENARIOS = sorted(path.stem for path in ORACLE.glob("[0-9]*.exs"))
#: The release that printed the `.out` files; the words of errors differ in others.
RELEASE = "1.14"


def port_of(scenario: str) -> ModuleType:
    """Return the module that ports `scenario`."""
    return importlib.import_module(f"tests.conformance.ports.s{scenario}")


def oracle_of(scenario: str) -> list[tuple[str, str]]:
    """Return the lines of the `.out` file as (tag, text), as the mapping states them."""
    path = ORACLE / f"{scenario}.out"
    text = path.read_text(encoding="utf-8")
    if text.startswith("--- "):
        return logged.blocks(path)
    return [_split(trace.stated(line)) for line in text.splitlines()]


def _split(line: str) -> tuple[str, str]:
    # A tag may hold ": " itself when it shows a term; the term of such a line does not.
    if line.startswith("bad %{"):
        tag, _, text = line.partition("}: ")
        return tag + "}", text
    tag, _, text = line.rpartition(": ") if line.startswith("%{") else line.partition(": ")
    return tag, text


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Silence crash reports, as the oracle does."""
    logger = logging.getLogger("aquavit")
    logger.disabled = True
    yield
    logger.disabled = False


def play(scenario: str) -> list[tuple[str, str]]:
    """Run a port and return the lines it printed."""
    port = port_of(scenario)

    async def main() -> None:
        trace.start()
        await port.main()

    aquavit.run(main, loop_factory=loop_factory())
    return list(trace.lines)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_port_prints_the_trace_of_elixir(scenario: str) -> None:
    port = port_of(scenario)
    expected = [
        (tag, port.CHANGES[tag][0] if tag in port.CHANGES else text)
        for tag, text in oracle_of(scenario)
        if tag not in port.DEPARTURES
    ]
    assert play(scenario) == expected


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_departure_names_a_line_of_the_oracle_and_a_reason(scenario: str) -> None:
    port, oracle = port_of(scenario), dict(oracle_of(scenario))
    stated = {**port.DEPARTURES, **{tag: reason for tag, (_, reason) in port.CHANGES.items()}}
    assert len(stated) == len(port.DEPARTURES) + len(port.CHANGES), "a tag stands in both"
    assert [tag for tag in stated if tag not in oracle] == []
    assert [tag for tag, reason in stated.items() if len(reason.split()) < 4] == []
    assert [tag for tag, (text, _) in port.CHANGES.items() if text == oracle[tag]] == []


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_tags_of_a_scenario_are_distinct(scenario: str) -> None:
    tags = [tag for tag, _ in oracle_of(scenario)]
    assert len(tags) == len(set(tags))


def test_each_scenario_has_a_port_and_each_port_a_scenario() -> None:
    modules = sorted(module.name for module in pkgutil.iter_modules(ports.__path__))
    assert modules == [f"s{scenario}" for scenario in SCENARIOS]


@pytest.fixture(scope="module")
def elixir() -> str:
    """Return the path of the release of Elixir that printed the `.out` files."""
    path = shutil.which("elixir")
    if path is None:
        pytest.skip("elixir is not installed")
    told = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
    if f"Elixir {RELEASE}" not in told:
        pytest.skip(f"the .out files are of Elixir {RELEASE}, which is not the one installed")
    return path


@pytest.mark.slow
@pytest.mark.timeout(260)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_elixir_itself_prints_the_out_file(elixir: str, scenario: str) -> None:
    # A scenario waits for quiet by the clock, and a line is late when Elixir got no processor for
    # so long. One scheduler keeps its timers in the order of their times; what a busy machine
    # shifts nevertheless is not shifted three times, a line that is wrong is.
    expected = (ORACLE / f"{scenario}.out").read_text(encoding="utf-8")
    command = [elixir, "--erl", "+S 1", f"{scenario}.exs"]
    for _ in range(3):
        done = subprocess.run(command, cwd=ORACLE, capture_output=True, text=True, timeout=80)
        if done.stdout == expected:
            return
    assert done.stdout == expected
