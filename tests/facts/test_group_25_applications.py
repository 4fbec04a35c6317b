"""Group 25: applications and their environment."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest

import aquavit
from aquavit import (
    AlreadyStarted,
    Application,
    GenServer,
    NotStarted,
    Supervisor,
    kill,
    whereis,
)
from tests.support import loop_factory, process_test, settled


class Worker(GenServer):
    """A process of an application."""

    def init(self) -> None: ...


class Database(Application):
    """An application that others need."""

    name = "fact_database"

    def init(self) -> Any:
        """Have one process."""
        return Supervisor.spec([Worker.child_spec(name="database.worker")])


class Shop(Application):
    """An application with dependencies and settings."""

    name = "fact_shop"
    env = MappingProxyType({"port": 4000, "hosts": ["a"]})
    dependencies = (Database,)

    async def init(self) -> Any:
        """Start the tree by hand."""
        children = [Worker.child_spec(name="shop.worker")]
        return await Supervisor.start_link(children, name="shop.top")


@process_test
async def test_fact_304_settings_are_read_and_changed() -> None:
    assert Application.get_all_env(Shop) == {"port": 4000, "hosts": ["a"]}
    Application.put_env("fact_shop", "port", 5000)
    Application.put_all_env({"fact_shop": {"more": 1}, Database: {"size": 2}})
    assert Application.get_env("fact_shop", "port") == 5000
    assert (
        Application.get_env("fact_shop", "more"),
        Application.get_env("fact_database", "size"),
    ) == (1, 2)
    assert Application.fetch_env(Shop, "more") == 1
    assert Application.get_env("fact_shop", "none") is None
    assert Application.get_env("nowhere", "none", 9) == 9
    Application.get_env("fact_shop", "hosts").append("b")
    assert Application.get_env("fact_shop", "hosts") == ["a"]
    for key in ("port", "more"):
        Application.delete_env("fact_shop", key)
    with pytest.raises(KeyError, match="no setting 'port' of the application 'fact_shop'"):
        Application.fetch_env("fact_shop", "port")
    assert Application.get_all_env("fact_shop") == {"hosts": ["a"]}
    Application.put_env("fact_shop", "port", 4000)


@process_test
async def test_fact_305_an_application_starts_once_and_after_what_it_needs() -> None:
    with pytest.raises(
        NotStarted, match="'fact_database' does not run, which 'fact_shop' needs"
    ) as refused:
        await Application.start("fact_shop")
    assert refused.value.application == "fact_database"
    assert await Application.ensure_all_started("fact_shop") == ["fact_database", "fact_shop"]
    assert await Application.ensure_all_started(Shop) == []
    assert Application.started_applications() == ["fact_database", "fact_shop"]
    with pytest.raises(
        AlreadyStarted, match="could not start Shop: the application 'fact_shop' runs"
    ):
        await Application.start(Shop)
    await Application.stop(Shop)
    assert whereis("shop.worker") is None
    with pytest.raises(NotStarted, match="the application 'fact_shop' does not run"):
        await Application.stop("fact_shop")
    with pytest.raises(LookupError, match="expected the name of an application, got 'nope'"):
        await Application.start("nope")
    await Application.stop("fact_database")


@pytest.mark.parametrize(
    ("type", "how", "stops"),
    [
        ("permanent", "normal", True),
        ("permanent", "killed", True),
        ("transient", "normal", False),
        ("transient", "shutdown", True),  # as Erlang does it, whatever its manual says
        ("transient", "killed", True),
        ("temporary", "killed", False),
    ],
)
def test_fact_306_the_start_type_says_what_the_end_of_a_tree_means(
    type: Any, how: str, stops: bool
) -> None:
    async def main() -> str:
        await Application.start(Database, type="temporary")
        await Application.start(Shop, type=type)
        top: Any = whereis("shop.top")
        if how == "killed":
            kill(top)
        else:
            await GenServer.stop(top, how)
        await settled()
        assert Application.started_applications() == ["fact_database"]
        return "goes on"

    if stops:
        with pytest.raises(SystemExit) as end:
            aquavit.run(main, loop_factory=loop_factory())
        assert end.value.code == 1
    else:
        assert aquavit.run(main, loop_factory=loop_factory()) == "goes on"
