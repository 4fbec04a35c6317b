"""The list of scenarios, and what must hold at the end of each of them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import aquavit
from aquavit import Pid
from aquavit.core import loops

Scenario = Callable[[], Any]
ALL: dict[str, Scenario] = {}
SMALL: dict[str, Scenario] = {}


def scenario(body: Scenario) -> Scenario:
    """Add a scenario to ALL."""

    @functools.wraps(body)
    async def checked() -> None:
        await body()
        check_relations()

    ALL[body.__name__] = checked
    return checked


def small(body: Scenario) -> Scenario:
    """Add a scenario to ALL and to SMALL."""
    checked = scenario(body)
    SMALL[body.__name__] = checked
    return checked


def check_relations() -> None:
    """Assert that links and monitors are known at both of their ends, and names are right."""
    infos = {pid: aquavit.process_info(pid) for pid in aquavit.processes()}
    runtime = loops.the_runtime("check")
    living: dict[Pid[Any], Any] = {pid: info for pid, info in infos.items() if info is not None}
    if len(living) != runtime.alive:  # some are in their clean-up
        return
    for pid, info in living.items():
        for peer in info.links:
            assert peer in living, f"{pid} is linked to {peer}, which is dead"
            assert pid in living[peer].links, f"{peer} does not know its link to {pid}"
        for target in info.monitors:
            if isinstance(target, Pid):
                assert target in living, f"{pid} monitors {target}, which is dead"
        for watcher in info.monitored_by:
            assert watcher in living, f"{pid} is monitored by {watcher}, which is dead"
    watched = sum(len(info.monitors) for info in living.values())
    watching = sum(len(info.monitored_by) for info in living.values())
    assert watched >= watching, "a monitor is known at one end only"
    for name in aquavit.registered():
        holder = aquavit.whereis(name)
        assert holder in living, f"{name} is held by {holder}, which is dead"
