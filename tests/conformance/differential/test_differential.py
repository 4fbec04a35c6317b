"""Random servers, state machines and supervisors do what they do in Elixir."""

from __future__ import annotations

import shutil

import pytest

from tests.conformance.differential import beam, dynamic, machines, servers, supervisors, trees

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(120),
    pytest.mark.usefixtures("no_reports"),
    pytest.mark.skipif(shutil.which("elixir") is None, reason="elixir is not installed"),
]


def test_random_machines_have_the_trace_of_gen_statem() -> None:
    problems = beam.compare(machines.SCRIPT, machines.make_case, machines.play, range(300))
    assert problems == []


def test_random_supervisors_have_the_trace_of_elixir() -> None:
    problems = beam.compare(supervisors.SCRIPT, supervisors.make_case, supervisors.play, range(50))
    assert problems == []


def test_random_dynamic_supervisors_have_the_trace_of_elixir() -> None:
    problems = beam.compare(dynamic.SCRIPT, dynamic.make_case, dynamic.play, range(50))
    assert problems == []


def test_random_trees_of_supervisors_have_the_trace_of_elixir() -> None:
    problems = beam.compare(trees.SCRIPT, trees.make_case, trees.play, range(300), trees.tidy)
    assert problems == []


def test_random_servers_have_the_trace_of_elixir() -> None:
    problems = beam.compare(servers.SCRIPT, servers.make_case, servers.play, range(300))
    assert problems == []
